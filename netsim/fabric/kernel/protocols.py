"""What a model may bring for the kernel: one Protocol a kind, one method a hook.

A model brings those that it needs, as static methods; the rest stays as it is in
`netsim.fabric.kernel.plugs` and takes no time. The page of hooks in the documentation is made of
these docstrings (``python tests/hook_page.py``), so they are written for those who write models.
"""

from __future__ import annotations

from typing import Final, Protocol

from netsim.fabric.kernel.state import State


class Routing(Protocol):
    """Hooks of a routing policy (kind `routing`): which way packets go.

    `choose` is at a switch: it may write the rows of its own switch, and read its own switch's
    ports. The others are at a host, and may write the rows of their flow.
    """

    @staticmethod
    def open(state: State, flow: int, now: int) -> None:
        """At the sender, when a flow starts, before the transport's `begin`."""

    @staticmethod
    def tag(state: State, flow: int, label: int, now: int) -> int:
        """Return 32 bits that a packet carries for `choose`; by default 0.

        Asked at the host for every packet that it sends, replies included: a path, an entropy. For
        a reply it runs at the receiver, so it must not write the flow's row then.
        """
        ...

    @staticmethod
    def choose(state: State, packet: int, switch: int, first: int, n: int, now: int) -> int:
        """Return the position of the port by which a packet leaves a switch.

        Asked at each switch with more than one equal port towards the destination (with
        ``every_hop = True`` at the others as well). `first` to ``first + n - 1`` are the positions
        of those ports, whose links are ``state.ports[position]``; `switch` counts from 0.
        `unsent` gives a port's backlog.
        """
        ...

    @staticmethod
    def echo(state: State, packet: int, now: int) -> int:
        """Return what the reply to a data packet brings back; by default the packet's tag.

        Asked at the receiver; the sender reads it with `echo_at`.
        """
        ...

    @staticmethod
    def feedback(state: State, flow: int, packet: int, now: int) -> None:
        """At the sender, for each reply, before the transport's `acknowledge`.

        Read it with `marked_at`, `echo_at`, and ``now - sent_at(state, packet)``, the packet's
        round trip.
        """

    @staticmethod
    def setback(state: State, flow: int, now: int) -> None:
        """At the sender, when the flow has timed out, after the transport's `expire`."""


class Transport(Protocol):
    """Hooks of a transport (kind `transport`): when a flow sends which packet.

    All may write the rows of their flow; `receive` is at the receiver, the others at the sender.
    `sendable` and `take` are needed.
    """

    @staticmethod
    def begin(state: State, flow: int, now: int) -> None:
        """Prepare the row of a flow that starts."""

    @staticmethod
    def sendable(state: State, flow: int) -> bool:
        """Return whether a packet may be sent now: a window that is open, something to send."""
        ...

    @staticmethod
    def take(state: State, flow: int, now: int) -> int:
        """Return the label of the packet to send (`label_of`); count it, and arm a timer.

        Asked only when `sendable` and `next_time` allow it.
        """
        ...

    @staticmethod
    def receive(state: State, flow: int, packet: int, now: int) -> int:
        """Take in a data packet at the receiver; return the label of the reply, or NONE.

        `netsim.fabric.kernel.receiver.count` counts a packet that is there for the first time. A
        reply's label is one of the flow with the bit `ACK`. By default every packet is counted and
        none answered.
        """
        ...

    @staticmethod
    def acknowledge(state: State, flow: int, packet: int, now: int) -> None:
        """Take note of a reply (`seq_at`, `marked_at`, `sent_at`, `stamp_at`).

        When ``flows[ACKED]`` reaches ``flows[PACKETS]`` the flow is done.
        """

    @staticmethod
    def expire(state: State, flow: int, now: int) -> int:
        """Act on a timer; return the next deadline, 0 for none, -1 to give the flow up.

        Deadlines are rounded up to whole ticks.
        """
        ...

    @staticmethod
    def next_time(state: State, flow: int, now: int) -> int:
        """Return the earliest time at which a flow that may send may do so, to the picosecond.

        Now or before means at once, which is the default. It is asked again then, and whenever
        something happens at the sender, so it may change its mind either way.
        """
        ...


class Queue(Protocol):
    """Hooks of a queue (kind `queue`): what the ports of switches do.

    A queue that brings none is served in order, at plain ports, which are fastest. All are at a
    switch: they may write its rows alone. `port` is the number of a link.
    """

    @staticmethod
    def admit(state: State, port: int, packet: int, now: int) -> int:
        """Return the class in which a packet waits, from 0 to ``classes - 1``, or `DROP`.

        Asked when a packet comes; it may mark it (`netsim.fabric.kernel.port.mark`).
        """
        ...

    @staticmethod
    def pick(state: State, port: int) -> int:
        """Return the class that sends next, one in which something waits.

        Asked when the port has sent a packet and others wait; by default the first such class.
        """
        ...

    @staticmethod
    def serve(state: State, port: int, packet: int, now: int) -> None:
        """When the port begins to send a packet, which it may mark by what waits behind."""

    @staticmethod
    def left(state: State, port: int, packet: int, now: int) -> None:
        """When the port has sent a packet.

        With it the switch takes arrivals and ends of sendings in the order of time, so it may count
        for the whole switch. A queue without it is faster.
        """


#: The Protocol of each kind that has hooks.
PROTOCOLS: Final[dict[str, type]] = {"routing": Routing, "transport": Transport, "queue": Queue}
#: Names of the functions that a model of a kind may bring.
HOOKS: Final[dict[str, tuple[str, ...]]] = {
    kind: tuple(name for name, value in vars(protocol).items() if isinstance(value, staticmethod))
    for kind, protocol in PROTOCOLS.items()
}
