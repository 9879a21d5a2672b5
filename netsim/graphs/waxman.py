"""Waxman graphs: nodes at random places, joined the more rarely the further they are apart."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.graphs.area import AreaConfig, places
from netsim.graphs.graph import Graph, distances, graph_of
from netsim.graphs.kind import Stream
from netsim.graphs.trials import pair_count, pair_of, successes
from netsim.registry import register


@register("graph", "waxman")
class Waxman:
    """Two nodes d apart are joined with probability beta exp(-d / (alpha L)), L the diagonal."""

    source: ClassVar[str] = (
        "B. M. Waxman, Routing of multipoint connections, IEEE J. Sel. Areas Commun. 6, 1988"
    )

    class Config(AreaConfig):
        """Number of nodes, the law of edges, and area."""

        beta: Probability = field(
            0.4, description="probability that two nodes at one place are joined"
        )
        alpha: float = field(
            0.1,
            description="how far edges reach: the probability falls to 1/e at alpha diagonals",
            gt=0,
        )

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the mean number of candidates, which are thinned by distance."""
        return config.beta * pair_count(nodes)

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return a random graph with places and lengths; more nodes change none of the others.

        L is the diagonal of the area, not the greatest distance drawn, which a further node could
        change.
        """
        x, y = places(stream(0), nodes, config.area)
        source, target = pair_of(successes(stream(1), config.beta, pair_count(nodes)))
        length = distances(x, y, source, target)
        reach = config.alpha * np.hypot(*config.area)
        kept = stream(2).random(len(length)) < np.exp(-length / reach)
        return graph_of(nodes, source[kept], target[kept], x=x, y=y, length=length[kept])
