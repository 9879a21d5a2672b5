"""What the executor of port-level networks knows: a tuple of flat arrays, and their columns.

Rows and columns as in `netsim.fabric.kernel.state`: ``messages[message * MESSAGE + END]`` is one
cell. What is read while lists are searched stands in arrays of 32-bit numbers of its own: a search
through rows of 64 bytes took ten times as long. Such numbers are widened when they are read.

A message waits in two lists, that of its sender and that of its *slot*: the messages to one
receiver whose first bytes arrive equally long after they leave. Both are ordered by (ready,
message). Once it has started, its cells of the second list hold its place among what is on its way
to the receiver.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from netsim.fabric.kernel.state import Ints, Numbers


class PortState(NamedTuple):
    """All arrays of one executor."""

    clock: Ints
    """Scalars that change."""
    fixed: Ints
    """Scalars that do not."""
    tree: Ints
    """Winner tree of instants: three leaves a host, see `RELEASE` below."""
    senders: Ints
    receivers: Ints
    slots: Ints
    messages: Ints
    sender_of: Numbers
    """Per message, its sender."""
    slot_of: Numbers
    """Per message, its slot."""
    sender_next: Numbers
    """Per message, its neighbours in its sender's list."""
    sender_last: Numbers
    slot_next: Numbers
    """Per message, its neighbours in its slot's list, or among what is on its way."""
    slot_last: Numbers
    successors: Ints
    """Messages that wait for others, in compressed rows, and how long after them they may start."""
    lags: Ints
    back: Ints
    """Per message, how long after its arrival the sender knows of it; only where a batch asks."""
    batches: Ints
    finished: Ints
    """Batches that are over, in order, since Python last looked."""
    later: Ints
    """Heap of (time, message, 0): what starts, is computed or is confirmed at a known instant."""
    fresh: Ints
    """Messages that have become ready at this instant."""
    touched: Ints
    """Senders whose port becomes free at this instant while messages wait there."""
    opened: Ints
    """Slots that a message may be sent to from this instant on."""
    candidates: Ints
    """Heap of (ready, message, from where): the first message that can start of each of these."""


NEVER: Final = 9223372036854775807
FAR: Final = (1 << 62) - 1
"""No instant later than this one is simulated, so that it and the time of a message, a lag or a
calculation, which are no longer, do not wrap around together."""
NOBODY: Final = -1

# Status codes that `run` returns.
IDLE: Final = 0
"""Nothing is left before the limit."""
NOTIFY: Final = 1
"""A batch is over, and so is its instant."""
MORE: Final = 2
OVERFLOW: Final = 3
"""The next instant is beyond `FAR`."""

# clock
NOW: Final = 0
STOP_AT: Final = 1
EVENTS: Final = 2
ACTIVE: Final = 3
"""Messages that are not over."""
FINISHED: Final = 4
LATER: Final = 5
"""Entries of the heap `later`."""
FRESH: Final = 6
TOUCHED: Final = 7
OPENED: Final = 8
CANDIDATES: Final = 9
IDLERS: Final = 10
"""Senders that have been free since before this instant, though messages wait there."""
CLOCK: Final = 11

# fixed
HOSTS: Final = 0
LEAF: Final = 1
"""Index in `tree` of the first leaf."""
FIXED: Final = 2

# Leaves of the tree, each times the number of hosts: the sender's port becomes free, the first of
# what is on its way is delivered, the next slot of the receiver opens.
RELEASE: Final = 0
DELIVERY: Final = 1
OPENING: Final = 2
LEAVES: Final = 3

# senders
FREE_AT: Final = 0
FIRST: Final = 1
LAST: Final = 2
IDLER: Final = 3
"""1 if it counts among `IDLERS`."""
SENDER: Final = 4

# receivers
TAKEN_UNTIL: Final = 0
"""End of what has been accepted for its port."""
WAITING_FOR: Final = 1
"""Messages that wait in its slots."""
FIRST_SLOT: Final = 2
FLYING_FIRST: Final = 3
"""What is on its way, in order of its start and so of its end."""
FLYING_LAST: Final = 4
OPEN_SINCE: Final = 5
"""Slots that opened later than this instant have not been looked at."""
RECEIVER: Final = 8

# slots
LEAD: Final = 0
"""Time from a message's start to the first use of the receiver's port."""
HEAD: Final = 1
TAIL: Final = 2
NEXT_SLOT: Final = 3
"""The receiver's slot with the next smaller lead."""
RECEIVER_OF: Final = 4
SLOT: Final = 8

# messages
ENDS: Final = 0
"""Source host (low 32 bits), destination host above."""
SENDING: Final = 1
"""How long it holds the sender's port; of a calculation, how long it takes."""
RECEIVING: Final = 2
READY: Final = 3
"""When it may start as far as it is known; once it is ready, since when."""
END: Final = 4
"""When the receiver has it, known from its start on; -1 before."""
STATUS: Final = 5
"""What it does (low three bits), and how many predecessors and gates it still waits for."""
BATCH_OF: Final = 6
FOLLOWERS: Final = 7
"""First of its successors (low 32 bits), their number above."""
MESSAGE: Final = 8

LOW: Final = 0xFFFFFFFF
HIGH: Final = 32

# STATUS
BLOCKED: Final = 0
"""Waits for predecessors, gates or its start."""
WAITING: Final = 1
"""Waits for its ports."""
RUNNING: Final = 2
COMPUTING: Final = 3
UNCONFIRMED: Final = 4
"""The receiver has it, and the sender is about to know."""
DONE: Final = 5
FAILED: Final = 6
CANCELLED: Final = 7
STATUS_MASK: Final = 7
WAITS: Final = 8
"""One predecessor in `STATUS`."""

# batches
REMAINING: Final = 0
CONFIRMED: Final = 1
"""1 if a message counts as done when its sender knows, 0 if when the receiver has it."""
BATCH: Final = 2

#: Numbers per entry of a heap.
ENTRY: Final = 3
