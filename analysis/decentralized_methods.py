"""What an optimum costs: methods among peers by vectors sent, and with a server by bytes.

    python analysis/decentralized_methods.py -o out/methods.png

Left: two cliques with a bridge, quadratics that differ from node to node. Decentralised SGD stops
short of the optimum, gradient tracking and DADAO reach it, DADAO with fewer vectors the more often
the bridge talks. Right: a server and as many clients, of whose gradients one number each is sent:
EF21, its weighted form, EControl and Scallion, beside gradients sent whole, and Choco among peers.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from arguments import add_picture, positive, run, seed, size
from numpy.typing import NDArray

import netsim
from netsim.figures.decentralized import distance_to_optimum
from netsim.figures.page import page

Array = NDArray[np.float64]
POINTS = 50


def course(block: dict[str, Any], best: Array, server: bool) -> tuple[Array, Array]:
    """Return bytes sent, and the mean squared distance to the optimum, at some rounds."""
    every = max(1, block["rounds"] // POINTS)
    rounds = list(range(0, block["rounds"] + 1, every))
    record = {"vectors": rounds}
    done = netsim.run(netsim.load(block | {"eval": {"every": every}, "record": record}))
    learning = {row["round"]: row["bytes"] for row in done.table("learning").to_pylist()}
    models = done.table("vectors")["value"].to_numpy().reshape(len(rounds), -1, len(best))
    away = ((models[:, :1] if server else models) - best) ** 2
    return np.array([float(learning[one]) for one in rounds]), away.sum(axis=2).mean(axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument("--clique", type=positive, default=8, help="nodes of each of two cliques")
    parser.add_argument("--dims", type=positive, default=8)
    parser.add_argument("--rounds", type=positive, default=400)
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    generator = np.random.default_rng(options.seed)
    nodes, dims = 2 * options.clique, options.dims
    h = generator.uniform(0.1, 1, (nodes, dims))
    c = generator.standard_normal((nodes, dims))
    best = (h * c).sum(axis=0) / h.sum(axis=0)
    common = {"netsim": 1, "workload": "decentralized", "rounds": options.rounds}
    peers = {
        **common,
        "topology": {"kind": "barbell", "clique": options.clique},
        "model": {"kind": "quadratic", "h": h.tolist(), "c": c.tolist()},
    }
    top = {"kind": "topk", "k": 1}
    among: dict[str, dict[str, Any]] = {
        "D-PSGD": {"algorithm": "dpsgd", "local": {"lr": 0.02}},
        "gradient tracking": {"algorithm": "gradient_tracking", "local": {"lr": 0.1}},
        "DADAO": {"algorithm": "dadao"},
        "DADAO, best rates": {"algorithm": {"kind": "dadao", "edge_rates": "best"}},
    }
    vectors = {}
    print(f"{'among peers':<22}{'vectors a node':>16}{'squared distance':>18}")
    for name, more in among.items():
        sent, away = course(peers | more, best, False)
        vectors[name] = (sent / (8 * dims * nodes), away)
        print(f"{name:<22}{vectors[name][0][-1]:>16.0f}{away[-1]:>18.1e}")
    nothing = [[0.0] * dims]
    star = {
        **common,
        "rounds": 2 * options.rounds,
        "nodes": nodes + 1,
        "topology": {"kind": "star"},
        "model": {"kind": "quadratic", "h": nothing + h.tolist(), "c": nothing + c.tolist()},
        "data": {"sizes": [0] + [1] * nodes},
        "local": {"steps": 1, "lr": 0.3},
    }
    weighed = {"kind": "ef21", "clients_by": "smoothness"}
    served: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "whole gradients": (star, {"algorithm": "ef21"}),
        "EF21": (star, {"algorithm": "ef21", "compressor": top}),
        "EF21, weighted": (star, {"algorithm": weighed, "compressor": top}),
        "EControl": (star, {"algorithm": "econtrol", "compressor": top}),
        "Scallion": (star, {"algorithm": {"kind": "scallion", "alpha": 0.2}, "compressor": top}),
        "Choco, no server": (
            peers,
            {
                "algorithm": {"kind": "choco", "gamma": 0.1},
                "compressor": top,
                "local": {"lr": 0.02},
            },
        ),
    }
    sizes = {}
    print(f"{'compressed':<22}{'kB up and down':>16}{'squared distance':>18}")
    for name, (block, more) in served.items():
        sent, away = course(block | more, best, block is star)
        sizes[name] = (sent / 1000, away)
        print(f"{name:<22}{sizes[name][0][-1]:>16.1f}{away[-1]:>18.1e}")
    if options.output is not None:
        with page(options.output, panels=2, size=size(options)) as (left, right):
            distance_to_optimum(left, vectors, "vectors sent per node")
            distance_to_optimum(right, sizes, "sent [kB]")
        print(f"wrote {options.output}")


if __name__ == "__main__":
    run(main)
