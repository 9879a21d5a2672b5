"""What the kernel knows: a tuple of flat arrays, and the columns of their rows.

Every array is one-dimensional and holds rows of a fixed number of columns; ``links[link * LINK +
FREE_AT]`` is one cell. A `NamedTuple` of such arrays passes through all compiled functions without
reference counting, and a row of eight integers is a cache line. The kernel owns them while it runs;
between calls Python reads and grows them.

Entity numbers: hosts are nodes 0 to H-1, switches follow. Links are **numbered by the node they end
in** (then by their number in the topology), since a link's number decides who comes first at one
instant.
"""

from __future__ import annotations

import functools
from typing import Any, Final, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
Numbers = NDArray[np.int32]
"""Numbers of flows or batches, where there is one per flow."""


class State(NamedTuple):
    """All arrays of one kernel."""

    clock: Ints
    """Scalars that change: `NOW` and the other columns below."""
    fixed: Ints
    """Scalars that do not: `PAYLOAD` and so on."""
    tree: Ints
    """When each node has its next event: `netsim.fabric.kernel.minima`."""
    order: Ints
    """Hosts in the order of time, while they run merged: `netsim.fabric.kernel.merge`."""
    nodes: Ints
    heads: Ints
    """When the first packet of a link arrives: of each host, then in eights of each switch; behind
    them the least of every eight."""
    links: Ints
    setup: Ints
    """Per link, what is rarely read."""
    hosts: Ints
    routes: Ints
    """Per switch and leaf: first position in `ports` and number of equal ports."""
    ports: Ints
    """Links, in groups of equal ports; behind them the explicit paths."""
    pairs: Ints
    """Explicit paths: first position in `ports`, number of paths, links per path."""
    packets: Ints
    """Rings of packets on their way: `netsim.fabric.kernel.ring`."""
    sendings: Ints
    """Per packet, its number among those that its flow has sent; only where rows are recorded."""
    sent: Ints
    """Per packet, when its data left the sender; only where a hook reads it."""
    echoes: Ints
    """Per packet, what a reply brings back; only where a hook reads it."""
    ingress: Ints
    """Per packet at a switch, the link by which it came; only where a hook reads it."""
    stamps: Ints
    """Per packet, how many ports have stamped it, and the stamps; only where a hook reads them."""
    flows: Ints
    reals: Reals
    """Per flow, the transport's numbers."""
    bits: Ints
    """Per flow, two rings of bits: packets acknowledged (sender), received (receiver)."""
    due: Ints
    """Per flow, its place on the agenda of its host: `netsim.fabric.kernel.agenda`."""
    paced: Ints
    """Per flow, when it may send again, 0 if nothing but that holds it back; only where a transport
    paces."""
    fresh: Ints
    """Flows that Python has handed in and that are on no agenda yet."""
    batches: Ints
    batch_of: Numbers
    """Per flow, its batch."""
    class_of: Numbers
    """Per flow, its class: its row of `scales`, `transport` and `transport_reals`. Flows whose
    paths are alike share one."""
    scales: Ints
    """Per class, base round trip, bandwidth-delay product, and tick."""
    waiting: Ints
    """Per flow, how many it still waits for, since when it could start, its successors."""
    successors: Ints
    lags: Ints
    """Delay between the end of a flow and the start of the successor at the same place."""
    finished: Ints
    """Batches that are over, in order, since Python last looked."""
    places: Ints
    """Scratch of a switch's turn: `netsim.fabric.kernel.arrivals`."""
    queues: Ints
    """Per link, its slow port and the classes that wait there: `netsim.fabric.kernel.slow`."""
    dones: Ints
    """When slow ports have sent what they send: per switch a winner tree, and its links."""
    queue: Ints
    """What the queue packs."""
    queue_reals: Reals
    policy: Ints
    policy_reals: Reals
    policy_flows: Ints
    policy_switches: Ints
    transport: Ints
    """Per class, what the transport packs."""
    transport_reals: Reals
    trace: Ints


_DTYPES: Final[dict[Any, Any]] = {Ints: np.int64, Reals: np.float64, Numbers: np.int32}


@functools.cache
def dtypes(shape: Any = State) -> tuple[np.dtype[Any], ...]:
    """Return the element types of the arrays of `State`, or of another such tuple, in order."""
    hints = get_type_hints(shape)
    return tuple(np.dtype(_DTYPES[hints[name]]) for name in shape._fields)


NONE: Final = 0
"""Rows 0 and 1 of `packets` are in no ring: 0 stands for no packet, 1 is the one being made."""
MADE: Final = 1
NEVER: Final = 9223372036854775807
HORIZON: Final = 5 << 60
"""Nothing happens at or after this time (ps, 66 days). What is set then lies less than 2^61 ahead
(a timer, a lag, the end of a queue), so it has a time as well."""
CARRY: Final = 1 << 62
"""A sum of times beyond it is carried, so that it never wraps around."""
SHUT: Final = -1
"""Capacity of a port whose link is down: it takes nothing."""
UNBOUNDED: Final = 1 << 61
"""Backlog (ps) that no port may pass: what has to leave later has no time."""

# Status codes that `run` returns.
IDLE: Final = 0
"""Nothing is left before the limit."""
NOTIFY: Final = 1
"""A batch is over, and so is its instant."""
MORE: Final = 2
ROOM: Final = 3
"""The arena of packets must grow before the next turn."""
TRACE: Final = 4
EARLY: Final = 5
"""Something was over within a window in which nothing can be."""

# clock
NOW: Final = 0
STOP_AT: Final = 1
FINISHED: Final = 2
TRACED_ROWS: Final = 3
EVENTS: Final = 4
ACTIVE: Final = 5
"""Flows that are not over."""
WAITS: Final = 6
"""Flows below it have rows in `waiting`."""
FRESH: Final = 7
"""Entries of `fresh`, and the earliest of their starts."""
FRESH_AT: Final = 8
STAGE: Final = 9
"""How far the open window is; 0 if none is open."""
OPENED: Final = 10
"""Where the open window begins, and ends."""
CLOSES: Final = 11
MERGE_FROM: Final = 12
"""Where a window begins in which hosts run in the order of time, and ends; the end is 0 outside."""
MERGE_TO: Final = 13
TURN: Final = 14
"""Host whose turn it is, -1 if it is none's."""
SENDING: Final = 15
"""1 while a NIC has its turn, which comes after what arrives at that instant."""
CLOSE: Final = 16
"""What may end within any window: see `netsim.fabric.kernel.watch`."""
DESPERATE: Final = 17
ARENA: Final = 18
"""Rows of `packets` handed out so far."""
OVERFLOW: Final = 19
"""What cannot be counted any further, 0 if all is well: one of the codes below, its flow or link
above."""
WRONG: Final = 20
"""Which hook answered what it must not (`netsim.fabric.kernel.answers`), 0 if none did."""
WRONG_PLACE: Final = 21
WRONG_VALUE: Final = 22
KNOWN_PORTS: Final = 23
"""Entries of `ports`."""
FREE_RINGS: Final = 24
"""Of each binary logarithm of a size, the first ring that no link uses, 0 if there is none."""
CHANGE_LINK: Final = 64
"""What `netsim.fabric.kernel.change` is to do: the link, and the cells that it gets."""
CHANGE_RATE: Final = 65
CHANGE_PACE: Final = 66
CHANGE_CAPACITY: Final = 67
CHANGE_ABOVE: Final = 68
CHANGE_ALL: Final = 69
NEXT_ARRIVAL: Final = 70
"""When the next packet arrives at the switch whose in-links were emptied last."""
CLOCK: Final = 72

# OVERFLOW
OVERFLOW_SHIFT: Final = 8
LATE_START: Final = 1
LONG_QUEUE: Final = 2
MANY_RESENT: Final = 3
MANY_TIMEOUTS: Final = 4

# fixed
PAYLOAD: Final = 0
HEADER: Final = 1
ACK_SIZE: Final = 2
HOSTS: Final = 3
LEAVES: Final = 4
FIFO: Final = 7
MARK_KEY: Final = 8
"""Keys of random streams, mixed once."""
POLICY_KEY: Final = 9
WHOLE: Final = 10
"""Numbers of a class in `transport`."""
TRACE_LIMIT: Final = 11
"""Rows of `trace` that must not be passed before an event is taken."""
RING: Final = 12
"""Bits of each ring, a power of two."""
FREE_WIDTH: Final = 13
"""Length of a window in which switches go first, and of one in which hosts go first."""
MERGED_WIDTH: Final = 14
NEAR_PACKETS: Final = 15
"""A flow of which the receiver misses no more packets may be over within a window."""
PATIENCE: Final = 16
"""Timeouts in a row that a flow survives at least."""
LOSSY: Final = 17
"""1 if packets can be lost for good, which fails flows at switches."""
ARENA_ROWS: Final = 18
ROOM_ROWS: Final = 19
"""Entries of one part of `places`."""
BUCKET_SHIFT: Final = 20
"""Binary logarithm of the time that a bucket of arrivals covers."""
HOST_TURN: Final = 21
"""Packets that a host sends at most within a window."""
GROUPS: Final = 22
"""Where the minima over eight in-links begin in `heads`."""
ORDER_LEAVES: Final = 23
REAL: Final = 24
"""Numbers of a class in `transport_reals`."""
SWITCH_TURN: Final = 5
"""Packets that a switch sends at most within a window."""
KEPT_ROWS: Final = 6
"""Where in `packets` the rows begin that hold what each slow port sends."""
STAMP_ROW: Final = 53
"""Cells of a packet in `stamps`."""
LEVELS: Final = 25
"""Offsets of the levels of the two trees of minima."""
NOWHERE: Final = 56
"""A link that is shut, behind all others: where packets go that no working links lead on."""
FIXED: Final = 64

# links
FREE_AT: Final = 0
PACE: Final = 1
"""Picoseconds per byte where that is whole, else 0."""
DELAY: Final = 2
CAPACITY: Final = 3
"""Longest unsent backlog, packet included, as time."""
MARK_ABOVE: Final = 4
HEAD: Final = 5
"""The ring of packets on their way: `netsim.fabric.kernel.ring`."""
TAIL: Final = 6
NODE: Final = 7
"""Where the link ends (low 32 bits), its place in `heads` above."""

# links, second half: what has happened so far
BYTES: Final = 8
PACKETS_SENT: Final = 9
"""Data packets accepted."""
DROPS: Final = 10
"""Packets dropped, acknowledgements included."""
ACKS_SENT: Final = 11
WAIT_SUM: Final = 12
"""Of data packets, as is the maximum; what goes beyond `CARRY` is counted in `WAIT_CARRIES`."""
WAIT_MAX: Final = 13
BUSY: Final = 14
QUEUE_MAX: Final = 15
"""As time."""
LINK: Final = 16

# setup
RATE: Final = 0
MARK_ALL: Final = 1
MARK_CHANCE: Final = 2
"""Probability at the end of the ramp, times 2^53."""
NUMBER: Final = 3
"""The link's number in the topology."""
SOURCE_NODE: Final = 4
MARKS: Final = 5
"""Data packets marked."""
WAIT_CARRIES: Final = 6
"""How often `CARRY` was taken off `WAIT_SUM`."""
SETUP: Final = 7

# hosts
EGRESS: Final = 0
INGRESS: Final = 1
HOME: Final = 2
"""Switch of the host (node) and its leaf number: node << 24 | leaf."""
READY_HEAD: Final = 3
READY_TAIL: Final = 4
NIC_AT: Final = 5
"""When the NIC has its turn; NEVER."""
AGENDA: Final = 6
"""Root of the heap of flow starts and timers."""
HOST: Final = 8
"""Rows of 64 bytes start at a cache line."""

# nodes
FIRST_LINK: Final = 0
"""First of the links that end in the node."""
FIRST_HEAD: Final = 1
"""Where their first arrivals begin in `heads`, and end."""
END_HEAD: Final = 2
OUT_ROWS: Final = 3
"""Rows of the rings of all links that leave the node."""
NODES: Final = 4

# routes and pairs
COUNT_BITS: Final = 24
COUNT_MASK: Final = (1 << COUNT_BITS) - 1
PAIR: Final = 3

# packets
ARRIVAL: Final = 0
LABEL: Final = 1
WIRE: Final = 2
"""Wire size (low 32 bits), row of the flow above."""
ROUTE: Final = 3
"""Destination host (low 28 bits), the policy's tag above."""
PACKET: Final = 4

# queues: a row of a port, then one per class
TO_SEND: Final = 0
"""Time that all that waits takes to be sent; in the row of a class, what waits in it."""
HELD: Final = 1
"""Packets that wait, all or in the class."""
LEAF: Final = 2
"""The port's leaf in the tree of its switch."""
SERVED: Final = 3
"""Class of the packet that is being sent, or was the last one."""
QUEUE: Final = 8
"""The class's ring is in the cells `HEAD` and `TAIL`, as that of a link is."""

# dones: per switch
FIRST_DONE: Final = 0
"""Where its tree begins."""
DONE_LEAVES: Final = 1
"""Leaves of its tree; the links follow behind it."""
DONES: Final = 2

# stamps: how many there are, then per stamp
WAITS_BEHIND: Final = 0
"""Time (ps) that what waits at the port takes to be sent, as it begins to send the packet."""
BUSY_SO_FAR: Final = 1
"""Time (ps) that the port has been sending, this packet included."""
STAMPED_AT: Final = 2
STAMPED_BY: Final = 3
"""Number of the link."""
STAMP: Final = 4

# flows
ENDS: Final = 0
"""Source host (low 32 bits), destination host above."""
SIZE: Final = 1
PACKETS: Final = 2
START: Final = 3
STATUS: Final = 4
NEXT_READY: Final = 5
"""Next flow in the NIC's queue: -1 ends it, -2 means not queued."""
SENT: Final = 6
"""Next new packet index."""
ACKED: Final = 7
"""Packets below it are all acknowledged."""
INFLIGHT: Final = 8
REPAIR: Final = 9
"""Packets from (low 32 bits) up to (above) may have to be sent again."""
COVERED: Final = 10
"""Packets below it were sent before the last progress (low); highest acknowledged + 1 above."""
PROGRESS: Final = 11
"""When the oldest unacknowledged packet last changed or was sent."""
ARRIVED: Final = 12
"""Distinct packets received (low 32 bits); packets below the number above are all there."""
ORDER: Final = 13
"""Highest index received + 1 (low 32 bits), largest reordering distance above."""
DISORDER: Final = 14
"""Packets out of order (low 32 bits), data packets dropped above."""
END_RX: Final = 15
END_TX: Final = 16
RESENT: Final = 17
"""Packets sent again (low 32 bits), timeouts (next 24), timeouts in a row above."""
MOST_RESENT: Final = 1 << 30
"""Packets that a flow may send again: with its first sendings they are fewer than 2^31."""
TIMER: Final = 18
"""Deadline of the armed timer, 0 if there is none."""
PATH: Final = 19
"""Row of `pairs` towards the destination (low 32 bits), and back to the source above."""
WATCH: Final = 20
"""What must be told when the flow is over: `netsim.fabric.kernel.watch`."""
DELAY_OF: Final = 6
"""Of a calculation, which sends nothing: how long it takes; `START` is when it ends, once it has
begun."""
IDENTITY: Final = 21
"""The flow's number (low 32 bits), and above how many of its packets are on their way."""
FLOW: Final = 22

# WATCH
NEAR: Final = 1
"""It may be over within a window."""
CROSS: Final = 2
"""A flow on another host waits for it, with less delay than a window."""
SHORT: Final = 4
"""It is near its end as soon as it starts."""
LAST_CHANCE: Final = 8
"""Its next timeout may be its last."""

# due
CHILD: Final = 0
FOLLOWING: Final = 1
PRECEDING: Final = 2
"""Sibling before it, or its parent."""
DUE: Final = 3

LOW: Final = 0xFFFFFFFF
HIGH: Final = 32

# STATUS: what a flow is doing, and above it why it failed.
BLOCKED: Final = 0
"""Waits for predecessors or for its start."""
RUNNING: Final = 1
DONE: Final = 2
FAILED: Final = 3
CANCELLED: Final = 4
STATUS_MASK: Final = 7
REASON_SHIFT: Final = 3
LOST: Final = 1
RETRIES: Final = 2
NO_PATH: Final = 3
PREDECESSOR: Final = 4

# batches
REMAINING: Final = 0
TRIGGER: Final = 1
"""1 if a flow counts as done when its sender knows, 0 if when the receiver has it."""
CULPRIT: Final = 2
"""Flow that failed, -1 if none."""
FAR: Final = 3
"""Flows that cannot be over within a window."""
SERIAL: Final = 4
"""The batch's number, in the order in which batches were handed in."""
BATCH: Final = 5

# scales
TRIP: Final = 0
"""Base round trip (ps)."""
PRODUCT: Final = 1
"""Bandwidth-delay product (bytes)."""
TICK: Final = 2
"""Timers are rounded up to whole ticks (ps)."""
SCALE: Final = 3

# waiting
PREDECESSORS: Final = 0
READY: Final = 1
FIRST_SUCCESSOR: Final = 2
SUCCESSORS: Final = 3
WAITING: Final = 4

# trace
TRACE_TIME: Final = 0
TRACE_EVENT: Final = 1
TRACE_LABEL: Final = 2
TRACE_NODE: Final = 3
TRACE_QUEUE: Final = 4
TRACE_WHEN: Final = 5
"""Instant of the event, which for a departure is the packet's arrival."""
TRACE_TURN: Final = 6
"""Whose turn it is: arrivals before NICs, then by node."""
TRACE_SENDING: Final = 7
TRACE_SIZE: Final = 8
ENQUEUED: Final = 0
DEPARTED: Final = 1
DROPPED: Final = 2
DELIVERED: Final = 3
