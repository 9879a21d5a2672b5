"""Shortest paths of unweighted graphs, compiled: diameter, closeness, betweenness.

Brandes' algorithm counts shortest paths from one node in a breadth-first search and adds up their
shares on the way back: time nodes x edges for all of them. The search allocates its arrays by
itself, which the linker of packet kernels does not allow, so numba's own cache keeps its code.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def betweenness(first: Integers, node: Integers) -> Floats:
    """Return how many shortest paths of others lead through each node, counted by their shares.

    Source: U. Brandes, A faster algorithm for betweenness centrality, 2001. Every pair is counted
    in both directions.
    """
    through: Floats = _all_pairs(first, node)[0]
    return through


def distance_sums(first: Integers, node: Integers) -> tuple[Integers, Integers]:
    """Return, per node, the sum of the distances to all that it reaches, and their number."""
    _, total, count, _ = _all_pairs(first, node)
    return total, count


def diameter(first: Integers, node: Integers) -> int:
    """Return the longest shortest path between nodes that reach each other."""
    return int(_all_pairs(first, node)[3].max(initial=0))


def _all_pairs(first: Integers, node: Integers) -> Any:
    return _compiled()(first, node)


@functools.cache
def _compiled() -> Callable[..., Any]:
    from numba import njit

    search: Callable[..., Any] = njit(cache=True)(_search)
    return search


def _search(first: Any, node: Any) -> Any:
    """Return betweenness, sums of distances, numbers of reached nodes and largest distances."""
    count = len(first) - 1
    through = np.zeros(count)
    total, reached, longest = (
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
    )
    order, distance = np.zeros(count, np.int64), np.zeros(count, np.int64)
    paths, share = np.zeros(count), np.zeros(count)
    for source in range(count):
        distance[:] = -1
        paths[:] = 0.0
        share[:] = 0.0
        distance[source], paths[source], order[0] = 0, 1.0, source
        seen, done = 1, 0
        while done < seen:
            here = order[done]
            done += 1
            for k in range(first[here], first[here + 1]):
                other = node[k]
                if distance[other] < 0:
                    distance[other] = distance[here] + 1
                    order[seen] = other
                    seen += 1
                if distance[other] == distance[here] + 1:
                    paths[other] += paths[here]
            total[source] += distance[here]
        reached[source] = seen - 1
        longest[source] = distance[order[seen - 1]]
        for place in range(seen - 1, 0, -1):
            here = order[place]
            for k in range(first[here], first[here + 1]):
                other = node[k]
                if distance[other] == distance[here] - 1:
                    share[other] += paths[other] / paths[here] * (1.0 + share[here])
            through[here] += share[here]
    return through, total, reached, longest
