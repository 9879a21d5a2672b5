"""Synthetic classification data: one Gaussian cloud per class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netsim.stragglers.codes.scheme import Floats, Integers
from netsim.stragglers.learning.schema import LearningConfig


@dataclass(frozen=True, slots=True)
class DataSet:
    """Samples (samples, features), with a constant 1 as last feature, and their classes."""

    inputs: Floats
    labels: Integers
    classes: int


def draw(config: LearningConfig, generator: np.random.Generator) -> DataSet:
    """Return data with normal class centres and normal deviations from them."""
    centres = generator.standard_normal((config.classes, config.features))
    labels = generator.integers(config.classes, size=config.samples)
    noise = config.spread * generator.standard_normal((config.samples, config.features))
    inputs = np.column_stack((centres[labels] + noise, np.ones(config.samples)))
    return DataSet(inputs, labels.astype(np.int64), config.classes)
