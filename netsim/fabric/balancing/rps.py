"""Random packet spraying: each switch draws a port for each packet (Dixit et al. 2013)."""

from __future__ import annotations

from typing import ClassVar

from netsim.fabric.balancing.policy import RoutingConfig, random_bits
from netsim.fabric.kernel.hashing import below
from netsim.fabric.kernel.packet import label_at
from netsim.fabric.kernel.state import State
from netsim.registry import register


def choose(state: State, packet: int, switch: int, first: int, n: int, now: int) -> int:
    """Return a uniformly drawn port."""
    return first + below(random_bits(state, label_at(state, packet), switch), n)


@register("routing", "rps")
class RandomPacketSpraying:
    """Draw a port uniformly for each packet at each switch."""

    source: ClassVar[str] = (
        "A. Dixit et al., On the Impact of Packet Spraying in Data Center Networks, INFOCOM 2013"
    )
    reads_no_ports: ClassVar[bool] = True

    class Config(RoutingConfig):
        """Nothing to set."""

    choose = staticmethod(choose)
