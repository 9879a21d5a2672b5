"""The hooks of a kernel, kind by kind, as they are where a model leaves them out.

Kernel functions call these names; `netsim.fabric.kernel.builder` puts the chosen policy's and
transport's functions of the same name in their place before it compiles. A kind is only asked for
hooks of its own, so a model may call other functions as it likes. A hook that is left out takes no
time.

What each is asked for stands in `netsim.fabric.kernel.protocols`, one Protocol a kind. All are
plain functions over the arrays of `netsim.fabric.kernel.state`, which they read through the
accessors of `netsim.fabric.kernel.packet`. `flow` and `packet` are rows, times are picoseconds.
"""

from __future__ import annotations

from netsim.fabric.kernel.packet import tag_at
from netsim.fabric.kernel.state import State
from netsim.fabric.kernel.waiting import first_waiting

# routing


def open(state: State, flow: int, now: int) -> None:
    """Prepare the policy's row of a flow that starts, before the transport's `begin`."""


def tag(state: State, flow: int, label: int, now: int) -> int:
    """Return 32 bits that a packet carries for `choose`, asked for each that a host sends: none."""
    return 0


def choose(state: State, packet: int, switch: int, first: int, n: int, now: int) -> int:
    """Return by which position of `state.ports` a packet leaves: the first equal port."""
    return first


def echo(state: State, packet: int, now: int) -> int:
    """Return, at the receiver, what the reply to a data packet brings back: the packet's tag."""
    return tag_at(state, packet)


def feedback(state: State, flow: int, packet: int, now: int) -> None:
    """Take note, at the sender, of a reply, before the transport's `acknowledge` does."""


def setback(state: State, flow: int, now: int) -> None:
    """Take note, at the sender, that the flow has timed out, after the transport's `expire`."""


# transport


def begin(state: State, flow: int, now: int) -> None:
    """Prepare a flow that starts."""


def sendable(state: State, flow: int) -> bool:
    """Return whether the sender may send a packet of `flow` now: always."""
    return True


def take(state: State, flow: int, now: int) -> int:
    """Return the label of the next packet to send."""
    return 0


def receive(state: State, flow: int, packet: int, now: int) -> int:
    """Take a data packet in at the receiver; return the label of the reply, NONE for no reply.

    A packet that is there for the first time is counted with
    `netsim.fabric.kernel.receiver.count`. Without this hook, all are, and none is answered.
    """
    return 0


def acknowledge(state: State, flow: int, packet: int, now: int) -> None:
    """Take note of a reply at the sender."""


def expire(state: State, flow: int, now: int) -> int:
    """Act on a timer; return the next deadline, 0 for none, -1 if the flow must be given up."""
    return 0


def next_time(state: State, flow: int, now: int) -> int:
    """Return the earliest time at which a flow that may send may do so: at once, if not after now.

    It is asked again at that time, and whenever something else happens at the sender.
    """
    return now


# queue


def admit(state: State, port: int, packet: int, now: int) -> int:
    """Return the class in which a packet waits at the link `port`, or `DROP`: the first class."""
    return 0


def pick(state: State, port: int) -> int:
    """Return the class that sends next: the first one in which something waits."""
    return first_waiting(state, port)


def serve(state: State, port: int, packet: int, now: int) -> None:
    """Take note that a port begins to send a packet; what waits behind it does so already."""


def left(state: State, port: int, packet: int, now: int) -> None:
    """Take note that a port has sent a packet."""
