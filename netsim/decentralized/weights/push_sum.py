"""Column-stochastic weights: every node deals itself out in equal parts, so nothing is lost."""

from __future__ import annotations

from typing import ClassVar

from netsim.decentralized.pattern import Pattern, Weights
from netsim.decentralized.weights.rule import WeightsConfig
from netsim.registry import register


@register("weights", "push_sum")
class PushSumWeights:
    """A node sends one over 1 + its out-neighbours to each of them and to itself."""

    source: ClassVar[str] = "Kempe, Dobra, Gehrke, Gossip-based computation, FOCS 2003"

    class Config(WeightsConfig):
        """No fields."""

    @staticmethod
    def values(config: Config, pattern: Pattern, sizes: Weights) -> Weights:
        """Return the weights; columns sum to 1, rows need not."""
        parts: Weights = 1.0 / (pattern.out_degree[pattern.node] + 1)
        return parts
