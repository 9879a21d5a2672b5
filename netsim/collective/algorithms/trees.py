"""In-order binary trees, and pipelines up and down them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.collective.draft import Draft

    Ints = NDArray[np.int64]


def in_order_tree(count: int) -> tuple[Ints, Ints]:
    """Return the parent (-1 of the root) and the depth of each of `count` nodes.

    The root of n nodes stands at 2^floor(lg n) - 1, so its left subtree is full; both subtrees are
    such trees themselves.
    """
    parent, depth = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    left = [(0, count, -1, 0)]
    while left:
        first, size, above, level = left.pop()
        if not size:
            continue
        root = first + (1 << (size.bit_length() - 1)) - 1
        parent[root], depth[root] = above, level
        left.append((first, root - first, root, level + 1))
        left.append((root + 1, first + size - root - 1, root, level + 1))
    return parent, depth


def up_and_down(
    draft: Draft, parent: Ints, depth: Ints, chunks: Ints, *, channel: int, link_class: int = 0
) -> None:
    """Reduce `chunks` up a tree and send the results down it, one chunk behind the other.

    A node hands a chunk on when its subtree has handed it over; round by round, so that chunks
    interleave as they come.
    """
    deepest = int(depth.max(initial=0))
    child = np.flatnonzero(parent >= 0)
    for round in range(deepest + len(chunks) - 1):
        for node, chunk in _due(child, deepest - depth[child], round, chunks):
            above = parent[node]
            draft.send(
                node, above, chunk, round, reduce=True, link_class=link_class, channel=channel
            )
    base = deepest + len(chunks)
    for round in range(deepest + len(chunks) - 1):
        for node, chunk in _due(child, depth[child] - 1, round, chunks):
            above = parent[node]
            draft.send(above, node, chunk, base + round, link_class=link_class, channel=channel)


def _due(child: Ints, level: Ints, round: int, chunks: Ints) -> list[tuple[Ints, Ints]]:
    """Return, of the levels that have a chunk in `round`, all nodes with it."""
    which = round - level
    ready = (which >= 0) & (which < len(chunks))
    return [(child[ready], chunks[which[ready]])] if ready.any() else []
