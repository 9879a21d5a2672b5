"""What hooks read of a packet and of a port: accessors, so that columns can move.

`sent_at`, `echo_at`, `ingress_at` and `stamp_at` read columns that packets have only in kernels
whose hooks read them: `netsim.fabric.kernel.builder` looks which functions the hooks reach.
"""

from __future__ import annotations

from netsim.fabric.kernel.label import ACK, MARK, TARGET_BITS, TARGET_MASK, seq_of
from netsim.fabric.kernel.lives import row_at
from netsim.fabric.kernel.state import LABEL, LOW, PACKET, ROUTE, STAMP, STAMP_ROW, WIRE, State
from netsim.fabric.kernel.waiting import unsent_at


def label_at(state: State, packet: int) -> int:
    """Return the label of a packet: see `netsim.fabric.kernel.label`."""
    return int(state.packets[packet * PACKET + LABEL])


def flow_at(state: State, packet: int) -> int:
    """Return the row of a packet's flow; its label holds the flow's number."""
    return row_at(state, packet)


def seq_at(state: State, packet: int) -> int:
    """Return a packet's position in its flow; of a reply, that of the packet that it answers."""
    return seq_of(label_at(state, packet))


def is_ack_at(state: State, packet: int) -> bool:
    """Return whether a packet is a reply."""
    return label_at(state, packet) & ACK != 0


def marked_at(state: State, packet: int) -> bool:
    """Return whether a packet, or the one that it answers, met a long queue."""
    return label_at(state, packet) & MARK != 0


def tag_at(state: State, packet: int) -> int:
    """Return what the policy's `tag` gave the packet at its host."""
    return int(state.packets[packet * PACKET + ROUTE] >> TARGET_BITS)


def retag(state: State, packet: int, value: int) -> None:
    """Replace a packet's tag."""
    cell = packet * PACKET + ROUTE
    state.packets[cell] = value << TARGET_BITS | (state.packets[cell] & TARGET_MASK)


def sent_at(state: State, packet: int) -> int:
    """Return when a packet left its sender; of a reply, when the packet did that it answers."""
    return int(state.sent[packet])


def echo_at(state: State, packet: int) -> int:
    """Return what a reply brings back: the policy's `echo` of the packet that it answers."""
    return int(state.echoes[packet])


def ingress_at(state: State, packet: int) -> int:
    """Return the link by which a packet came to the switch where it is."""
    return int(state.ingress[packet])


def stamps_at(state: State, packet: int) -> int:
    """Return how many ports of switches have stamped a packet; a reply has those of its data."""
    return int(state.stamps[packet * state.fixed[STAMP_ROW]])


def stamp_at(state: State, packet: int, hop: int, column: int) -> int:
    """Return what the port of switch number `hop` on a packet's way, from 0, wrote on it.

    That is, by `column` (`netsim.fabric.kernel.state`), what waits behind the packet as its sending
    begins, how long the port has been busy by its end (both as time), the instant, or the link.
    """
    cell = packet * state.fixed[STAMP_ROW] + 1 + hop * STAMP
    return int(state.stamps[cell + column])


def unsent(state: State, position: int, now: int) -> int:
    """Return the backlog (ps) of the port at `position` of ``state.ports``."""
    return unsent_at(state, int(state.ports[position]), now)


def size_at(state: State, packet: int) -> int:
    """Return the wire size (bytes) of a packet."""
    return int(state.packets[packet * PACKET + WIRE] & LOW)
