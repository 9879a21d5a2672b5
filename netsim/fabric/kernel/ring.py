"""Packets that are on their way over a link: a ring of rows that doubles when it is full.

A link delivers in the order in which it accepts, so a ring in one piece of memory is all it needs:
no list, no free packets, no write to the row of the packet ahead. The rings of all links lie in one
arena, `State.packets`; a ring that is left behind for one of twice its size is kept for the next
links that want as much or less, and the last one of the arena grows in its place. `Store` reserves
the arena, and a node's turn begins only if there is room for all that it may send (`has_room`), so
a turn is never left half done.

A ring is two cells of a row: `HEAD` holds the number of packets << 32 and the place of the first,
`TAIL` the arena row at which the ring begins << 8 and the binary logarithm of its size.
"""

from __future__ import annotations

from netsim.fabric.kernel.options import ECHOES, INGRESS_LINKS, SEND_TIMES, STAMPS, TRACED
from netsim.fabric.kernel.prefetch import prefetch
from netsim.fabric.kernel.state import (
    ARENA,
    ARENA_ROWS,
    ARRIVAL,
    FREE_RINGS,
    HEAD,
    HIGH,
    LABEL,
    LOW,
    NODES,
    OUT_ROWS,
    PACKET,
    ROUTE,
    STAMP_ROW,
    TAIL,
    WIRE,
    Ints,
    State,
)

SIZE_BITS = 8
SIZE_MASK = (1 << SIZE_BITS) - 1
#: No ring has so many bits: rows are numbered in 32.
MOST_BITS = 32


def count_at(rings: Ints, cell: int) -> int:
    """Return the number of packets of the ring at `cell` of `rings`."""
    return rings[cell + HEAD] >> HIGH


def first_row(rings: Ints, cell: int) -> int:
    """Return the row of the first packet of a ring that has one."""
    shape = rings[cell + TAIL]
    mask = (1 << (shape & SIZE_MASK)) - 1
    return (shape >> SIZE_BITS) + (rings[cell + HEAD] & mask)


def free_row(rings: Ints, cell: int) -> int:
    """Return the row behind the last packet of a ring, which is the first one's if it is full."""
    queue = rings[cell + HEAD]
    shape = rings[cell + TAIL]
    mask = (1 << (shape & SIZE_MASK)) - 1
    return (shape >> SIZE_BITS) + (((queue & LOW) + (queue >> HIGH)) & mask)


def drop_first(rings: Ints, cell: int) -> None:
    """Take the first packet off a ring; its row stays as it is until packets are added."""
    queue = rings[cell + HEAD]
    rings[cell + HEAD] = ((queue >> HIGH) - 1) << HIGH | ((queue + 1) & LOW)


def add(state: State, rings: Ints, cell: int, packet: int, time: int, node: int) -> bool:
    """Copy the row `packet` to the end of a ring, with `time`; return whether it was empty.

    `node` is where the ring's packets are sent from.
    """
    count = rings[cell + HEAD] >> HIGH
    if count >> (rings[cell + TAIL] & SIZE_MASK) != 0:
        grow(state, rings, cell, node)
    row = free_row(rings, cell)
    copy(state, packet, row)
    state.packets[row * PACKET + ARRIVAL] = time
    rings[cell + HEAD] += 1 << HIGH
    return count == 0


def copy(state: State, packet: int, row: int) -> None:
    """Copy all that a packet carries to another row, but not its time."""
    packets = state.packets
    source = packet * PACKET
    target = row * PACKET
    packets[target + LABEL] = packets[source + LABEL]
    packets[target + WIRE] = packets[source + WIRE]
    packets[target + ROUTE] = packets[source + ROUTE]
    if TRACED:
        state.sendings[row] = state.sendings[packet]
    if SEND_TIMES:
        state.sent[row] = state.sent[packet]
    if ECHOES:
        state.echoes[row] = state.echoes[packet]
    if INGRESS_LINKS:
        state.ingress[row] = state.ingress[packet]
    if STAMPS:
        width = state.fixed[STAMP_ROW]
        for cell in range(width):
            state.stamps[row * width + cell] = state.stamps[packet * width + cell]


def grow(state: State, rings: Ints, cell: int, node: int) -> None:
    """Give a full ring twice its size.

    What was left behind is taken first. Else the last ring of the arena grows where it is, so that
    a single long queue takes little more than twice its packets; any other moves to its end.
    """
    packets = state.packets
    clock = state.clock
    shape = rings[cell + TAIL]
    bits = shape & SIZE_MASK
    size = 1 << bits
    old = shape >> SIZE_BITS
    first = rings[cell + HEAD] & (size - 1)
    state.nodes[node * NODES + OUT_ROWS] += size
    new = left_behind(state, bits + 1)
    if new == 0 and old + size == clock[ARENA]:
        clock[ARENA] += size
        move(state, old, old + size, first)
        rings[cell + HEAD] = size << HIGH | first
        rings[cell + TAIL] = old << SIZE_BITS | (bits + 1)
        return
    if new == 0:
        new = clock[ARENA]
        clock[ARENA] = new + 2 * size
    move(state, old + first, new, size - first)
    move(state, old, new + size - first, first)
    packets[old * PACKET] = clock[FREE_RINGS + bits]
    clock[FREE_RINGS + bits] = old
    rings[cell + HEAD] = size << HIGH
    rings[cell + TAIL] = new << SIZE_BITS | (bits + 1)


def left_behind(state: State, bits: int) -> int:
    """Return the first row of 2^bits rows that no link uses, of a larger ring if need be, or 0."""
    packets = state.packets
    clock = state.clock
    at = bits
    while at < MOST_BITS and clock[FREE_RINGS + at] == 0:
        at += 1
    if at == MOST_BITS:
        return 0
    new = clock[FREE_RINGS + at]
    clock[FREE_RINGS + at] = packets[new * PACKET]
    while at > bits:
        at -= 1
        half = new + (1 << at)
        packets[half * PACKET] = clock[FREE_RINGS + at]
        clock[FREE_RINGS + at] = half
    return new


def move(state: State, source: int, target: int, count: int) -> None:
    """Copy `count` rows with their times."""
    packets = state.packets
    for place in range(count):
        copy(state, source + place, target + place)
        packets[(target + place) * PACKET + ARRIVAL] = packets[(source + place) * PACKET + ARRIVAL]


def has_room(state: State, node: int, packets: int) -> bool:
    """Return whether the arena has room for a turn in which `node` sends at most `packets`.

    A ring of s rows that gets k packets ends with at most 2 (s + k) rows, and all that it had on
    the way add up to less than twice as many.
    """
    rows = 4 * (state.nodes[node * NODES + OUT_ROWS] + packets)
    return state.clock[ARENA] + rows <= state.fixed[ARENA_ROWS]


def prefetch_end(state: State, rings: Ints, cell: int) -> None:
    """Fetch the place where the next packet of a ring goes."""
    prefetch(state.packets, free_row(rings, cell) * PACKET)
