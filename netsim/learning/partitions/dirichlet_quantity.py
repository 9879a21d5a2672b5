"""Quantity skew: parts of very different sizes, each of which looks like the whole."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.learning.partition import Integers, PartitionConfig, cut
from netsim.registry import register


@register("partition", "dirichlet_quantity")
class DirichletQuantity:
    """Shuffled samples in parts whose sizes follow a symmetric Dirichlet law."""

    source: ClassVar[str] = "Li et al., Federated Learning on Non-IID Data Silos, ICDE 2022"

    class Config(PartitionConfig):
        """Concentration."""

        alpha: float = field(1.0, description="concentration; small: few hold most", gt=0)

    @staticmethod
    def split(
        config: Config, label: Integers, holders: int, generator: np.random.Generator
    ) -> list[Integers]:
        """Return a shuffled order cut in random proportions; parts may be empty."""
        shares = generator.dirichlet(np.full(holders, config.alpha))
        return cut(generator.permutation(len(label)), shares)
