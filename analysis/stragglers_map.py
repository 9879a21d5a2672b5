"""Where M-SGC wins: its best total time against that of GC, over burst length and load slope.

    python analysis/stragglers_map.py -o out/map.png

Workers are Gilbert-Elliott chains with 4 % bad rounds; rows are the mean burst length in rounds,
columns the seconds per full data set. Either scheme has its best parameters for each cell, found on
one run and judged on others. Below zero (blue) M-SGC is faster.
"""

from __future__ import annotations

import argparse

import numpy as np
from arguments import add_picture, positive, run, seconds, seed, size

from netsim.delays.process import DelayConfig, read, sample
from netsim.fields import OneOf
from netsim.figures.page import page
from netsim.figures.stragglers import gain_map
from netsim.rng import Streams
from netsim.stragglers.batch import compare
from netsim.stragglers.selection import parameter_sets, search
from netsim.stragglers.waiting import WaitConfig

BAD_SHARE = 0.04
T_MAX = 3


def process_of(burst: float) -> DelayConfig:
    """Return workers whose bad bursts last `burst` rounds on average."""
    q = 1 / burst
    return read(
        {
            "kind": "gilbert_elliott",
            "p": q * BAD_SHARE / (1 - BAD_SHARE),
            "q": q,
            "good": {"dist": "gamma", "shift": "0.53 s", "mean": "0.14 s", "sd": "0.094 s"},
            "bad": {"dist": "shifted_exponential", "shift": "1.3 s", "mean": "0.6 s"},
        }
    )


def cell(options: argparse.Namespace, burst: float, slope: float) -> float:
    """Return the total time of the best M-SGC over that of the best GC, less 1."""
    process, wait = process_of(burst), WaitConfig(policy=options.policy, rule="model")
    models = OneOf("code", key="scheme").models()
    seen = sample(process, Streams(options.seed), options.probe, options.workers)
    codes = {}
    for scheme in ("gc", "m_sgc"):
        sets = parameter_sets(options.workers, T_MAX, families=(scheme,))
        best = search(seen, per_load=slope, wait=wait, t_max=T_MAX, candidates=sets).best
        codes[scheme] = models[scheme].model_validate(best.block)
    totals = compare(
        codes,
        process,
        workers=options.workers,
        jobs=options.jobs,
        replications=options.replications,
        seed=options.seed + 1,
        wait=wait,
        per_load=slope,
    )
    return float(totals["m_sgc"].total_time.mean() / totals["gc"].total_time.mean() - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument("--bursts", type=float, nargs="+", default=[1.0, 1.25, 1.5, 2.0, 3.0])
    parser.add_argument("--slopes", type=seconds, nargs="+", default=[0.0, 1.0, 2.2, 4.0, 8.0])
    parser.add_argument("--policy", default="minimal", choices=["minimal", "all"])
    parser.add_argument("--workers", type=positive, default=256)
    parser.add_argument("--probe", type=positive, default=200, help="rounds to find parameters on")
    parser.add_argument("--jobs", type=positive, default=480)
    parser.add_argument("--replications", type=positive, default=10)
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    values = np.array(
        [[cell(options, burst, slope) for slope in options.slopes] for burst in options.bursts]
    )
    print("M-SGC against GC [%], rows: mean burst, columns: s per full data set")
    print(f"{'':>6}" + "".join(f"{slope:>8g}" for slope in options.slopes))
    for burst, row in zip(options.bursts, values, strict=True):
        print(f"{burst:>6g}" + "".join(f"{100 * value:>+8.1f}" for value in row))
    if options.output is not None:
        with page(options.output, size=size(options)) as (axes,):
            gain_map(axes, values, options.bursts, options.slopes, "M-SGC against GC [%]")


if __name__ == "__main__":
    run(main)
