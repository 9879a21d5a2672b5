"""DADAO: given events by hand, random ones to the optimum, and the flow between events."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

import netsim
from netsim.decentralized.algorithms.dadao import resistances
from netsim.decentralized.exponential import exponential
from netsim.errors import NetsimError
from netsim.graphs.graph import graph_of
from netsim.verify.scenarios import simulate

PAIR = {
    "workload": "decentralized",
    "topology": {"kind": "edges", "edges": [[0, 1]]},
    "model": {"kind": "quadratic", "h": [1, 2], "c": [0, 3], "x0": [1, -1]},
}
EVENTS = [[0.3, "grad", 0], [0.5, "comm", 0, 1], [0.9, "grad", 1], [1.4, "comm", 0, 1]]


def by_hand(until):
    """Play the four events on the six vectors of two nodes, straight from the definition."""
    h, c = np.array([1.0, 2]), np.array([0.0, 3])
    mu, smooth, total, chi1 = 1.0, 2.0, np.sqrt(0.5), 0.5 / np.sqrt(0.5)
    nu = mu / 2
    r = np.sqrt(nu / smooth)
    flow = np.zeros((6, 6))
    flow[0, :2], flow[1, :2] = (-r / 8, r / 8), (r / 8, -r / 8)
    flow[2, 2:4] = -r / 4, r / 4
    flow[3] = [0, -nu / (2 * r), -1 / (2 * r), 0, -1 / (2 * r), 0]
    flow[4, 4:], flow[5, 4:] = (-r / 4, r / 4), (r / 8, -r / 8)
    state, now = np.zeros((6, 2)), 0.0
    state[0] = 1, -1
    for time, kind, *nodes in [*EVENTS, [until, "end"]]:
        state, now = expm(flow * (time - now)) @ state, time
        if kind == "grad":
            i = nodes[0]
            q = h[i] * (state[0, i] - c[i]) - nu * state[0, i] - state[3, i]
            state[:, i] -= (
                np.array([1 / (4 * smooth), 1 / (4 * np.sqrt(smooth * nu)), 0, 0, 0, 0]) * q
            )
            state[3, i] += (r / 4 + 1) * q
        elif kind == "comm":
            m = (state[2, 0] + state[4, 0]) - (state[2, 1] + state[4, 1])
            state[4] -= np.array([1, -1]) * m / 2
            state[5] -= np.array([1, -1]) * 2 * chi1 / r * m
    assert total == pytest.approx(0.7071067812)
    return state[0]


def test_given_events_are_played_as_defined():
    algorithm = {
        "kind": "dadao",
        "events": EVENTS,
        "read_at": 2,
        "chi1": 0.5,
        "chi2": 0.5,
        "total_rate": 0.7071067812,
    }
    for rounds in (1, 5):
        result = simulate(
            {**PAIR, "algorithm": algorithm, "rounds": rounds, "record": {"vectors": [rounds]}}
        )

        found = result.table("vectors")["value"].to_pylist()
        assert found == pytest.approx(by_hand(2), abs=1e-9)
        assert found == pytest.approx([0.8219881264, 0.0989073267], abs=1e-9)


def test_random_events_reach_the_optimum():
    # sum h c / sum h = 6 / 3.
    result = simulate({**PAIR, "algorithm": "dadao", "rounds": 400, "record": {"vectors": [400]}})

    assert result.table("vectors")["value"].to_pylist() == pytest.approx([2, 2], abs=1e-6)


def test_the_constants_of_two_nodes_and_of_a_complete_graph():
    # Two nodes: eigenvalue 2, resistance 1. K4 with rates 1/6: eigenvalue 4/6, resistance 2/4 x 6.
    assert resistances(graph_of(2, [0], [1])) == pytest.approx((0.5, 0.5))
    a, b = np.triu_indices(4, 1)
    assert resistances(graph_of(4, a, b)) == pytest.approx((1.5, 1.5))


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 30.0])
def test_the_exponential_is_that_of_scipy(scale):
    matrix = scale * np.random.default_rng(1).uniform(-1, 0.2, (6, 6))

    np.testing.assert_allclose(
        exponential(matrix), expm(matrix), rtol=1e-9, atol=1e-12 * np.exp(scale)
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"algorithm": {"kind": "dadao", "total_rate": 0.5}}, "above 1/2"),
        ({"model": {"kind": "quadratic", "h": 0}}, "every curvature above 0"),
        ({"model": "mlp"}, "needs to know mu and L"),
    ],
)
def test_what_it_needs_is_told(changes, message):
    with pytest.raises(NetsimError) as told:
        netsim.load({"netsim": 1, **PAIR, "algorithm": "dadao", **changes})

    assert message in str(told.value)
