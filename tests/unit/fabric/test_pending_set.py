"""The winner tree against plain sorted containers."""

from __future__ import annotations

import heapq

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netsim.fabric.kernel.pending import lower, replace
from netsim.fabric.kernel.state import NEVER

SOURCES = 11
LEAF = 16

moves = st.lists(
    st.tuples(st.integers(0, SOURCES - 1), st.one_of(st.none(), st.integers(0, 5))), max_size=200
)


def key_of(time, source):
    return NEVER if time is None else time << 20 | source


@given(moves)
def test_the_tree_yields_the_least_key_whatever_is_raised_lowered_or_cleared(moves):
    tree = np.full(2 * LEAF, NEVER, np.int64)
    times: dict[int, int | None] = dict.fromkeys(range(SOURCES))

    for source, time in moves:
        key = key_of(time, source)
        (lower if key < tree[LEAF + source] else replace)(tree, LEAF + source, key)
        times[source] = time

        assert tree[1] == min(key_of(time, source) for source, time in times.items())


@given(moves)
def test_the_tree_and_a_heap_take_the_same_events_in_the_same_order(moves):
    tree = np.full(2 * LEAF, NEVER, np.int64)
    heap = []
    for source, time in dict(moves).items():
        if time is not None:
            lower(tree, LEAF + source, key_of(time, source))
            heapq.heappush(heap, (time, source))

    taken = []
    while tree[1] != NEVER:
        source = int(tree[1]) & (1 << 20) - 1
        taken.append((int(tree[1]) >> 20, source))
        replace(tree, LEAF + source, NEVER)

    assert taken == [heapq.heappop(heap) for _ in range(len(heap))]
