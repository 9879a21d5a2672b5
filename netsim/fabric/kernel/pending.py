"""The events that are pending: a winner tree over sources, and small heaps of flows.

A *source* has at most one pending event: a link (its head packet arrives), a NIC (ready to send).
The tree holds one key per source, ``(time - epoch) << 20 | source``, in leaves ``tree[P]`` to
``tree[2P - 1]``; a parent is its smaller child, so ``tree[1]`` is the next event. Its cost is log2
of the number of sources, whatever the number of packets in flight; simultaneous events come by
source number, whenever they were set. A knockout tournament of this kind is in Knuth, The Art of
Computer Programming 3, section 5.4.1.

Flow starts and timers are few, so they stand in binary heaps of flow numbers ordered by (time,
flow). The heaps hold 32-bit numbers, which are widened when read: a compiled function exists once
for each width of its arguments.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.fabric.kernel.state import (
    FLOW,
    NEVER,
    NEXT_OTHER,
    NOW,
    RUNNING,
    START,
    STARTS,
    STATUS,
    STATUS_MASK,
    TIMER,
    TIMERS,
    Ints,
    Numbers,
    State,
)


def lower(tree: Ints, leaf: int, key: int) -> None:
    """Set the key at `leaf` to a smaller one."""
    tree[leaf] = key
    at = leaf >> 1
    while at > 0 and tree[at] > key:
        tree[at] = key
        at >>= 1


def replace(tree: Ints, leaf: int, key: int) -> None:
    """Set the key at `leaf` to any value, a larger one or NEVER as well."""
    tree[leaf] = key
    winner = key
    at = leaf
    while at > 1:
        winner = min(winner, tree[at ^ 1])
        at >>= 1
        tree[at] = winner


def before(flows: Ints, column: int, one: int, other: int) -> bool:
    """Return whether flow `one` comes before flow `other` by (time in `column`, flow number)."""
    first = flows[one * FLOW + column]
    second = flows[other * FLOW + column]
    return first < second or (first == second and one < other)


def push(heap: Numbers, size: int, flows: Ints, column: int, flow: int) -> None:
    """Add `flow` to a heap that holds `size` flows."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        above: Any = np.int64(heap[parent])
        if not before(flows, column, flow, above):
            break
        heap[at] = above
        at = parent
    heap[at] = flow


def pop(heap: Numbers, size: int, flows: Ints, column: int) -> int:
    """Remove and return the first of the `size` flows of a heap."""
    top: Any = np.int64(heap[0])
    last: Any = np.int64(heap[size - 1])
    left = size - 1
    at = 0
    while True:
        child = 2 * at + 1
        if child >= left:
            break
        below: Any = np.int64(heap[child])
        following: Any = np.int64(heap[min(child + 1, left)])
        if child + 1 < left and before(flows, column, following, below):
            child += 1
            below = np.int64(heap[child])
        if not before(flows, column, below, last):
            break
        heap[at] = below
        at = child
    heap[at] = last
    return top


def refresh(state: State) -> None:
    """Note the time of the earliest flow start or timer.

    Timers of flows that are over are dropped here, so that none of them keeps a simulation going.
    """
    flows = state.flows
    clock = state.clock
    while clock[TIMERS] > 0 and not runs(state, first_timer(state)):
        next_timer(state)
    earliest = NEVER
    if clock[STARTS] > 0:
        earliest = flows[state.starts[0] * FLOW + START]
    if clock[TIMERS] > 0:
        earliest = min(earliest, flows[state.timers[0] * FLOW + TIMER])
    clock[NEXT_OTHER] = earliest


def first_timer(state: State) -> Any:
    """Return the flow whose timer is due first, if there is one."""
    return np.int64(state.timers[0])


def runs(state: State, flow: int) -> bool:
    """Return whether `flow` has started and is not over."""
    return state.flows[flow * FLOW + STATUS] & STATUS_MASK == RUNNING


def plan_start(state: State, flow: int) -> None:
    """Let `flow` start at the time in its row."""
    clock = state.clock
    push(state.starts, clock[STARTS], state.flows, START, flow)
    clock[STARTS] += 1
    refresh(state)


def next_start(state: State) -> int:
    """Return the flow whose start is the next event, or -1 if a timer or nothing comes before.

    At one instant starts come first: they stand for work that was handed in before the instant
    began.
    """
    flows = state.flows
    starts = state.starts
    clock = state.clock
    if clock[STARTS] == 0 or flows[starts[0] * FLOW + START] > clock[NOW]:
        return -1
    flow = pop(starts, clock[STARTS], flows, START)
    clock[STARTS] -= 1
    return flow


def arm(state: State, flow: int, deadline: int, tick: int) -> None:
    """Arm the timer of `flow`, which has none, for `deadline` rounded up to a whole tick."""
    flows = state.flows
    clock = state.clock
    rounded = (deadline + tick - 1) // tick * tick
    flows[flow * FLOW + TIMER] = rounded
    push(state.timers, clock[TIMERS], flows, TIMER, flow)
    clock[TIMERS] += 1
    refresh(state)


def next_timer(state: State) -> int:
    """Disarm and return the flow whose timer is due first."""
    clock = state.clock
    flows = state.flows
    flow = pop(state.timers, clock[TIMERS], flows, TIMER)
    clock[TIMERS] -= 1
    flows[flow * FLOW + TIMER] = 0
    return flow
