"""Weights of one over 1 + the largest degree of all: symmetric, and equal on every edge."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.pattern import Pattern, Weights
from netsim.decentralized.weights.rule import WeightsConfig, with_rest
from netsim.registry import register


@register("weights", "max_degree")
class MaxDegreeWeights:
    """One over 1 + the largest degree; a node keeps the rest for itself."""

    source: ClassVar[str] = "Xiao, Boyd, Fast linear iterations for distributed averaging, 2004"
    symmetric: ClassVar[bool] = True

    class Config(WeightsConfig):
        """No fields."""

    @staticmethod
    def values(config: Config, pattern: Pattern, sizes: Weights) -> Weights:
        """Return the weights."""
        share = 1.0 / (1 + int(pattern.degree.max(initial=0)))
        return with_rest(pattern, np.full(len(pattern.node), share))
