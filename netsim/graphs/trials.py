"""Which pairs of nodes are joined when each is with some probability: time goes with the edges.

Pairs are numbered so that those of a new node come after all others (by the later node, then by the
earlier one). Of the trials in that order only the successes are drawn, as gaps between them
(V. Batagelj, U. Brandes, Efficient generation of large random networks, Phys. Rev. E 71, 036113,
2005), each from one uniform number. So a graph with more nodes begins with the same edges.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from netsim.graphs.graph import Integers

_LEAST_CHUNK: Final = 1024


def successes(generator: np.random.Generator, probability: float, trials: int) -> Integers:
    """Return the numbers of the successful ones of `trials` independent trials, ascending.

    More trials only add to the result.
    """
    if probability <= 0 or trials <= 0:
        return np.empty(0, np.int64)
    if probability >= 1:
        return np.arange(trials)
    chunks, last = [], -1
    scale = 1 / np.log1p(-probability)
    while last < trials:
        expected = int((trials - last) * probability)
        uniform = generator.random(max(_LEAST_CHUNK, expected + expected // 16))
        # A gap beyond the end is cut, so that sums of gaps stay small numbers.
        gaps = np.minimum(np.log1p(-uniform) * scale, trials).astype(np.int64) + 1
        chunks.append(last + np.cumsum(gaps))
        last = int(chunks[-1][-1])
    found = np.concatenate(chunks)
    return found[: int(np.searchsorted(found, trials))]


def pair_of(number: Integers) -> tuple[Integers, Integers]:
    """Return the pairs (u, v), u < v, with these numbers: (0, 1), (0, 2), (1, 2), (0, 3), ...

    >>> [ends.tolist() for ends in pair_of(np.arange(4))]
    [[0, 0, 1, 0], [1, 2, 2, 3]]
    """
    later = ((1 + np.sqrt(8.0 * number + 1)) / 2).astype(np.int64)
    # The root is rounded: one step back or forth mends it.
    later -= later * (later - 1) // 2 > number
    later += later * (later + 1) // 2 <= number
    return number - later * (later - 1) // 2, later


def pair_count(nodes: int) -> int:
    """Return how many pairs `nodes` nodes have."""
    return nodes * (nodes - 1) // 2
