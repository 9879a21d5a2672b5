"""Equal-cost multipath: one hash per flow and switch, so a flow stays on one path (RFC 2992)."""

from __future__ import annotations

from typing import ClassVar

from netsim.fabric.balancing.policy import RoutingConfig
from netsim.fabric.kernel.hashing import below, draw
from netsim.fabric.kernel.label import flow_of, is_ack
from netsim.fabric.kernel.packet import label_at
from netsim.fabric.kernel.state import POLICY_KEY, State
from netsim.registry import register


def choose(state: State, packet: int, switch: int, first: int, n: int, now: int) -> int:
    """Return the port that the flow's hash picks; acknowledgements hash on their own."""
    label = label_at(state, packet)
    entity = switch << 28 | flow_of(label)
    return first + below(draw(state.fixed[POLICY_KEY], entity, 1 if is_ack(label) else 0), n)


@register("routing", "ecmp")
class Ecmp:
    """Hash each flow to one port per switch, with a salt per switch."""

    source: ClassVar[str] = "RFC 2992, Analysis of an Equal-Cost Multi-Path Algorithm"
    one_path: ClassVar[bool] = True
    reads_no_ports: ClassVar[bool] = True

    class Config(RoutingConfig):
        """Nothing to set."""

    choose = staticmethod(choose)
