"""One explicit path per flow, given by the user's flow file or by a planner."""

from __future__ import annotations

from typing import ClassVar

from netsim.fabric.balancing.policy import RoutingConfig
from netsim.fabric.balancing.stripe import choose
from netsim.fabric.kernel.label import is_ack
from netsim.fabric.kernel.state import FLOW, HIGH, LOW, PAIR, PATH, State
from netsim.registry import register


def tag(state: State, flow: int, label: int, now: int) -> int:
    """Return the position of the path's first hop; acknowledgements go back the same way."""
    path = state.flows[flow * FLOW + PATH]
    pair = path >> HIGH if is_ack(label) else path & LOW
    return int(state.pairs[pair * PAIR])


@register("routing", "single")
class SinglePath:
    """Keep each flow on the path that its `spine` or `path` column names."""

    source: ClassVar[str] = (
        "V. Addanki et al., Challenging the Need for Packet Spraying in Large-Scale Distributed "
        "Training, arXiv 2407.00550"
    )
    every_hop: ClassVar[bool] = True
    paths: ClassVar[str] = "given"
    reads_no_ports: ClassVar[bool] = True

    class Config(RoutingConfig):
        """Nothing to set."""

    tag = staticmethod(tag)
    choose = staticmethod(choose)
