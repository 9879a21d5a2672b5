"""Gradient tracking: a second vector follows the mean gradient, so that all reach the optimum.

x' = W x - lr y; y' = W y + g(x') - g(x), with y = g(x) at the start (DIGing). With W doubly
stochastic the mean of y stays the mean of g. A node that is gone keeps x, y and g as they are.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.peers import Array, Peers
from netsim.decentralized.schedule import Turn
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "gradient_tracking")
class GradientTracking:
    """Averages models and estimates of the mean gradient; two vectors a message."""

    source: ClassVar[str] = "Nedic, Olshevsky, Shi, Achieving Geometric Convergence, SIOPT 2017"
    weights: ClassVar[str] = "metropolis"
    vectors: ClassVar[int] = 2
    passing: ClassVar[int] = 7
    connected: ClassVar[bool] = True

    class Config(AlgorithmConfig):
        """Lost messages."""

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers = peers
        self._gradient: Array = np.zeros_like(peers.theta)
        self._tracked: Array = np.zeros_like(peers.theta)
        self._begun = np.zeros(len(peers.theta), np.bool_)

    @staticmethod
    def sends(size: int) -> tuple[int, ...]:
        """Return how many numbers each message of a round has, for models of `size`."""
        return (size, size)

    def turn(self, turn: Turn) -> None:
        """Mix both vectors, step, and take the new gradients in."""
        peers, alive = self._peers, turn.pattern.alive
        fresh = alive & ~self._begun
        if fresh.any():
            first = peers.gradient(turn)
            self._gradient[fresh] = self._tracked[fresh] = first[fresh]
            self._begun |= fresh
        step = np.where(alive[:, None], peers.lr * self._tracked, 0)
        mixed = peers.mix(turn, np.concatenate((peers.theta, self._tracked), axis=1))
        wide = peers.theta.shape[1]
        peers.theta[...] = mixed[:, :wide] - step
        # The gradient at the end of a round is that of the next round's batch.
        gradient = peers.gradient(turn, step=turn.round + 1)
        change = np.where(alive[:, None], gradient - self._gradient, 0)
        self._tracked = mixed[:, wide:] + change
        self._gradient = np.where(alive[:, None], gradient, self._gradient)
