"""Windows: spans of time within which nodes do not depend on each other.

Whatever arrives anywhere in [T, T + W) is on its link at T already, if W is at most what a packet
takes over any link. So within a window each node handles what happens there before the window's
end, one node after another, and no event has to be found among all of a network's events. This is
conservative parallel simulation with a global lookahead (Lubachevsky 1989), on one processor, where
its worth is that nodes and their links are in the processor's cache while they have their turn.

There are two kinds. In a *free* window switches go first: what hosts send in it arrives at switches
later, so only links into switches limit it, and short links of hosts cost nothing. In a *merged*
window hosts go first, in the order of time, up to the instant of the first thing that others must
see; then switches up to that instant. What switches send arrives later, so links out of switches
limit it. `netsim.fabric.kernel.watch` says when windows must be merged. So nothing that Python sees
is ever ahead of what it is told.

A call may return within a window, when the arena of packets or the rows of a trace must grow; the
next one goes on where it was.
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.agenda import (
    GOES_ON,
    STARTS,
    enter,
    first_due,
    next_due,
    phase_at,
    strike,
)
from netsim.fabric.kernel.answers import EXPIRE, refuse
from netsim.fabric.kernel.classes import tick
from netsim.fabric.kernel.flow import arm, calculated, fail, go_on, make_ready, start
from netsim.fabric.kernel.host import arrival_turn
from netsim.fabric.kernel.merge import (
    TIME_SHIFT,
    disperse,
    gather,
    is_calculation_first,
    next_time,
    place,
    winner,
)
from netsim.fabric.kernel.minima import FOURTH, HOST_TREE, SWITCH_TREE, least, refresh_top
from netsim.fabric.kernel.nic import nic_turn
from netsim.fabric.kernel.options import PACED, TRACED
from netsim.fabric.kernel.plugs import expire, setback
from netsim.fabric.kernel.ring import has_room
from netsim.fabric.kernel.state import (
    CLOSE,
    CLOSES,
    DESPERATE,
    EARLY,
    EVENTS,
    FLOW,
    FREE_WIDTH,
    HIGH,
    HOST_TURN,
    HOSTS,
    LOSSY,
    MERGE_FROM,
    MERGE_TO,
    MERGED_WIDTH,
    MORE,
    NEVER,
    NOW,
    OPENED,
    RESENT,
    RETRIES,
    ROOM,
    SENDING,
    STAGE,
    STOP_AT,
    SWITCH_TURN,
    TIMER,
    TRACE,
    TRACE_LIMIT,
    TRACED_ROWS,
    TURN,
    State,
)
from netsim.fabric.kernel.switch import switch_turn
from netsim.fabric.kernel.watch import note_patience

CLOSED: Final = 0
SWITCHES_FIRST: Final = 1
HOSTS_THEN: Final = 2
HOSTS_FIRST: Final = 3
SWITCHES_THEN: Final = 4


def open_window(state: State, first: int, limit: int) -> None:
    """Open a window at `first`, which is before `limit`."""
    clock = state.clock
    fixed = state.fixed
    stage = SWITCHES_FIRST
    width = fixed[FREE_WIDTH]
    if fixed[LOSSY] != 0:
        stage = HOSTS_FIRST
        width = 1
    elif clock[CLOSE] > 0 or clock[DESPERATE] > 0 or is_calculation_due(state, first):
        stage = HOSTS_FIRST
        width = fixed[MERGED_WIDTH]
    clock[OPENED] = first
    clock[CLOSES] = limit
    if width < limit - first:
        clock[CLOSES] = first + width
    clock[STAGE] = stage


def is_calculation_due(state: State, first: int) -> bool:
    """Return whether a calculation ends within a window that opens at `first`."""
    return next_due(state, state.fixed[HOSTS]) - first < state.fixed[FREE_WIDTH]


def pass_window(state: State) -> int:
    """Let nodes have their turns within the open window; return MORE, or why it is not done."""
    clock = state.clock
    status = MORE
    if clock[STAGE] == HOSTS_FIRST:
        status = merged(state)
        if status == MORE:
            clock[STAGE] = SWITCHES_THEN
            if clock[STOP_AT] != NEVER:
                clock[CLOSES] = min(clock[CLOSES], clock[STOP_AT] + 1)
    if clock[STAGE] == SWITCHES_FIRST or clock[STAGE] == SWITCHES_THEN:
        status = sweep_switches(state)
        if status == MORE:
            clock[STAGE] = HOSTS_THEN if clock[STAGE] == SWITCHES_FIRST else CLOSED
    if clock[STAGE] == HOSTS_THEN:
        status = sweep_hosts(state)
        if status == MORE:
            clock[STAGE] = CLOSED
            if clock[STOP_AT] != NEVER:
                status = EARLY
    return status


def hindered(state: State, node: int, packets: int) -> int:
    """Return why `node` cannot have its turn now, in which it sends at most `packets`, or MORE."""
    if not has_room(state, node, packets):
        return ROOM
    if TRACED and state.clock[TRACED_ROWS] > state.fixed[TRACE_LIMIT]:
        return TRACE
    return MORE


def sweep_switches(state: State) -> int:
    """Let each switch handle what arrives there within the window."""
    tree = state.tree
    fixed = state.fixed
    end = state.clock[CLOSES]
    first = fixed[SWITCH_TREE]
    second = fixed[SWITCH_TREE + 1]
    third = fixed[SWITCH_TREE + 2]
    fourth = fixed[SWITCH_TREE + 3]
    for d in range(fixed[SWITCH_TREE + FOURTH]):
        if tree[fourth + d] < end:
            for c in range(d << 3, (d << 3) + 8):
                if tree[third + c] < end:
                    for b in range(c << 3, (c << 3) + 8):
                        if tree[second + b] < end:
                            for a in range(b << 3, (b << 3) + 8):
                                if tree[first + a] < end:
                                    status = hindered(state, fixed[HOSTS] + a, fixed[SWITCH_TURN])
                                    if status != MORE:
                                        return status
                                    switch_turn(state, a, end)
                            tree[second + b] = least(tree, first + (b << 3))
                    tree[third + c] = least(tree, second + (c << 3))
            tree[fourth + d] = least(tree, third + (d << 3))
    refresh_top(state, SWITCH_TREE)
    return MORE


def sweep_hosts(state: State) -> int:
    """Let each host handle what happens there within the window."""
    tree = state.tree
    fixed = state.fixed
    end = state.clock[CLOSES]
    first = fixed[HOST_TREE]
    second = fixed[HOST_TREE + 1]
    third = fixed[HOST_TREE + 2]
    fourth = fixed[HOST_TREE + 3]
    for d in range(fixed[HOST_TREE + FOURTH]):
        if tree[fourth + d] < end:
            for c in range(d << 3, (d << 3) + 8):
                if tree[third + c] < end:
                    for b in range(c << 3, (c << 3) + 8):
                        if tree[second + b] < end:
                            for a in range(b << 3, (b << 3) + 8):
                                if tree[first + a] < end:
                                    status = hindered(state, a, fixed[HOST_TURN])
                                    if status != MORE:
                                        return status
                                    host_turn(state, a, end, False)
                            tree[second + b] = least(tree, first + (b << 3))
                    tree[third + c] = least(tree, second + (c << 3))
            tree[fourth + d] = least(tree, third + (d << 3))
    refresh_top(state, HOST_TREE)
    return MORE


def host_turn(state: State, host: int, end: int, alone: bool) -> None:
    """Let `host` handle one event after another up to `end`, or only the first one.

    Hosts that run merged have a single event at a time. That it is the same function, called and
    not inlined, keeps the time to compile a kernel short.
    """
    clock = state.clock
    clock[TURN] = host
    now = next_time(state, host)
    while now < end:
        host_event(state, host, now)
        now = next_time(state, host)
        if alone:
            break
    clock[TURN] = -1
    state.tree[state.fixed[HOST_TREE] + host] = now


def host_event(state: State, host: int, now: int) -> None:
    """Handle the next event at `host`: flow starts, timers, arrivals, the NIC, in this order."""
    clock = state.clock
    clock[NOW] = max(clock[NOW], now)
    if next_due(state, host) == now:
        date(state, first_due(state, host), now)
    elif state.heads[host] == now:
        arrival_turn(state, host, now)
    else:
        clock[SENDING] = 1
        nic_turn(state, host, now)
        clock[SENDING] = 0
    clock[EVENTS] += 1


def date(state: State, flow: int, now: int) -> None:
    """Start the flow, serve the timer, or let the flow go on, whichever is due."""
    row = flow * FLOW
    phase = phase_at(state, flow)
    strike(state, flow)
    if PACED and phase == GOES_ON:
        go_on(state, flow, now)
        return
    if phase == STARTS:
        start(state, flow, now)
        return
    state.flows[row + TIMER] = 0
    if PACED and state.paced[flow] != 0:
        enter(state, flow)
    before = state.flows[row + RESENT] >> HIGH
    deadline = expire(state, flow, now)
    if deadline < 0:
        fail(state, flow, RETRIES, now)
        return
    if 0 < deadline <= now:
        refuse(state, EXPIRE, flow, deadline)
        return
    note_patience(state, flow)
    if state.flows[row + RESENT] >> HIGH != before:
        setback(state, flow, now)
    if deadline > 0:
        arm(state, flow, deadline, tick(state, flow))
    make_ready(state, flow, now)


def calculate(state: State, now: int) -> None:
    """End the calculation that is due at `now`."""
    clock = state.clock
    clock[NOW] = max(clock[NOW], now)
    calculated(state, first_due(state, state.fixed[HOSTS]), now)
    clock[EVENTS] += 1


def merged(state: State) -> int:
    """Let hosts have their events in the order of time, up to what others must see at once."""
    clock = state.clock
    order = state.order
    status = MORE
    clock[MERGE_FROM] = clock[OPENED]
    clock[MERGE_TO] = clock[CLOSES]
    gather(state)
    while order[1] != NEVER or next_due(state, state.fixed[HOSTS]) < clock[MERGE_TO]:
        if is_calculation_first(state):
            now = next_due(state, state.fixed[HOSTS])
            if now > clock[STOP_AT]:
                break
            calculate(state, now)
            continue
        host = winner(state)
        now = clock[MERGE_FROM] + (order[1] >> TIME_SHIFT)
        if now > clock[STOP_AT]:
            break
        status = hindered(state, host, 2)
        if status != MORE:
            break
        host_turn(state, host, now + 1, True)
        place(state, host)
    disperse(state)
    return status
