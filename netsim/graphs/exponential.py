"""The exponential graph: arcs to the nodes 1, 2, 4, 8, ... further on, around a ring."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.registry import register


@register("graph", "exponential")
class Exponential:
    """Node i sends to i + 1, i + 2, i + 4, ... modulo the number of nodes."""

    source: ClassVar[str] = (
        "B. Ying, K. Yuan, Y. Chen, H. Hu, P. Pan, W. Yin, Exponential graph is provably efficient "
        "for decentralized deep training, NeurIPS 2021"
    )

    class Config(GraphConfig):
        """Number of nodes, and length of edges."""

        directed: bool = field(True, description="false: edges in place of arcs")
        length: MaybeLength = length_field()

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return one arc per node and bit of its highest number."""
        return nodes * (nodes - 1).bit_length()

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the graph; draws nothing."""
        hops = 2 ** np.arange((nodes - 1).bit_length())
        source = np.repeat(np.arange(nodes), len(hops))
        target = (source + np.tile(hops, nodes)) % nodes
        if config.directed:
            return graph_of(nodes, source, target, directed=True)
        # Half way around, either node reaches the other by the same edge.
        key = np.unique(np.minimum(source, target) * nodes + np.maximum(source, target))
        return graph_of(nodes, key // nodes, key % nodes)
