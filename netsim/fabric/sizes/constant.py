"""Every flow has the same size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netsim.fields import Config as Block
from netsim.fields import PositiveData, field
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray


@register("sizes", "constant")
class Constant:
    """One size for all flows."""

    source: ClassVar[str] = "elementary"
    example: ClassVar[dict[str, Any]] = {"size": "1 kB"}

    class Config(Block):
        """The size."""

        size: PositiveData = field(description="bytes of every flow")

    @staticmethod
    def draw(config: Config, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Return `count` times the size."""
        return np.full(count, config.size, np.int64)

    @staticmethod
    def mean(config: Config) -> float:
        """Return the size."""
        return float(config.size)
