"""Averaging that moves a bounded step: towards the neighbours' mean, by less the nearer it is.

y_i by local training; m_i the weighted mean of the neighbours without the node itself; x_i = y_i +
(m_i - y_i) / (|m_i - y_i| + s). Written from memory of the published rule, not from its text.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Turn
from netsim.fields import field
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "decdiff")
class DecDiff:
    """Local training, then a bounded step towards the neighbours (experimental)."""

    source: ClassVar[str] = (
        "coordination-free decentralised learning, arXiv 2312.04504 (as recalled)"
    )
    weights: ClassVar[str] = "decavg"
    passing: ClassVar[int] = 4
    mixes: ClassVar[bool] = False

    class Config(AlgorithmConfig):
        """Bound of the step."""

        s: float = field(1.0, description="distance at which half of a unit step is taken", gt=0)

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers, self._s = peers, config.s

    @staticmethod
    def sends(size: int) -> tuple[int, ...]:
        """Return how many numbers each message of a round has, for models of `size`."""
        return (size,)

    def turn(self, turn: Turn) -> None:
        """Train, and step towards the others."""
        peers, mixture = self._peers, turn.mixture
        peers.train(turn)
        pattern = mixture.pattern
        own = mixture.weight[pattern.own].astype(peers.theta.dtype)[:, None]
        others = peers.mix(turn, peers.theta) - own * peers.theta
        rest = 1 - own
        heard = (rest > 1e-9) & pattern.alive[:, None]
        away = np.where(heard, others / np.where(heard, rest, 1) - peers.theta, 0)
        length = np.linalg.norm(away, axis=1, keepdims=True)
        peers.theta += (away / (length + self._s)).astype(peers.theta.dtype)
