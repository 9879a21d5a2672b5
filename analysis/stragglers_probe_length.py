"""How long a probe must be: the chosen parameters and what they cost, by probe length.

    python analysis/stragglers_probe_length.py --replications 10

For every length the parameters of each scheme are chosen on the first rounds of a run and then
played on its later ones; the regret compares them with the best set in hindsight on these. Without
resampling (--resamples 0) this is the authors' procedure.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np
from arguments import positive, preset, run, seconds, seed

from netsim.delays.process import sample
from netsim.rng import Streams
from netsim.stragglers.selection import parameter_sets, search
from netsim.stragglers.waiting import WaitConfig

SCHEMES = ("gc", "sr_sgc", "m_sgc")
T_MAX = 3


def choose_and_judge(options: argparse.Namespace, length: int) -> dict[str, tuple[str, float]]:
    """Return, by scheme, the most frequent choice and the mean regret."""
    wait = WaitConfig(policy=options.policy)
    chosen: dict[str, list[str]] = {scheme: [] for scheme in SCHEMES}
    regrets: dict[str, list[float]] = {scheme: [] for scheme in SCHEMES}
    for replication in range(options.replications):
        streams = Streams(options.seed, replication)
        times = sample(options.preset, streams, length + options.after + T_MAX, options.workers)
        for scheme in SCHEMES:
            sets = parameter_sets(options.workers, T_MAX, families=(scheme,))
            shared = {"per_load": options.per_load, "wait": wait, "t_max": T_MAX}
            best = search(
                times[:length],
                candidates=sets,
                resamples=options.resamples,
                generator=streams.generator("stragglers.bootstrap"),
                **shared,
            ).best
            after = search(times[length:], candidates=sets, **shared)
            place = after.candidates.index(best)
            chosen[scheme].append(str(best).removeprefix(scheme).strip())
            regrets[scheme].append(after.time[place] / after.time[0] - 1)
    return {
        scheme: (Counter(chosen[scheme]).most_common(1)[0][0], float(np.mean(regrets[scheme])))
        for scheme in SCHEMES
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", type=preset, default="isolated", help="a delay preset")
    parser.add_argument("--lengths", type=positive, nargs="+", default=[10, 20, 40, 60, 80])
    parser.add_argument("--policy", default="all", choices=["minimal", "all"])
    parser.add_argument("--per-load", type=seconds, default=2.2013, help="s per full data set")
    parser.add_argument("--workers", type=positive, default=256)
    parser.add_argument("--after", type=positive, default=200, help="rounds to judge the choice on")
    parser.add_argument("--resamples", type=int, default=0)
    parser.add_argument("--replications", type=positive, default=5)
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    print(f"{'probe':>6}" + "".join(f"{scheme:>18}{'regret [%]':>12}" for scheme in SCHEMES))
    for length in options.lengths:
        found = choose_and_judge(options, length)
        cells = "".join(f"{best:>18}{100 * cost:>12.1f}" for best, cost in found.values())
        print(f"{length:>6}{cells}")


if __name__ == "__main__":
    run(main)
