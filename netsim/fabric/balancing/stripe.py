"""Deterministic spraying from the host: packet p of flow k takes path (p + k) mod n."""

from __future__ import annotations

from typing import ClassVar

from netsim.fabric.balancing.policy import RoutingConfig
from netsim.fabric.kernel.label import flow_of, is_ack, seq_of
from netsim.fabric.kernel.packet import retag, tag_at
from netsim.fabric.kernel.state import FLOW, HIGH, LOW, PAIR, PATH, State
from netsim.registry import register


def tag(state: State, flow: int, label: int, now: int) -> int:
    """Return the position of the packet's first hop among the explicit paths of its flow.

    An acknowledgement takes the path of the same index in the other direction.
    """
    path = state.flows[flow * FLOW + PATH]
    pair = path >> HIGH if is_ack(label) else path & LOW
    first = state.pairs[pair * PAIR]
    count = state.pairs[pair * PAIR + 1]
    hops = state.pairs[pair * PAIR + 2]
    return int(first + (seq_of(label) + flow_of(label)) % count * hops)


def choose(state: State, packet: int, switch: int, first: int, n: int, now: int) -> int:
    """Return the position that the packet carries, and move it to the next hop."""
    position = tag_at(state, packet)
    retag(state, packet, position + 1)
    return position


@register("routing", "stripe")
class Stripe:
    """Spray packet p of flow k over path (p + k) mod n, decided at the host."""

    source: ClassVar[str] = (
        "round-robin packet spraying: A. Dixit et al., On the Impact of Packet Spraying in Data "
        "Center Networks, INFOCOM 2013"
    )
    every_hop: ClassVar[bool] = True
    paths: ClassVar[str] = "all"
    reads_no_ports: ClassVar[bool] = True

    class Config(RoutingConfig):
        """Nothing to set."""

    tag = staticmethod(tag)
    choose = staticmethod(choose)
