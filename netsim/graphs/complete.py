"""A complete graph: everybody joined to everybody."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.graphs.trials import pair_count, pair_of
from netsim.registry import register


@register("graph", "complete")
class Complete:
    """Every node joined to every other."""

    source: ClassVar[str] = "R. Diestel, Graph Theory, 5th ed., 2017, section 1.1"

    class Config(GraphConfig):
        """Number of nodes and length of edges."""

        length: MaybeLength = length_field()

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return nodes (nodes - 1) / 2."""
        return pair_count(nodes)

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the complete graph; draws nothing."""
        return graph_of(nodes, *pair_of(np.arange(pair_count(nodes))))
