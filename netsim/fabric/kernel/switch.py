"""A switch: finds the equal ports towards a destination and lets the policy choose."""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.answers import CHOOSE, leads_on, refuse
from netsim.fabric.kernel.arrivals import arrange, collect, next_arrival
from netsim.fabric.kernel.label import TARGET_MASK
from netsim.fabric.kernel.minima import SWITCH_TREE
from netsim.fabric.kernel.options import EVERY_HOP, LEFT, READS_NO_PORTS, SLOW
from netsim.fabric.kernel.pending import first_leaf
from netsim.fabric.kernel.plugs import choose
from netsim.fabric.kernel.port import accept
from netsim.fabric.kernel.prefetch import prefetch
from netsim.fabric.kernel.receiver import lose
from netsim.fabric.kernel.ring import prefetch_end
from netsim.fabric.kernel.slow import catch_up, ended, join
from netsim.fabric.kernel.state import (
    BYTES,
    COUNT_BITS,
    COUNT_MASK,
    DONE_LEAVES,
    DONES,
    EVENTS,
    FIRST_DONE,
    HOME,
    HOST,
    HOSTS,
    INGRESS,
    LEAVES,
    LINK,
    NEVER,
    NEXT_ARRIVAL,
    NOW,
    NOWHERE,
    OPENED,
    PACKET,
    ROOM_ROWS,
    ROUTE,
    SETUP,
    SOURCE_NODE,
    State,
)
from netsim.fabric.kernel.waiting import class_row, row_of

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
    if LEFT:
        act_in_order(state, switch, base, count, end)
        return
    if SLOW:
        act_apart(state, switch, base, count, end)
        return
    if READS_NO_PORTS:
        forward_all(state, node, base, count)
    else:
        forward_each(state, node, base, count)
    clock[EVENTS] += count
    if count > 0:
        clock[NOW] = max(clock[NOW], state.places[base + count - 1])
    state.tree[state.fixed[SWITCH_TREE] + switch] = clock[NEXT_ARRIVAL]


def act_apart(state: State, switch: int, base: int, count: int, end: int) -> None:
    """Let each slow port take what arrives, and send on what waits up to `end`."""
    clock = state.clock
    places = state.places
    dones = state.dones
    room = state.fixed[ROOM_ROWS]
    node = state.fixed[HOSTS] + switch
    tree = dones[switch * DONES + FIRST_DONE]
    leaves = dones[switch * DONES + DONE_LEAVES]
    if READS_NO_PORTS:
        choose_all(state, node, base, count)
    now = -1
    events = count
    for at in range(count):
        packet = places[base + room + at]
        now = places[base + at]
        link = places[4 * room + at] if READS_NO_PORTS else forward(state, packet, node, now)
        events += catch_up(state, link, now + 1, tree)
        join(state, link, packet, now, tree)
    following = next_arrival(state, node)
    for cell in range(tree + leaves, tree + 2 * leaves):
        if dones[cell] < end:
            events += catch_up(state, dones[cell + leaves], end, tree)
        following = min(following, dones[cell])
    clock[EVENTS] += events
    clock[NOW] = max(clock[NOW], now)
    state.tree[state.fixed[SWITCH_TREE] + switch] = following


def act_in_order(state: State, switch: int, base: int, count: int, end: int) -> None:
    """Let slow ports take what arrives, and send on what waits, in the order of time up to `end`.

    At one instant what has been sent comes before what arrives.
    """
    clock = state.clock
    places = state.places
    dones = state.dones
    room = state.fixed[ROOM_ROWS]
    node = state.fixed[HOSTS] + switch
    tree = dones[switch * DONES + FIRST_DONE]
    leaves = dones[switch * DONES + DONE_LEAVES]
    now = -1
    events = count
    at = 0
    while True:
        arrival = NEVER
        if at < count:
            arrival = places[base + at]
        done = dones[tree + 1]
        if done <= arrival:
            if done >= end:
                break
            now = done
            leaf = first_leaf(dones, tree, leaves)
            ended(state, dones[tree + leaves + leaf], now, tree)
            events += 1
        else:
            now = arrival
            packet = places[base + room + at]
            join(state, forward(state, packet, node, now), packet, now, tree)
            at += 1
    clock[EVENTS] += events
    clock[NOW] = max(clock[NOW], now)
    following = min(next_arrival(state, node), dones[tree + 1])
    state.tree[state.fixed[SWITCH_TREE] + switch] = following


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
    choose_all(state, node, base, count)
    for at in range(min(count, AHEAD)):
        prefetch_end(state, links, places[chosen + at] * LINK)
    for at in range(count):
        if at + AHEAD < count:
            prefetch_end(state, links, places[chosen + at + AHEAD] * LINK)
        send(state, places[chosen + at], places[rows + at], places[base + at])


def choose_all(state: State, node: int, base: int, count: int) -> None:
    """Choose the links of all packets that arrive, and fetch the rows of the links."""
    places = state.places
    links = state.links
    room = state.fixed[ROOM_ROWS]
    for at in range(count):
        link = forward(state, places[base + room + at], node, places[base + at])
        places[4 * room + at] = link
        prefetch(links, link * LINK)
        prefetch(links, link * LINK + BYTES)
        if SLOW:
            prefetch(state.queues, row_of(link))
            prefetch(state.queues, class_row(link, 0))


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
    if n == 0:
        state.setup[fixed[NOWHERE] * SETUP + SOURCE_NODE] = node
        return fixed[NOWHERE]
    if n == 1 and not EVERY_HOP:
        return ports[first]
    position = choose(state, packet, switch, first, n, now)
    if not leads_on(state, position, node, first, n):
        refuse(state, CHOOSE, switch, position)
        return hosts[target * HOST + INGRESS]
    return ports[position]
