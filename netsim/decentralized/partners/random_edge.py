"""One edge a round, drawn uniformly among those that are up: classical randomised gossip.

With weights of one half for the two (uniform, metropolis) the expected squared distance to the mean
after a round is x^T (I - L / (2 m)) x for x of mean 0, L the Laplacian and m the number of edges.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from netsim.decentralized.partner import MOST_NODES, PartnersConfig, Weigh, over_arcs
from netsim.decentralized.pattern import Pattern
from netsim.decentralized.schedule import Regroup
from netsim.decentralized.spectrum import connectivity
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("partners", "random_edge")
class RandomEdge:
    """Two neighbours talk in a round, and nobody else."""

    source: ClassVar[str] = "Boyd, Ghosh, Prabhakar, Shah, Randomized Gossip Algorithms, 2006"

    class Config(PartnersConfig):
        """No fields."""

    @staticmethod
    def problems(config: Config, graph: Graph) -> list[Problem]:
        """Return whether edges go both ways."""
        if not graph.directed:
            return []
        message = "two neighbours exchange models over edges that go both ways"
        hint = "take an undirected topology"
        return [Problem(message, (), "unsatisfiable", hint, also=("topology",))]

    @staticmethod
    def heard(config: Config, nodes: int) -> int:
        """Return its own and one other."""
        return min(2, nodes)

    @staticmethod
    def regroup(config: Config, graph: Graph, streams: Streams) -> Regroup:
        """Return who hears whom in a round."""

        def partners(pattern: Pattern, turn: int) -> Pattern:
            up = np.unique(pattern.arc[~pattern.own] // 2)
            if not len(up):
                return pattern
            edge = int(streams.generator("decentralized.partners", turn).choice(up))
            return over_arcs(pattern, np.array([2 * edge, 2 * edge + 1]))

        return partners

    @staticmethod
    def contraction(config: Config, graph: Graph, pattern: Pattern, weigh: Weigh) -> float | None:
        """Return the root of 1 - (second eigenvalue of L) / (2 m), for weights of one half."""
        edges = int((~pattern.own).sum()) // 2
        if not edges or pattern.alive.sum() > MOST_NODES:
            return None
        one = over_arcs(pattern, np.array([pattern.arc[~pattern.own][0]]))
        values = weigh(one)[one.row[~one.own], one.node[~one.own]]
        second = connectivity(pattern)
        if second is None or abs(float(values[0]) - 0.5) > 1e-12:
            return None
        return math.sqrt(max(0.0, 1 - second / (2 * edges)))
