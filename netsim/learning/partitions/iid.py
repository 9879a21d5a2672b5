"""Equal parts of shuffled samples: every node's data looks like everybody's."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.learning.partition import Integers, PartitionConfig
from netsim.registry import register


@register("partition", "iid")
class Iid:
    """Shuffled samples in parts whose sizes differ by one at most."""

    source: ClassVar[str] = "McMahan et al., Communication-Efficient Learning, AISTATS 2017"

    class Config(PartitionConfig):
        """No fields."""

    @staticmethod
    def split(
        config: Config, label: Integers, holders: int, generator: np.random.Generator
    ) -> list[Integers]:
        """Return a shuffled order in equal parts."""
        return np.array_split(generator.permutation(len(label)), holders)
