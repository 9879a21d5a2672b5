"""The loop over the events of a path, until something is wanted of Python."""

from __future__ import annotations

from typing import Final

from netsim.quantum.streaming import layout as at
from netsim.quantum.streaming.joining import (
    found,
    jumped,
    lose,
    measure,
    of_pair,
    stop,
    told,
)
from netsim.quantum.streaming.layout import Stream
from netsim.quantum.streaming.making import arrive, failed, freed, half, passed, poll
from netsim.quantum.streaming.queue import (
    ARRIVE,
    FAILED,
    FOUND,
    JUMPED,
    LOSE,
    MEASURE,
    PASSED,
    POLL,
    STOP,
    TOLD,
    WAKE,
    done,
    pop,
)

#: Why the loop returns: all is over; rows full, runs or luck used up; no room for pairs, events.
OVER: Final = 0
FULL: Final = 1
PLANS: Final = 2
LUCK: Final = 3
PLACES: Final = 4
EVENTS: Final = 5

#: Pairs that one event may make, and rows that it may write.
_AT_ONCE: Final = 64


def run(s: Stream, limit: int, most: int) -> int:
    """Handle events until the end; return what is wanted before it can go on.

    Parameters
    ----------
    s
        The path.
    limit
        Whether to end everything at once, at the instant `most`.
    """
    if limit:
        s.clock[at.NOW] = most
        stop(s)
        return OVER
    while s.clock[at.QUEUED] > 0:
        wanted = wants(s)
        if wanted != OVER:
            return wanted
        event = pop(s)
        row = event * at.EVENT
        kind = s.events[row + at.KIND]
        s.clock[at.NOW] = s.events[row + at.TIME]
        a, b, c = s.events[row + at.A], s.events[row + at.B], s.events[row + at.C]
        d, e = s.events[row + at.D], s.events[row + at.E]
        done(s, event)
        if kind == STOP:
            s.clock[at.QUEUED] = 0
            break
        handle(s, kind, a, b, c, d, e)
    return OVER


def wants(s: Stream) -> int:
    """Return what is wanted before the next event, `OVER` if nothing is."""
    if s.clock[at.ROWS] + _AT_ONCE > s.fixed[at.ROOM]:
        return FULL
    if s.clock[at.LOW]:
        return LUCK
    if s.clock[at.QUEUED] + 4 * s.fixed[at.MEMORIES] + _AT_ONCE > s.fixed[at.EVENTS]:
        return EVENTS
    # The rows of the pairs that come next must not be those of pairs that live.
    oldest = s.clock[at.OLDEST]
    while oldest < s.clock[at.NUMBER] + _AT_ONCE - s.fixed[at.RING]:
        if not of_pair(s, oldest, at.LOST):
            s.clock[at.OLDEST] = oldest
            return PLACES
        oldest += 1
    s.clock[at.OLDEST] = oldest
    row = s.heap[0] * at.EVENT
    kind, up = s.events[row + at.KIND], s.events[row + at.A]
    asks = kind in (ARRIVE, POLL)
    if asks and half(s, up, at.FAILS) < 0 and half(s, up, at.CURSOR) >= half(s, up, at.DRAWN):
        s.clock[at.WANTING] = up
        return PLANS
    return OVER


def handle(s: Stream, kind: int, a: int, b: int, c: int, d: int, e: int) -> None:
    """Handle one event."""
    if kind == ARRIVE:
        arrive(s, a, b)
    elif kind == POLL:
        poll(s, a, b)
    elif kind == JUMPED:
        jumped(s, a, b, c, d, e)
    elif kind == FOUND:
        found(s, a, b, c, d, e)
    elif kind == FAILED:
        failed(s, a, b, c)
    elif kind == PASSED:
        passed(s, a, b, c)
    elif kind == MEASURE:
        measure(s, a)
    elif kind == TOLD:
        told(s, a, b)
    elif kind == LOSE:
        lose(s, a, b)
    elif kind == WAKE:
        freed(s, a)
