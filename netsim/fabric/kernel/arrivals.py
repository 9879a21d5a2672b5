"""What arrives at a switch before an instant, in the order in which it is handled.

The in-links' rings are emptied up to that instant, link after link, and their packets sorted by
(time, flow, packet index, data before its acknowledgement, link). Arrivals are spread over buckets
of time first, so that the insertion sort behind moves few of them, and by little.

`State.places` holds parts of `ROOM_ROWS` entries: times and rows of the packets as they came, both
again in buckets, the links by which they leave; behind them the buckets.
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.label import TIE_BITS
from netsim.fabric.kernel.minima import least
from netsim.fabric.kernel.options import INGRESS_LINKS
from netsim.fabric.kernel.ring import SIZE_BITS, SIZE_MASK
from netsim.fabric.kernel.state import (
    BUCKET_SHIFT,
    END_HEAD,
    FIRST_HEAD,
    FIRST_LINK,
    GROUPS,
    HEAD,
    HIGH,
    HOSTS,
    LABEL,
    LINK,
    LOW,
    NEVER,
    NEXT_ARRIVAL,
    NODES,
    PACKET,
    ROOM_ROWS,
    TAIL,
    State,
)

BUCKETS: Final = 128
#: Parts of `State.places`, and entries behind them.
PARTS: Final = 5
#: Fewer arrivals than this are sorted at once.
FEW: Final = 24


def collect(state: State, node: int, end: int) -> int:
    """Take what arrives at `node` before `end` off its in-links; return how many packets it is.

    The clock then holds when the next one arrives: nothing that the switch sends comes back to it
    at once.
    """
    heads = state.heads
    nodes = state.nodes
    count = 0
    following = NEVER
    first = nodes[node * NODES + FIRST_HEAD]
    link = nodes[node * NODES + FIRST_LINK] - first
    group = state.fixed[GROUPS] + ((first - state.fixed[HOSTS]) >> 3)
    for start in range(first, nodes[node * NODES + END_HEAD], 8):
        if heads[group] < end:
            for slot in range(start, start + 8):
                if heads[slot] < end:
                    count = empty(state, link + slot, slot, end, count)
            heads[group] = least(heads, start)
        following = min(following, heads[group])
        group += 1
    state.clock[NEXT_ARRIVAL] = following
    return count


def empty(state: State, link: int, slot: int, end: int, count: int) -> int:
    """Add what arrives over `link` before `end` to the `count` packets collected."""
    links = state.links
    packets = state.packets
    places = state.places
    room = state.fixed[ROOM_ROWS]
    row = link * LINK
    queue = links[row + HEAD]
    shape = links[row + TAIL]
    mask = (1 << (shape & SIZE_MASK)) - 1
    base = shape >> SIZE_BITS
    place = queue & LOW
    left = queue >> HIGH
    now = state.heads[slot]
    while now < end:
        packet = base + (place & mask)
        places[count] = now
        places[room + count] = packet
        if INGRESS_LINKS:
            state.ingress[packet] = link
        count += 1
        place += 1
        left -= 1
        now = NEVER
        if left > 0:
            now = packets[(base + (place & mask)) * PACKET]
    links[row + HEAD] = left << HIGH | (place & LOW)
    state.heads[slot] = now
    return count


def next_arrival(state: State, node: int) -> int:
    """Return when the next packet arrives at a switch, or NEVER."""
    heads = state.heads
    nodes = state.nodes
    offset = state.fixed[GROUPS]
    hosts = state.fixed[HOSTS]
    first = offset + ((nodes[node * NODES + FIRST_HEAD] - hosts) >> 3)
    end = offset + ((nodes[node * NODES + END_HEAD] - hosts) >> 3)
    time = NEVER
    for group in range(first, end):
        time = min(time, heads[group])
    return time


def arrange(state: State, count: int, start: int) -> int:
    """Sort the `count` packets collected, none before `start`; return where in `places` they are.

    There the times begin; the rows are `ROOM_ROWS` behind.
    """
    base = 0
    if count > FEW:
        spread(state, count, start)
        base = 2 * state.fixed[ROOM_ROWS]
    sort(state, base, count)
    return base


def spread(state: State, count: int, start: int) -> None:
    """Put the packets into buckets of time, in each of which they stay in their order."""
    places = state.places
    room = state.fixed[ROOM_ROWS]
    shift = state.fixed[BUCKET_SHIFT]
    buckets = PARTS * room
    for bucket in range(buckets, buckets + BUCKETS + 1):
        places[bucket] = 0
    for at in range(count):
        places[buckets + 1 + ((places[at] - start) >> shift)] += 1
    for bucket in range(buckets, buckets + BUCKETS):
        places[bucket + 1] += places[bucket]
    for at in range(count):
        bucket = buckets + ((places[at] - start) >> shift)
        target = places[bucket]
        places[bucket] = target + 1
        places[2 * room + target] = places[at]
        places[3 * room + target] = places[room + at]


def sort(state: State, base: int, count: int) -> None:
    """Sort packets by time and label; equal ones stay in the order of their links."""
    places = state.places
    packets = state.packets
    rows = base + state.fixed[ROOM_ROWS]
    for last in range(1, count):
        now = places[base + last]
        packet = places[rows + last]
        at = last
        while at > 0:
            other = places[base + at - 1]
            if other < now:
                break
            if other == now:
                label = packets[places[rows + at - 1] * PACKET + LABEL] >> TIE_BITS
                if label <= packets[packet * PACKET + LABEL] >> TIE_BITS:
                    break
            places[base + at] = other
            places[rows + at] = places[rows + at - 1]
            at -= 1
        places[base + at] = now
        places[rows + at] = packet
