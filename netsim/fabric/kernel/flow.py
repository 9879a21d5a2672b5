"""The life of a flow: waits for predecessors, starts, is done or fails, frees successors."""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.fabric.kernel.overflow import overflow
from netsim.fabric.kernel.pending import lower, plan_start, refresh
from netsim.fabric.kernel.plugs import begin, sendable
from netsim.fabric.kernel.state import (
    ACTIVE,
    BATCH,
    BLOCKED,
    CULPRIT,
    DONE,
    EGRESS,
    END_RX,
    END_TX,
    ENDS,
    EPOCH,
    FAILED,
    FIFO,
    FINISHED,
    FIRST_NIC,
    FIRST_SUCCESSOR,
    FLOW,
    FREE_AT,
    HORIZON,
    HOST,
    LAG,
    LATE_START,
    LEAF,
    LINK,
    LOW,
    NEVER,
    NEXT_READY,
    PREDECESSOR,
    PREDECESSORS,
    READY_HEAD,
    READY_TAIL,
    REASON_SHIFT,
    REMAINING,
    RUNNING,
    SOURCE_BITS,
    START,
    STATUS,
    STATUS_MASK,
    STOP_AT,
    SUCCESSORS,
    TIMERS,
    TRIGGER,
    WAITING,
    WAITS,
    State,
)

UNQUEUED = -2
LAST = -1


def start(state: State, flow: int, now: int) -> None:
    """Start a flow whose time has come, unless it was cancelled before."""
    flows = state.flows
    if flows[flow * FLOW + STATUS] & STATUS_MASK != BLOCKED:
        return
    flows[flow * FLOW + STATUS] = RUNNING
    flows[flow * FLOW + START] = now
    begin(state, flow, now)
    make_ready(state, flow, now)


def make_ready(state: State, flow: int, now: int) -> None:
    """Queue `flow` at its NIC if it may send, and wake the NIC."""
    flows = state.flows
    row = flow * FLOW
    if flows[row + NEXT_READY] != UNQUEUED or not sendable(state, flow):
        return
    host = flows[row + ENDS] & LOW
    enqueue(state, host, flow)
    wake(state, host, now)


def wake(state: State, host: int, now: int) -> None:
    """Give an idle NIC an event: now, or when its port has sent what it has.

    Never at once: work that other events of this instant bring must be seen by the same turn.
    """
    fixed = state.fixed
    tree = state.tree
    source = fixed[FIRST_NIC] + host
    leaf = fixed[LEAF] + source
    if tree[leaf] == NEVER:
        ready = max(now, state.links[state.hosts[host * HOST + EGRESS] * LINK + FREE_AT])
        lower(tree, leaf, (ready - state.clock[EPOCH]) << SOURCE_BITS | source)


def enqueue(state: State, host: int, flow: int) -> None:
    """Put `flow` into the NIC's queue: last, or under `fifo` by (start, flow)."""
    hosts = state.hosts
    flows = state.flows
    row = host * HOST
    head = hosts[row + READY_HEAD]
    tail = hosts[row + READY_TAIL]
    if head == LAST:
        flows[flow * FLOW + NEXT_READY] = LAST
        hosts[row + READY_HEAD] = flow
        hosts[row + READY_TAIL] = flow
    elif state.fixed[FIFO] == 0 or earlier(state, tail, flow):
        flows[flow * FLOW + NEXT_READY] = LAST
        flows[tail * FLOW + NEXT_READY] = flow
        hosts[row + READY_TAIL] = flow
    elif earlier(state, flow, head):
        flows[flow * FLOW + NEXT_READY] = head
        hosts[row + READY_HEAD] = flow
    else:
        at = head
        while earlier(state, flows[at * FLOW + NEXT_READY], flow):
            at = flows[at * FLOW + NEXT_READY]
        flows[flow * FLOW + NEXT_READY] = flows[at * FLOW + NEXT_READY]
        flows[at * FLOW + NEXT_READY] = flow


def earlier(state: State, one: int, other: int) -> bool:
    """Return whether flow `one` comes before `other` by (start, flow)."""
    flows = state.flows
    first = flows[one * FLOW + START]
    second = flows[other * FLOW + START]
    return first < second or (first == second and one < other)


def received(state: State, flow: int, now: int) -> None:
    """Note that the receiver has the whole flow."""
    state.flows[flow * FLOW + END_RX] = now
    if state.batches[state.batch_of[flow] * BATCH + TRIGGER] == 0:
        settle(state, flow, now)


def confirmed(state: State, flow: int, now: int) -> None:
    """Note that the sender knows that the receiver has the whole flow."""
    state.flows[flow * FLOW + END_TX] = now
    over(state, flow, DONE)
    if state.batches[state.batch_of[flow] * BATCH + TRIGGER] == 1:
        settle(state, flow, now)


def over(state: State, flow: int, status: int) -> None:
    """Take note that a flow sends nothing more."""
    clock = state.clock
    state.flows[flow * FLOW + STATUS] = status
    clock[ACTIVE] -= 1
    if clock[TIMERS] > 0 and state.timers[0] == flow:
        refresh(state)


def settle(state: State, flow: int, now: int) -> None:
    """Count a done flow in its batch, and release its successors."""
    batches = state.batches
    batch: Any = np.int64(state.batch_of[flow])
    batches[batch * BATCH + REMAINING] -= 1
    if batches[batch * BATCH + REMAINING] == 0:
        finish(state, batch, now)
    if state.clock[WAITS] > flow:
        release(state, flow, now)


def finish(state: State, batch: int, now: int) -> None:
    """Tell Python that `batch` is over, and end the call after this instant."""
    clock = state.clock
    state.finished[clock[FINISHED]] = batch
    clock[FINISHED] += 1
    clock[STOP_AT] = now


def release(state: State, flow: int, now: int) -> None:
    """Count `flow` at its successors; those whose last predecessor it was start after their lag."""
    flows = state.flows
    waiting = state.waiting
    first = waiting[flow * WAITING + FIRST_SUCCESSOR]
    for position in range(first, first + waiting[flow * WAITING + SUCCESSORS]):
        successor = state.successors[position]
        row = successor * WAITING
        waiting[row + PREDECESSORS] -= 1
        if waiting[row + PREDECESSORS] == 0:
            if waiting[row + LAG] >= HORIZON - now:
                overflow(state, LATE_START, successor)
                return
            ready = max(flows[successor * FLOW + START], now + waiting[row + LAG])
            flows[successor * FLOW + START] = ready
            if ready == now:
                start(state, successor, now)
            else:
                plan_start(state, successor)


def fail(state: State, flow: int, reason: int, now: int) -> None:
    """Give a flow up; the first failure of a batch ends it, and who waits for the flow fails too.

    A flow that its batch has counted as done is only told to send nothing more.
    """
    batches = state.batches
    over(state, flow, FAILED | reason << REASON_SHIFT)
    if settled(state, flow):
        return
    batch: Any = np.int64(state.batch_of[flow])
    row = batch * BATCH
    if batches[row + CULPRIT] < 0 and batches[row + REMAINING] > 0:
        batches[row + CULPRIT] = flow
        batches[row + REMAINING] = 0
        finish(state, batch, now)
    if state.clock[WAITS] > flow:
        forsake(state, flow)


def settled(state: State, flow: int) -> bool:
    """Return whether `flow`, which may still await acknowledgements, counts as done already."""
    batch: Any = np.int64(state.batch_of[flow])
    return state.batches[batch * BATCH + TRIGGER] == 0 and state.flows[flow * FLOW + END_RX] >= 0


def forsake(state: State, flow: int) -> None:
    """Fail all flows that wait for `flow`, and those that wait for them.

    Flows that wait stand in no queue, so their cells `NEXT_READY` hold the list of what is left.
    """
    flows = state.flows
    waiting = state.waiting
    following = LAST
    at = flow
    while True:
        first = waiting[at * WAITING + FIRST_SUCCESSOR]
        for position in range(first, first + waiting[at * WAITING + SUCCESSORS]):
            successor = state.successors[position]
            row = successor * FLOW
            if flows[row + STATUS] & STATUS_MASK == BLOCKED:
                flows[row + STATUS] = FAILED | PREDECESSOR << REASON_SHIFT
                state.clock[ACTIVE] -= 1
                flows[row + NEXT_READY] = following
                following = successor
        if following == LAST:
            return
        at = following
        following = flows[at * FLOW + NEXT_READY]
        flows[at * FLOW + NEXT_READY] = UNQUEUED
