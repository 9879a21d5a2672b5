"""Continuous generation that leans towards the links that requests use.

After each served request the weights of a router on its path move by a share `alpha` towards what
the request used there: half of either neighbour inside the path, all of one at its ends. This rule
is simpler than that of the source, which weighs by memory.
"""

from __future__ import annotations

from typing import ClassVar

from netsim.fields import Probability, field
from netsim.quantum.policies.continuous import Continuous
from netsim.registry import register


@register("generation", "adaptive")
class Adaptive:
    """Some memories make pairs all the time, more of them where requests went."""

    source: ClassVar[str] = (
        "A. Kolar et al., Adaptive, continuous entanglement generation for quantum networks, 2022; "
        "its extension to several pairs, arXiv 2502.01964"
    )

    class Config(Continuous.Config):
        """Some memories make pairs all the time, more of them where requests went."""

        alpha: Probability = field(0.1, description="how far one request moves the weights")

    @staticmethod
    def standing(config: Config) -> int:
        """Return how many memories of each router make pairs all the time."""
        return config.memories

    @staticmethod
    def learned(config: Config, weights: list[float], share: list[float]) -> list[float]:
        """Return the weights moved towards what the request used."""
        return [w + config.alpha * (s - w) for w, s in zip(weights, share, strict=True)]
