"""The middle of every number: a minority of forged models cannot move it beyond honest ones."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.defence import Array, DefenceConfig, with_own
from netsim.registry import register


@register("defence", "median")
class Median:
    """Takes the median of each number over its own model and those received."""

    source: ClassVar[str] = "Yin et al., Byzantine-Robust Distributed Learning, ICML 2018"

    class Config(DefenceConfig):
        """No fields."""

    @staticmethod
    def least(config: Config) -> int:
        """Return that its own model is enough."""
        return 1

    @staticmethod
    def combine(config: Config, own: Array, received: Array, weight: Array) -> Array:
        """Return the medians; of an even number of models the mean of the middle two."""
        found: Array = np.median(with_own(own, received), axis=0)
        return found
