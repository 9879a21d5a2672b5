"""A switch: finds the equal ports towards a destination and lets the policy choose."""

from __future__ import annotations

from netsim.fabric.kernel.answers import CHOOSE, leads_on, refuse
from netsim.fabric.kernel.label import TARGET_MASK
from netsim.fabric.kernel.plugs import EVERY_HOP, choose
from netsim.fabric.kernel.state import (
    COUNT_BITS,
    COUNT_MASK,
    HOME,
    HOST,
    HOSTS,
    INGRESS,
    LEAVES,
    PACKET,
    ROUTE,
    State,
)

LEAF_BITS = 24
LEAF_MASK = (1 << LEAF_BITS) - 1


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
