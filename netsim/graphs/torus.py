"""A torus: a grid whose opposite borders are joined, so that all nodes are alike."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.graphs import rectangle
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import MaybeLength, Stream, length_field
from netsim.problems import Problem
from netsim.registry import register


@register("graph", "torus")
class Torus:
    """A grid whose opposite borders are joined: every node has four neighbours."""

    source: ClassVar[str] = (
        "W. J. Dally, B. Towles, Principles and Practices of Interconnection Networks, 2004, ch. 5"
    )

    class Config(rectangle.RectangleConfig):
        """Shape and length of edges."""

        length: MaybeLength = length_field()

    size = staticmethod(rectangle.size)

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong: with two rows both borders would be the same edge."""
        return rectangle.problems(config, nodes, 3, "a torus")

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return two edges a node."""
        return 2 * nodes

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the torus; draws nothing."""
        node = rectangle.numbers(*rectangle.shape(config, nodes))
        right, below = np.roll(node, -1, axis=1), np.roll(node, -1, axis=0)
        source = np.concatenate((node.ravel(), node.ravel()))
        return graph_of(nodes, source, np.concatenate((right.ravel(), below.ravel())))
