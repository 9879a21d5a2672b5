"""What does not go together is told with its place and a remedy, before anything is drawn."""

from __future__ import annotations

import pytest

import netsim
from netsim.errors import NetsimError

BASE = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 10,
    "topology": {"kind": "ring"},
    "rounds": 5,
}
LINE = {"kind": "edges", "edges": [[0, 1], [2, 3]]}
DROP = {"kind": "node_drop", "at": {"round": 1}}

CASES = [
    ({"nodes": 1500, "topology": {"kind": "ring"}}, "1,437 training samples are too few"),
    (
        {"data": {"kind": "digits", "partition": {"kind": "dirichlet_label", "min_size": 200}}},
        "10 parts of 200 are more than 1,437 samples",
    ),
    (
        {"topology": LINE, "nodes": None, "model": "quadratic", "algorithm": "gradient_tracking"},
        "needs a connected graph",
    ),
    (
        {
            "topology": {"kind": "edges", "directed": True, "edges": [[0, 1]]},
            "nodes": None,
            "weights": "metropolis",
        },
        "need links that go both ways",
    ),
    ({"algorithm": "sgp", "weights": "metropolis"}, "do not go together"),
    ({"disruption": [{**DROP, "nodes": [10]}]}, "there is no node 10"),
    ({"disruption": [{**DROP, "at": {"round": 5}, "count": 1}]}, "round 5 never comes"),
    ({"disruption": [{**DROP, "count": 1, "nodes": [1]}]}, "how many nodes are hit"),
    (
        {
            "disruption": [
                {"kind": "region", "at": {"round": 1}, "x": "0 m", "y": "0 m", "radius": "1 m"}
            ]
        },
        "nothing says where the nodes are",
    ),
    (
        {"disruption": [{"kind": "link_drop", "at": {"round": 1}, "links": [[0, 5]]}]},
        "there is no link [0, 5]",
    ),
    ({"target_accuracy": 0.9}, "cannot make its schedule ahead"),
    ({"until": "1 h"}, "no time to stop at"),
    (
        {"algorithm": "choco", "disruption": [{"kind": "link_loss", "at": {"round": 0}, "p": 0.1}]},
        "cannot bear lost messages",
    ),
    ({"data": {"sizes": [1, 2]}, "model": "quadratic"}, "2 sizes for 10 nodes"),
    ({"data": {"sizes": [1] * 10}}, "nothing that this model could learn from"),
    ({"model": {"kind": "quadratic", "h": [1, 2]}}, "h is 2x1, for 10 nodes"),
    ({"model": {"kind": "quadratic", "h": -1}}, "a curvature is negative"),
    ({"model": {"kind": "mlp", "hidden": [1_000_000_000]}}, "take about"),
    ({"record": {"vectors": [6]}}, "there is no state after 6 rounds"),
    (
        {
            "data": {"kind": "digits", "holders": "survivors"},
            "disruption": [{**DROP, "count": 1, "select": "data_size"}],
        },
        "follows from who is hit",
    ),
    ({"local": {"epochs": 1, "steps": 1}}, "both epochs and steps"),
    (
        {"attack": {"kind": "sign_flip", "count": 11}},
        "attack.count: error[out-of-range]: 11 nodes cannot attack: there are 10\n"
        "    | count: 11\n"
        "    |        ^^ at most 10\n",
    ),
    (
        {"topology": {"kind": "edges", "edges": [[i, i + 1] for i in range(5001)]}},
        "topology.edges: error[too-large]: 5,001 edges are more than 5,000, the most of a list\n"
        "    | edges: a list\n"
        "    | ^^^^^ keep them in a file: {kind: file, file: graph.graphml}\n",
    ),
    (
        {
            "nodes": 1500,
            "model": "quadratic",
            "topology": {"kind": "random_geometric", "radius": "100 m"},
            "radio": {"kind": "disc", "range": "100 m"},
            "timing": {"mode": "sync_neighbours"},
        },
        "take at most 1,000 nodes, or links that are there without a radio",
    ),
]


@pytest.mark.parametrize(("changes", "message"), CASES, ids=[text for _, text in CASES])
def test_what_does_not_go_together_is_told(changes, message):
    block = {key: value for key, value in {**BASE, **changes}.items() if value is not None}

    with pytest.raises(NetsimError) as told:
        netsim.load(block)

    assert message in str(told.value)
