"""A packet's identity in one integer; comparing two labels orders simultaneous arrivals.

From the top: flow (28 bits), packet index (24), acknowledgement (1), unused (3), retry (6),
congestion mark (1). Without its lower `TIE_BITS` the label is the order at one node and instant:
flow, packet index, data before its acknowledgement. The widths bound what a scenario may ask for,
which is checked when flows are handed in.
"""

from __future__ import annotations

from typing import Any, Final

FLOW_BITS: Final = 28
SEQ_BITS: Final = 24
RETRY_BITS: Final = 6

MARK: Final = 1
RETRY_SHIFT: Final = 1
RETRY_MASK: Final = (1 << RETRY_BITS) - 1
TIE_BITS: Final = 10
ACK: Final = 1 << TIE_BITS
SEQ_SHIFT: Final = 11
SEQ_MASK: Final = (1 << SEQ_BITS) - 1
FLOW_SHIFT: Final = SEQ_SHIFT + SEQ_BITS
#: Bits of a packet's number among those that its flow sends.
SENDING_BITS: Final = 31

# Of a packet's `ROUTE`: destination host below, the routing policy's tag above.
TARGET_BITS: Final = 28
TARGET_MASK: Final = (1 << TARGET_BITS) - 1
TAG_BITS: Final = 32


def label_of(flow: int, seq: int, retry: int) -> int:
    """Return the label of a data packet."""
    return flow << FLOW_SHIFT | seq << SEQ_SHIFT | retry << RETRY_SHIFT


def flow_of(label: int) -> int:
    """Return the flow that a packet belongs to."""
    return label >> FLOW_SHIFT


def seq_of(label: int) -> int:
    """Return the packet's position in its flow, from 0."""
    return (label >> SEQ_SHIFT) & SEQ_MASK


def retry_of(label: int) -> int:
    """Return 0 for a first sending, 1 to 63 for what is sent again: another for each of 63."""
    return (label >> RETRY_SHIFT) & RETRY_MASK


def is_ack(label: int) -> bool:
    """Return whether the packet is an acknowledgement."""
    return label & ACK != 0


def number_of(flow: Any, sending: Any, ack: Any) -> Any:
    """Return a number that no other packet of a run has: flow (28 bits), sending (31), ack (1).

    An acknowledgement has the number of the packet that it answers.
    """
    return (flow << SENDING_BITS | sending) << 1 | ack


def counter_of(label: int) -> int:
    """Return the counter under which random numbers are drawn for a packet: ``seq << 6 | retry``.

    Acknowledgements draw from the upper half of the counters, so that they do not repeat their data
    packet's draws.
    """
    seq = (label >> SEQ_SHIFT) & SEQ_MASK
    retry = (label >> RETRY_SHIFT) & RETRY_MASK
    return (label & ACK) << (SEQ_BITS + RETRY_BITS) | seq << RETRY_BITS | retry
