"""A star: one node joined to all others."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.registry import register


@register("graph", "star")
class Star:
    """Node 0 joined to all others."""

    source: ClassVar[str] = "R. Diestel, Graph Theory, 5th ed., 2017, section 1.7"

    class Config(GraphConfig):
        """Number of nodes and length of edges."""

        length: MaybeLength = length_field(" (the others then lie on a circle around node 0)")

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return nodes - 1."""
        return nodes - 1

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the star; draws nothing."""
        others = np.arange(1, nodes)
        hub = np.zeros_like(others)
        if config.length is None:
            return graph_of(nodes, hub, others)
        angle = 2 * np.pi * (others - 1) / max(1, nodes - 1)
        x = np.concatenate(([0.0], config.length * np.cos(angle)))
        y = np.concatenate(([0.0], config.length * np.sin(angle)))
        return graph_of(nodes, hub, others, x=x, y=y)
