"""Which nodes have something to do, and when: trees of minima with eight children a node.

One tree is over hosts, one over switches. A leaf holds the time of its node's next event, or NEVER;
each cell above holds the least of eight cells that lie side by side, one cache line. Four levels
are always there, so a sweep over all nodes that have something to do before an instant is four
nested loops; the cost of an event does not grow with the network, since nodes are visited in order.

A winner tree over links instead is climbed for each packet, at a cost that grows with their number.
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.state import LEVELS, Ints, State

#: Offsets in `State.tree` of the levels of a tree, leaves first, which end with -1; behind them
#: where the root is, and how many cells of the fourth level are in use. Then the other tree's.
MOST_LEVELS: Final = 12
ROOT: Final = MOST_LEVELS
FOURTH: Final = MOST_LEVELS + 1
HOST_TREE: Final = LEVELS
SWITCH_TREE: Final = LEVELS + MOST_LEVELS + 2


def least(cells: Ints, base: int) -> int:
    """Return the minimum of eight cells."""
    left = min(min(cells[base], cells[base + 1]), min(cells[base + 2], cells[base + 3]))
    right = min(min(cells[base + 4], cells[base + 5]), min(cells[base + 6], cells[base + 7]))
    return min(left, right)


def lower_leaf(state: State, level: int, leaf: int, time: int) -> None:
    """Lower a leaf of the tree whose offsets begin at `level`, and the minima above it."""
    tree = state.tree
    fixed = state.fixed
    at = leaf
    offset = fixed[level]
    while offset >= 0 and tree[offset + at] > time:
        tree[offset + at] = time
        at >>= 3
        level += 1
        offset = fixed[level]


def replace(state: State, level: int, leaf: int, time: int) -> None:
    """Set a leaf to any time, and bring the minima above it up to date."""
    tree = state.tree
    fixed = state.fixed
    below = fixed[level]
    tree[below + leaf] = time
    at = leaf >> 3
    level += 1
    offset = fixed[level]
    while offset >= 0:
        value = least(tree, below + (at << 3))
        if tree[offset + at] == value:
            return
        tree[offset + at] = value
        at >>= 3
        level += 1
        below = offset
        offset = fixed[level]


def root(state: State, level: int) -> int:
    """Return the least leaf of the tree whose offsets begin at `level`."""
    return state.tree[state.fixed[level + ROOT]]


def refresh_top(state: State, level: int) -> None:
    """Bring the levels above the fourth up to date."""
    tree = state.tree
    fixed = state.fixed
    count = fixed[level + FOURTH]
    at = level + 4
    while fixed[at] >= 0:
        count = (count + 7) >> 3
        for cell in range(count):
            tree[fixed[at] + cell] = least(tree, fixed[at - 1] + (cell << 3))
        at += 1
