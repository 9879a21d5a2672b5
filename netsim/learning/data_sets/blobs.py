"""Gaussian clouds, one per class: a problem whose difficulty is one number."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.learning.data_set import DataConfig, DataSet
from netsim.registry import register


@register("data_set", "synthetic_blobs")
class Blobs:
    """Clouds of unit variance around one random centre per class."""

    source: ClassVar[str] = "model of netsim: a mixture of equal Gaussians"

    class Config(DataConfig):
        """Sizes, and how far the centres are apart."""

        classes: int = field(10, description="number of classes", ge=2, le=1000)
        dim: int = field(16, description="features of a sample", ge=1, le=10_000)
        separation: float = field(
            3.0, description="standard deviation of the centres, in that of a cloud", ge=0
        )
        per_class: int = field(100, description="samples of each class", ge=1, le=1_000_000)

    @staticmethod
    def extent(config: Config) -> tuple[int, int, int]:
        """Return samples, features, classes."""
        return config.classes * config.per_class, config.dim, config.classes

    @staticmethod
    def load(config: Config, generator: np.random.Generator) -> DataSet:
        """Return random samples, class by class."""
        centres = config.separation * generator.standard_normal((config.classes, config.dim))
        label = np.repeat(np.arange(config.classes), config.per_class)
        noise = generator.standard_normal((len(label), config.dim))
        return DataSet((centres[label] + noise).astype(np.float32), label, config.classes)
