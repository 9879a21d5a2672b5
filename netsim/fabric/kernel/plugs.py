"""What a routing policy and a transport may leave out: the behaviour without it.

Kernel functions call these names; `netsim.fabric.kernel.builder` puts the chosen policy's and
transport's functions of the same name in their place before it compiles. How to write them:
`netsim.fabric.balancing.policy` and `netsim.fabric.transports.transport`.
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.state import State

TRACED: Final = False
"""Whether packet rows are recorded."""
EVERY_HOP: Final = False
"""Whether `choose` is asked at switches with a single port, too."""
READS_NO_PORTS: Final = False
"""Whether `choose` looks at no port, so that a switch may ask for many packets at once."""
ACKNOWLEDGED: Final = False
"""Whether receivers acknowledge data."""
OWN_PATHS: Final = False
"""Whether `choose` follows explicit paths, which stand behind the groups of equal ports."""


def choose(state: State, packet: int, switch: int, first: int, n: int, now: int) -> int:
    """Return by which position of `state.ports` a packet leaves: the first equal port."""
    return first


def tag(state: State, flow: int, label: int, now: int) -> int:
    """Return 32 bits that a packet carries for `choose`: none."""
    return 0


def begin(state: State, flow: int, now: int) -> None:
    """Prepare a flow that starts."""


def sendable(state: State, flow: int) -> bool:
    """Return whether the sender may send a packet of `flow` now: always."""
    return True


def take(state: State, flow: int, now: int) -> int:
    """Return the label of the next packet to send."""
    return 0


def receive(state: State, flow: int, seq: int) -> bool:
    """Return whether packet `seq`, which has just arrived, is there for the first time."""
    return True


def acknowledge(state: State, flow: int, seq: int, marked: bool, now: int) -> None:
    """Take note of an acknowledgement at the sender."""


def expire(state: State, flow: int, now: int) -> int:
    """Act on a timer; return the next deadline, 0 for none, -1 if the flow must be given up."""
    return 0
