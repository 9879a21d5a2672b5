"""Partners that change from round to round: exact means, matchings, and how fast they mix."""

from __future__ import annotations

import numpy as np
import pytest

import netsim
from netsim.decentralized.matchings import laplacians, matching_of, probabilities
from netsim.errors import NetsimError
from netsim.graphs.kind import build, read
from netsim.rng import Streams
from netsim.verify.scenarios import simulate


def mixed(rounds, nodes, **changes):
    """Return the run, and the models after each round, of mixing without training."""
    block = {
        "workload": "decentralized",
        "nodes": nodes,
        "model": {"kind": "quadratic", "h": 0, "c": 0, "x0": list(range(nodes))},
        "weights": "uniform",
        "rounds": rounds,
        "eval": {"every": rounds},
        "record": {"vectors": list(range(rounds + 1))},
    }
    result = simulate({**block, **changes})
    return result, result.table("vectors")["value"].to_numpy().reshape(rounds + 1, nodes)


@pytest.mark.parametrize("topology", ["exponential", "complete"])
def test_one_peer_a_round_gives_the_exact_mean_after_the_logarithm_of_the_nodes(topology):
    result, models = mixed(4, 16, topology={"kind": topology}, partners="one_peer_exponential")

    # In round 0 node i averages with i - 1.
    assert models[1][5] == pytest.approx(4.5, abs=1e-12)
    assert np.ptp(models[3]) > 1
    assert models[4] == pytest.approx(np.full(16, 7.5), abs=1e-12)
    assert result.runs[0]["messages"] == 4 * 16
    graph = result.table("graph").to_pylist()[0]
    assert (graph["contraction_predicted"], graph["contraction"]) == (0.0, 0.0)


def test_push_sum_over_one_peer_reaches_the_mean():
    _, models = mixed(
        3,
        8,
        topology={"kind": "exponential"},
        partners="one_peer_exponential",
        weights="push_sum",
        algorithm="sgp",
    )

    assert models[3] == pytest.approx(np.full(8, 3.5), abs=1e-12)


@pytest.mark.parametrize(
    ("partners", "topology", "weights"),
    [
        ("one_peer_exponential", {"kind": "exponential"}, "uniform"),
        ({"kind": "matching", "budget": 1.0}, {"kind": "ring"}, {"kind": "laplacian", "eps": 0.4}),
        (None, {"kind": "ring"}, "metropolis"),
    ],
)
def test_distances_shrink_as_predicted(partners, topology, weights):
    result, _ = mixed(400, 10, topology=topology, weights=weights, partners=partners)

    graph = result.table("graph").to_pylist()[0]
    assert graph["contraction"] == pytest.approx(graph["contraction_predicted"], rel=1e-3)
    assert 0 < graph["contraction"] < 1
    if partners is None:
        assert graph["contraction"] == pytest.approx(graph["slem"], rel=1e-6)


@pytest.mark.parametrize(
    ("nodes", "changes", "expected"),
    [
        (10, {"algorithm": {"kind": "el_oracle", "s": 3}}, 1 / 6),
        (10, {"partners": {"kind": "random_regular", "s": 3}}, 1 / 6),
        (10, {"algorithm": {"kind": "el_local", "s": 3}}, 0.216442),
        (100, {"algorithm": {"kind": "el_oracle", "s": 7}}, 0.116162),
        (100, {"algorithm": {"kind": "el_local", "s": 7}}, 0.132663),
    ],
)
def test_random_partners_are_predicted_too(nodes, changes, expected):
    result, _ = mixed(100, nodes, topology={"kind": "complete"}, **changes)

    graph = result.table("graph").to_pylist()[0]
    assert graph["contraction_predicted"] ** 2 == pytest.approx(expected, abs=1e-6)
    # A geometric mean of random factors is below the root of their mean square.
    ratio = graph["contraction"] / graph["contraction_predicted"]
    assert (0.85 if nodes == 10 else 0.97) < ratio < 1.03


@pytest.mark.parametrize("weights", [{"kind": "laplacian", "eps": 0.2}, "metropolis"])
def test_matchings_shrink_distances_by_what_is_predicted_at_worst(weights):
    topology = {"kind": "barbell", "clique": 4}
    result, _ = mixed(
        600, 8, topology=topology, weights=weights, partners={"kind": "matching", "budget": 0.5}
    )

    graph = result.table("graph").to_pylist()[0]
    assert graph["contraction"] < graph["contraction_predicted"] * 1.01
    assert graph["contraction"] > graph["contraction_predicted"] - 0.05


def test_one_random_edge_a_round_shrinks_distances_as_boyd_and_others_say():
    result, models = mixed(800, 6, topology={"kind": "ring"}, partners="random_edge")

    # The second eigenvalue of a ring of 6 is 1: 1 - 1 / 12.
    graph = result.table("graph").to_pylist()[0]
    assert graph["contraction_predicted"] ** 2 == pytest.approx(11 / 12, abs=1e-12)
    assert 0.8 < graph["contraction"] < graph["contraction_predicted"]
    assert result.runs[0]["messages"] == 2 * 800
    changed = (np.diff(models[:20], axis=0) != 0).sum(axis=1)
    assert set(changed.tolist()) <= {0, 2}


def test_half_of_the_matchings_send_half_of_the_messages():
    topology = {"kind": "complete"}
    result, _ = mixed(400, 8, topology=topology, partners={"kind": "matching", "budget": 0.5})

    # Seven or eight matchings of K8; a message each way over each of 28 edges, half of the time.
    mean = 400 * 28
    assert abs(result.runs[0]["messages"] - mean) < 5 * 400**0.5 * 8


@pytest.mark.parametrize("seed", range(30))
def test_edges_fall_into_few_matchings(seed):
    generator = np.random.default_rng(seed)
    nodes = int(generator.integers(2, 25))
    pairs = np.array(np.triu_indices(nodes, 1)).T
    edges = generator.permutation(pairs[generator.random(len(pairs)) < generator.random()])
    matching = matching_of(nodes, edges)

    for one in range(int(matching.max(initial=-1)) + 1):
        ends = edges[matching == one].ravel()
        assert len(np.unique(ends)) == len(ends) > 0
    if len(edges):
        largest = np.bincount(edges.ravel()).max()
        assert largest <= matching.max() + 1 <= largest + 1


def test_a_bridge_talks_most_within_a_budget():
    graph = build(read({"kind": "barbell", "clique": 4}), Streams(1), "test", 8)
    matching = matching_of(8, graph.edges)
    parts = laplacians(8, graph.edges, matching)
    chance = probabilities(parts, 0.5)

    assert chance.sum() == pytest.approx(len(parts) / 2, abs=1e-9)
    assert chance.min() >= 0
    assert chance.max() <= 1
    bridge = next(i for i, (a, b) in enumerate(graph.edges.tolist()) if a < 4 <= b)
    assert chance[matching[bridge]] == pytest.approx(1, abs=0.02)
    found, equal = (
        np.linalg.eigvalsh(np.tensordot(p, parts, axes=1))[1]
        for p in (chance, np.full(len(parts), 0.5))
    )
    assert found > 1.2 * equal


def test_nodes_that_are_gone_are_nobodys_partner():
    drop = {"kind": "node_drop", "at": {"round": 0}, "nodes": [2]}
    for partners, topology in (
        ("one_peer_exponential", "exponential"),
        ({"kind": "random_regular", "s": 2}, "complete"),
        ({"kind": "matching", "budget": 0.7}, "ring"),
        ("random_edge", "ring"),
    ):
        _, models = mixed(6, 8, topology={"kind": topology}, partners=partners, disruption=[drop])

        assert (models[:, 2] == 2).all()
        assert models[-1].min() >= 0
        assert models[-1].max() <= 7


def test_measured_contraction_is_that_of_every_graph_on_the_way():
    drop = {"kind": "link_drop", "at": {"round": 200}, "links": [[0, 5]]}
    result, _ = mixed(400, 6, topology={"kind": "ring"}, weights="metropolis", disruption=[drop])

    ring, line = result.table("graph").to_pylist()
    assert ring["contraction"] == pytest.approx(2 / 3, rel=1e-6)
    assert line["contraction"] == pytest.approx(line["slem"], rel=1e-6)
    assert line["slem"] > ring["slem"]


BASE = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 8,
    "topology": {"kind": "complete"},
    "model": "quadratic",
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"algorithm": "el_local", "partners": "one_peer_exponential"},
            "'el_local' chooses its partners by itself",
        ),
        (
            {"algorithm": "choco", "partners": "one_peer_exponential"},
            "does not go with partners that change",
        ),
        (
            {"topology": {"kind": "ring"}, "partners": "one_peer_exponential"},
            "does not join all nodes that are 1, 2, 4, ... apart",
        ),
        (
            {"topology": {"kind": "ring"}, "partners": "random_regular"},
            "random graphs are drawn among all nodes",
        ),
        (
            {"topology": {"kind": "exponential"}, "partners": {"kind": "matching"}},
            "matchings are of edges that go both ways",
        ),
        (
            {"partners": {"kind": "random_regular", "s": 3}, "defence": {"kind": "krum", "f": 1}},
            "'krum' needs 5 models, and a node with these partners has 4",
        ),
    ],
)
def test_partners_that_do_not_fit_are_told(changes, message):
    with pytest.raises(NetsimError) as told:
        netsim.load({**BASE, **changes})

    assert message in str(told.value)
