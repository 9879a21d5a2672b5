"""What a disaster does to learning among peers: who is hit, when, and whether they held data.

    python analysis/decentralized_disaster.py -o out/disaster.png

For each share of victims, round of the loss, and rule that chooses them, the accuracy of all
survivors at the end, when victims were pure relays and when they took their data with them. The
last column is the difference with its 95 % interval over replications of equal seeds; the picture
shows the course of the largest loss at the earliest round.
"""

from __future__ import annotations

import argparse
from typing import Any

from arguments import add_picture, positive, run, seed, size

import netsim
from netsim.figures.decentralized import accuracy_of_survivors
from netsim.figures.page import page
from netsim.metrics.statistics import ENOUGH, paired_difference


def simulated(options: argparse.Namespace, holders: str, drop: dict[str, Any]) -> Any:
    """Return the runs of one cell."""
    return netsim.run(
        netsim.load(
            {
                "netsim": 1,
                "workload": "decentralized",
                "seed": options.seed,
                "replications": options.replications,
                "nodes": options.nodes,
                "topology": {"kind": "barabasi_albert", "m": options.m},
                "data": {"kind": "digits", "holders": holders},
                "disruption": [{"kind": "node_drop", **drop}],
                "rounds": options.rounds,
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.1, 0.3, 0.5])
    parser.add_argument("--at", type=int, nargs="+", default=[0, 20, 60], help="rounds of the loss")
    parser.add_argument("--select", nargs="+", default=["degree", "random"])
    parser.add_argument("--nodes", type=positive, default=50)
    parser.add_argument("--m", type=positive, default=2, help="edges of each new node")
    parser.add_argument("--rounds", type=positive, default=120)
    parser.add_argument("--replications", type=positive, default=5)
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    print("victims      share  round  relays  with data  what their data is worth")
    shown = {}
    for select in options.select:
        for share in options.shares:
            for at in options.at:
                drop = {"at": {"round": at}, "fraction": share, "select": select}
                cells = {
                    "victims are relays": simulated(options, "survivors", drop),
                    "victims hold data": simulated(options, "all", drop),
                }
                relays, data = ([row["accuracy"] for row in one.runs] for one in cells.values())
                worth = paired_difference(relays, data)
                half = f" +- {worth.half_width:.3f}" if worth.half_width is not None else ""
                means = [sum(values) / len(values) for values in (relays, data)]
                print(
                    f"{select:<11} {share:>6.0%} {at:>6} {means[0]:>7.3f} {means[1]:>10.3f}"
                    f"  {worth.mean:+.3f}{half}"
                )
                if (select, at) == (options.select[0], options.at[0]):
                    shown = cells
    if options.replications < ENOUGH:
        print(f"fewer than {ENOUGH} replications: no intervals")
    if options.output is not None:
        with page(options.output, size=size(options)) as (axes,):
            accuracy_of_survivors(axes, shown)
        print(f"wrote {options.output}")


if __name__ == "__main__":
    run(main)
