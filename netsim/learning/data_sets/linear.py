"""Classes that straight lines divide: a random linear rule says which class a sample has.

x is normal with unit variance, and the class is the largest of W x + noise e, with W and e normal.
Without noise softmax regression can learn the rule exactly.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.learning.data_set import DataConfig, DataSet
from netsim.registry import register


@register("data_set", "synthetic_linear")
class Linear:
    """Normal samples whose class is the largest of random linear functions."""

    source: ClassVar[str] = "model of netsim: a random multinomial rule"

    class Config(DataConfig):
        """Sizes, and how often the rule is broken."""

        classes: int = field(10, description="number of classes", ge=2, le=1000)
        dim: int = field(16, description="features of a sample", ge=1, le=10_000)
        samples: int = field(1000, description="number of samples", ge=2, le=10_000_000)
        noise: float = field(
            0.0, description="deviation of what is added to each linear function", ge=0
        )

    @staticmethod
    def extent(config: Config) -> tuple[int, int, int]:
        """Return samples, features, classes."""
        return config.samples, config.dim, config.classes

    @staticmethod
    def load(config: Config, generator: np.random.Generator) -> DataSet:
        """Return random samples."""
        rule = generator.standard_normal((config.dim, config.classes))
        x = generator.standard_normal((config.samples, config.dim))
        scores = x @ rule
        if config.noise:
            scores += config.noise * generator.standard_normal(scores.shape)
        return DataSet(x.astype(np.float32), scores.argmax(axis=1), config.classes)
