"""A tree of equal branching, filled level by level."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.registry import register


@register("graph", "tree")
class Tree:
    """Every node has the same number of children; the last level may be filled in part."""

    source: ClassVar[str] = "D. E. Knuth, The Art of Computer Programming, vol. 1, section 2.3.4.5"

    class Config(GraphConfig):
        """Number of nodes, branching, and length of edges."""

        branching: int = field(2, description="children of a node", ge=1, le=1_000_000)
        length: MaybeLength = length_field()

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return nodes - 1."""
        return nodes - 1

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the tree with root 0, numbered level by level; draws nothing."""
        child = np.arange(1, nodes)
        return graph_of(nodes, (child - 1) // config.branching, child)
