"""Where a disaster hurts more, by who held data: the whole grid, and where the finding reverses.

    python analysis/decentralized_disaster_grid.py -o out/grid.png

For every share of victims, round of the loss and rule that chooses them: the accuracy of survivors
at the end with victims that were pure relays, less that with victims who took their data with them,
over replications of equal seeds. Where the 95 % interval holds 0 the cell is blank. The finding is
that data lost is worse than relays lost (above 0); where it is below 0 the finding reverses.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from arguments import add_picture, positive, run, seed, size

import netsim
from netsim.figures.decentralized import disaster_map
from netsim.figures.page import page
from netsim.metrics.statistics import paired_difference


def accuracies(options: argparse.Namespace, holders: str, drop: dict[str, Any]) -> list[float]:
    """Return the accuracy of every replication of one cell."""
    block = {
        "netsim": 1,
        "workload": "decentralized",
        "seed": options.seed,
        "replications": options.replications,
        "nodes": options.nodes,
        "topology": {"kind": "barabasi_albert", "m": options.m},
        "data": {"kind": "digits", "holders": holders},
        "disruption": [{"kind": "node_drop", **drop}],
        "rounds": options.rounds,
        "eval": {"every": options.rounds},
    }
    return [float(row["accuracy"]) for row in netsim.run(netsim.load(block)).runs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.1, 0.2, 0.3, 0.4, 0.5])
    parser.add_argument("--at", type=int, nargs="+", default=[0, 20, 60], help="rounds of the loss")
    parser.add_argument("--select", nargs="+", default=["degree", "random"])
    parser.add_argument("--nodes", type=positive, default=50)
    parser.add_argument("--m", type=positive, default=2, help="edges of each new node")
    parser.add_argument("--rounds", type=positive, default=120)
    parser.add_argument("--replications", type=positive, default=8)
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    maps = {}
    print("accuracy with relays as victims, with data holders, and the difference, in per cent")
    print("(* its 95 % interval does not hold 0)")
    for select in options.select:
        worth = np.full((len(options.shares), len(options.at)), np.nan)
        print(
            f"victims by {select}, lost before round:" + "".join(f"{at:>20}" for at in options.at)
        )
        for row, share in enumerate(options.shares):
            line = f"{share:>8.0%}".ljust(32 + len(select))
            for column, at in enumerate(options.at):
                drop = {"at": {"round": at}, "fraction": share, "select": select}
                relays, data = (accuracies(options, one, drop) for one in ("survivors", "all"))
                found = paired_difference(relays, data)
                sure = found.half_width is not None and abs(found.mean) > found.half_width
                worth[row, column] = found.mean if sure else np.nan
                line += f"{100 * np.mean(relays):>7.1f} {100 * np.mean(data):>5.1f}"
                line += f" {100 * found.mean:>+5.1f}{'*' if sure else ' '}"
            print(line, flush=True)
        maps[select] = worth
    for select, worth in maps.items():
        cells = [
            f"{options.shares[row]:.0%} in round {options.at[column]}"
            for row, column in zip(*np.nonzero(worth < 0), strict=True)
        ]
        where = ", ".join(cells) if cells else "nowhere in this grid"
        print(f"victims by {select}: relays' loss is the worse one at {where}")
    if options.output is not None:
        with page(options.output, panels=len(maps), size=size(options)) as panels:
            for axes, (select, worth) in zip(panels, maps.items(), strict=True):
                disaster_map(axes, worth, options.shares, options.at, f"victims by {select}")
        print(f"wrote {options.output}")


if __name__ == "__main__":
    run(main)
