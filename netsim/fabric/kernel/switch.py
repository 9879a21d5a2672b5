"""A switch: finds the equal ports towards a destination and lets the policy choose."""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.answers import CHOOSE, leads_on, refuse
from netsim.fabric.kernel.arrivals import arrange, collect, next_arrival
from netsim.fabric.kernel.label import TARGET_MASK
from netsim.fabric.kernel.minima import SWITCH_TREE
from netsim.fabric.kernel.plugs import EVERY_HOP, READS_NO_PORTS, choose
from netsim.fabric.kernel.port import accept
from netsim.fabric.kernel.prefetch import prefetch
from netsim.fabric.kernel.receiver import lose
from netsim.fabric.kernel.ring import prefetch_end
from netsim.fabric.kernel.state import (
    BYTES,
    COUNT_BITS,
    COUNT_MASK,
    EVENTS,
    HOME,
    HOST,
    HOSTS,
    INGRESS,
    LEAVES,
    LINK,
    NOW,
    OPENED,
    PACKET,
    ROOM_ROWS,
    ROUTE,
    State,
)

LEAF_BITS: Final = 24
LEAF_MASK: Final = (1 << LEAF_BITS) - 1
#: How many packets ahead the end of a ring is fetched.
AHEAD: Final = 6


def switch_turn(state: State, switch: int, end: int) -> None:
    """Forward what arrives at `switch` before `end`."""
    node = state.fixed[HOSTS] + switch
    clock = state.clock
    count = collect(state, node, end)
    base = arrange(state, count, clock[OPENED])
    if READS_NO_PORTS:
        forward_all(state, node, base, count)
    else:
        forward_each(state, node, base, count)
    clock[EVENTS] += count
    if count > 0:
        clock[NOW] = max(clock[NOW], state.places[base + count - 1])
    state.tree[state.fixed[SWITCH_TREE] + switch] = next_arrival(state, node)


def forward_each(state: State, node: int, base: int, count: int) -> None:
    """Choose a port for each packet when all before it are in their queues."""
    places = state.places
    rows = base + state.fixed[ROOM_ROWS]
    for at in range(count):
        packet = places[rows + at]
        now = places[base + at]
        send(state, forward(state, packet, node, now), packet, now)


def forward_all(state: State, node: int, base: int, count: int) -> None:
    """Choose all ports first, and fetch what they need meanwhile: the policy reads no port."""
    places = state.places
    links = state.links
    room = state.fixed[ROOM_ROWS]
    rows = base + room
    chosen = 4 * room
    for at in range(count):
        link = forward(state, places[rows + at], node, places[base + at])
        places[chosen + at] = link
        prefetch(links, link * LINK)
        prefetch(links, link * LINK + BYTES)
    for at in range(min(count, AHEAD)):
        prefetch_end(state, links, places[chosen + at] * LINK)
    for at in range(count):
        if at + AHEAD < count:
            prefetch_end(state, links, places[chosen + at + AHEAD] * LINK)
        send(state, places[chosen + at], places[rows + at], places[base + at])


def send(state: State, link: int, packet: int, now: int) -> None:
    """Put a packet into the queue of `link`, or lose it."""
    if not accept(state, link, packet, now):
        lose(state, packet, now)


def forward(state: State, packet: int, node: int, now: int) -> int:
    """Return the link by which `packet` leaves the switch `node`."""
    hosts = state.hosts
    fixed = state.fixed
    ports = state.ports
    target = state.packets[packet * PACKET + ROUTE] & TARGET_MASK
    home = hosts[target * HOST + HOME]
    if home >> LEAF_BITS == node:
        return hosts[target * HOST + INGRESS]
    switch = node - fixed[HOSTS]
    route = state.routes[switch * fixed[LEAVES] + (home & LEAF_MASK)]
    first = route >> COUNT_BITS
    n = route & COUNT_MASK
    if n == 1 and not EVERY_HOP:
        return ports[first]
    position = choose(state, packet, switch, first, n, now)
    if not leads_on(state, position, node, first, n):
        refuse(state, CHOOSE, switch, position)
        return hosts[target * HOST + INGRESS]
    return ports[position]
