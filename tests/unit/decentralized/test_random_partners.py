"""Partners drawn each round: how fast they bring all together, on average over the draws."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.decentralized.schedule import Schedule
from netsim.decentralized.weights.rule import named
from netsim.graphs.graph import graph_of
from netsim.registry import lookup
from netsim.rng import Streams
from netsim.verify.scenarios import simulate

NODES, S = 10, 3


def contractions(algorithm, rounds, missing=None, spans=()):
    """Return |W x - mean|^2 / |x - mean|^2 of every round's weights, for a random x each."""
    chosen = lookup("algorithm", algorithm)
    a, b = np.triu_indices(NODES, 1)
    streams = Streams(4)
    config = chosen.Config(s=S)
    regroup = chosen.regroup(config, streams)
    schedule = Schedule(
        graph_of(NODES, a, b), spans, named("uniform"), np.ones(NODES), "self", streams, regroup
    )
    generator, found = np.random.default_rng(0), []
    for turn in schedule.turns(rounds):
        x = generator.standard_normal(NODES)
        x -= x.mean()
        mixed = turn.mixture.dense() @ x
        found.append((mixed @ mixed) / (x @ x))
    return np.array(found)


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("el_oracle", (1 / (S + 1)) * (1 - S / (NODES - 1))),
        ("el_local", (1 / S) * (1 - (1 - S / (NODES - 1)) ** NODES) - 1 / (NODES - 1)),
    ],
)
def test_distances_shrink_as_the_formula_says(algorithm, expected):
    found = contractions(algorithm, 3000)

    error = found.std() / np.sqrt(len(found))
    assert abs(found.mean() - expected) < 5 * error
    assert error < 0.01 * expected + 0.002


def test_every_node_sends_to_s_others_and_hears_what_was_sent():
    result = simulate(
        {
            "workload": "decentralized",
            "nodes": NODES,
            "topology": {"kind": "complete"},
            "model": "quadratic",
            "algorithm": {"kind": "el_local", "s": S},
            "rounds": 5,
        }
    )

    peers = [row for row in result.table("peers").to_pylist() if row["round"] == 5]
    assert {row["messages_sent"] for row in peers} == {5 * S}
    assert sum(row["messages_received"] for row in peers) == 5 * S * NODES
    assert result.runs[0]["messages"] == 5 * S * NODES


def test_a_bounded_step_towards_the_others():
    # Two nodes at 0 and 3 without training: each moves 3 / (3 + 1) towards the other.
    result = simulate(
        {
            "workload": "decentralized",
            "topology": {"kind": "edges", "edges": [[0, 1]]},
            "model": {"kind": "quadratic", "h": 0, "c": 0, "x0": [0, 3]},
            "algorithm": "decdiff",
            "rounds": 1,
            "record": {"vectors": [1]},
        }
    )

    assert result.table("vectors")["value"].to_pylist() == pytest.approx([0.75, 2.25])
