"""The kernel's second entry: a link changes, between two windows.

A queue's departures are known when packets arrive, so a new rate times anew what has not left yet:
the packet in service keeps its unsent share, those behind follow one after another. A link that
goes down loses what is queued and what is under way; from then on its port refuses everything. The
NIC of a host that is cut off goes on at its pace, into nothing. What waits
at a slow port takes its new time when it is sent.

What is changed stands in the clock's cells from `CHANGE_LINK` on. It is compiled when a link first
changes, so kernels of networks that stay as they are have no part of it.
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.arrivals import next_arrival
from netsim.fabric.kernel.merge import appoint
from netsim.fabric.kernel.minima import SWITCH_TREE, least, replace
from netsim.fabric.kernel.options import CLASSES, LEFT, SLOW, TRACED
from netsim.fabric.kernel.plugs import left
from netsim.fabric.kernel.port import service
from netsim.fabric.kernel.receiver import lose
from netsim.fabric.kernel.ring import SIZE_BITS, SIZE_MASK, count_at
from netsim.fabric.kernel.slow import arm, disarm
from netsim.fabric.kernel.state import (
    ARRIVAL,
    BUSY,
    CAPACITY,
    CHANGE_ABOVE,
    CHANGE_ALL,
    CHANGE_CAPACITY,
    CHANGE_LINK,
    CHANGE_PACE,
    CHANGE_RATE,
    DELAY,
    DONE_LEAVES,
    DONES,
    DROPPED,
    DROPS,
    FIRST_DONE,
    FREE_AT,
    GROUPS,
    HEAD,
    HELD,
    HIGH,
    HOST,
    HOSTS,
    IDLE,
    KEPT_ROWS,
    LINK,
    LOW,
    MARK_ABOVE,
    MARK_ALL,
    NEVER,
    NIC_AT,
    NODE,
    PACE,
    PACKET,
    RATE,
    SERVED,
    SETUP,
    SHUT,
    SOURCE_NODE,
    TAIL,
    TO_SEND,
    WIRE,
    Ints,
    State,
)
from netsim.fabric.kernel.trace import trace
from netsim.fabric.kernel.waiting import class_row
from netsim.fabric.kernel.waiting import row_of as waiting_row

#: What `change` does: set rate and limits of a port, or take the link down.
SET: Final = 0
TAKE_DOWN: Final = 1

APART: Final = frozenset(
    ("place", "combine", "forsake", "fail", "release", "lose_ring", "ring_row", "service")
)


def change(state: State, now: int, what: int) -> int:
    """Change the link that the clock names, at `now`, when all before has happened."""
    link = state.clock[CHANGE_LINK]
    if what == TAKE_DOWN:
        lose_all(state, link, now)
        state.links[link * LINK + CAPACITY] = SHUT
    else:
        retime(state, link, now)
    refresh(state, link, now)
    return IDLE


def retime(state: State, link: int, now: int) -> None:
    """Give `link` another rate and other limits, and time anew what has not left its port."""
    links = state.links
    packets = state.packets
    clock = state.clock
    row = link * LINK
    old = state.setup[link * SETUP + RATE]
    rate = clock[CHANGE_RATE]
    links[row + BUSY] -= max(links[row + FREE_AT] - now, 0)
    count = count_at(links, row)
    waiting = 0
    travel = links[row + DELAY]
    while waiting < count and packets[row_of(state, row, waiting) + ARRIVAL] - travel <= now:
        waiting += 1
    # The first one may be in service.
    unsent = 0
    in_service = False
    if waiting < count:
        cell = row_of(state, row, waiting)
        unsent = packets[cell + ARRIVAL] - travel - now
        in_service = unsent < service(state, link, packets[cell + WIRE] & LOW)
    state.setup[link * SETUP + RATE] = rate
    links[row + PACE] = clock[CHANGE_PACE]
    links[row + CAPACITY] = clock[CHANGE_CAPACITY]
    links[row + MARK_ABOVE] = clock[CHANGE_ABOVE]
    state.setup[link * SETUP + MARK_ALL] = clock[CHANGE_ALL]
    leaves = now
    for place in range(waiting, count):
        cell = row_of(state, row, place)
        if in_service:
            leaves += (unsent * old + rate - 1) // rate
            in_service = False
        else:
            leaves += service(state, link, packets[cell + WIRE] & LOW)
        packets[cell + ARRIVAL] = leaves + travel
    if waiting < count:
        links[row + FREE_AT] = leaves
    links[row + BUSY] += max(links[row + FREE_AT] - now, 0)
    if SLOW and state.setup[link * SETUP + SOURCE_NODE] >= state.fixed[HOSTS]:
        sum_up(state, link)


def sum_up(state: State, link: int) -> None:
    """Find out anew how long a slow port takes to send what waits."""
    queues = state.queues
    port = waiting_row(link)
    queues[port + TO_SEND] = 0
    for kind in range(CLASSES):
        cell = class_row(link, kind)
        needed = 0
        for place in range(count_at(queues, cell)):
            packet = ring_row(queues, cell, place)
            needed += service(state, link, state.packets[packet * PACKET + WIRE] & LOW)
        queues[cell + TO_SEND] = needed
        queues[port + TO_SEND] += needed


def ring_row(rings: Ints, cell: int, place: int) -> int:
    """Return the row of the packet at a `place` of the ring at `cell` of `rings`."""
    shape = rings[cell + TAIL]
    mask = (1 << (shape & SIZE_MASK)) - 1
    return (shape >> SIZE_BITS) + (((rings[cell + HEAD] & LOW) + place) & mask)


def row_of(state: State, row: int, place: int) -> int:
    """Return the first cell of the packet at a `place` of the ring of a link's `row`."""
    return ring_row(state.links, row, place) * PACKET


def lose_ring(state: State, rings: Ints, cell: int, link: int, now: int) -> None:
    """Lose all packets of the ring at `cell` of `rings`, which belongs to `link`."""
    count = count_at(rings, cell)
    for place in range(count):
        packet = ring_row(rings, cell, place)
        state.links[link * LINK + DROPS] += 1
        if TRACED:
            node = state.setup[link * SETUP + SOURCE_NODE]
            trace(state, DROPPED, packet, node, now, now, -1)
        lose(state, packet, now)
    rings[cell + HEAD] = (rings[cell + HEAD] + count) & LOW


def lose_waiting(state: State, link: int, now: int) -> None:
    """Lose what waits at a slow port; its queue is told of that and of what is being sent."""
    queues = state.queues
    port = waiting_row(link)
    if LEFT and state.links[link * LINK + FREE_AT] > now:
        left(state, link, state.fixed[KEPT_ROWS] + link, now)
    queues[port + HELD] = 0
    queues[port + TO_SEND] = 0
    for kind in range(CLASSES):
        cell = class_row(link, kind)
        queues[cell + HELD] = 0
        queues[cell + TO_SEND] = 0
        if LEFT:
            queues[port + SERVED] = kind
            for place in range(count_at(queues, cell)):
                left(state, link, ring_row(queues, cell, place), now)
        lose_ring(state, queues, cell, link, now)


def lose_all(state: State, link: int, now: int) -> None:
    """Lose what is queued at `link` and what is under way over it."""
    links = state.links
    row = link * LINK
    if SLOW and state.setup[link * SETUP + SOURCE_NODE] >= state.fixed[HOSTS]:
        lose_waiting(state, link, now)
    lose_ring(state, links, row, link, now)
    links[row + BUSY] -= max(links[row + FREE_AT] - now, 0)
    links[row + FREE_AT] = min(links[row + FREE_AT], now)


def refresh(state: State, link: int, now: int) -> None:
    """Let both ends of `link` know when they have something to do."""
    links = state.links
    heads = state.heads
    hosts = state.fixed[HOSTS]
    row = link * LINK
    node = links[row + NODE] & LOW
    slot = links[row + NODE] >> HIGH
    heads[slot] = NEVER
    if count_at(links, row) > 0:
        heads[slot] = state.packets[row_of(state, row, 0) + ARRIVAL]
    if node < hosts:
        appoint(state, node)
    else:
        group = (slot - hosts) >> 3
        heads[state.fixed[GROUPS] + group] = least(heads, hosts + (group << 3))
        replace(state, SWITCH_TREE, node - hosts, next_at(state, node - hosts))
    source = state.setup[link * SETUP + SOURCE_NODE]
    if SLOW and source >= hosts:
        expect_end(state, link, source - hosts, now)
    if source < hosts and state.hosts[source * HOST + NIC_AT] != NEVER:
        state.hosts[source * HOST + NIC_AT] = max(now, links[row + FREE_AT])
        appoint(state, source)


def expect_end(state: State, link: int, switch: int, now: int) -> None:
    """Note when the present sending of a slow port ends, if anything comes then."""
    tree = state.dones[switch * DONES + FIRST_DONE]
    busy = LEFT and state.links[link * LINK + FREE_AT] > now
    if busy or state.queues[waiting_row(link) + HELD] > 0:
        arm(state, link, tree)
    else:
        disarm(state, link, tree)
    replace(state, SWITCH_TREE, switch, next_at(state, switch))


def next_at(state: State, switch: int) -> int:
    """Return when the next thing happens at a switch: an arrival, or the end of a sending."""
    following = next_arrival(state, state.fixed[HOSTS] + switch)
    if SLOW:
        dones = state.dones
        tree = dones[switch * DONES + FIRST_DONE]
        leaves = dones[switch * DONES + DONE_LEAVES]
        for cell in range(tree + leaves, tree + 2 * leaves):
            following = min(following, dones[cell])
    return following
