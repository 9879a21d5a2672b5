"""Exponentially distributed sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netsim.fabric.sizes.rounding import whole_bytes
from netsim.fields import Config as Block
from netsim.fields import PositiveData, field
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray


@register("sizes", "exponential")
class Exponential:
    """Sizes with density ``exp(-x / mean) / mean``, rounded up to whole bytes."""

    source: ClassVar[str] = "elementary"
    example: ClassVar[dict[str, Any]] = {"mean": "1 kB"}

    class Config(Block):
        """The mean."""

        mean: PositiveData = field(description="expected size")

    @staticmethod
    def draw(config: Config, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Return `count` sizes."""
        return whole_bytes(generator.exponential(config.mean, count))

    @staticmethod
    def mean(config: Config) -> float:
        """Return the mean."""
        return float(config.mean)
