"""Stochastic gradient push: push-sum carries models over arcs that go one way.

Each node holds x and a weight w, 1 at the start; z = x / w is its model. x = x - lr g(z); then
x = P x and w = P w with P column-stochastic, so that sums of x and w stay. A message that is lost
goes back to its sender's own mass (``recover``), or is gone (``destroy``), which biases the result.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Turn
from netsim.fields import field
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "sgp")
class Sgp:
    """Push-sum over arcs, and a gradient step a round at the corrected model."""

    source: ClassVar[str] = "Assran et al., Stochastic Gradient Push, ICML 2019"
    weights: ClassVar[str] = "push_sum"
    passing: ClassVar[int] = 3

    class Config(AlgorithmConfig):
        """What becomes of lost messages."""

        loss: Literal["recover", "destroy"] = field(
            "recover", description="whether a lost message goes back to its sender, or is gone"
        )

        @property
        def loss_rule(self) -> str:
            """What becomes of the weights of lost messages."""
            return self.loss

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers = peers
        #: Push-sum weights.
        self.mass = np.ones((len(peers.theta), 1), peers.theta.dtype)

    @staticmethod
    def sends(size: int) -> tuple[int, ...]:
        """Return how many numbers each message of a round has, for models of `size`."""
        return (size + 1,)

    def turn(self, turn: Turn) -> None:
        """Step, and push models and weights."""
        peers = self._peers
        x = peers.theta * self.mass - peers.lr * peers.gradient(turn)
        mixed = peers.mix(turn, np.concatenate((x, self.mass), axis=1))
        self.mass = np.ascontiguousarray(mixed[:, -1:])
        peers.theta[...] = mixed[:, :-1] / self.mass
