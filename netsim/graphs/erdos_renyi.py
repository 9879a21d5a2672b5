"""Random graphs in which each pair of nodes is joined with the same probability."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.fields import Probability, field
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.graphs.trials import pair_count, pair_of, successes
from netsim.registry import register


@register("graph", "erdos_renyi")
class ErdosRenyi:
    """Each pair of nodes is joined with probability p, whatever else is joined."""

    source: ClassVar[str] = (
        "E. N. Gilbert, Random graphs, Ann. Math. Statist. 30, 1959; "
        "P. Erdos, A. Renyi, On random graphs I, 1959"
    )
    example: ClassVar[dict[str, Any]] = {"p": 0.5}

    class Config(GraphConfig):
        """Number of nodes, probability, and length of edges."""

        p: Probability = field(description="probability that a pair of nodes is joined")
        length: MaybeLength = length_field()

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the mean number of edges, p nodes (nodes - 1) / 2."""
        return config.p * pair_count(nodes)

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return a random graph; with more nodes it begins with the same edges."""
        return graph_of(nodes, *pair_of(successes(stream(), config.p, pair_count(nodes))))
