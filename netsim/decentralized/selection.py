"""Who is hit first: orders of nodes by centrality, by data, at random, or as named.

Higher values come first and the lower node among equals, so that a larger share of victims holds
the smaller one. With ``mode: adaptive`` the order is found anew after each victim, on what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.paths import betweenness, distance_sums
from netsim.graphs.graph import Graph

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Selector: TypeAlias = Literal[
    "random",
    "degree",
    "betweenness",
    "eigenvector",
    "closeness",
    "pagerank",
    "k_core",
    "lowest_degree",
    "data_size",
]

#: Steps of a power iteration; each halves what is left of the second eigenvector at the least where
#: the first two differ by a factor of two.
_STEPS: Final = 200
#: Digits in which values of centralities are compared, so that equals are equal.
_DIGITS: Final = 9


def choose(
    select: Selector,
    graph: Graph,
    alive: Flags,
    count: int,
    *,
    adaptive: bool,
    generator: np.random.Generator,
    sizes: Floats | None,
) -> Integers:
    """Return `count` nodes that are `alive`, those that `select` ranks first.

    `sizes` are sample counts; None where they are not known yet.
    """
    left = np.flatnonzero(alive)
    count = min(count, len(left))
    if select == "random":
        order = generator.permutation(graph.node_count)
        return order[alive[order]][:count]
    if not adaptive:
        return left[_ranked(select, graph, left, sizes)[:count]]
    chosen: list[int] = []
    while len(chosen) < count:
        best = int(left[_ranked(select, graph, left, sizes)[0]])
        chosen.append(best)
        left = left[left != best]
    return np.array(chosen, np.int64)


def _ranked(select: Selector, graph: Graph, left: Integers, sizes: Floats | None) -> Integers:
    """Return the places within `left`, the one that is hit first first."""
    if select == "data_size":
        value = np.zeros(len(left)) if sizes is None else sizes[left]
    else:
        value = _VALUES[select](graph.subgraph(left))
    return np.lexsort((left, -np.round(value, _DIGITS)))


def _degree(graph: Graph) -> Floats:
    return graph.degree.astype(np.float64)


def _lowest_degree(graph: Graph) -> Floats:
    return -graph.degree.astype(np.float64)


def _betweenness(graph: Graph) -> Floats:
    near = graph.adjacency
    return betweenness(near.first, near.node)


def _closeness(graph: Graph) -> Floats:
    """Return closeness within what a node reaches, times the share of nodes that it reaches."""
    total, reached = distance_sums(graph.adjacency.first, graph.adjacency.node)
    share = reached / max(1, graph.node_count - 1)
    closeness: Floats = np.where(total > 0, reached / np.maximum(total, 1), 0.0) * share
    return closeness


def _eigenvector(graph: Graph) -> Floats:
    """Power iteration on A + I, whose first eigenvector is that of A and is the only largest."""
    value = np.full(graph.node_count, 1.0)
    for _ in range(_STEPS):
        value = value + _received(graph, value)
        value /= np.linalg.norm(value)
    return value


def _pagerank(graph: Graph) -> Floats:
    count, damping = graph.node_count, 0.85
    value = np.full(count, 1.0 / max(1, count))
    out = graph.out_degree
    for _ in range(_STEPS):
        given = np.where(out > 0, value / np.maximum(out, 1), 0.0)
        idle = float(value[out == 0].sum())
        value = (1 - damping) / count + damping * (_received(graph, given) + idle / count)
    return value


def _received(graph: Graph, value: Floats) -> Floats:
    """Return the sum of `value` over the nodes that each node hears from."""
    near = graph.adjacency
    source = np.repeat(np.arange(graph.node_count), np.diff(near.first))
    found = np.bincount(near.node, weights=value[source], minlength=graph.node_count)
    return found.astype(np.float64, copy=False)


def _core(graph: Graph) -> Floats:
    """Return the largest k of a k-core that each node is in (Matula, Beck 1983)."""
    core: Floats = np.zeros(graph.node_count)
    left, level = np.ones(graph.node_count, np.bool_), 0
    while left.any():
        inside = left[graph.edges].all(axis=1)
        degree = np.bincount(graph.edges[inside].ravel(), minlength=graph.node_count)
        level = max(level, int(degree[left].min()))
        peeled = left & (degree <= level)
        core[peeled], left[peeled] = level, False
    return core


_VALUES: Final[dict[str, Callable[[Graph], Floats]]] = {
    "degree": _degree,
    "lowest_degree": _lowest_degree,
    "betweenness": _betweenness,
    "eigenvector": _eigenvector,
    "closeness": _closeness,
    "pagerank": _pagerank,
    "k_core": _core,
}
