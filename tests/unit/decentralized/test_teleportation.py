"""Few active nodes: one walks as plain descent would, a power of two of them agree in no time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import netsim
from netsim.errors import NetsimError
from netsim.verify.scenarios import simulate


def played(k, rounds, **changes):
    block = {
        "workload": "decentralized",
        "nodes": 16,
        "topology": {"kind": "complete"},
        "model": {"kind": "quadratic", "h": 0, "c": 0, "x0": list(range(16))},
        "local": {"lr": 0.5},
        "algorithm": {"kind": "teleportation", "k": k},
        "rounds": rounds,
        "eval": {"every": rounds},
        "record": {"vectors": list(range(rounds + 1))},
    }
    result = simulate({**block, **changes})
    return result, result.table("vectors")["value"].to_numpy().reshape(rounds + 1, 16)


def test_one_active_node_descends_as_if_alone():
    # With h = 1 and c = 4 everywhere a step halves the distance to 4, whoever takes it. The model
    # starts as that of the first active node.
    walk = {"kind": "quadratic", "h": 1, "c": 4, "x0": list(range(16))}
    _, models = played(1, 6, model=walk)

    changed = [np.flatnonzero(after != before) for before, after in pairwise(models)]
    first = changed[0][0]
    for number, nodes in enumerate(changed):
        assert models[number + 1][nodes] == pytest.approx(4 + (first - 4) / 2 ** (number + 1))


def test_a_power_of_two_of_them_agree_after_its_logarithm():
    result, models = played(8, 3)

    # Three rounds of pairs 1, 2 and 4 apart: all that are active hold the mean of the first eight.
    values, count = np.unique(models[3].round(12), return_counts=True)
    assert count.max() >= 8
    mean = values[count.argmax()]
    start = models[1]
    assert mean * 8 == pytest.approx(round(mean * 8))
    assert not np.array_equal(start, models[3])
    # Eight messages of averaging a round, and at most eight fetches from the second round on.
    sent = result.runs[0]["messages"]
    assert 3 * 8 <= sent <= 3 * 8 + 2 * 8
    assert result.runs[0]["bytes"] == 8 * sent


def test_more_active_nodes_than_nodes_are_refused():
    block = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 4,
        "topology": {"kind": "complete"},
        "model": "quadratic",
        "algorithm": {"kind": "teleportation", "k": 5},
    }

    with pytest.raises(NetsimError, match="5 active nodes are more than 4"):
        netsim.load(block)
    with pytest.raises(NetsimError, match="moves models between any two nodes"):
        netsim.load({**block, "topology": {"kind": "ring"}})
