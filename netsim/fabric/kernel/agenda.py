"""What is due at a host beside packets: starts of flows, timers, paces. A heap per host.

A flow is there with one such date: its start while it waits; once it runs its timer, or the time at
which its transport lets it send again (pacing), whichever comes first. The dates of a
host's flows form a pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986), three numbers a flow:
adding one takes a comparison, and one that is not needed any more is unlinked, so that a dead timer
neither keeps a simulation going nor moves its clock. At one instant starts come before timers,
timers before flows that go on, and each by flow.

Numbers in the heap are one more than the flow's, so that arrays of zeros are empty heaps.
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.lives import flow_number
from netsim.fabric.kernel.options import PACED
from netsim.fabric.kernel.state import (
    AGENDA,
    CHILD,
    DUE,
    ENDS,
    FLOW,
    FOLLOWING,
    HIGH,
    HOST,
    HOSTS,
    LOW,
    NEVER,
    PRECEDING,
    START,
    TIMER,
    State,
)

# What happens at a date, in the order of one instant.
STARTS: Final = 0
FIRES: Final = 1
GOES_ON: Final = 2


def due_at(state: State, flow: int) -> int:
    """Return when `flow` starts, or when its timer fires or it may send again, what comes first."""
    flows = state.flows
    row = flow * FLOW
    timer = flows[row + TIMER]
    if PACED:
        again = state.paced[flow]
        if again != 0 and (timer == 0 or again < timer):
            return again
    if timer != 0:
        return timer
    return flows[row + START]


def phase_at(state: State, flow: int) -> int:
    """Return what the first date of `flow` is: `STARTS`, `FIRES`, or `GOES_ON`."""
    timer = state.flows[flow * FLOW + TIMER]
    if PACED:
        again = state.paced[flow]
        if again != 0 and (timer == 0 or again < timer):
            return GOES_ON
    return FIRES if timer != 0 else STARTS


def first_due(state: State, host: int) -> int:
    """Return the flow whose date comes first at `host`, -1 if there is none."""
    return state.hosts[host * HOST + AGENDA] - 1


def next_due(state: State, host: int) -> int:
    """Return the time of the first date at `host`, or NEVER."""
    flow = state.hosts[host * HOST + AGENDA] - 1
    if flow < 0:
        return NEVER
    return due_at(state, flow)


def sooner(state: State, one: int, other: int) -> bool:
    """Return whether flow `one` comes before flow `other`: by time, by phase, by number."""
    first = due_at(state, one)
    second = due_at(state, other)
    if first != second:
        return first < second
    phase = phase_at(state, one)
    other_phase = phase_at(state, other)
    if phase != other_phase:
        return phase < other_phase
    return flow_number(state, one) < flow_number(state, other)


def meld(state: State, one: int, other: int) -> int:
    """Join two heaps, given by their roots, and return the root; 0 is the empty heap."""
    due = state.due
    if one == 0:
        return other
    if other == 0:
        return one
    root = one
    below = other
    if sooner(state, other - 1, one - 1):
        root = other
        below = one
    child = due[(root - 1) * DUE + CHILD]
    due[(below - 1) * DUE + FOLLOWING] = child
    due[(below - 1) * DUE + PRECEDING] = root
    if child != 0:
        due[(child - 1) * DUE + PRECEDING] = below
    due[(root - 1) * DUE + CHILD] = below
    return root


def combine(state: State, first: int) -> int:
    """Join the heaps of a list of siblings: in pairs, then from the last pair to the first."""
    due = state.due
    pairs = 0
    while first != 0:
        second = due[(first - 1) * DUE + FOLLOWING]
        rest = 0
        due[(first - 1) * DUE + FOLLOWING] = 0
        if second != 0:
            rest = due[(second - 1) * DUE + FOLLOWING]
            due[(second - 1) * DUE + FOLLOWING] = 0
        pair = meld(state, first, second)
        due[(pair - 1) * DUE + FOLLOWING] = pairs
        pairs = pair
        first = rest
    root = 0
    while pairs != 0:
        rest = due[(pairs - 1) * DUE + FOLLOWING]
        due[(pairs - 1) * DUE + FOLLOWING] = 0
        root = meld(state, root, pairs)
        pairs = rest
    if root != 0:
        due[(root - 1) * DUE + PRECEDING] = 0
    return root


def is_calculation(state: State, flow: int) -> bool:
    """Return whether `flow` leads from a host to itself: it takes its time and sends nothing."""
    ends = state.flows[flow * FLOW + ENDS]
    return ends & LOW == ends >> HIGH


def keeper(state: State, flow: int) -> int:
    """Return on whose agenda `flow` is: its host's, and of calculations that of all hosts.

    The latter is in a row behind those of the hosts.
    """
    if is_calculation(state, flow):
        return state.fixed[HOSTS]
    return state.flows[flow * FLOW + ENDS] & LOW


def enter(state: State, flow: int) -> int:
    """Put the date of `flow` on an agenda, and return whose it is."""
    host = keeper(state, flow)
    cell = host * HOST + AGENDA
    state.hosts[cell] = meld(state, state.hosts[cell], flow + 1)
    return host


def strike(state: State, flow: int) -> bool:
    """Take the date of `flow` off the agenda of its host; return whether it was there."""
    due = state.due
    row = flow * DUE
    cell = keeper(state, flow) * HOST + AGENDA
    root = state.hosts[cell]
    preceding = due[row + PRECEDING]
    if root != flow + 1 and preceding == 0:
        return False
    below = combine(state, due[row + CHILD])
    due[row + CHILD] = 0
    if root == flow + 1:
        state.hosts[cell] = below
        return True
    following = due[row + FOLLOWING]
    if due[(preceding - 1) * DUE + CHILD] == flow + 1:
        due[(preceding - 1) * DUE + CHILD] = following
    else:
        due[(preceding - 1) * DUE + FOLLOWING] = following
    if following != 0:
        due[(following - 1) * DUE + PRECEDING] = preceding
    due[row + FOLLOWING] = 0
    due[row + PRECEDING] = 0
    state.hosts[cell] = meld(state, root, below)
    return True
