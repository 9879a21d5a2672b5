"""Which cutoff gives the most key: rate, fidelity and key against the age of giving up.

    python analysis/quantum_cutoff.py -o out/cutoff.png

Three routers of 20 km with decaying memories. A short cutoff throws pairs away, a long one keeps
what waiting has spoilt, and the best lies between; the script says where.
"""

from __future__ import annotations

import argparse

from arguments import add_picture, positive, run, seed, size

import netsim
from netsim.figures.page import page
from netsim.figures.quantum import against
from netsim.metrics.statistics import interval


def simulated(cutoff: float | None, options: argparse.Namespace) -> list[dict[str, float]]:
    """Return the rows of `runs` with that cutoff (ms)."""
    memory = {
        "frequency": "2 kHz",
        "efficiency": 0.75,
        "raw_fidelity": 0.99,
        "coherence": f"{options.coherence} ms",
    }
    if cutoff is not None:
        memory["cutoff"] = f"{cutoff:g} ms"
    scenario = netsim.load(
        {
            "netsim": 1,
            "workload": "quantum",
            "seed": options.seed,
            "replications": options.replications,
            "chain": {"routers": 3, "segment": "20 km"},
            "memory": memory,
            "detector": {"efficiency": 0.8, "count_rate": "50 MHz", "resolution": "100 ps"},
            "swap": {"policy": "asap"},
            "request": {"end": f"{options.seconds} s", "fidelity": 0.25, "use": "measure"},
            "record": {"pairs": "delivered"},
        }
    )
    return list(netsim.run(scenario).runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument(
        "--ms", type=float, nargs="+", default=[2, 3, 5, 7, 10, 14, 20, 30, 50, 80, 120]
    )
    parser.add_argument("--coherence", type=positive, default=200, help="mean time of errors, ms")
    parser.add_argument("--seconds", type=positive, default=20)
    parser.add_argument("--replications", type=positive, default=5)
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    found = {cutoff: simulated(cutoff, options) for cutoff in options.ms}
    free = simulated(None, options)
    print(f"{'cutoff':>8} {'pairs/s':>8} {'fidelity':>9} {'key bit/s':>18}")
    for cutoff, rows in [*found.items(), (None, free)]:
        key = interval([row["key_rate"] for row in rows])
        width = "" if key.half_width is None else f" +- {key.half_width:.2f}"
        name = "none" if cutoff is None else f"{cutoff:g} ms"
        print(
            f"{name:>8} {_mean(rows, 'rate'):>8.1f} {_mean(rows, 'fidelity_mean'):>9.4f}", end=" "
        )
        print(f"{f'{key.mean:.2f}{width}':>18}")
    best = max(found, key=lambda one: _mean(found[one], "key_rate"))
    print(f"best: {best:g} ms, {_mean(found[best], 'key_rate'):.2f} bit/s", end=" ")
    print(f"against {_mean(free, 'key_rate'):.2f} without a cutoff")
    if options.output is not None:
        x = "cutoff [ms]", options.ms
        with page(options.output, panels=3, size=size(options)) as panels:
            for panel, (name, label) in zip(
                panels,
                (
                    ("rate", "pairs per second"),
                    ("fidelity_mean", "mean fidelity"),
                    ("key_rate", "secret key [bit/s]"),
                ),
                strict=True,
            ):
                curve = {"with cutoff": [_mean(rows, name) for rows in found.values()]}
                level = {"without": [_mean(free, name)] * len(options.ms)}
                against(panel, x, label, curve, level, log=False)
                panel.set_xscale("log")
        print(f"wrote {options.output}")


def _mean(rows: list[dict[str, float]], name: str) -> float:
    return sum(row[name] for row in rows) / len(rows)


if __name__ == "__main__":
    run(main)
