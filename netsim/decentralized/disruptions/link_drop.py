"""Links are cut: the nodes at their ends go on, and do not hear each other over them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.disruption import Scene, Span, span
from netsim.decentralized.edges import LinksConfig, arcs_of, link_problems
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register


@register("disruption", "link_drop")
class LinkDrop:
    """Links that fail, in both directions."""

    clock: ClassVar[bool] = True
    source: ClassVar[str] = "bond percolation; Albert, Barabasi, Rev. Mod. Phys. 74, 2002"
    example: ClassVar[dict[str, Any]] = {"at": {"round": 0}, "count": 1}

    class Config(LinksConfig):
        """Which links, and when."""

    @staticmethod
    def problems(config: Config, graph: Graph | None, nodes: int) -> list[Problem]:
        """Return what is wrong with the choice of links."""
        return link_problems(config, graph, nodes)

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return the one span."""
        return [span(config, scene, edges=np.unique(arcs_of(config, scene, one_way=False) // 2))]
