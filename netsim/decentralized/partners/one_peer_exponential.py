"""One peer a round, 1, 2, 4, 8, ... nodes away, over and over.

In round t node i sends to the node 2^(t mod ceil(log2 N)) further on, and hears the one as far
back. With weights of one half and N a power of 2 all hold the exact mean after log2 N rounds, at
one message a node and round; with other N it is an approximation that repeats.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.partner import (
    MOST_NODES,
    PartnersConfig,
    Weigh,
    arcs_by_ends,
    over_arcs,
)
from netsim.decentralized.pattern import Integers, Pattern
from netsim.decentralized.schedule import Regroup
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("partners", "one_peer_exponential")
class OnePeerExponential:
    """Each node sends to one other a round, at distances 1, 2, 4, ... around the ring."""

    source: ClassVar[str] = "Ying et al., Exponential graph is provably efficient, NeurIPS 2021"

    class Config(PartnersConfig):
        """No fields."""

    @staticmethod
    def problems(config: Config, graph: Graph) -> list[Problem]:
        """Return whether the graph joins all nodes at these distances."""
        if all(len(arcs) == graph.node_count for arcs in _arcs(graph)):
            return []
        message = "the topology does not join all nodes that are 1, 2, 4, ... apart"
        hint = "take topology: {kind: exponential}, or complete"
        return [Problem(message, (), "unsatisfiable", hint, also=("topology",))]

    @staticmethod
    def heard(config: Config, nodes: int) -> int:
        """Return its own and one other."""
        return min(2, nodes)

    @staticmethod
    def regroup(config: Config, graph: Graph, streams: Streams) -> Regroup:
        """Return who hears whom in a round."""
        period = _arcs(graph)

        def partners(pattern: Pattern, turn: int) -> Pattern:
            return over_arcs(pattern, period[turn % len(period)])

        return partners

    @staticmethod
    def contraction(config: Config, graph: Graph, pattern: Pattern, weigh: Weigh) -> float | None:
        """Return the norm of a whole period's product off the mean, per round."""
        alive = np.flatnonzero(pattern.alive)
        if not 1 < len(alive) <= MOST_NODES:
            return None
        product = np.eye(len(alive))
        for arcs in _arcs(graph):
            product = weigh(over_arcs(pattern, arcs))[np.ix_(alive, alive)] @ product
        off = product - product.mean(axis=0)
        left = float(np.linalg.norm(off, 2))
        return left ** (1 / max(1, len(_arcs(graph)))) if left > 1e-12 else 0.0


def _arcs(graph: Graph) -> list[Integers]:
    """Return the arcs of each round of a period, those of the graph only."""
    count = graph.node_count
    there = arcs_by_ends(graph)
    found = []
    for bit in range(max(1, (count - 1).bit_length())):
        pairs = ((node, (node + 2**bit) % count) for node in range(count))
        found.append(np.array([there[pair] for pair in pairs if pair in there], np.int64))
    return found
