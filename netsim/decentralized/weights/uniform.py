"""Equal weights over a node and its neighbours."""

from __future__ import annotations

from typing import ClassVar

from netsim.decentralized.pattern import Pattern, Weights
from netsim.decentralized.weights.rule import WeightsConfig
from netsim.registry import register


@register("weights", "uniform")
class UniformWeights:
    """Each node takes the plain mean over itself and its neighbours."""

    source: ClassVar[str] = "the natural random walk with a loop at every node"

    class Config(WeightsConfig):
        """No fields."""

    @staticmethod
    def values(config: Config, pattern: Pattern, sizes: Weights) -> Weights:
        """Return one over the entries of the row."""
        equal: Weights = 1.0 / (pattern.degree[pattern.row] + 1)
        return equal
