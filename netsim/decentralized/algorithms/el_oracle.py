"""Epidemic learning with an oracle: one random s-regular graph of all live nodes, anew each round.

The squared distance to the mean shrinks in a round, on average over the graphs, by (1/(s+1))
(1 - s/(N-1)). Where N s is odd there is no such graph, and one random node sits out the round.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.algorithms.decavg import DecAvg
from netsim.decentralized.partner import Weigh
from netsim.decentralized.partners.random_regular import regular_contraction, regular_graphs
from netsim.decentralized.pattern import Pattern
from netsim.decentralized.schedule import Regroup
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "el_oracle")
class ElOracle(DecAvg):
    """Local training, then an average over a random regular graph."""

    source: ClassVar[str] = "De Vos et al., Epidemic Learning, NeurIPS 2023"
    weights: ClassVar[str] = "uniform"

    class Config(AlgorithmConfig):
        """How many."""

        s: int = field(3, description="neighbours of every node in a round", ge=1)

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield that not all can hear each other, if so."""
        if scenario.topology.kind != "complete":
            message = "'el_oracle' draws its graphs among all nodes"
            hint = "take topology: {kind: complete}, or el_local"
            yield Problem(message, ("topology",), "unsatisfiable", hint, also=("algorithm",))

    @staticmethod
    def heard(config: Config, nodes: int) -> int:
        """Return s + 1, or all there are."""
        return min(config.s + 1, nodes)

    @staticmethod
    def regroup(config: Config, streams: Streams) -> Regroup:
        """Return who hears whom in a round."""
        return regular_graphs(config.s, streams)

    @staticmethod
    def contraction(config: Config, pattern: Pattern, weigh: Weigh) -> float | None:
        """Return the root of the formula, for uniform weights."""
        return regular_contraction(config.s, int(pattern.alive.sum()), pattern, weigh)
