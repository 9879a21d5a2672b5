"""A line: every node joined to the next, the ends open."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.registry import register


@register("graph", "line")
class Line:
    """Every node joined to the next one."""

    source: ClassVar[str] = "R. Diestel, Graph Theory, 5th ed., 2017, section 1.3"

    class Config(GraphConfig):
        """Number of nodes and length of edges."""

        length: MaybeLength = length_field(" (nodes then lie on a straight line)")

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return nodes - 1."""
        return nodes - 1

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the line; draws nothing."""
        node = np.arange(nodes)
        if config.length is None:
            return graph_of(nodes, node[:-1], node[1:])
        x = config.length * np.arange(nodes, dtype=np.float64)
        return graph_of(nodes, node[:-1], node[1:], x=x, y=np.zeros(nodes))
