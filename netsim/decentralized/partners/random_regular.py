"""A random regular graph of all live nodes, drawn anew each round.

The squared distance to the mean shrinks in a round, on average over the graphs and with uniform
weights, by (1/(s+1)) (1 - s/(N-1)). Where N s is odd there is no such graph, and one random node
sits out the round.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from netsim.decentralized.partner import PartnersConfig, Weigh
from netsim.decentralized.pattern import Pattern, arcs_between, entries
from netsim.decentralized.schedule import Regroup
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.graphs.k_regular import KRegular
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams

PARTNERS = "decentralized.partners"


@register("partners", "random_regular")
class RandomRegular:
    """Every node has s random neighbours in a round."""

    source: ClassVar[str] = "De Vos et al., Epidemic Learning, NeurIPS 2023 (its oracle)"

    class Config(PartnersConfig):
        """How many."""

        s: int = field(3, description="neighbours of every node in a round", ge=1)

    @staticmethod
    def problems(config: Config, graph: Graph) -> list[Problem]:
        """Return whether the graph joins all nodes."""
        count = graph.node_count
        if not graph.directed and graph.edge_count == count * (count - 1) // 2:
            return []
        message = "random graphs are drawn among all nodes, which the topology does not join"
        hint = "take topology: {kind: complete}"
        return [Problem(message, (), "unsatisfiable", hint, also=("topology",))]

    @staticmethod
    def heard(config: Config, nodes: int) -> int:
        """Return s + 1, or all there are."""
        return min(config.s + 1, nodes)

    @staticmethod
    def regroup(config: Config, graph: Graph, streams: Streams) -> Regroup:
        """Return who hears whom in a round."""
        return regular_graphs(config.s, streams)

    @staticmethod
    def contraction(config: Config, graph: Graph, pattern: Pattern, weigh: Weigh) -> float | None:
        """Return the root of the formula, for uniform weights."""
        return regular_contraction(config.s, int(pattern.alive.sum()), pattern, weigh)


def regular_contraction(s: int, count: int, pattern: Pattern, weigh: Weigh) -> float | None:
    """Return the root of (1/(s+1)) (1 - s/(N-1)), if weights are uniform and N s is even."""
    s = min(s, count - 1)
    if s < 1 or count * s % 2:
        return None
    there = weigh(pattern)[np.ix_(pattern.alive, pattern.alive)]
    if there.max() - there.min() > 1e-12:
        return None
    return math.sqrt((1 - s / (count - 1)) / (s + 1))


def regular_graphs(s: int, streams: Streams) -> Regroup:
    """Return a random s-regular graph of the live nodes for every round."""

    def partners(pattern: Pattern, turn: int) -> Pattern:
        live = streams.generator(PARTNERS, turn, 0).permutation(np.flatnonzero(pattern.alive))
        degree = min(s, len(live) - 1)
        if degree < 1:
            return pattern
        live = live[: len(live) - len(live) * degree % 2]
        graph = KRegular.build(
            KRegular.Config(k=degree),
            len(live),
            lambda *more: streams.generator(PARTNERS, turn, 1, *more),
        )
        a, b = live[graph.edges].T
        rows, heard = np.concatenate((b, a)), np.concatenate((a, b))
        arcs = arcs_between(len(pattern.alive), heard, rows)
        there = np.isin(arcs, pattern.arc)
        return entries(pattern.alive, rows[there], heard[there], arcs[there])

    return partners
