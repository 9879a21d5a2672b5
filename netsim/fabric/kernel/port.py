"""A plain port: one FIFO, never paused, simulated without any event of its own.

Because nothing can overtake or pause, a packet's departure is known when it arrives: with
``free_at`` the end of all accepted work,

    start = max(t, free_at);  wait = start - t;  free_at = start + tx;  arrival = free_at +
    propagation

The backlog at any instant is ``max(0, free_at - t)``, so capacity and marking threshold are kept as
times and compared without division. The backlog counts the *unsent part* of the packet in service;
an implementation that counts whole packets drops and marks slightly earlier.
"""

from __future__ import annotations

from netsim.fabric.kernel.hashing import draw, fraction
from netsim.fabric.kernel.label import ACK, MARK, counter_of, flow_of
from netsim.fabric.kernel.merge import appoint_at
from netsim.fabric.kernel.minima import SWITCH_TREE, lower_leaf
from netsim.fabric.kernel.options import TRACED
from netsim.fabric.kernel.overflow import overflow
from netsim.fabric.kernel.ring import add
from netsim.fabric.kernel.state import (
    ACKS_SENT,
    BUSY,
    BYTES,
    CAPACITY,
    CARRY,
    DELAY,
    DEPARTED,
    DROPPED,
    DROPS,
    ENQUEUED,
    FREE_AT,
    GROUPS,
    HIGH,
    HOSTS,
    LABEL,
    LINK,
    LONG_QUEUE,
    LOW,
    MARK_ABOVE,
    MARK_ALL,
    MARK_CHANCE,
    MARK_KEY,
    MARKS,
    NODE,
    NUMBER,
    PACE,
    PACKET,
    PACKETS_SENT,
    QUEUE_MAX,
    RATE,
    SETUP,
    SOURCE_NODE,
    UNBOUNDED,
    WAIT_CARRIES,
    WAIT_MAX,
    WAIT_SUM,
    WIRE,
    State,
)
from netsim.fabric.kernel.trace import trace

#: Picoseconds per second times bits per byte.
PS_BITS = 8_000_000_000_000


def service(state: State, link: int, size: int) -> int:
    """Return the time that `size` bytes take on `link`, rounded up once."""
    pace = state.links[link * LINK + PACE]
    if pace > 0:
        return size * pace
    rate = state.setup[link * SETUP + RATE]
    return (size * PS_BITS + rate - 1) // rate


def backlog(state: State, link: int, unsent: int) -> int:
    """Return the bytes that `link` sends in the time `unsent`."""
    pace = state.links[link * LINK + PACE]
    if pace > 0:
        return unsent // pace
    return int(unsent * (state.setup[link * SETUP + RATE] / PS_BITS))


def marks(state: State, link: int, label: int, wait: int) -> bool:
    """Return whether a packet that must wait longer than the threshold is marked.

    Between `MARK_ABOVE` and `MARK_ALL` the probability rises linearly to `MARK_CHANCE`; beyond it
    is 1 (the ramp of random early detection, Floyd & Jacobson 1993, on the instantaneous queue).
    Equal thresholds make a step.
    """
    setup = link * SETUP
    low = state.links[link * LINK + MARK_ABOVE]
    high = state.setup[setup + MARK_ALL]
    if wait > high:
        return True
    chance = state.setup[setup + MARK_CHANCE] * ((wait - low) / (high - low))
    entity = flow_of(label) << 20 | state.setup[setup + NUMBER]
    return fraction(draw(state.fixed[MARK_KEY], entity, counter_of(label))) < chance


def mark(state: State, link: int, packet: int, wait: int) -> None:
    """Mark a data packet if a queue of `wait` (ps) at the port of `link` is so long."""
    cell = packet * PACKET + LABEL
    label = state.packets[cell]
    if label & ACK != 0 or wait <= state.links[link * LINK + MARK_ABOVE]:
        return
    if marks(state, link, label, wait):
        state.packets[cell] = label | MARK
        state.setup[link * SETUP + MARKS] += 1


def accept(state: State, link: int, packet: int, now: int) -> bool:
    """Put `packet` into the queue of `link`, or return False if it must be dropped."""
    setup = state.setup
    links = state.links
    packets = state.packets
    row = link * LINK
    cell = packet * PACKET
    size = packets[cell + WIRE] & LOW
    label = packets[cell + LABEL]
    wait = max(links[row + FREE_AT] - now, 0)
    tx = service(state, link, size)
    if wait + tx > links[row + CAPACITY]:
        links[row + DROPS] += 1
        if links[row + CAPACITY] == UNBOUNDED:
            overflow(state, LONG_QUEUE, link)
        if TRACED:
            node = setup[link * SETUP + SOURCE_NODE]
            trace(state, DROPPED, packet, node, now, now, backlog(state, link, wait))
        return False
    if label & ACK == 0:
        if wait > links[row + MARK_ABOVE] and marks(state, link, label, wait):
            packets[cell + LABEL] = label | MARK
            setup[link * SETUP + MARKS] += 1
        links[row + PACKETS_SENT] += 1
        note_wait(state, link, wait)
    else:
        links[row + ACKS_SENT] += 1
    links[row + BYTES] += size
    links[row + BUSY] += tx
    if wait + tx > links[row + QUEUE_MAX]:
        links[row + QUEUE_MAX] = wait + tx
    leaves = now + wait + tx
    links[row + FREE_AT] = leaves
    if TRACED:
        node = setup[link * SETUP + SOURCE_NODE]
        trace(state, ENQUEUED, packet, node, now, now, backlog(state, link, wait + tx))
        trace(state, DEPARTED, packet, node, now, leaves, -1)
    travel(state, link, packet, leaves + links[row + DELAY])
    return True


def note_wait(state: State, link: int, wait: int) -> None:
    """Count how long a data packet has waited, or will, at the port of `link`."""
    links = state.links
    row = link * LINK
    links[row + WAIT_SUM] += wait
    if links[row + WAIT_SUM] >= CARRY:
        links[row + WAIT_SUM] -= CARRY
        state.setup[link * SETUP + WAIT_CARRIES] += 1
    if wait > links[row + WAIT_MAX]:
        links[row + WAIT_MAX] = wait


def travel(state: State, link: int, packet: int, arrival: int) -> None:
    """Let `packet` be on its way over `link`, to arrive at `arrival`."""
    links = state.links
    row = link * LINK
    if add(state, links, row, packet, arrival, state.setup[link * SETUP + SOURCE_NODE]):
        heads = state.heads
        node = links[row + NODE] & LOW
        slot = links[row + NODE] >> HIGH
        heads[slot] = arrival
        if node < state.fixed[HOSTS]:
            appoint_at(state, node, arrival)
        else:
            group = state.fixed[GROUPS] + ((slot - state.fixed[HOSTS]) >> 3)
            if heads[group] > arrival:
                heads[group] = arrival
                lower_leaf(state, SWITCH_TREE, node - state.fixed[HOSTS], arrival)
