"""The life of a flow: waits for predecessors, starts, is done or fails, frees successors."""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.fabric.kernel.agenda import enter, is_calculation, keeper, strike
from netsim.fabric.kernel.answers import NEXT_TIME, refuse
from netsim.fabric.kernel.lives import flow_number
from netsim.fabric.kernel.merge import appoint, appoint_at
from netsim.fabric.kernel.options import PACED
from netsim.fabric.kernel.overflow import overflow
from netsim.fabric.kernel.plugs import begin, next_time, open, sendable
from netsim.fabric.kernel.state import (
    ACTIVE,
    BATCH,
    BLOCKED,
    CANCELLED,
    CULPRIT,
    DELAY_OF,
    DONE,
    EGRESS,
    END_RX,
    END_TX,
    ENDS,
    FAILED,
    FIFO,
    FINISHED,
    FIRST_SUCCESSOR,
    FLOW,
    FREE_AT,
    HORIZON,
    HOST,
    LATE_START,
    LINK,
    LOW,
    NEVER,
    NEXT_READY,
    NIC_AT,
    PREDECESSOR,
    PREDECESSORS,
    READY,
    READY_HEAD,
    READY_TAIL,
    REASON_SHIFT,
    REMAINING,
    RUNNING,
    START,
    STATUS,
    STATUS_MASK,
    STOP_AT,
    SUCCESSORS,
    TIMER,
    TRIGGER,
    WAITING,
    WAITS,
    State,
)
from netsim.fabric.kernel.watch import (
    forget_batch,
    forget_sender,
    forget_successors,
    note_missing,
    note_near,
    note_start,
)

UNQUEUED = -2
LAST = -1


def plan_start(state: State, flow: int) -> None:
    """Let `flow` start at the time in its row; a calculation is over when it has taken its time."""
    if is_calculation(state, flow):
        state.flows[flow * FLOW + START] += state.flows[flow * FLOW + DELAY_OF]
    host = enter(state, flow)
    appoint_at(state, host, state.flows[flow * FLOW + START])


def start(state: State, flow: int, now: int) -> None:
    """Start a flow whose time has come."""
    flows = state.flows
    flows[flow * FLOW + STATUS] = RUNNING
    flows[flow * FLOW + START] = now
    note_start(state, flow)
    open(state, flow, now)
    begin(state, flow, now)
    make_ready(state, flow, now)


def arm(state: State, flow: int, deadline: int, tick: int) -> None:
    """Arm the timer of `flow`, which has none, for `deadline` rounded up to a whole tick."""
    rounded = (deadline + tick - 1) // tick * tick
    state.flows[flow * FLOW + TIMER] = rounded
    if PACED:
        strike(state, flow)
    host = enter(state, flow)
    appoint_at(state, host, rounded)


def may_go(state: State, flow: int, now: int) -> bool:
    """Return whether `flow` may send now; if its pace alone forbids it, ask again in time."""
    if not sendable(state, flow):
        if PACED:
            hold(state, flow, 0)
        return False
    if PACED:
        again = next_time(state, flow, now)
        if again > now:
            if again >= HORIZON:
                refuse(state, NEXT_TIME, flow, again)
                return False
            hold(state, flow, again)
            return False
        hold(state, flow, 0)
    return True


def hold(state: State, flow: int, until: int) -> None:
    """Let `flow` be asked again at `until`; 0: not any more."""
    if state.paced[flow] == until:
        return
    strike(state, flow)
    state.paced[flow] = until
    host = state.flows[flow * FLOW + ENDS] & LOW
    if until != 0 or state.flows[flow * FLOW + TIMER] != 0:
        enter(state, flow)
    appoint(state, host)


def go_on(state: State, flow: int, now: int) -> None:
    """Ask a flow again whose pace has held it back until now."""
    state.paced[flow] = 0
    if state.flows[flow * FLOW + TIMER] != 0:
        enter(state, flow)
    make_ready(state, flow, now)


def make_ready(state: State, flow: int, now: int) -> None:
    """Queue `flow` at its NIC if it may send, and wake the NIC."""
    flows = state.flows
    row = flow * FLOW
    if flows[row + NEXT_READY] != UNQUEUED or not may_go(state, flow, now):
        return
    host = flows[row + ENDS] & LOW
    enqueue(state, host, flow)
    wake(state, host, now)


def wake(state: State, host: int, now: int) -> None:
    """Give an idle NIC an event: now, or when its port has sent what it has.

    Never at once: work that other events of this instant bring must be seen by the same turn.
    """
    hosts = state.hosts
    row = host * HOST
    if hosts[row + NIC_AT] == NEVER:
        ready = max(now, state.links[hosts[row + EGRESS] * LINK + FREE_AT])
        hosts[row + NIC_AT] = ready
        appoint_at(state, host, ready)


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
    """Return whether flow `one` comes before flow `other` by (start, flow)."""
    flows = state.flows
    first = flows[one * FLOW + START]
    second = flows[other * FLOW + START]
    if first != second:
        return first < second
    return flow_number(state, one) < flow_number(state, other)


def received(state: State, flow: int, now: int) -> None:
    """Note that the receiver has the whole flow."""
    state.flows[flow * FLOW + END_RX] = now
    if state.batches[state.batch_of[flow] * BATCH + TRIGGER] == 0:
        settle(state, flow, now)
    else:
        note_missing(state, flow, 1)


def confirmed(state: State, flow: int, now: int) -> None:
    """Note that the sender knows that the receiver has the whole flow."""
    state.flows[flow * FLOW + END_TX] = now
    over(state, flow, DONE)
    if state.batches[state.batch_of[flow] * BATCH + TRIGGER] == 1:
        settle(state, flow, now)


def calculated(state: State, flow: int, now: int) -> None:
    """Note that a calculation has taken its time."""
    row = flow * FLOW
    strike(state, flow)
    state.flows[row + START] = now - state.flows[row + DELAY_OF]
    state.flows[row + END_RX] = now
    state.flows[row + END_TX] = now
    state.flows[row + STATUS] = DONE
    state.clock[ACTIVE] -= 1
    note_near(state, flow)
    settle(state, flow, now)


def over(state: State, flow: int, status: int) -> None:
    """Take note that a flow sends nothing more."""
    row = flow * FLOW
    state.flows[row + STATUS] = status
    state.clock[ACTIVE] -= 1
    forget_sender(state, flow)
    struck = strike(state, flow)
    state.flows[row + TIMER] = 0
    if PACED:
        state.paced[flow] = 0
    if struck:
        appoint(state, keeper(state, flow))


def settle(state: State, flow: int, now: int) -> None:
    """Count a done flow in its batch, and release its successors."""
    batches = state.batches
    batch: Any = np.int64(state.batch_of[flow])
    batches[batch * BATCH + REMAINING] -= 1
    forget_successors(state, flow)
    if batches[batch * BATCH + REMAINING] == 0:
        forget_batch(state, batch)
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
    """Count `flow` at its successors; those for which it was the last may start.

    A successor is ready at the latest end of a predecessor plus lag, whichever is counted last:
    within a window hosts are not in the order of time.
    """
    flows = state.flows
    waiting = state.waiting
    first = waiting[flow * WAITING + FIRST_SUCCESSOR]
    for position in range(first, first + waiting[flow * WAITING + SUCCESSORS]):
        successor = state.successors[position]
        row = successor * WAITING
        lag = state.lags[position]
        waiting[row + PREDECESSORS] -= 1
        if lag >= HORIZON - now:
            overflow(state, LATE_START, successor)
            return
        waiting[row + READY] = max(waiting[row + READY], now + lag)
        if waiting[row + PREDECESSORS] == 0 and is_blocked(state, successor):
            ready = max(flows[successor * FLOW + START], waiting[row + READY])
            flows[successor * FLOW + START] = ready
            if ready == now and not is_calculation(state, successor):
                start(state, successor, now)
            else:
                plan_start(state, successor)


def is_blocked(state: State, flow: int) -> bool:
    """Return whether `flow` has yet to start."""
    return state.flows[flow * FLOW + STATUS] & STATUS_MASK == BLOCKED


def fail(state: State, flow: int, reason: int, now: int) -> None:
    """Give a flow up; the first failure of a batch ends it, and who waits for the flow fails too.

    A flow that its batch has counted as done is only told to send nothing more.
    """
    batches = state.batches
    over(state, flow, FAILED | reason << REASON_SHIFT)
    if settled(state, flow):
        return
    forget_successors(state, flow)
    batch: Any = np.int64(state.batch_of[flow])
    row = batch * BATCH
    if batches[row + CULPRIT] < 0 and batches[row + REMAINING] > 0:
        batches[row + CULPRIT] = flow
        batches[row + REMAINING] = 0
        forget_batch(state, batch)
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
    Each predecessor is taken off once, so a flow with none left is one that nobody will look at.
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
            waiting[successor * WAITING + PREDECESSORS] -= 1
            if is_blocked(state, successor):
                flows[row + STATUS] = FAILED | PREDECESSOR << REASON_SHIFT
                state.clock[ACTIVE] -= 1
                flows[row + NEXT_READY] = following
                following = successor
        if following == LAST:
            return
        at = following
        following = flows[at * FLOW + NEXT_READY]
        flows[at * FLOW + NEXT_READY] = UNQUEUED


def cancel(state: State, flow: int) -> bool:
    """Send nothing more of `flow`, and fail what waits for it; return whether it is not done."""
    status = state.flows[flow * FLOW + STATUS] & STATUS_MASK
    if status not in (BLOCKED, RUNNING):
        return False
    over(state, flow, CANCELLED)
    if settled(state, flow):
        return False
    forget_successors(state, flow)
    if state.clock[WAITS] > flow:
        forsake(state, flow)
    batch: Any = np.int64(state.batch_of[flow])
    if state.batches[batch * BATCH + REMAINING] > 0:
        state.batches[batch * BATCH + REMAINING] = 0
        forget_batch(state, batch)
    return True
