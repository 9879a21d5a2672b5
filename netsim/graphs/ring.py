"""A ring: a line whose ends are joined."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field, too_few
from netsim.problems import Problem
from netsim.registry import register


@register("graph", "ring")
class Ring:
    """Every node joined to the next one, the last to the first."""

    source: ClassVar[str] = "R. Diestel, Graph Theory, 5th ed., 2017, section 1.3"

    class Config(GraphConfig):
        """Number of nodes and length of edges."""

        length: MaybeLength = length_field(" (nodes then lie on a circle)")

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong: fewer than three nodes make no ring."""
        return too_few(nodes, 3, "a ring")

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the number of nodes."""
        return nodes

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the ring; draws nothing."""
        node = np.arange(nodes)
        if config.length is None:
            return graph_of(nodes, node, (node + 1) % nodes)
        # The edges are the sides of a regular polygon, which has this outer radius.
        radius = config.length / (2 * np.sin(np.pi / nodes))
        angle = 2 * np.pi * node / nodes
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        return graph_of(nodes, node, (node + 1) % nodes, x=x, y=y)
