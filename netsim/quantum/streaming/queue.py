"""A heap of events: by time, class, and the order in which they were put down."""

from __future__ import annotations

from typing import Final

from netsim.quantum.streaming import layout as at
from netsim.quantum.streaming.layout import Stream

#: Kinds of events.
ARRIVE: Final = 1
POLL: Final = 2
JUMPED: Final = 3
FOUND: Final = 4
FAILED: Final = 5
PASSED: Final = 6
MEASURE: Final = 7
TOLD: Final = 8
LOSE: Final = 9
WAKE: Final = 10
STOP: Final = 11


def push(
    s: Stream, time: int, order: int, kind: int, a: int, b: int, c: int, d: int, e: int
) -> None:
    """Put an event down; what comes at the end or later never happens."""
    if time >= s.fixed[at.END]:
        return
    event = s.clock[at.SPARE]
    s.clock[at.SPARE] = s.events[event * at.EVENT]
    row = event * at.EVENT
    s.events[row + at.TIME] = time
    s.events[row + at.ORDER] = order
    s.events[row + at.SEQ] = s.clock[at.SEQUENCE]
    s.events[row + at.KIND] = kind
    s.events[row + at.A] = a
    s.events[row + at.B] = b
    s.events[row + at.C] = c
    s.events[row + at.D] = d
    s.events[row + at.E] = e
    s.clock[at.SEQUENCE] += 1
    place = s.clock[at.QUEUED]
    s.clock[at.QUEUED] = place + 1
    while place > 0:
        above = (place - 1) >> 1
        if not before(s, event, s.heap[above]):
            break
        s.heap[place] = s.heap[above]
        place = above
    s.heap[place] = event


def pop(s: Stream) -> int:
    """Take the first event off the heap; its row stays as it is until it is `done`."""
    first = s.heap[0]
    count = s.clock[at.QUEUED] - 1
    s.clock[at.QUEUED] = count
    event = s.heap[count]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= count:
            break
        if below + 1 < count and before(s, s.heap[below + 1], s.heap[below]):
            below += 1
        if not before(s, s.heap[below], event):
            break
        s.heap[place] = s.heap[below]
        place = below
    s.heap[place] = event
    return first  # type: ignore[no-any-return]


def done(s: Stream, event: int) -> None:
    """Let the row of an event be used again."""
    s.events[event * at.EVENT] = s.clock[at.SPARE]
    s.clock[at.SPARE] = event


def before(s: Stream, one: int, other: int) -> bool:
    """Return whether an event comes before another."""
    a, b = one * at.EVENT, other * at.EVENT
    if s.events[a + at.TIME] != s.events[b + at.TIME]:
        return s.events[a + at.TIME] < s.events[b + at.TIME]  # type: ignore[no-any-return]
    if s.events[a + at.ORDER] != s.events[b + at.ORDER]:
        return s.events[a + at.ORDER] < s.events[b + at.ORDER]  # type: ignore[no-any-return]
    return s.events[a + at.SEQ] < s.events[b + at.SEQ]  # type: ignore[no-any-return]
