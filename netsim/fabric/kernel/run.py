"""The kernel's entry: one window after another, in the one order of events that there is.

At one instant: flow starts, by flow; timers, by flow; arrivals, node after node, and at one node by
(flow, packet index, data before its acknowledgement, link); NICs, by host. The text of this module
is what `netsim.fabric.kernel.builder` writes into the cache, with the chosen policy and transport
around it.
"""

from __future__ import annotations

from netsim.fabric.kernel.agenda import next_due
from netsim.fabric.kernel.flow import is_blocked, plan_start
from netsim.fabric.kernel.minima import HOST_TREE, SWITCH_TREE, root
from netsim.fabric.kernel.state import (
    EVENTS,
    FRESH,
    FRESH_AT,
    HOSTS,
    IDLE,
    MORE,
    NEVER,
    NOTIFY,
    STAGE,
    STOP_AT,
    State,
)
from netsim.fabric.kernel.window import CLOSED, open_window, pass_window

APART = frozenset(("host_turn", "place", "combine", "forsake", "fail", "grow", "release"))


def run(state: State, limit: int, most: int) -> int:
    """Handle windows strictly before `limit` until `most` events have passed; say why it ended."""
    clock = state.clock
    take_in(state)
    enough = clock[EVENTS] + most
    status = MORE
    while clock[EVENTS] < enough:
        if clock[STAGE] == CLOSED:
            first = next_event(state)
            status = hindrance(state, first, limit)
            if status != MORE:
                break
            open_window(state, first, limit)
        status = pass_window(state)
        if status != MORE:
            break
    return status


def next_event(state: State) -> int:
    """Return the time of the first event of any node, or of a calculation's end."""
    node = min(root(state, HOST_TREE), root(state, SWITCH_TREE))
    return min(node, next_due(state, state.fixed[HOSTS]))


def take_in(state: State) -> None:
    """Put the flows that Python has handed in on the agendas of their hosts."""
    clock = state.clock
    for place in range(clock[FRESH]):
        flow = state.fresh[place]
        if is_blocked(state, flow):
            plan_start(state, flow)
    clock[FRESH] = 0
    clock[FRESH_AT] = NEVER


def hindrance(state: State, first: int, limit: int) -> int:
    """Return why no window can open at `first`, or MORE if one can."""
    if first > state.clock[STOP_AT]:
        return NOTIFY
    if first >= limit:
        return IDLE
    return MORE
