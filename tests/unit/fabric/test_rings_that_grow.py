"""A ring that doubles keeps its packets in their order, wherever its new rows are."""

from __future__ import annotations

import pytest

from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.ring import add, count_at, drop_first, first_row


def fill(state, cell, count, label):
    """Add `count` packets with labels and times from `label` on."""
    for number in range(label, label + count):
        state.packets[at.MADE * at.PACKET + at.LABEL] = number
        add(state, state.links, cell, at.MADE, 10 * number, 0)


def drain(state, cell):
    """Take all packets off; return their labels, which must agree with their times."""
    found = []
    while count_at(state.links, cell):
        row = first_row(state.links, cell) * at.PACKET
        found.append(int(state.packets[row + at.LABEL]))
        assert state.packets[row + at.ARRIVAL] == 10 * found[-1]
        drop_first(state.links, cell)
    return found


@pytest.mark.parametrize("taken", [0, 1, 5, 8])
@pytest.mark.parametrize("link", [0, -1])
def test_packets_stay_in_order_through_many_growths(make_fabric, taken, link):
    # The last link's ring is the last of the arena and grows where it is; the first one's moves
    # once and is the last one then.
    fabric = make_fabric((2, 2, 2))
    state = fabric._store.state
    cell = (link % fabric.network.link_count) * at.LINK
    before, used = state.links[cell + at.TAIL] >> 8, int(state.clock[at.ARENA])

    fill(state, cell, 8, 0)
    for _ in range(taken):
        drop_first(state.links, cell)
    fill(state, cell, 60, 8)

    stays = state.links[cell + at.TAIL] >> 8 == before
    assert stays == (link == -1)
    assert drain(state, cell) == list(range(taken, 68))
    final = 64 if taken >= 4 else 128
    assert state.clock[at.ARENA] - used == (final - 8 if stays else final)


def test_a_ring_that_another_left_behind_is_used_first(make_fabric):
    state = make_fabric((2, 2, 2))._store.state
    one, two, three = (link * at.LINK for link in range(3))
    fill(state, one, 16, 0)
    fill(state, two, 16, 100)
    fill(state, one, 1, 16)
    used = int(state.clock[at.ARENA])

    fill(state, three, 16, 200)

    assert state.clock[at.ARENA] == used
    assert drain(state, one) == list(range(17))
    assert drain(state, two) == list(range(100, 116))
    assert drain(state, three) == list(range(200, 216))


def test_a_large_ring_that_was_left_behind_serves_many_small_ones(make_fabric):
    state = make_fabric((2, 2, 2))._store.state
    large, mover, *small = (link * at.LINK for link in range(5))
    fill(state, large, 64, 0)
    fill(state, mover, 16, 100)
    fill(state, large, 1, 64)
    used = int(state.clock[at.ARENA])

    # 64 rows were left: 32 and two times 16 of them are wanted.
    fill(state, small[0], 32, 200)
    fill(state, small[1], 16, 300)
    fill(state, small[2], 16, 400)

    assert state.clock[at.ARENA] == used
    assert drain(state, large) == list(range(65))
    assert drain(state, mover) == list(range(100, 116))
    for cell, first, count in zip(small, (200, 300, 400), (32, 16, 16), strict=True):
        assert drain(state, cell) == list(range(first, first + count))
