"""Drop-tail at slow ports: a class takes what fits, and packets are marked on the way in or out.

The limit and the marking thresholds are those of plain ports, times in the row of the link. A class
is as long as the unsent bytes of its own packets, the rest of the one that is being sent included.

On the way out a packet is marked by what waits behind it in its class when its sending begins: the
mark tells of the queue as it is, not as it was when the packet came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netsim.fabric.kernel.packet import size_at
from netsim.fabric.kernel.port import mark, service
from netsim.fabric.kernel.slow import DROP
from netsim.fabric.kernel.state import CAPACITY, LINK, State
from netsim.fabric.kernel.waiting import served_at, unsent_in, waits_in
from netsim.fabric.queues.queue import SlowPorts
from netsim.fabric.transports.transport import Numbers

if TYPE_CHECKING:
    from netsim.topology.network import Network

#: What `state.queue` holds: 1 if packets are marked on the way in.
ON_ENTRY: Final = 0


def admit(state: State, port: int, packet: int, now: int) -> int:
    """Return the only class if the packet fits, else `DROP`."""
    return admitted(state, port, packet, 0, now)


def admitted(state: State, port: int, packet: int, kind: int, now: int) -> int:
    """Return class `kind` if the packet fits into it, else `DROP`."""
    before = unsent_in(state, port, kind, now)
    if before + service(state, port, size_at(state, packet)) > state.links[port * LINK + CAPACITY]:
        return DROP
    if state.queue[ON_ENTRY] != 0:
        mark(state, port, packet, before)
    return kind


class InOrder:
    """One class in order, as plain ports are, for those who read what ports write on packets."""

    @staticmethod
    def pack(config: object, network: Network) -> Numbers:
        """Return that packets are marked on the way in."""
        return Numbers(whole=(1,))


IN_ORDER: Final = SlowPorts(InOrder, {"admit": admit})


def mark_on_exit(state: State, port: int, packet: int, now: int) -> None:
    """Mark a packet whose sending begins if too much waits behind it."""
    mark(state, port, packet, waits_in(state, port, served_at(state, port)))
