"""What the compiled routers of a path know: flat arrays, and the columns of their rows.

A half is a memory, numbered by link, side and index: ``(link * 2 + side) * memories + index``, side
0 towards the responder. A pair is known by its number, which is never used again; its row is the
number's place in a ring that is larger than all the pairs that live at a time.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from netsim.fabric.compiled import Ints, Reals

#: Columns of `clock`.
NOW: Final = 0
SEQUENCE: Final = 1
QUEUED: Final = 2
SPARE: Final = 3
NUMBER: Final = 4
OLDEST: Final = 5
ROWS: Final = 6
WANTING: Final = 7
LOW: Final = 8
DELIVERED: Final = 9
FIRST: Final = 10
SERVED: Final = 11
FREE_SWAP: Final = 12
CLOCK: Final = 13

#: Columns of `fixed`.
LINKS: Final = 0
MEMORIES: Final = 1
END: Final = 2
HANDSHAKE: Final = 3
WANTED: Final = 4
ALL: Final = 5
STEADY: Final = 6
RING: Final = 7
ROOM: Final = 8
KEY: Final = 9
EVENTS: Final = 10
FIXED: Final = 11

#: Columns of `chances`.
TARGET: Final = 0
SUCCESS: Final = 1
DEGRADATION: Final = 2
GATE: Final = 3
MEASUREMENT: Final = 4

#: Columns of a link.
DELAY: Final = 0
FLIGHT: Final = 1
RECOVERY: Final = 2
SPACING: Final = 3
SECOND: Final = 4
LEAD: Final = 5
FORWARD: Final = 6
ROUNDS: Final = 7
EMISSION: Final = 8
POLLING: Final = 9
JUMPING: Final = 10
LINK: Final = 11

#: Columns of a half.
POSITION: Final = 0
INDEX: Final = 1
DOWN: Final = 2
OF_LINK: Final = 3
PAIR: Final = 4
KNOWN: Final = 5
CLAIM: Final = 6
FREE: Final = 7
EXCITABLE: Final = 8
PARTNER: Final = 9
FAILS: Final = 10
SECONDS: Final = 11
POLLED: Final = 12
TOKEN: Final = 13
TRIES: Final = 14
JUMP: Final = 15
BEGIN: Final = 16
SINCE: Final = 17
DECAYS: Final = 18
CURSOR: Final = 19
DRAWN: Final = 20
ENTITY: Final = 21
COUNTER: Final = 22
HALF: Final = 23

#: Columns of a pair.
NUM: Final = 0
NEAR: Final = 1
FAR: Final = 2
CREATED: Final = 3
BIRTH: Final = 4
READ_NEAR: Final = 5
READ_FAR: Final = 6
LEVEL: Final = 7
ATTEMPTS: Final = 8
DUE_NEAR: Final = 9
DUE_FAR: Final = 10
HANDED: Final = 11
LOST: Final = 12
ROW: Final = 13

#: Columns of a swap.
LEFT: Final = 0
RIGHT: Final = 1
NEAR_PAIR: Final = 2
FAR_PAIR: Final = 3
SWAP: Final = 4

#: Columns of an event.
TIME: Final = 0
ORDER: Final = 1
SEQ: Final = 2
KIND: Final = 3
A: Final = 4
B: Final = 5
C: Final = 6
D: Final = 7
E: Final = 8
EVENT: Final = 9

#: Columns of a row of what came out.
OUT_NUMBER: Final = 0
OUT_NEAR: Final = 1
OUT_FAR: Final = 2
OUT_LEVEL: Final = 3
OUT_CREATED: Final = 4
OUT_ENDED: Final = 5
OUT_CAUSE: Final = 6
OUT_ATTEMPTS: Final = 7
OUT_BIRTH: Final = 8
OUT: Final = 9

#: Draws in a block, and those that must be left before an event.
BLOCK: Final = 128
RESERVE: Final = 16


class Stream(NamedTuple):
    """All arrays of one path."""

    clock: Ints
    fixed: Ints
    chances: Reals
    links: Ints
    raw: Reals
    """Per link, the four weights of a new pair."""
    delays: Ints
    """Classical delays between all positions."""
    partners: Ints
    """Per position, whom its left and its right pair must reach before it swaps."""
    halves: Ints
    rates: Reals
    """Per half, at which the three correlations fall."""
    polling: Ints
    """Per link, those whose requests are refused, in the order in which they began to poll."""
    jumping: Ints
    """Per link, those whose runs of attempts are under way, in the order of their beginnings."""
    pairs: Ints
    states: Reals
    waits: Reals
    swaps: Ints
    heap: Ints
    events: Ints
    failures: Ints
    """Per half, a block of failures before its next pairs; -1: never."""
    seconds: Ints
    luck: Reals
    """Per position, a block of draws for its swaps."""
    lucks: Ints
    """Per position, how many of them are used, and how many there are."""
    rows: Ints
    values: Reals
    """Per row, fidelity and wait."""
    sums: Reals
    """Of the states of delivered pairs."""
