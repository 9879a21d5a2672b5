"""Compare codes on common delays: total times over many replications, with what was published.

    python analysis/stragglers_comparison.py --preset isolated --replications 60
    python analysis/stragglers_comparison.py --preset sticky --policy all --rule decodable

256 workers, 480 jobs, the parameters of the published comparison (ICLR 2023) by default. Intervals
are of the paired difference to gradient coding: all codes see the same delays.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from netsim.delays.process import read
from netsim.fields import OneOf
from netsim.metrics.statistics import interval
from netsim.stragglers.batch import compare
from netsim.stragglers.waiting import WaitConfig

CODES: dict[str, dict[str, Any]] = {
    "uncoded": {"scheme": "uncoded"},
    "GC(15)": {"scheme": "gc", "s": 15},
    "SR-SGC(2,3,23)": {"scheme": "sr_sgc", "B": 2, "W": 3, "lambda": 23},
    "M-SGC(1,2,27)": {"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 27},
}
#: Totals that the authors measured on AWS Lambda, mean of 10 runs, in seconds.
PUBLISHED = {
    "uncoded": 1321.18,
    "GC(15)": 1095.14,
    "SR-SGC(2,3,23)": 1019.46,
    "M-SGC(1,2,27)": 916.37,
}


def play(options: argparse.Namespace) -> dict[str, np.ndarray]:
    """Return the total times of every code, by replication."""
    models = OneOf("code", key="scheme").models()
    codes = {name: models[block["scheme"]].model_validate(block) for name, block in CODES.items()}
    results = compare(
        codes,
        read({"kind": options.preset}),
        workers=256,
        jobs=options.jobs,
        replications=options.replications,
        seed=options.seed,
        wait=WaitConfig(policy=options.policy, rule=options.rule),
        per_load=options.per_load,
    )
    return {name: result.total_time for name, result in results.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="isolated", help="a delay preset")
    parser.add_argument("--policy", default="minimal", choices=["minimal", "all"])
    parser.add_argument("--rule", default="model", choices=["model", "decodable"])
    parser.add_argument("--per-load", type=float, default=2.2013, help="s per full data set")
    parser.add_argument("--jobs", type=int, default=480)
    parser.add_argument("--replications", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    totals = play(options)
    base = totals["GC(15)"]
    print(f"{'':16}{'total [s]':>16}{'against GC [%]':>18}{'published [%]':>15}")
    for name, total in totals.items():
        here = interval(list(total))
        gain = interval(list(100 * (total / base - 1)))
        known = 100 * (PUBLISHED[name] / PUBLISHED["GC(15)"] - 1)
        spread = "" if here.half_width is None else f" +-{here.half_width:.1f}"
        width = "" if gain.half_width is None else f" +-{gain.half_width:.1f}"
        print(
            f"{name:16}{f'{here.mean:.1f}{spread}':>16}{f'{gain.mean:+.1f}{width}':>18}{known:>+15.1f}"
        )


if __name__ == "__main__":
    main()
