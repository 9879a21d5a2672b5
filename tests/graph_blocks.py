"""Graphs for tests: built from a block as a scenario writes it, and as networkx holds them."""

from __future__ import annotations

import networkx as nx

from netsim.graphs.kind import build, read
from netsim.rng import Streams


def graph(kind, seed=1, *, around=None, **block):
    """Return the graph of a block; `around` is the number of nodes that a scenario says."""
    return build(read({"kind": kind, **block}), Streams(seed), "test.graph", around)


def pairs(built):
    """Return the edges as a set of pairs."""
    return set(map(tuple, built.edges.tolist()))


def oracle(built):
    """Return the same graph for networkx."""
    other = nx.DiGraph() if built.directed else nx.Graph()
    other.add_nodes_from(range(built.node_count))
    other.add_edges_from(built.edges.tolist())
    return other
