"""What waits at a port, as time: read by switches' policies and by the hooks of queues.

A plain port knows with ``free_at`` when all that it has accepted will have been sent. A slow port
knows that of the packet that it sends, and counts what waits in its row of `State.queues`.
"""

from __future__ import annotations

from netsim.fabric.kernel.options import CLASSES, SLOW
from netsim.fabric.kernel.state import FREE_AT, HELD, LINK, QUEUE, SERVED, TO_SEND, State


def row_of(port: int) -> int:
    """Return where the row of the slow port `port`, a link, begins in ``state.queues``."""
    return port * (CLASSES + 1) * QUEUE


def class_row(port: int, kind: int) -> int:
    """Return where the row of class `kind` of a slow port begins in ``state.queues``."""
    return (port * (CLASSES + 1) + 1 + kind) * QUEUE


def unsent_at(state: State, port: int, now: int) -> int:
    """Return the time (ps) that the link `port` takes to send all that it has."""
    free_at = int(state.links[port * LINK + FREE_AT])
    if SLOW:
        # A port that has not been brought up to date has been sending without a gap since then.
        free_at += int(state.queues[row_of(port) + TO_SEND])
    return max(0, free_at - now)


def unsent_in(state: State, port: int, kind: int, now: int) -> int:
    """Return the time (ps) that a slow port takes to send what it has of class `kind`."""
    waits = waits_in(state, port, kind)
    if served_at(state, port) != kind:
        return waits
    return waits + max(0, int(state.links[port * LINK + FREE_AT]) - now)


def waits_in(state: State, port: int, kind: int) -> int:
    """Return the time (ps) that a slow port takes to send what waits in class `kind`."""
    return int(state.queues[class_row(port, kind) + TO_SEND])


def served_at(state: State, port: int) -> int:
    """Return the class of the packet that a slow port sends, or sent last."""
    return int(state.queues[row_of(port) + SERVED])


def first_waiting(state: State, port: int) -> int:
    """Return the first class of a slow port in which packets wait, -1 if none do."""
    for kind in range(CLASSES):
        if state.queues[class_row(port, kind) + HELD] > 0:
            return kind
    return -1
