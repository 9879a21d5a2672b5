"""What waiting costs: rounds that wait for all, for neighbours, or for nobody, by time and bytes.

    python analysis/decentralized_in_time.py -o out/in_time.png

A few slow nodes among many hold up everybody who waits for all of them; those who wait for
neighbours are held up by and by, and those who gossip hardly at all. For each way and each slowness
it prints when the mean accuracy of all nodes reached the target and what had been sent by then; the
picture shows the accuracy over time for the largest slowness.
"""

from __future__ import annotations

import argparse
from typing import Any

from arguments import add_picture, positive, run, seed, size

import netsim
from netsim.figures.decentralized import accuracy_over_time
from netsim.figures.page import page

WAYS: dict[str, dict[str, Any]] = {
    "waits for all": {"timing": {"mode": "sync_global"}, "algorithm": "decavg"},
    "waits for neighbours": {"timing": {"mode": "sync_neighbours"}, "algorithm": "decavg"},
    "gossips": {"timing": {"mode": "async"}, "algorithm": {"kind": "gossip", "period": "1 s"}},
    "averages in pairs": {"timing": {"mode": "async"}, "algorithm": "adpsgd"},
}


def simulated(options: argparse.Namespace, way: dict[str, Any], slow: float) -> Any:
    """Return the runs of one way of waiting, with some nodes slower by that factor."""
    free = way["timing"]["mode"] == "async"
    return netsim.run(
        netsim.load(
            {
                "netsim": 1,
                "workload": "decentralized",
                "seed": options.seed,
                "replications": options.replications,
                "nodes": options.nodes,
                "topology": {"kind": "barabasi_albert", "m": 2},
                "algorithm": way["algorithm"],
                "timing": {**way["timing"], "compute": "1 s"},
                "links": {"delay": "20 ms", "rate": "10 Mbps"},
                "disruption": [
                    {"kind": "straggler", "at": {"time": "0 s"}, "count": 3, "compute": slow}
                ],
                "eval": {"every": f"{options.until / 40} s" if free else 2},
                "until": f"{options.until} s",
            }
        )
    )


def reached(found: Any, target: float) -> tuple[float, float] | None:
    """Return mean time and bytes until the target is reached, if every replication reached it."""
    table = found.pandas("learning")
    firsts = []
    for number in sorted(table["replication"].unique()):
        rows = table[(table["replication"] == number) & (table["accuracy"] >= target)]
        if not len(rows):
            return None
        firsts.append((rows["t"].iloc[0] / 1e12, rows["bytes"].iloc[0] / 1e6))
    return tuple(sum(one) / len(firsts) for one in zip(*firsts, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument("--slow", type=float, nargs="+", default=[1, 4, 16])
    parser.add_argument("--target", type=float, default=0.8)
    parser.add_argument("--nodes", type=positive, default=30)
    parser.add_argument("--until", type=positive, default=200, help="seconds that are simulated")
    parser.add_argument("--replications", type=positive, default=3)
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    print(f"{'way':<22} {'slow by':>7} {'seconds':>8} {'MB':>7}   to {options.target:g}")
    shown = {}
    for slow in options.slow:
        shown = {name: simulated(options, way, slow) for name, way in WAYS.items()}
        for name, found in shown.items():
            first = reached(found, options.target)
            told = "       -       -" if first is None else f"{first[0]:>8.1f} {first[1]:>7.1f}"
            print(f"{name:<22} {slow:>7g} {told}")
    if options.output is not None:
        with page(options.output, size=size(options)) as (axes,):
            accuracy_over_time(axes, shown)
        print(f"wrote {options.output}")


if __name__ == "__main__":
    run(main)
