"""Small problems whose every number is worked out by hand or by a closed form shown here."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.verify.scenarios import simulate

PATH = {"kind": "edges", "edges": [[0, 1], [1, 2]]}
#: Three quadratics on a path: h = (1, 2, 1), c = (0, 3, 6), from 0, with rate 0.1.
QUADRATIC = {"kind": "quadratic", "h": [1, 2, 1], "c": [0, 3, 6], "x0": 0}
H, C = np.array([1.0, 2, 1]), np.array([0.0, 3, 6])


def vectors(rounds, **scenario):
    """Return the models after each of `rounds`: round -> (nodes, numbers)."""
    block = {
        "workload": "decentralized",
        "topology": PATH,
        "model": QUADRATIC,
        "local": {"steps": 1, "lr": 0.1},
        "dtype": "float64",
        "rounds": max(rounds),
        "eval": {"every": max(rounds)},
        "record": {"vectors": list(rounds)},
    }
    rows = simulate({**block, **scenario}).table("vectors").to_pydict()
    nodes = max(rows["node"]) + 1
    found = {}
    for place, number in enumerate(rows["round"]):
        found.setdefault(number, []).append(rows["value"][place])
    return {number: np.array(values).reshape(nodes, -1) for number, values in found.items()}


def near(found, expected):
    np.testing.assert_allclose(np.ravel(found), expected, rtol=0, atol=1e-9)


def test_averaging_by_data_of_uneven_sizes():
    # W = [[1/3, 2/3, 0], [1/6, 1/3, 1/2], [0, 2/5, 3/5]] for sizes 10, 20, 30 on a path; two steps
    # of h take x to c + (x - c) (1 - 0.1 h)^2.
    weights = np.array([[1 / 3, 2 / 3, 0], [1 / 6, 1 / 3, 1 / 2], [0, 2 / 5, 3 / 5]])
    power = (1 - 0.1 * H) ** 2
    limit = np.linalg.solve(np.eye(3) - weights * power, weights @ ((1 - power) * C))

    found = vectors([0, 1, 2, 10, 400], data={"sizes": [10, 20, 30]}, local={"steps": 2, "lr": 0.1})

    near(found[0], [0, 0, 0])
    near(found[1], [0.72, 0.93, 1.116])
    near(found[2], [1.3112, 1.67758, 1.896456])
    near(found[10], [3.0505951409, 3.640489297, 3.8845148039])
    near(found[400], limit)
    np.testing.assert_allclose(limit, [3.22982483, 3.83852842, 4.0830024816], atol=1e-8)


def test_isolated_survivors_go_on_alone_from_the_round_of_the_drop():
    # From round 2 on nodes 0 and 2 hear nobody: x = c + (x - c) 0.81 a round; node 1 stays.
    second = np.array([1.3112, 1.67758, 1.896456])

    found = vectors(
        [2, 3, 5, 300],
        data={"sizes": [10, 20, 30]},
        local={"steps": 2, "lr": 0.1},
        disruption=[{"kind": "node_drop", "at": {"round": 2}, "nodes": [1]}],
    )

    for rounds in (3, 5, 300):
        alone = C + (second - C) * 0.81 ** (rounds - 2)
        near(found[rounds], [alone[0], 1.67758, alone[2]])
    near(found[3], [1.062072, 1.67758, 2.67612936])


def test_mixing_alone_ends_at_the_stationary_mean_and_not_at_the_plain_one():
    # pi_i = n_i s_i / sum: sizes 10, 20, 30 with s = 30, 60, 50 give 0.1, 0.4, 0.5; x = 1, 2, 4.
    found = vectors(
        [200],
        data={"sizes": [10, 20, 30]},
        model={"kind": "quadratic", "h": 0, "c": 0, "x0": [1, 2, 4]},
    )

    near(found[200], [2.9, 2.9, 2.9])


@pytest.mark.parametrize(
    ("order", "first", "second"),
    [
        ("combine_then_adapt", [0, 0.6, 0.6], [0.2, 0.88, 1.14]),
        ("adapt_then_combine", [0.2, 0.4, 0.6], [64 / 150, 56 / 75, 16 / 15]),
    ],
)
def test_a_step_before_or_after_averaging(order, first, second):
    weights = np.array([[2, 1, 0], [1, 1, 1], [0, 1, 2]]) / 3
    step = 0.1 * np.diag(H)
    if order == "combine_then_adapt":
        limit = np.linalg.solve(np.eye(3) - weights + step, step @ C)
    else:
        limit = np.linalg.solve(np.eye(3) - weights @ (np.eye(3) - step), weights @ step @ C)

    found = vectors([1, 2, 400], algorithm={"kind": "dpsgd", "order": order})

    near(found[1], first)
    near(found[2], second)
    near(found[400], limit)


def test_gradient_tracking_reaches_the_common_optimum():
    # sum h c / sum h = (0 + 6 + 6) / 4 = 3.
    found = vectors([1, 2, 600], algorithm="gradient_tracking")

    near(found[1], [0, 0.6, 0.6])
    near(found[2], [0.4, 0.68, 1.14])
    near(found[600], [3, 3, 3])


def test_push_sum_recovers_a_lost_message():
    # Arcs 0->1, 1->2, 2->0, 2->1 from x = (3, 0, 6); the message 0->1 of round 0 is lost and goes
    # back to node 0: x = (5, 2, 2), w = (4/3, 5/6, 5/6) after a round; the mean 3 stays.
    found = vectors(
        [1, 2, 200],
        topology={"kind": "edges", "directed": True, "edges": [[0, 1], [1, 2], [2, 0], [2, 1]]},
        model={"kind": "quadratic", "h": 0, "c": 0, "x0": [3, 0, 6]},
        algorithm="sgp",
        disruption=[
            {
                "kind": "link_loss",
                "at": {"round": 0},
                "links": [[0, 1]],
                "p": 1,
                "recover_after": 1,
            }
        ],
    )

    near(found[1], [3.75, 2.4, 2.4])
    near(found[2], [57 / 17, 150 / 49, 2.4])
    near(found[200], [3, 3, 3])


def test_push_sum_that_destroys_what_is_lost_is_biased():
    found = vectors(
        [200],
        topology={"kind": "edges", "directed": True, "edges": [[0, 1], [1, 2], [2, 0], [2, 1]]},
        model={"kind": "quadratic", "h": 0, "c": 0, "x0": [6, 0, 6]},
        algorithm={"kind": "sgp", "loss": "destroy"},
        disruption=[
            {"kind": "link_loss", "at": {"round": 0}, "links": [[0, 1]], "p": 1, "recover_after": 1}
        ],
    )

    # Half of node 0's 6 and half of its weight are gone: (12 - 3) / (3 - 0.5) = 3.6, and not 4.
    near(found[200], [3.6, 3.6, 3.6])


def test_variance_correction_gives_the_mean_the_spread_of_what_went_in():
    # The mean of (1, -1, 1, -1) and (1, 1, -1, -1) is (1, 0, 0, -1): variance 1/2 where the inputs
    # have 1, so it is stretched by sqrt 2.
    two = {
        "topology": {"kind": "edges", "edges": [[0, 1]]},
        "model": {"kind": "quadratic", "h": 0, "c": 0, "x0": [[1, -1, 1, -1], [1, 1, -1, -1]]},
        "weights": "uniform",
    }

    plain = vectors([1], **two)
    stretched = vectors([1], **two, aggregate={"variance_correction": True})

    near(plain[1], [1, 0, 0, -1] * 2)
    near(stretched[1], [2**0.5, 0, 0, -(2**0.5)] * 2)


def test_choco_adds_compressed_differences_to_copies():
    found = vectors(
        [1, 2],
        model={"kind": "quadratic", "h": 1, "c": [[0, 0], [3, 1], [6, 2]], "x0": 0},
        algorithm={"kind": "choco", "gamma": 0.5},
        compressor={"kind": "topk", "k": 1},
    )

    near(found[1], [0.05, 0, 0.3, 0.1, 0.55, 0.2])
    near(found[2], [0.1325, 0, 0.57, 0.19, 1.0075, 0.38])


def test_a_ring_with_metropolis_weights_mixes_at_two_thirds():
    # Weights 1/3 each: eigenvalues (1 + 2 cos(2 pi k / 6)) / 3, the second of which is 2/3.
    result = simulate(
        {
            "workload": "decentralized",
            "nodes": 6,
            "topology": {"kind": "ring"},
            "model": {"kind": "quadratic"},
            "weights": "metropolis",
            "rounds": 1,
        }
    )

    graph = result.table("graph").to_pylist()[0]
    assert graph["slem"] == pytest.approx(2 / 3, abs=1e-12)
    # Of a ring: 2 - 2 cos(2 pi / 6) = 1.
    assert graph["connectivity"] == pytest.approx(1, abs=1e-12)
    assert (graph["diameter"], graph["degree_min"], graph["degree_max"]) == (3, 2, 2)


def test_weights_by_data_mix_at_their_second_eigenvalue():
    # The characteristic polynomial of W has the roots 1 and t with t^2 - t (trace - 1) + det.
    weights = np.array([[1 / 3, 2 / 3, 0], [1 / 6, 1 / 3, 1 / 2], [0, 2 / 5, 3 / 5]])
    middle, product = (np.trace(weights) - 1) / 2, np.linalg.det(weights)
    expected = max(abs(middle + s * np.sqrt(middle**2 - product)) for s in (1, -1))

    result = simulate(
        {
            "workload": "decentralized",
            "topology": PATH,
            "data": {"sizes": [10, 20, 30]},
            "model": {"kind": "quadratic"},
            "rounds": 1,
        }
    )

    assert result.runs[0]["slem"] == pytest.approx(expected, abs=1e-12)
    assert expected == pytest.approx(0.4239265962, abs=1e-9)


def test_a_message_of_the_small_perceptron_has_four_bytes_a_parameter():
    # 64 x 32 + 32 + 32 x 10 + 10 = 2,410 parameters: 9,640 B; two nodes, one message each, a round.
    result = simulate(
        {
            "workload": "decentralized",
            "nodes": 2,
            "topology": {"kind": "line"},
            "rounds": 3,
            "eval": {"every": 2},
        }
    )

    assert result.runs[0]["bytes"] == 2 * 3 * 9640
    assert sum(result.table("peers")["bytes_sent"].to_pylist()) == 2 * 3 * 9640
    assert sum(result.table("peers")["bytes_received"].to_pylist()) == 2 * 3 * 9640


def test_a_node_that_is_back_can_take_its_neighbours_model():
    # Node 0 is gone in round 0, while node 1 takes a step from 0 towards 3 with h = 2, to 0.6. Back
    # in round 1 node 0 copies that; then both step, and average.
    scenario = {
        "topology": {"kind": "edges", "edges": [[0, 1]]},
        "model": {"kind": "quadratic", "h": [1, 2], "c": [0, 3], "x0": [5, 0]},
    }
    drop = {"kind": "node_drop", "at": {"round": 0}, "nodes": [0], "recover_after": 1}

    found = vectors([1, 2], **scenario, disruption=[{**drop, "rejoin": "fetch"}])

    near(found[1], [5, 0.6])
    # 0.6 - 0.1 x 0.6 = 0.54 and 0.6 + 0.2 x 2.4 = 1.08, whose mean is 0.81.
    near(found[2], [0.81, 0.81])


def test_survivors_can_be_made_to_start_again():
    found = vectors(
        [1, 2],
        topology={"kind": "edges", "edges": []},
        nodes=2,
        model={"kind": "quadratic", "h": [1, 2], "c": [0, 3], "x0": [5, 0]},
        disruption=[
            {"kind": "node_drop", "at": {"round": 1}, "nodes": [0], "survivors_reset": True}
        ],
    )

    near(found[1], [4.5, 0.6])
    # Node 0 stands still, node 1 takes its first step once more.
    near(found[2], [4.5, 0.6])
