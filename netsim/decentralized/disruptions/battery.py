"""Nodes drop when their batteries are empty (`energy:` says what uses them up)."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.decentralized.disruption import AtConfig, NodesConfig, Scene, Span
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register


@register("disruption", "battery")
class Battery:
    """Nodes that last as long as their energy; `recover_after` brings them a full battery."""

    clock: ClassVar[bool] = True
    #: Nobody knows beforehand who is hit.
    unknown: ClassVar[bool] = True
    source: ClassVar[str] = "Heinzelman, Chandrakasan, Balakrishnan, LEACH, HICSS 2000 (energies)"
    example: ClassVar[dict[str, Any]] = {}

    class Config(NodesConfig):
        """What becomes of those whose battery is empty."""

        at: AtConfig = field({"time": "0 s"}, description="always: batteries end when they end")

    @staticmethod
    def problems(config: Config, graph: Graph | None, nodes: int) -> list[Problem]:
        """Return that batteries have no time at which they begin to matter."""
        if config.at.time == 0:
            return []
        message = "batteries end when they end"
        return [Problem(message, ("at",), "unsatisfiable", "leave it out")]

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return nothing: what happens is found as time passes."""
        return []
