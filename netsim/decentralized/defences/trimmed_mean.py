"""The mean of every number without its extremes.

With at most b forged ones among them, what is left lies between honest values. Of n models
min(b, (n - 1) // 2) are cut off at either end, so that nodes which lost neighbours keep one at the
least. With b = 0 this is the plain mean.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.defence import Array, DefenceConfig, with_own
from netsim.fields import field
from netsim.registry import register


@register("defence", "trimmed_mean")
class TrimmedMean:
    """Drops the b largest and the b smallest of each number, and takes the mean of the rest."""

    source: ClassVar[str] = "Yin et al., Byzantine-Robust Distributed Learning, ICML 2018"

    class Config(DefenceConfig):
        """How many."""

        b: int = field(1, description="values that are dropped at either end", ge=0)

    @staticmethod
    def least(config: Config) -> int:
        """Return 2 b + 1."""
        return 2 * config.b + 1

    @staticmethod
    def combine(config: Config, own: Array, received: Array, weight: Array) -> Array:
        """Return the trimmed means."""
        models = np.sort(with_own(own, received), axis=0)
        cut = min(config.b, (len(models) - 1) // 2)
        found: Array = models[cut : len(models) - cut].mean(axis=0)
        return found
