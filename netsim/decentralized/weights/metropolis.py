"""Metropolis-Hastings weights: symmetric, so that mixing keeps the mean of all models."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.pattern import Pattern, Weights
from netsim.decentralized.weights.rule import WeightsConfig, with_rest
from netsim.registry import register


@register("weights", "metropolis")
class MetropolisWeights:
    """One over 1 + the larger degree of the two; a node keeps the rest for itself."""

    source: ClassVar[str] = "Xiao, Boyd, Fast linear iterations for distributed averaging, 2004"
    symmetric: ClassVar[bool] = True

    class Config(WeightsConfig):
        """No fields."""

    @staticmethod
    def values(config: Config, pattern: Pattern, sizes: Weights) -> Weights:
        """Return the weights."""
        larger = np.maximum(pattern.degree[pattern.row], pattern.degree[pattern.node])
        return with_rest(pattern, 1.0 / (1 + larger))
