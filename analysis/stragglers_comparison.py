"""Compare codes on common delays: total times over many replications, with what was published.

    python analysis/stragglers_comparison.py --preset isolated --replications 60
    python analysis/stragglers_comparison.py --rule decodable --codes "GC(13)" "M-SGC(2,3,50)"
    python analysis/stragglers_comparison.py --file times.csv --load 0.0039 --per-load 2.2

256 workers, 480 jobs, the parameters of the published comparison (ICLR 2023) by default. Changes
are against the first GC of the codes, with the interval of the paired difference: all codes see
the same delays.

With a trace of one's own (columns round, worker, seconds, and load if there are several) the
workers are those of the file, the codes are the best of each kind on the whole file (T <= 3), and
each replication starts at another round of it.
"""

from __future__ import annotations

import argparse
import re
from typing import Any

import numpy as np
from arguments import positive, preset, run, seconds, seed, share, trace
from pydantic import ValidationError

import netsim.delays.process as delays
from netsim.errors import UsageError
from netsim.fields import OneOf
from netsim.metrics.statistics import interval
from netsim.stragglers.batch import compare
from netsim.stragglers.selection import Candidate, search
from netsim.stragglers.waiting import WaitConfig

WORKERS = 256
#: By the name that a code has in print: its scheme, and its parameters in this order.
SCHEMES = {
    "uncoded": ("uncoded", ()),
    "GC": ("gc", ("s",)),
    "SR-SGC": ("sr_sgc", ("B", "W", "lambda")),
    "M-SGC": ("m_sgc", ("B", "W", "lambda")),
}
#: Totals that the authors measured on AWS Lambda, mean of 10 runs, in seconds.
PUBLISHED = {
    "uncoded": 1321.18,
    "GC(15)": 1095.14,
    "SR-SGC(2,3,23)": 1019.46,
    "M-SGC(1,2,27)": 916.37,
}


def code(text: str) -> str:
    """Return `text` if it is a code as `block` reads it."""
    try:
        block(text)
    except (KeyError, ValueError):
        hint = f"'{text}' is no code; written as uncoded, GC(15), SR-SGC(2,3,23) or M-SGC(1,2,27)"
        raise argparse.ArgumentTypeError(hint) from None
    return text


def block(text: str) -> dict[str, Any]:
    """Return the block ``code`` of a code as it is printed, like ``M-SGC(1,2,27)``."""
    name, *numbers = re.findall(r"[^(),\s]+", text)
    scheme, parameters = SCHEMES[name]
    return {"scheme": scheme, **dict(zip(parameters, map(int, numbers), strict=True))}


def printed(one: Candidate) -> str:
    """Return a parameter set as `block` reads it."""
    name = next(name for name, (scheme, _) in SCHEMES.items() if scheme == one.scheme)
    numbers = ",".join(str(value) for value in one.parameters.values())
    return f"{name}({numbers})" if numbers else name


def best_of_each_kind(
    process: delays.DelayConfig, workers: int, options: argparse.Namespace
) -> list[str]:
    """Return the parameter set of each scheme that takes the least time on the whole trace."""
    ranking = search(
        delays.measured(process, workers),
        per_load=options.per_load,
        reference_load=delays.reference_load(process),
        wait=WaitConfig(policy=options.policy, rule=options.rule),
    )
    found: dict[str, str] = {}
    for one in ranking.candidates:
        found.setdefault(one.scheme, printed(one))
    return [found[scheme] for scheme, _ in SCHEMES.values()]


def play(
    process: delays.DelayConfig, workers: int, options: argparse.Namespace
) -> dict[str, np.ndarray]:
    """Return the total times of every code, by replication."""
    models = OneOf("code", key="scheme").models()
    blocks = {text: block(text) for text in options.codes}
    try:
        codes = {text: models[one["scheme"]].model_validate(one) for text, one in blocks.items()}
    except ValidationError as problem:
        raise UsageError("; ".join(error["msg"] for error in problem.errors())) from None
    results = compare(
        codes,
        process,
        workers=workers,
        jobs=options.jobs,
        replications=options.replications,
        seed=options.seed,
        wait=WaitConfig(policy=options.policy, rule=options.rule),
        per_load=options.per_load,
    )
    return {name: result.total_time for name, result in results.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", type=preset, default="isolated", help="a delay preset")
    parser.add_argument("--file", help="a trace of your own, CSV or Parquet, in place of a preset")
    parser.add_argument("--load", type=share, help="load at which it was measured; or which of its")
    parser.add_argument("--policy", default="minimal", choices=["minimal", "all"])
    parser.add_argument("--rule", default="model", choices=["model", "decodable"])
    parser.add_argument("--per-load", type=seconds, default=2.2013, help="s per full data set")
    parser.add_argument("--jobs", type=positive, default=480)
    parser.add_argument("--replications", type=positive, default=60)
    parser.add_argument("--seed", type=seed, default=1)
    parser.add_argument("--codes", type=code, nargs="+", metavar="CODE")
    options = parser.parse_args()
    process, workers = options.preset, WORKERS
    if options.file is not None:
        process, workers = trace(options.file, options.load)
    if options.codes is None:
        own = options.file is not None
        options.codes = best_of_each_kind(process, workers, options) if own else list(PUBLISHED)
    base_name = next((text for text in options.codes if text.startswith("GC(")), None)
    if base_name is None:
        parser.error("argument --codes: name a GC to compare with, for instance 'GC(15)'")
    totals = play(process, workers, options)
    base = totals[base_name]
    against = f"against {base_name} [%]"
    print(f"{'':16}{'total [s]':>16}{against:>20}{'published [%]':>15}")
    for name, total in totals.items():
        here = interval(list(total))
        gain = interval(list(100 * (total / base - 1)))
        known = "-"
        if options.file is None and base_name in PUBLISHED and name in PUBLISHED:
            known = f"{100 * (PUBLISHED[name] / PUBLISHED[base_name] - 1):+.1f}"
        spread = "" if here.half_width is None else f" +-{here.half_width:.1f}"
        width = "" if gain.half_width is None else f" +-{gain.half_width:.1f}"
        print(
            f"{name:16}{f'{here.mean:.1f}{spread}':>16}{f'{gain.mean:+.1f}{width}':>20}{known:>15}"
        )


if __name__ == "__main__":
    run(main)
