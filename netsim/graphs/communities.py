"""Communities of a graph: parts with more edges inside than a random graph of its degrees has.

Greedy agglomeration of modularity Q = sum_c (e_c / m - (d_c / 2m)^2): from single nodes on the two
joined communities whose union raises Q most are made one, the lower numbers among equals, until
none does (A. Clauset, M. Newman, C. Moore, Finding community structure in very large networks,
Phys. Rev. E 70, 2004). Nothing is drawn, so a graph has one answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netsim.graphs.graph import Graph

Integers = NDArray[np.int64]


def communities(graph: Graph) -> Integers:
    """Return the community of every node, numbered by their lowest nodes.

    A graph that says it itself, in a node column `block`, is believed.
    """
    known = graph.node_columns.get("block")
    if known is not None:
        return _numbered(np.asarray(known))
    count, edges = graph.node_count, graph.edge_count
    label = np.arange(count)
    if not edges:
        return label
    #: Shares of the edges between two communities, and of ends of edges in one.
    between: list[dict[int, float]] = [{} for _ in range(count)]
    for a, b in graph.edges.tolist():
        for one, other in ((a, b), (b, a)):
            between[one][other] = between[one].get(other, 0.0) + 1 / (2 * edges)
    ends = np.bincount(graph.edges.ravel(), minlength=count) / (2 * edges)
    while True:
        gain, a, b = max(
            (
                (round(2 * (share - ends[one] * ends[other]), 12), -one, -other)
                for one, near in enumerate(between)
                for other, share in near.items()
                if one < other
            ),
            default=(0.0, 0, 0),
        )
        if gain <= 0:
            return _numbered(label)
        keep, gone = -a, -b
        label[label == gone] = keep
        ends[keep] += ends[gone]
        for other, share in between[gone].items():
            del between[other][gone]
            if other != keep:
                between[keep][other] = between[keep].get(other, 0.0) + share
                between[other][keep] = between[keep][other]
        between[gone] = {}


def _numbered(label: Integers) -> Integers:
    """Return `label` numbered from 0 in the order of their first nodes."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]
