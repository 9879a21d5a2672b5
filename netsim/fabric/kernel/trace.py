"""Rows of table `packets`, written into an array that Python empties."""

from __future__ import annotations

from netsim.fabric.kernel.state import (
    HIGH,
    LABEL,
    PACKET,
    SENDING,
    TRACE_EVENT,
    TRACE_LABEL,
    TRACE_NODE,
    TRACE_QUEUE,
    TRACE_SENDING,
    TRACE_SIZE,
    TRACE_TIME,
    TRACE_TURN,
    TRACE_WHEN,
    TRACED_ROWS,
    State,
)


def trace(
    state: State, event: int, packet: int, node: int, now: int, time: int, queue: int
) -> None:
    """Add a row for what happens at `time` and is known from `now` on.

    `queue` is bytes, -1 where there is no queue.
    """
    clock = state.clock
    rows = state.trace
    at = clock[TRACED_ROWS] * TRACE_SIZE
    rows[at + TRACE_TIME] = time
    rows[at + TRACE_EVENT] = event
    rows[at + TRACE_LABEL] = state.packets[packet * PACKET + LABEL]
    rows[at + TRACE_NODE] = node
    rows[at + TRACE_QUEUE] = queue
    rows[at + TRACE_WHEN] = now
    rows[at + TRACE_TURN] = clock[SENDING] << HIGH | node
    rows[at + TRACE_SENDING] = state.sendings[packet]
    clock[TRACED_ROWS] += 1
