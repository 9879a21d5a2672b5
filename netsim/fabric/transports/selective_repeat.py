"""Reliable delivery for windowed transports: every packet acknowledged, only lost ones sent again.

The receiver acknowledges each data packet by its index (so the acknowledgement is selective) and
echoes its congestion mark. The sender keeps

* ``ACKED``: all packets below it are acknowledged; a ring of bits tells which of those above are;
* ``INFLIGHT``: packets sent, neither acknowledged nor taken for lost;
* ``REPAIR``: a range of packets that are taken for lost; those of it that are still unacknowledged
  are sent again, in order and before new packets;
* a retransmission timer as in RFC 6298, section 5: it runs while packets are out, and starts anew
  when the oldest unacknowledged packet changes (``PROGRESS``) or a lost packet is sent again. When
  it fires, the unacknowledged packets that were sent before the last progress are taken for lost:
  they have been out for a whole timeout. Later ones stay in flight.

The timeout doubles with each one in a row (RFC 6298, section 5.5), as far as the transport says:
many senders into one port would otherwise meet again and again after the same time. Progress ends
the row. A flow is given up after a number of timeouts in a row.

Retransmissions keep their index; the ``retry`` of their label, by which random policies draw
another path, is one plus the flow's resends so far modulo 63, so each draws otherwise than the 62
before it.

The numbers that these functions read stand first among those that the transport packs: timeout
(ps), largest number of timeouts in a row, largest number of doublings (0: a constant timeout), and
how many packets may be out beyond the oldest one.
"""

from __future__ import annotations

from typing import Any, Final

from netsim.fabric.kernel.classes import number, tick
from netsim.fabric.kernel.flow import arm
from netsim.fabric.kernel.label import ACK, RETRY_MASK, SEQ_BITS, label_of, seq_of
from netsim.fabric.kernel.overflow import overflow
from netsim.fabric.kernel.packet import label_at
from netsim.fabric.kernel.receiver import count
from netsim.fabric.kernel.state import (
    ACKED,
    ARRIVED,
    COVERED,
    FLOW,
    HIGH,
    INFLIGHT,
    LOW,
    MANY_RESENT,
    MANY_TIMEOUTS,
    MOST_RESENT,
    PACKETS,
    PROGRESS,
    REPAIR,
    RESENT,
    RING,
    SENT,
    TIMER,
    State,
)
from netsim.fabric.transports.transport import PathScale

TIMEOUT: Final = 0
MOST_TIMEOUTS: Final = 1
MOST_DOUBLINGS: Final = 2
REACH: Final = 3
NUMBERS: Final = 4

_TIMEOUT_SHIFT: Final = HIGH
_ROW_SHIFT: Final = 56
_ONE_TIMEOUT: Final = 1 << _TIMEOUT_SHIFT
_COUNTS: Final = (1 << _ROW_SHIFT) - 1
_MOST_TIMEOUTS: Final = (1 << _ROW_SHIFT - _TIMEOUT_SHIFT) - 1

#: Timers are rounded up to this fraction of the timeout, and at least to `LEAST_TICK`.
TICKS: Final = 32
LEAST_TICK: Final = 100_000


def word_of(state: State, flow: int, seq: int) -> int:
    """Return the position in `state.bits` of the word that holds the sender's bit of `seq`."""
    ring = state.fixed[RING]
    return flow * (ring >> 5) + ((seq & (ring - 1)) >> 6)


def is_set(state: State, word: int, seq: int) -> bool:
    """Return whether the bit of `seq` is set in its word."""
    return state.bits[word] >> (seq & 63) & 1 != 0


def advance(state: State, row: int, column: int, shift: int, flow: int, half: int) -> None:
    """Move a cumulative index by one, and on over all packets whose bits are set, clearing them.

    The index is kept in the cell `column` above `shift` bits; `half` leads from the sender's ring
    to the receiver's.
    """
    flows = state.flows
    seq = (flows[row + column] >> shift) + 1
    moved = 1
    word = word_of(state, flow, seq) + half
    while is_set(state, word, seq):
        state.bits[word] &= ~(1 << (seq & 63))
        seq += 1
        moved += 1
        word = word_of(state, flow, seq) + half
    flows[row + column] += moved << shift


def receive(state: State, flow: int, packet: int, now: int) -> int:
    """Count a data packet if it is new; answer each with its own label, which echoes its mark."""
    label = label_at(state, packet)
    if is_new(state, flow, seq_of(label)):
        count(state, flow, seq_of(label), now)
    return label | ACK


def is_new(state: State, flow: int, seq: int) -> bool:
    """Return whether packet `seq` has not arrived before, and note it."""
    row = flow * FLOW
    low = state.flows[row + ARRIVED] >> HIGH
    if seq < low:
        return False
    half = state.fixed[RING] >> 6
    if seq == low:
        advance(state, row, ARRIVED, HIGH, flow, half)
        return True
    word = word_of(state, flow, seq) + half
    if is_set(state, word, seq):
        return False
    state.bits[word] |= 1 << (seq & 63)
    return True


def note(state: State, flow: int, seq: int, now: int) -> bool:
    """Note that `seq` is acknowledged; return whether that is news."""
    flows = state.flows
    row = flow * FLOW
    low = flows[row + ACKED]
    if seq < low:
        return False
    word = word_of(state, flow, seq)
    if seq != low and is_set(state, word, seq):
        return False
    repair = flows[row + REPAIR]
    if not repair & LOW <= seq < repair >> HIGH:
        flows[row + INFLIGHT] -= 1
    if seq != low:
        state.bits[word] |= 1 << (seq & 63)
        return True
    advance(state, row, ACKED, 0, flow, 0)
    flows[row + PROGRESS] = now
    covered = flows[row + COVERED]
    flows[row + COVERED] = covered >> HIGH << HIGH | flows[row + SENT]
    flows[row + RESENT] &= _COUNTS
    return True


def repairable(state: State, flow: int) -> bool:
    """Return whether a lost packet waits to be sent; the first one is then the range's start."""
    flows = state.flows
    row = flow * FLOW
    repair = flows[row + REPAIR]
    end = repair >> HIGH
    seq = repair & LOW
    if seq >= end:
        return False
    seq = max(seq, flows[row + ACKED])
    while seq < end and is_set(state, word_of(state, flow, seq), seq):
        seq += 1
    flows[row + REPAIR] = end << HIGH | min(seq, end)
    return seq < end


def room(state: State, flow: int) -> bool:
    """Return whether there is a packet to send, whatever the window."""
    flows = state.flows
    if repairable(state, flow):
        return True
    row = flow * FLOW
    sent = flows[row + SENT]
    return sent < flows[row + PACKETS] and sent - flows[row + ACKED] < number(state, flow, REACH)


def take(state: State, flow: int, now: int) -> int:
    """Return the label of the packet to send: a lost one, else the next new one."""
    row = flow * FLOW
    flows = state.flows
    if flows[row + INFLIGHT] == 0 and flows[row + REPAIR] & LOW >= flows[row + REPAIR] >> HIGH:
        flows[row + PROGRESS] = now
    flows[row + INFLIGHT] += 1
    if flows[row + TIMER] == 0:
        arm(state, flow, now + timeout(state, flow), tick(state, flow))
    if repairable(state, flow):
        seq = flows[row + REPAIR] & LOW
        flows[row + REPAIR] += 1
        flows[row + PROGRESS] = now
        return label_of(flow, seq, resend(state, flow))
    seq = flows[row + SENT]
    flows[row + SENT] = seq + 1
    return label_of(flow, seq, 0)


def resend(state: State, flow: int) -> int:
    """Count a packet that is sent again; return its retry number, 1 to 63 in turn."""
    flows = state.flows
    so_far = flows[flow * FLOW + RESENT] & LOW
    if so_far >= MOST_RESENT:
        overflow(state, MANY_RESENT, flow)
        return 1
    flows[flow * FLOW + RESENT] += 1
    return 1 + so_far % RETRY_MASK


def timeout(state: State, flow: int) -> int:
    """Return the timeout, doubled for each one in a row as far as the transport does so."""
    doublings = state.flows[flow * FLOW + RESENT] >> _ROW_SHIFT
    return number(state, flow, TIMEOUT) << min(doublings, number(state, flow, MOST_DOUBLINGS))


def due(state: State, flow: int) -> int:
    """Return when the timer is due, 0 if nothing is out."""
    flows = state.flows
    row = flow * FLOW
    repair = flows[row + REPAIR]
    if flows[row + INFLIGHT] == 0 and repair & LOW >= repair >> HIGH:
        return 0
    return flows[row + PROGRESS] + timeout(state, flow)


def give_up(state: State, flow: int) -> bool:
    """Return whether the flow has had its last timeout."""
    in_a_row = state.flows[flow * FLOW + RESENT] >> _ROW_SHIFT
    return in_a_row >= number(state, flow, MOST_TIMEOUTS)


def time_out(state: State, flow: int, now: int) -> int:
    """Take for lost what has been out for a whole timeout; return the next deadline."""
    row = flow * FLOW
    flows = state.flows
    if flows[row + RESENT] >> _TIMEOUT_SHIFT & _MOST_TIMEOUTS == _MOST_TIMEOUTS:
        overflow(state, MANY_TIMEOUTS, flow)
    else:
        flows[row + RESENT] += _ONE_TIMEOUT
    flows[row + RESENT] += 1 << _ROW_SHIFT
    covered = flows[row + COVERED] & LOW
    if covered <= flows[row + ACKED]:
        covered = flows[row + SENT]
    flows[row + REPAIR] = covered << HIGH | flows[row + ACKED]
    flows[row + INFLIGHT] = outstanding(state, flow, covered, flows[row + SENT])
    flows[row + COVERED] = flows[row + COVERED] >> HIGH << HIGH | flows[row + SENT]
    flows[row + PROGRESS] = now
    return now + timeout(state, flow)


def outstanding(state: State, flow: int, first: int, end: int) -> int:
    """Return the number of unacknowledged packets from `first` to before `end`."""
    count = 0
    for seq in range(first, end):
        if not is_set(state, word_of(state, flow, seq), seq):
            count += 1
    return count


def default_timeout(path: PathScale) -> int:
    """Return 15 us, or a base round trip if longer, plus the time to drain six full queues (ps).

    The rule of the public UEC simulator, where a path has at most six queues; the queue is the one
    of the flow's path that takes longest.
    """
    return max(15_000_000, path.rtt) + 6 * path.drain


def derived_timeout(config: Any, path: PathScale) -> dict[str, tuple[int, str, str]]:
    """Return the timeout (ps) of a transport that names none, its dimension, and its rule."""
    if config.rto is not None:
        return {}
    rule = "15 us or a base RTT, whichever is longer, and six times the drain of a full queue"
    return {"rto": (default_timeout(path), "time", rule)}


def tick_of(deadline: int) -> int:
    """Return the tick to which deadlines of this length are rounded up."""
    return max(LEAST_TICK, deadline // TICKS)


def ring_for(packets: int) -> int:
    """Return the bits of a ring that holds `packets`: a power of two, at least a word.

    No flow has more packets than a label can number, however far its window opens.
    """
    return 1 << max(6, min((packets - 1).bit_length(), SEQ_BITS))
