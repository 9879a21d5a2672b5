"""When something may be over that others must see at once: hosts run in the order of time then.

Within a window hosts are handled one after another, each up to the window's end. That is right as
long as nobody may look before: Python, which is told of batches that are over and hands in new work
then, or a flow on another host that waits for one which ends here. So it is counted what may end
within any window from now on:

* batches all of whose flows are *near* their end or past it: the receiver misses at most what can
  arrive in a window; if the sender's knowledge counts, the receiver has everything, since one
  acknowledgement can close any gap;
* near flows for which a flow on another host waits, with less delay than a window;
* flows whose next timeout may be their last.

While that number is not zero, windows are *merged*: see `netsim.fabric.kernel.window`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.fabric.kernel.state import (
    BATCH,
    CLOSE,
    CROSS,
    DESPERATE,
    FAR,
    FLOW,
    LAST_CHANCE,
    NEAR,
    PATIENCE,
    REMAINING,
    RESENT,
    SHORT,
    TRIGGER,
    WATCH,
    State,
)

IN_A_ROW_SHIFT = 56


def note_start(state: State, flow: int) -> None:
    """Note that a flow has started, which may be all that it takes to be near its end."""
    if state.flows[flow * FLOW + WATCH] & SHORT != 0:
        note_near(state, flow)
    note_patience(state, flow)


def note_near(state: State, flow: int) -> None:
    """Note that `flow` may be over within any window from now on."""
    row = flow * FLOW + WATCH
    flags = state.flows[row]
    if flags & NEAR != 0:
        return
    batch: Any = np.int64(state.batch_of[flow])
    state.flows[row] = flags | NEAR
    if flags & CROSS != 0:
        state.clock[CLOSE] += 1
    state.batches[batch * BATCH + FAR] -= 1
    if state.batches[batch * BATCH + FAR] == 0 and state.batches[batch * BATCH + REMAINING] > 0:
        state.clock[CLOSE] += 1


def note_missing(state: State, flow: int, trigger: int) -> None:
    """Note that `flow` is near if it is its receiver (0) or its sender (1) that decides."""
    batch: Any = np.int64(state.batch_of[flow])
    if state.batches[batch * BATCH + TRIGGER] == trigger:
        note_near(state, flow)


def note_patience(state: State, flow: int) -> None:
    """Note whether the next timeout of `flow` may be its last."""
    row = flow * FLOW
    clock = state.clock
    flags = state.flows[row + WATCH]
    if state.flows[row + RESENT] >> IN_A_ROW_SHIFT >= state.fixed[PATIENCE]:
        if flags & LAST_CHANCE == 0:
            state.flows[row + WATCH] = flags | LAST_CHANCE
            clock[DESPERATE] += 1
    elif flags & LAST_CHANCE != 0:
        state.flows[row + WATCH] = flags & ~LAST_CHANCE
        clock[DESPERATE] -= 1


def forget_sender(state: State, flow: int) -> None:
    """Forget the timer of a flow that sends nothing more."""
    row = flow * FLOW + WATCH
    if state.flows[row] & LAST_CHANCE != 0:
        state.flows[row] &= ~LAST_CHANCE
        state.clock[DESPERATE] -= 1


def forget_successors(state: State, flow: int) -> None:
    """Forget that others wait for `flow`: it is over."""
    row = flow * FLOW + WATCH
    if state.flows[row] & (NEAR | CROSS) == NEAR | CROSS:
        state.clock[CLOSE] -= 1
    state.flows[row] &= ~CROSS


def forget_batch(state: State, batch: int) -> None:
    """Forget a batch of which nobody has to be told any more."""
    if state.batches[batch * BATCH + FAR] == 0:
        state.clock[CLOSE] -= 1
