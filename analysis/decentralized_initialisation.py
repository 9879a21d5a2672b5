"""What averaging does to models that start apart: their variance vanishes, and learning stalls.

    python analysis/decentralized_initialisation.py -o out/initialisation.png

Four ways to start: one draw for all; a draw for each; a draw for each with averages that keep the
spread of what went in; and a draw for each, enlarged by what averaging will take (v_steady). Left
the accuracy, right the variance of a model's numbers; without training mixing leaves v |pi|^2 of
an initial variance v, pi the stationary vector of the weights.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from arguments import add_picture, positive, run, seed, size

import netsim
from netsim.figures.decentralized import accuracy_of_survivors, variance_of_models
from netsim.figures.page import page

STARTS: dict[str, dict[str, Any]] = {
    "same start": {"init": {"same": True}},
    "different starts": {"init": {"same": False}},
    "different, corrected": {"init": {"same": False}},
    "different, v_steady": {"init": {"same": False, "gain": "v_steady"}},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument("--nodes", type=positive, default=50)
    parser.add_argument("--m", type=positive, default=2, help="edges of each new node")
    parser.add_argument("--rounds", type=positive, default=100)
    parser.add_argument("--replications", type=positive, default=5)
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    runs = {}
    print(f"{'start':<22}{'accuracy':>9}{'variance at 0':>15}{'after 10':>10}{'at the end':>12}")
    for name, init in STARTS.items():
        block = {
            "netsim": 1,
            "workload": "decentralized",
            "seed": options.seed,
            "replications": options.replications,
            "nodes": options.nodes,
            "topology": {"kind": "barabasi_albert", "m": options.m},
            "model": {"kind": "mlp", **init},
            "aggregate": {"variance_correction": name.endswith("corrected")},
            "rounds": options.rounds,
            "eval": {"every": min(5, options.rounds)},
        }
        runs[name] = netsim.run(netsim.load(block))
        table = runs[name].table("peers")
        turn, spread = (table[one].to_numpy() for one in ("round", "model_variance"))
        there = np.unique(turn)
        shown = [there[0], there[np.abs(there - 10).argmin()], there[-1]]
        means = [float(spread[turn == one].mean()) for one in shown]
        accuracy = float(np.mean([row["accuracy"] for row in runs[name].runs]))
        print(f"{name:<22}{accuracy:>9.3f}{means[0]:>15.5f}{means[1]:>10.5f}{means[2]:>12.5f}")
    if options.output is not None:
        with page(options.output, panels=2, size=size(options)) as (left, right):
            accuracy_of_survivors(left, runs)
            variance_of_models(right, runs)
            # Enlarged first models would hide the others.
            right.set(yscale="log", ylim=(1e-4, 10))
        print(f"wrote {options.output}")


if __name__ == "__main__":
    run(main)
