"""Handwritten digits: 1,797 images of 8 x 8 pixels in ten classes, shipped with netsim.

Small enough that a whole study trains in seconds, hard enough that a model of few samples fails.
Pixels are 0 to 16 and are scaled by 1/16. See ``ATTRIBUTION.md`` beside the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from netsim.learning.data_set import DataConfig, DataSet
from netsim.registry import register


@register("data_set", "digits")
class Digits:
    """Handwritten digits, 1,797 images of 8 x 8 pixels."""

    source: ClassVar[str] = (
        "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository, 1998 (its test part)"
    )

    class Config(DataConfig):
        """No fields of its own."""

    @staticmethod
    def extent(config: Config) -> tuple[int, int, int]:
        """Return samples, features, classes."""
        return 1797, 64, 10

    @staticmethod
    def load(config: Config, generator: np.random.Generator) -> DataSet:
        """Return the images; draws nothing."""
        with np.load(Path(__file__).parents[1] / "digits.npz", allow_pickle=False) as stored:
            pixels, label = stored["pixels"], stored["label"]
        return DataSet(pixels.astype(np.float32) / np.float32(16), label.astype(np.int64), 10)
