"""Nodes stop: they train, send and receive no more, and their models stay as they are."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.decentralized.disruption import Scene, Span, span
from netsim.decentralized.victims import VictimsConfig, unknown_nodes, victims
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register


@register("disruption", "node_drop")
class NodeDrop:
    """Nodes that fail, chosen by a rule or named."""

    clock: ClassVar[bool] = True
    source: ClassVar[str] = "Albert, Jeong, Barabasi, Error and attack tolerance, Nature 406, 2000"
    example: ClassVar[dict[str, Any]] = {"at": {"round": 0}, "count": 1}

    class Config(VictimsConfig):
        """Which nodes, when, and how they return."""

    @staticmethod
    def problems(config: Config, graph: Graph | None, nodes: int) -> list[Problem]:
        """Return which nodes are none."""
        return unknown_nodes(config.nodes, nodes)

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return the one span."""
        return [span(config, scene, nodes=victims(config, scene))]
