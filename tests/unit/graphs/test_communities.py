"""Communities: those that are there by construction, and a modularity that networkx agrees with."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.graphs.communities import communities
from netsim.graphs.graph import graph_of
from netsim.graphs.kind import build, read
from netsim.rng import Streams


def graph(block, nodes=None):
    return build(read(block), Streams(1), "test", nodes)


def test_two_cliques_with_a_bridge_are_two_communities():
    found = communities(graph({"kind": "barbell", "clique": 5}))

    assert found.tolist() == [0] * 5 + [1] * 5


def test_a_graph_that_says_it_is_believed():
    blocks = graph({"kind": "sbm", "blocks": (3, 5), "p_in": 0.9, "p_out": 0.5})

    assert communities(blocks).tolist() == [0] * 3 + [1] * 5


def test_without_edges_everybody_is_alone():
    assert communities(graph_of(3, [], [])).tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_modularity_is_about_that_of_networkx(seed):
    networkx = pytest.importorskip("networkx", reason="networkx is not installed")
    generator = np.random.default_rng(seed)
    group = np.arange(30) % 3
    a, b = np.triu_indices(30, 1)
    near = generator.random(len(a)) < np.where(group[a] == group[b], 0.5, 0.05)
    own = graph_of(30, a[near], b[near])
    theirs = networkx.Graph()
    theirs.add_nodes_from(range(30))
    theirs.add_edges_from(own.edges.tolist())

    def modularity(label):
        parts = [set(np.flatnonzero(label == one).tolist()) for one in np.unique(label)]
        return networkx.community.modularity(theirs, parts)

    found = communities(own)
    best = networkx.community.greedy_modularity_communities(theirs)
    assert modularity(found) >= networkx.community.modularity(theirs, best) - 0.03
    assert modularity(found) >= modularity(group) - 0.03
