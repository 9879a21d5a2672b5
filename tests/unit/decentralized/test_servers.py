"""Servers in the middle of a star: rounds by hand, and the points that they end at."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.verify.scenarios import simulate

#: Two clients with h = (1, 2), c = (0, 3): the optimum is sum h c / sum h = 2.
PAIR = {"kind": "quadratic", "h": [1, 1, 2], "c": [0, 0, 3], "x0": 0}
#: Two clients in two dimensions: the optimum is (6/3, 1/3... ) = (2, 1/3).
PLANE = {
    "kind": "quadratic",
    "h": [[1, 1], [1, 2], [2, 1]],
    "c": [[0, 0], [0, 1], [3, -1]],
    "x0": 1,
}


def server(rounds, **scenario):
    """Return the server's model after each of `rounds`."""
    block = {
        "workload": "decentralized",
        "nodes": 3,
        "topology": {"kind": "star"},
        "rounds": max(rounds),
        "eval": {"every": max(rounds)},
        "record": {"vectors": list(rounds)},
    }
    result = simulate({**block, **scenario})
    rows = result.table("vectors").to_pylist()
    return result, [
        [row["value"] for row in rows if row["round"] == number and row["node"] == 0]
        for number in rounds
    ]


def test_federated_averaging_ends_where_drift_takes_it():
    # P = 0.9^5 and 0.8^5; sizes 1 and 3: 3 (1 - 0.8^5) 3 / ((1 - 0.9^5) + 3 (1 - 0.8^5)).
    one, two = 1 - 0.9**5, 1 - 0.8**5
    _, (first, last) = server(
        [1, 300],
        model=PAIR,
        data={"sizes": [0, 1, 3]},
        local={"steps": 5, "lr": 0.1},
        algorithm="fedavg",
    )

    assert first == pytest.approx([0.75 * 3 * two], abs=1e-9)
    assert last == pytest.approx([3 * two * 3 / (one + 3 * two)], abs=1e-9)
    assert last[0] == pytest.approx(2.4936966045, abs=1e-9)


def test_scaffold_takes_the_drift_out():
    _, found = server([1, 2, 600], model=PAIR, local={"steps": 5, "lr": 0.1}, algorithm="scaffold")

    # Round 1: half of 3 (1 - 0.8^5).
    assert found[0] == pytest.approx([1.5 * (1 - 0.8**5)], abs=1e-9)
    assert found[1] == pytest.approx([1.5454300488], abs=1e-9)
    assert found[2] == pytest.approx([2], abs=1e-9)


def test_compressed_changes_of_gradients():
    # Gradients at (1, 1): (1, 0) and (-4, 2); the largest of each: h = (1, 0), (-4, 0). Then
    # x = (1, 1) - 0.2 (-1.5, 0) = (1.3, 1), where they are (1.3, 0) and (-3.4, 2), and so on.
    _, found = server(
        [1, 2, 3],
        model=PLANE,
        local={"lr": 0.2},
        algorithm="ef21",
        compressor={"kind": "topk", "k": 1},
    )

    assert np.ravel(found) == pytest.approx([1.3, 1, 1.57, 0.8, 1.726, 0.64], abs=1e-9)


def test_controlled_errors_reach_the_optimum():
    _, found = server(
        [1, 2, 3, 4, 3000],
        model=PLANE,
        local={"lr": 0.2},
        algorithm={"kind": "econtrol", "eta": 0.1},
        compressor={"kind": "topk", "k": 1},
    )

    steps = [1.3, 0.8, 1.54, 0.64, 1.675, 0.48, 1.81, 0.4448]
    assert np.ravel(found[:4]) == pytest.approx(steps, abs=1e-9)
    # sum h c / sum h = (6 / 3, (2 - 1) / 3).
    assert found[4] == pytest.approx([2, 1 / 3], abs=1e-9)


def test_only_chosen_clients_train_and_count():
    result, _ = server(
        [4],
        nodes=6,
        model="quadratic",
        algorithm={"kind": "fedavg", "clients": 2},
    )

    # Four rounds of two models down and two up, 8 B each.
    assert result.runs[0]["messages"] == 4 * 4
    assert result.runs[0]["bytes"] == 4 * 4 * 8


def test_a_lost_answer_is_not_counted_in():
    # Client 2's answers never arrive, so the server follows client 1 alone, to its minimum 0.
    _, found = server(
        [200],
        model={"kind": "quadratic", "h": [1, 1, 2], "c": [0, 0, 3], "x0": 5},
        local={"steps": 1, "lr": 0.5},
        algorithm="fedavg",
        disruption=[{"kind": "link_loss", "at": {"round": 0}, "links": [[2, 0]], "p": 1}],
    )

    assert found[0] == pytest.approx([0], abs=1e-9)
