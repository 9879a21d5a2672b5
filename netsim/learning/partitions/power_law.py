"""Few nodes with much and many with little: sizes fall as a power of the rank."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.learning.partition import Integers, PartitionConfig, cut
from netsim.registry import register


@register("partition", "power_law")
class PowerLaw:
    """Shuffled samples; the part of holder i is proportional to (i + 1) to the power -a."""

    source: ClassVar[str] = "Zipf's law of ranks"

    class Config(PartitionConfig):
        """Exponent."""

        a: float = field(1.0, description="exponent; 0: equal parts", ge=0, le=20)

    @staticmethod
    def split(
        config: Config, label: Integers, holders: int, generator: np.random.Generator
    ) -> list[Integers]:
        """Return a shuffled order in falling parts; the last ones may be empty."""
        shares = np.arange(1, holders + 1, dtype=np.float64) ** -config.a
        return cut(generator.permutation(len(label)), shares / shares.sum())
