"""Connected caves: complete graphs in a ring, each with one edge given to the next."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.graphs.trials import pair_count, pair_of
from netsim.registry import register


@register("graph", "caveman")
class Caveman:
    """Complete graphs in a ring; one edge of each leads to the one before."""

    source: ClassVar[str] = (
        "D. J. Watts, Networks, dynamics, and the small-world phenomenon, "
        "American Journal of Sociology 105, 1999"
    )

    class Config(GraphConfig):
        """Number and size of caves, and length of edges."""

        cliques: int = field(description="number of complete graphs", ge=2, le=500_000)
        clique: int = field(description="nodes of each", ge=3, le=500_000)
        length: MaybeLength = length_field()

    @staticmethod
    def size(config: Config) -> int | None:
        """Return cliques x clique."""
        return config.cliques * config.clique

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the number of edges."""
        return config.cliques * pair_count(config.clique)

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the caves: the first edge of each, from its first node to its second, is moved."""
        u, v = pair_of(np.arange(1, pair_count(config.clique)))
        start = np.arange(0, nodes, config.clique)
        source = np.concatenate(((u + start[:, None]).ravel(), start))
        target = np.concatenate(((v + start[:, None]).ravel(), (start - 1) % nodes))
        return graph_of(nodes, source, target)
