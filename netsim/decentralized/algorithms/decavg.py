"""Decentralised averaging: train on your own data, then average with your neighbours.

One round: y_i = local training from x_i; x_i = sum_j W_ij y_j. Momentum stays with the node.
"""

from __future__ import annotations

from typing import ClassVar

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Turn
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "decavg")
class DecAvg:
    """Local training, then a weighted average over the neighbourhood."""

    source: ClassVar[str] = "arXiv 2310.02986; federated averaging (AISTATS 2017) without a server"
    weights: ClassVar[str] = "decavg"
    averages: ClassVar[bool] = True

    class Config(AlgorithmConfig):
        """Relays and lost messages."""

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers = peers

    @staticmethod
    def sends(size: int) -> tuple[int, ...]:
        """Return how many numbers each message of a round has, for models of `size`."""
        return (size,)

    def turn(self, turn: Turn) -> None:
        """Train and average."""
        self._peers.train(turn)
        self._peers.average(turn)
