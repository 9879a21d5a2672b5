"""DADAO: given events by hand, random ones to the optimum, and the flow between events."""

from __future__ import annotations

import numpy as np
import pytest
from reference.dadao import DadaoTwin
from scipy.linalg import expm

import netsim
from netsim.decentralized.exponential import exponential
from netsim.decentralized.rates import best_rates, constants_of, total_rate
from netsim.errors import NetsimError
from netsim.verify.scenarios import simulate

PAIR = {
    "workload": "decentralized",
    "topology": {"kind": "edges", "edges": [[0, 1]]},
    "model": {"kind": "quadratic", "h": [1, 2], "c": [0, 3], "x0": [1, -1]},
}
EVENTS = [[0.3, "grad", 0], [0.5, "comm", 0, 1], [0.9, "grad", 1], [1.4, "comm", 0, 1]]


def pairs_of(nodes):
    return [(a, b) for a in nodes for b in nodes if a < b]


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
    assert constants_of(2, [(0, 1)]) == pytest.approx((0.5, 0.5))
    assert constants_of(4, pairs_of(range(4))) == pytest.approx((1.5, 1.5))


@pytest.mark.parametrize(
    ("nodes", "edges", "equal", "best"),
    [
        # The bridge between two cliques is what holds them together: it should talk most. The
        # figures of the barbell were found with a semidefinite program.
        (8, [*pairs_of(range(4)), *pairs_of(range(4, 8)), (3, 4)], 21.84184, 13.2055),
        # Where all edges are alike, equal rates are best; K6: sqrt(2 x 15/6 x 5/2) = sqrt(12.5).
        (6, pairs_of(range(6)), np.sqrt(12.5), np.sqrt(12.5)),
        (10, [(0, i) for i in range(1, 10)], 9, 9),
        (8, [(i, i + 1) for i in range(7)], 17.9404, 17.9404),
    ],
    ids=["barbell", "complete", "star", "line"],
)
def test_the_best_rates_need_the_least_in_all(nodes, edges, equal, best):
    rates = best_rates(nodes, edges)

    assert rates.sum() == pytest.approx(1, abs=1e-12)
    assert (rates > 0).all()
    assert total_rate(*constants_of(nodes, edges)) == pytest.approx(equal, rel=1e-5)
    assert total_rate(*constants_of(nodes, edges, rates)) == pytest.approx(best, rel=1e-4)


def test_better_rates_reach_the_optimum_with_fewer_messages():
    block = {
        "workload": "decentralized",
        "topology": {
            "kind": "edges",
            "edges": [*pairs_of(range(4)), *pairs_of(range(4, 8)), (3, 4)],
        },
        "model": {"kind": "quadratic", "h": [1, 2] * 4, "c": list(range(8))},
        "rounds": 300,
        "eval": {"every": 300},
        "record": {"vectors": [300]},
    }
    sent = {}
    for rates in ("equal", "best"):
        result = simulate({**block, "algorithm": {"kind": "dadao", "edge_rates": rates}})
        sent[rates] = result.runs[0]["messages"]
        # sum h c / sum h = (0 + 2 + 2 + 6 + 4 + 10 + 6 + 14) / 12.
        found = result.table("vectors")["value"].to_pylist()
        assert found == pytest.approx([44 / 12] * 8, abs=1e-3)

    # Two messages an exchange, of Poisson numbers with means 300 x 21.84 and 300 x 13.21.
    for rates, total in (("equal", 21.84184), ("best", 13.2055)):
        assert abs(sent[rates] / 2 - 300 * total) < 5 * np.sqrt(300 * total)


@pytest.mark.parametrize("seed", [0, 1])
def test_it_equals_its_twin_while_nodes_come_and_go(seed):
    generator = np.random.default_rng(seed)
    pairs = [(i, (i + 1) % 6) for i in range(6)] + [(0, 3)]
    edges = [tuple(sorted(pair)) for pair in pairs]
    h = generator.uniform(0.5, 2, (6, 2)).tolist()
    c, start = generator.standard_normal((2, 6, 2)).tolist()
    times = np.sort(generator.uniform(0, 6, 80)).tolist()
    events = []
    for time in times:
        if generator.random() < 0.5:
            events.append([time, "grad", int(generator.integers(6))])
        else:
            events.append([time, "comm", *edges[int(generator.integers(len(edges)))]])
    block = {
        "workload": "decentralized",
        "topology": {"kind": "edges", "edges": [list(edge) for edge in edges]},
        "model": {"kind": "quadratic", "h": h, "c": c, "x0": start},
        "algorithm": {"kind": "dadao", "events": events, "read_at": 6},
        "rounds": 6,
        "disruption": [
            {"kind": "node_drop", "at": {"round": 2}, "nodes": [1], "recover_after": 2},
            {"kind": "link_drop", "at": {"round": 3}, "links": [[0, 3]]},
        ],
        "record": {"vectors": list(range(7))},
    }
    chi1, chi2 = constants_of(6, edges)
    total = np.sqrt(2 * chi1 * chi2)
    least, largest = np.min(h), np.max(h)
    twin = DadaoTwin(h, c, start, least, largest, chi1 / total)

    found = simulate(block).table("vectors")["value"].to_numpy().reshape(7, 6, 2)
    for number in range(6):
        gone = {1} if 2 <= number < 4 else set()
        cut = {(0, 3)} if number >= 3 else set()
        inside = [event for event in events if number < event[0] <= number + 1]
        twin.round(inside, number, number + 1, gone, cut)

        expected = [state[0] for state in twin.state]
        np.testing.assert_allclose(found[number + 1], expected, rtol=0, atol=1e-12)


def test_nodes_that_are_gone_from_the_start_leave_the_rest_to_agree():
    result = simulate(
        {
            "workload": "decentralized",
            "nodes": 4,
            "topology": {"kind": "complete"},
            "model": {"kind": "quadratic", "h": 1, "c": [0, 3, 6, 100]},
            "algorithm": "dadao",
            "disruption": [{"kind": "node_drop", "at": {"round": 0}, "nodes": [3]}],
            "rounds": 300,
            "eval": {"every": 300},
            "record": {"vectors": [300]},
        }
    )

    found = result.table("vectors")["value"].to_pylist()
    assert found == pytest.approx([3, 3, 3, 0], abs=1e-3)


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
        (
            {"algorithm": {"kind": "dadao", "edge_rates": "best", "chi1": 0.5}},
            "have constants of their own",
        ),
        (
            {
                "nodes": 201,
                "topology": {"kind": "ring"},
                "model": "quadratic",
                "algorithm": {"kind": "dadao", "edge_rates": "best"},
            },
            "the best rates of 201 nodes take too long",
        ),
        ({"model": {"kind": "quadratic", "h": 0}}, "every curvature above 0"),
        ({"model": "mlp"}, "needs to know mu and L"),
    ],
)
def test_what_it_needs_is_told(changes, message):
    with pytest.raises(NetsimError) as told:
        netsim.load({"netsim": 1, **PAIR, "algorithm": "dadao", **changes})

    assert message in str(told.value)


TIMED = {
    "netsim": 1,
    "workload": "decentralized",
    "topology": {"kind": "ring"},
    "nodes": 6,
    "model": {"kind": "quadratic", "h": [1, 2, 1, 3, 1, 2], "c": [0, 3, 6, 1, -2, 4], "x0": 1},
    "algorithm": {"kind": "dadao", "unit": "2 s"},
    "rounds": 300,
    "record": {"vectors": [1, 300]},
}


def test_with_a_clock_and_no_delay_it_plays_the_same_events():
    rounds = netsim.run(netsim.load({**TIMED, "record": {"vectors": [300]}}))
    timed = netsim.run(netsim.load({**TIMED, "timing": {"mode": "async"}}))

    one, other = (it.table("vectors")["value"].to_numpy() for it in (rounds, timed))
    np.testing.assert_allclose(other, one, rtol=0, atol=1e-9)
    assert timed.runs[0]["messages"] == rounds.runs[0]["messages"]
    # Three hundred gradients a node, of two seconds each.
    assert timed.runs[0]["t_end"] == 600 * 10**12


def test_with_delays_and_losses_it_still_ends_at_the_optimum():
    links = {"delay": {"dist": "exponential", "mean": "60 ms"}, "loss": 0.05}
    block = {**TIMED, "timing": {"mode": "async"}, "links": links, "rounds": 900}

    found = netsim.run(netsim.load(block)).table("vectors")["value"].to_numpy()

    h, c = np.array([1, 2, 1, 3, 1, 2]), np.array([0, 3, 6, 1, -2, 4])
    np.testing.assert_allclose(found, (h * c).sum() / h.sum(), rtol=0, atol=1e-6)
