"""Classes of packets at a port: control before data, each class served in order.

Acknowledgements are class 0, data class 1. A port that has sent a packet takes the next one from
class 0 if any waits there (strict priority, without interrupting what is being sent), so a lone
acknowledgement waits for one data packet at most, however many there are. Each class has the whole
limit of the port for itself: data that fill their part leave room for acknowledgements.
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.packet import is_ack_at
from netsim.fabric.kernel.state import State
from netsim.fabric.queues.limited import admitted

CONTROL: Final = 0
DATA: Final = 1
CLASSES: Final = 2


def admit(state: State, port: int, packet: int, now: int) -> int:
    """Return the class of a packet that fits, else `DROP`."""
    kind = CONTROL if is_ack_at(state, packet) else DATA
    return admitted(state, port, packet, kind, now)
