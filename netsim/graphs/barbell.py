"""A barbell: two complete graphs, joined by a line. The worst case of mixing."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.graphs.trials import pair_count, pair_of
from netsim.registry import register


@register("graph", "barbell")
class Barbell:
    """Two complete graphs with a line of nodes between them."""

    source: ClassVar[str] = (
        "D. Aldous, J. A. Fill, Reversible Markov Chains and Random Walks on Graphs, 2002, "
        "section 5.2.2"
    )

    class Config(GraphConfig):
        """Sizes, and length of edges."""

        clique: int = field(description="nodes of each complete graph", ge=2, le=1_000_000)
        path: int = field(0, description="nodes of the line between them", ge=0, le=1_000_000)
        length: MaybeLength = length_field()

    @staticmethod
    def size(config: Config) -> int | None:
        """Return twice the complete graph, and the line."""
        return 2 * config.clique + config.path

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the number of edges."""
        return 2 * pair_count(config.clique) + config.path + 1

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the barbell, numbered from one end to the other; draws nothing."""
        u, v = pair_of(np.arange(pair_count(config.clique)))
        far = config.clique + config.path
        line = np.arange(config.clique - 1, far)
        source = np.concatenate((u, u + far, line))
        return graph_of(nodes, source, np.concatenate((v, v + far, line + 1)))
