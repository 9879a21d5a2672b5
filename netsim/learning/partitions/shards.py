"""Samples sorted by class and dealt out in shards, so that a node sees few classes."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.learning.partition import Integers, PartitionConfig
from netsim.problems import Problem
from netsim.registry import register


@register("partition", "shards")
class Shards:
    """Samples sorted by class, in equal shards of which each holder gets the same number."""

    source: ClassVar[str] = "McMahan et al., Communication-Efficient Learning, AISTATS 2017"

    class Config(PartitionConfig):
        """Shards of a node."""

        per_node: int = field(2, description="shards that each holder gets", ge=1)

    @staticmethod
    def problems(config: Config, samples: int, classes: int, holders: int) -> list[Problem]:
        """Return whether there are more shards than samples."""
        if config.per_node * holders <= samples:
            return []
        message = f"{config.per_node * holders:,} shards are more than {samples:,} samples"
        return [Problem(message, ("per_node",), "unsatisfiable", "lower it")]

    @staticmethod
    def split(
        config: Config, label: Integers, holders: int, generator: np.random.Generator
    ) -> list[Integers]:
        """Return shards dealt out at random."""
        mixed = generator.permutation(len(label))
        order = mixed[np.argsort(label[mixed], kind="stable")]
        shards = np.array_split(order, holders * config.per_node)
        dealt = generator.permutation(len(shards)).reshape(holders, config.per_node)
        return [np.concatenate([shards[one] for one in row]) for row in dealt]
