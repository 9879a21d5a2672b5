"""Weights I - eps L of the graph's Laplacian L: symmetric, with a step of choice."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.pattern import Pattern, Weights
from netsim.decentralized.weights.rule import WeightsConfig, with_rest
from netsim.fields import field
from netsim.registry import register


@register("weights", "laplacian")
class LaplacianWeights:
    """The same weight eps on every edge; a node keeps the rest, which may be negative."""

    source: ClassVar[str] = "Olfati-Saber, Fax, Murray, Proceedings of the IEEE 95, 2007"
    symmetric: ClassVar[bool] = True

    class Config(WeightsConfig):
        """The step."""

        eps: float = field(
            0.1, description="weight of an edge; stable below 2 / max eigenvalue", gt=0
        )

    @staticmethod
    def values(config: Config, pattern: Pattern, sizes: Weights) -> Weights:
        """Return the weights."""
        return with_rest(pattern, np.full(len(pattern.node), config.eps))
