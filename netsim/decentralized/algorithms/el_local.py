"""Epidemic learning without an oracle: every node sends to s others that it draws each round.

A node averages what it received with its own, uniformly; it may receive nothing. On a complete
graph of N nodes the squared distance to the mean shrinks in a round, on average over the draws, by
(1/s) (1 - (1 - s/(N-1))^N) - 1/(N-1). On other graphs a node draws among its neighbours.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.algorithms.decavg import DecAvg
from netsim.decentralized.partner import Weigh
from netsim.decentralized.partners.random_regular import PARTNERS
from netsim.decentralized.pattern import Pattern, entries
from netsim.decentralized.schedule import Regroup
from netsim.fields import field
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "el_local")
class ElLocal(DecAvg):
    """Local training, then every node sends to s random neighbours."""

    source: ClassVar[str] = "De Vos et al., Epidemic Learning, NeurIPS 2023"
    weights: ClassVar[str] = "uniform"

    class Config(AlgorithmConfig):
        """How many."""

        s: int = field(3, description="nodes that each node sends to", ge=1)

    @staticmethod
    def heard(config: Config, nodes: int) -> int:
        """Return how many models a node has on average, s + 1; by chance it is fewer or more."""
        return min(config.s + 1, nodes)

    @staticmethod
    def regroup(config: Config, streams: Streams) -> Regroup:
        """Return who hears whom in a round."""

        def partners(pattern: Pattern, turn: int) -> Pattern:
            generator = streams.generator(PARTNERS, turn)
            between = np.flatnonzero(~pattern.own)
            # In a random order, then by sender: of each sender the first s.
            mixed = generator.permutation(between)
            mixed = mixed[np.argsort(pattern.node[mixed], kind="stable")]
            sender = pattern.node[mixed]
            start = np.searchsorted(sender, sender)
            kept = mixed[np.arange(len(mixed)) - start < config.s]
            return entries(pattern.alive, pattern.row[kept], pattern.node[kept], pattern.arc[kept])

        return partners

    @staticmethod
    def contraction(config: Config, pattern: Pattern, weigh: Weigh) -> float | None:
        """Return the root of the formula, for uniform weights on a complete graph."""
        count = int(pattern.alive.sum())
        there = weigh(pattern)[np.ix_(pattern.alive, pattern.alive)]
        if count < 2 or there.min() <= 0 or there.max() - there.min() > 1e-12:
            return None
        s = min(config.s, count - 1)
        left = (1 - (1 - s / (count - 1)) ** count) / s - 1 / (count - 1)
        return math.sqrt(max(0.0, left))
