"""Hosts in the order of time: a winner tree over the hosts that have an event within a window.

A host's key is the time since the window's start, then what comes first at one instant, then a
number: (0) a flow starts, (1) a timer fires, (2) a flow goes on, all by flow; (3) a packet arrives,
(4) the NIC sends, both by host. ``order[1]`` is the next event (`netsim.fabric.kernel.pending`).
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.agenda import STARTS, first_due, next_due, phase_at
from netsim.fabric.kernel.lives import flow_number
from netsim.fabric.kernel.minima import FOURTH, HOST_TREE, lower_leaf, replace
from netsim.fabric.kernel.pending import replace as set_key
from netsim.fabric.kernel.state import (
    HOST,
    HOSTS,
    MERGE_FROM,
    MERGE_TO,
    NEVER,
    NIC_AT,
    ORDER_LEAVES,
    TURN,
    State,
)

NUMBER_BITS: Final = 28
NUMBER_MASK: Final = (1 << NUMBER_BITS) - 1
PHASE_BITS: Final = 3
PHASE_MASK: Final = (1 << PHASE_BITS) - 1
TIME_SHIFT: Final = NUMBER_BITS + PHASE_BITS
ARRIVES: Final = 3
SENDS: Final = 4


def next_time(state: State, host: int) -> int:
    """Return the time of the next event at `host`, or NEVER."""
    wire = min(state.heads[host], state.hosts[host * HOST + NIC_AT])
    return min(wire, next_due(state, host))


def key_of(state: State, host: int, time: int) -> int:
    """Return the key of the next event at `host`, which is at `time`."""
    phase = SENDS
    number = host
    if next_due(state, host) == time:
        flow = first_due(state, host)
        number = flow_number(state, flow)
        phase = phase_at(state, flow)
    elif state.heads[host] == time:
        phase = ARRIVES
    return (time - state.clock[MERGE_FROM]) << TIME_SHIFT | phase << NUMBER_BITS | number


def is_calculation_first(state: State) -> bool:
    """Return whether the next event of the window is a calculation that ends."""
    time = next_due(state, state.fixed[HOSTS])
    if time >= state.clock[MERGE_TO]:
        return False
    flow = flow_number(state, first_due(state, state.fixed[HOSTS]))
    key = (time - state.clock[MERGE_FROM]) << TIME_SHIFT | STARTS << NUMBER_BITS | flow
    return key < state.order[1]


def place(state: State, host: int) -> None:
    """Give `host` its place in the order, or in the tree of minima if it is past the window."""
    time = next_time(state, host)
    key = NEVER
    if time < state.clock[MERGE_TO]:
        key = key_of(state, host, time)
    else:
        replace(state, HOST_TREE, host, time)
    set_key(state.order, state.fixed[ORDER_LEAVES] + host, key)


def appoint(state: State, host: int) -> None:
    """Take note that the events of `host` have changed, unless it is this host's own turn.

    The agenda of calculations has no turns: each window looks at it.
    """
    clock = state.clock
    if clock[TURN] == host or host == state.fixed[HOSTS]:
        return
    if clock[MERGE_TO] != 0:
        place(state, host)
    else:
        replace(state, HOST_TREE, host, next_time(state, host))


def appoint_at(state: State, host: int, time: int) -> None:
    """Take note that `host` has a further event, at `time`, unless it is this host's own turn."""
    clock = state.clock
    if clock[TURN] == host or host == state.fixed[HOSTS]:
        return
    if clock[MERGE_TO] != 0:
        place(state, host)
    else:
        lower_leaf(state, HOST_TREE, host, time)


def winner(state: State) -> int:
    """Return the host whose event comes first; there is one.

    A start or a timer has the flow's number in its key, so its way is looked for in the tree.
    """
    order = state.order
    key = order[1]
    if key >> NUMBER_BITS & PHASE_MASK >= ARRIVES:
        return key & NUMBER_MASK
    leaves = state.fixed[ORDER_LEAVES]
    at = 1
    while at < leaves:
        at = 2 * at
        if order[at] != key:
            at += 1
    return at - leaves


def gather(state: State) -> None:
    """Give all hosts with an event within the window their places in the order."""
    tree = state.tree
    fixed = state.fixed
    end = state.clock[MERGE_TO]
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
                                    place(state, a)


def disperse(state: State) -> None:
    """Give all hosts that are left in the order back to the tree of minima."""
    state.clock[MERGE_TO] = 0
    while state.order[1] != NEVER:
        # `place` sets the leaf in the tree, since nothing is before MERGE_TO = 0.
        place(state, winner(state))
