"""A winner tree: which of many sources has the least key (Knuth, TAOCP 3, section 5.4.1).

It is one array of 2P keys, P a power of two: leaf ``tree[P + s]`` holds the key of source `s`, or
NEVER; a parent is its smaller child, so ``tree[1]`` is the least key. Its cost is log2 of the
number of sources, whatever happens to their keys.
"""

from __future__ import annotations

from netsim.fabric.kernel.state import Ints


def lower(tree: Ints, leaf: int, key: int) -> None:
    """Set the key at `leaf` to a smaller one."""
    tree[leaf] = key
    at = leaf >> 1
    while at > 0 and tree[at] > key:
        tree[at] = key
        at >>= 1


def replace_in(tree: Ints, base: int, leaf: int, key: int) -> None:
    """Set the key at `leaf` of one of many trees in an array, the one that begins at `base`.

    The way up ends where nothing changes.
    """
    tree[base + leaf] = key
    winner = key
    at = leaf
    while at > 1:
        winner = min(winner, tree[base + (at ^ 1)])
        at >>= 1
        if tree[base + at] == winner:
            return
        tree[base + at] = winner


def first_leaf(tree: Ints, base: int, leaves: int) -> int:
    """Return the first leaf that has the least key of the tree that begins at `base`."""
    key = tree[base + 1]
    at = 1
    while at < leaves:
        at = 2 * at
        if tree[base + at] != key:
            at += 1
    return at


def replace(tree: Ints, leaf: int, key: int) -> None:
    """Set the key at `leaf` to any value, a larger one or NEVER as well."""
    tree[leaf] = key
    winner = key
    at = leaf
    while at > 1:
        winner = min(winner, tree[at ^ 1])
        at >>= 1
        tree[at] = winner
