"""Choco-SGD: neighbours hold copies of a model, to which compressed differences are added.

y_i = x_i - lr g_i; q_i = C(y_i - h_i); every holder of the copy adds q_i to h_i; then x_i = y_i +
gamma sum_j W_ij (h_j - h_i). Copies start at 0. All holders of a copy must hear the same, so
messages may not be lost.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.peers import Array, Peers
from netsim.decentralized.schedule import Turn
from netsim.fields import field
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "choco")
class Choco:
    """Averages copies that are kept up to date by compressed differences."""

    source: ClassVar[str] = (
        "Koloskova, Stich, Jaggi, Decentralized Stochastic Optimization, ICML 2019"
    )
    weights: ClassVar[str] = "metropolis"
    vectors: ClassVar[int] = 1
    passing: ClassVar[int] = 4
    mixes: ClassVar[bool] = False
    reliable: ClassVar[bool] = True

    class Config(AlgorithmConfig):
        """Step of the average."""

        gamma: float = field(0.5, description="step of the average of copies", gt=0, le=1)

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers, self._gamma = peers, config.gamma
        self._copies: Array = np.zeros_like(peers.theta)

    @staticmethod
    def sends(size: int) -> tuple[int, ...]:
        """Return how many numbers each message of a round has, for models of `size`."""
        return (size,)

    def turn(self, turn: Turn) -> None:
        """Step, send a compressed difference, and move towards the neighbours' copies."""
        peers, alive = self._peers, turn.pattern.alive[:, None]
        peers.theta -= peers.lr * peers.gradient(turn)
        difference = peers.send(turn, peers.theta - self._copies)
        self._copies = np.where(alive, self._copies + difference, self._copies)
        mixed = np.empty_like(self._copies)
        turn.mixture.mix(self._copies, self._copies, mixed)
        move = peers.theta.dtype.type(self._gamma) * (mixed - self._copies)
        peers.theta += np.where(alive, move, 0)
