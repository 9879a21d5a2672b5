"""Decentralised parallel SGD: one gradient step a round, before or after averaging.

``combine_then_adapt``: x = W x - lr g(x); ``adapt_then_combine``: x = W (x - lr g(x)). With
quadratics of curvatures H and minima c the first has the fixed point (I - W + lr H)^-1 lr H c, the
second (I - W (I - lr H))^-1 W lr H c: neither is the optimum, unless curvatures and minima agree.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Turn
from netsim.fields import field
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "dpsgd")
class Dpsgd:
    """A gradient step a round, and an average."""

    source: ClassVar[str] = "Lian et al., Can Decentralized Algorithms Outperform, NeurIPS 2017"
    weights: ClassVar[str] = "metropolis"
    passing: ClassVar[int] = 2
    averages: ClassVar[bool] = True

    class Config(AlgorithmConfig):
        """Order of step and average."""

        order: Literal["combine_then_adapt", "adapt_then_combine"] = field(
            "combine_then_adapt", description="whether averaging comes before the step, or after"
        )

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers, self._adapt_first = peers, config.order == "adapt_then_combine"

    @staticmethod
    def sends(size: int) -> tuple[int, ...]:
        """Return how many numbers each message of a round has, for models of `size`."""
        return (size,)

    def turn(self, turn: Turn) -> None:
        """Step and average."""
        peers = self._peers
        step = peers.lr * peers.gradient(turn)
        if self._adapt_first:
            peers.theta -= step
            peers.average(turn)
        else:
            peers.average(turn)
            peers.theta -= step
