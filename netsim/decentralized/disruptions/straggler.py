"""Nodes become slow: what they compute takes longer, and their links carry less."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.decentralized.disruption import Scene, Span, span
from netsim.decentralized.victims import VictimsConfig, unknown_nodes, victims
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register


@register("disruption", "straggler")
class Straggler:
    """Nodes that compute and send more slowly for a while."""

    clock: ClassVar[bool] = True
    source: ClassVar[str] = "Lian et al., AD-PSGD, ICML 2018, section 5 (one slow worker)"
    example: ClassVar[dict[str, Any]] = {"at": {"time": "10 s"}, "count": 1, "compute": 5}

    class Config(VictimsConfig):
        """Which nodes, when, and how slow."""

        compute: float = field(
            1.0, description="factor of the time that their trainings take", gt=0, le=1e6
        )
        links: float = field(1.0, description="factor of the rates of their links", gt=0, le=1e6)

    @staticmethod
    def problems(config: Config, graph: Graph | None, nodes: int) -> list[Problem]:
        """Return which nodes are none, and that a slow node is one at a time, not at a round."""
        found = unknown_nodes(config.nodes, nodes)
        if not config.at.clock:
            message = "a node is slow in time"
            found.append(Problem(message, ("at",), "unsatisfiable", "give at: {time: 20 s}"))
        return found

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return the one span."""
        slow = (config.compute, config.links)
        return [span(config, scene, nodes=victims(config, scene), slow=slow)]
