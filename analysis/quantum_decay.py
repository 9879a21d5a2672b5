"""What waiting costs: the fidelity of pairs against their age, and where the time goes.

    python analysis/quantum_decay.py -o out/decay.png

Three routers whose memories depolarise. Every pair of a link that was swapped stood for as long as
it had to wait for the other link, and lies on ``1/4 + (F0 - 1/4) exp(-8 t / 3 T)``, both halves
decaying. Beside it the first pairs of the run, and times between deliveries.
"""

from __future__ import annotations

import argparse

import numpy as np
from arguments import add_picture, positive, run, seed, size

import netsim
from netsim.figures.page import page
from netsim.figures.quantum import fidelity_against_age, pair_timeline, time_between_pairs

RAW = 0.97


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument("--coherence", type=positive, default=100, help="mean time of errors, ms")
    parser.add_argument("--pairs", type=positive, default=1000)
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    scenario = netsim.load(
        {
            "netsim": 1,
            "workload": "quantum",
            "seed": options.seed,
            "chain": {"routers": 3, "segment": "20 km"},
            "memory": {
                "frequency": "2 kHz",
                "efficiency": 0.75,
                "raw_fidelity": RAW,
                "coherence": f"{options.coherence} ms",
            },
            "detector": {"efficiency": 0.8, "count_rate": "50 MHz", "resolution": "100 ps"},
            "swap": {"policy": "asap", "handshake": False},
            "request": {"end": "1000 s", "pairs": options.pairs, "fidelity": 0.25},
        }
    )
    results = netsim.run(scenario)
    row = results.runs[0]
    rows = results.table("entanglements").to_pylist()
    own = [one for one in rows if one["level"] == 1 and one["cause"] == "swapped"]
    stored = np.array([one["ended"] - one["created"] for one in own]) * 1e-12
    seconds = options.coherence * 1e-3

    def law(time: np.ndarray) -> np.ndarray:
        return 0.25 + (RAW - 0.25) * np.exp(-8 / 3 * time / seconds)

    off = np.abs([one["fidelity"] for one in own] - law(stored)).max()
    print(f"{row['pairs']} pairs, {row['rate']:.1f} per second, mean fidelity", end=" ")
    print(f"{row['fidelity_mean']:.4f}; pairs of a link waited {stored.mean() * 1e3:.2f} ms")
    print(f"largest distance of a pair from the decay law: {off:.1e}")
    if options.output is not None:
        with page(options.output, panels=3, size=size(options)) as (left, middle, right):
            fidelity_against_age(left, {"three routers": results}, law)
            pair_timeline(middle, {"run": results})
            time_between_pairs(right, {"three routers": results})
        print(f"wrote {options.output}")


if __name__ == "__main__":
    run(main)
