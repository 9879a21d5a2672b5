"""A weighted average whose every pull is bounded.

x_i + sum_j W_ij clip(x_j - x_i, tau), clip(v, tau) = v min(1, tau / |v|): a forged model moves a
node by W_ij tau at the most. With a tau that is never reached this is the plain average. The best
tau depends on how far honest models are apart, which shrinks; a fixed one is a compromise.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.defence import Array, DefenceConfig
from netsim.fields import field
from netsim.registry import register


@register("defence", "clipped_gossip")
class ClippedGossip:
    """Averages with differences that are cut to a norm."""

    source: ClassVar[str] = "He, Karimireddy, Jaggi, Byzantine-Robust Decentralized Learning, 2022"

    class Config(DefenceConfig):
        """The norm."""

        tau: float = field(1.0, description="norm that differences are cut to", gt=0)

    @staticmethod
    def least(config: Config) -> int:
        """Return that its own model is enough."""
        return 1

    @staticmethod
    def combine(config: Config, own: Array, received: Array, weight: Array) -> Array:
        """Return the clipped average."""
        away = received - own
        length = np.linalg.norm(away, axis=1, keepdims=True)
        away = away * np.minimum(1, config.tau / np.maximum(length, 1e-300)).astype(own.dtype)
        found: Array = own + (weight[:, None] * away).sum(axis=0)
        return found
