"""Optimised weights: closed forms where edges are alike, never slower than others elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.decentralized.mixing import Mixture
from netsim.decentralized.pattern import pattern_of
from netsim.decentralized.spectrum import slem
from netsim.decentralized.weights.rule import mixture_of, named
from netsim.graphs.graph import graph_of
from netsim.graphs.kind import build, read
from netsim.rng import Streams


def mixing(graph, rule, gone=()):
    alive = np.ones(graph.node_count, np.bool_)
    alive[list(gone)] = False
    pattern = pattern_of(graph, alive, np.ones(graph.edge_count, np.bool_))
    return mixture_of(named(rule), pattern, np.ones(graph.node_count))


@pytest.mark.parametrize(
    ("kind", "nodes", "expected"),
    [
        # 1 - 2 / (1 + 4) x 1: the Laplacian of a ring of 6 has eigenvalues 1 to 4.
        ("ring", 6, 0.6),
        # Half of each neighbour, itself at the ends: cos(pi / n), as Boyd and others show.
        ("line", 8, np.cos(np.pi / 8)),
        # The hub may give 1 in all: 1 - 1/9.
        ("star", 10, 8 / 9),
        ("complete", 7, 0.0),
    ],
)
def test_edges_that_are_alike_have_the_weight_that_is_known(kind, nodes, expected):
    graph = build(read({"kind": kind}), Streams(1), "test", nodes)

    assert slem(mixing(graph, "optimal")) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_they_are_symmetric_sum_to_one_and_beat_the_others(seed):
    graph = build(read({"kind": "barabasi_albert", "m": 2}), Streams(seed), "test", 30)
    found = mixing(graph, "optimal")
    matrix = found.dense()

    assert np.abs(matrix - matrix.T).max() < 1e-15
    assert np.abs(matrix.sum(axis=1) - 1).max() < 1e-12
    assert matrix.min() >= -1e-12
    others = [slem(mixing(graph, rule)) for rule in ("metropolis", "max_degree")]
    assert slem(found) < min(others) - 0.01


def test_each_component_is_for_itself():
    # A line of 3 and a ring of 6 beside each other.
    edges = [(0, 1), (1, 2), *[(3 + i, 3 + (i + 1) % 6) for i in range(6)]]
    graph = graph_of(9, [min(e) for e in edges], [max(e) for e in edges])
    matrix = mixing(graph, "optimal").dense()

    for nodes, expected in ((range(3), 0.5), (range(3, 9), 0.6)):
        part = matrix[np.ix_(list(nodes), list(nodes))]
        assert np.sort(np.abs(np.linalg.eigvalsh(part)))[-2] == pytest.approx(expected, abs=1e-9)


def test_weights_that_are_gone_with_a_node_are_found_anew():
    # A ring of 7 without one node is a line of 6.
    graph = build(read({"kind": "ring"}), Streams(1), "test", 7)
    found = mixing(graph, "optimal", gone=[0])

    assert isinstance(found, Mixture)
    assert slem(found) == pytest.approx(np.cos(np.pi / 6), abs=1e-9)
