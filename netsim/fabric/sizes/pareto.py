"""Bounded Pareto sizes: a power law between a smallest and a largest flow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import model_validator

from netsim.fabric.sizes.rounding import whole_bytes
from netsim.fields import Config as Block
from netsim.fields import PositiveData, field, problem
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray


@register("sizes", "pareto")
class Pareto:
    """Power law of exponent `shape` between two bounds, rounded up to whole bytes.

    With ``L`` the smallest, ``H`` the largest size and ``a`` the shape, the distribution is
    ``F(x) = (1 - (L/x)^a) / (1 - (L/H)^a)``; sizes are drawn by inverting it.
    """

    source: ClassVar[str] = (
        "M. Crovella, M. Harchol-Balter, C. Murta, Task assignment in a distributed system, 1998"
    )
    example: ClassVar[dict[str, Any]] = {"minimum": "1 kB"}

    class Config(Block):
        """Exponent and bounds."""

        minimum: PositiveData = field(description="smallest size")
        maximum: PositiveData = field("1 GB", description="largest size")
        shape: float = field(
            1.2, description="exponent; the smaller, the heavier the tail", gt=0, le=20
        )

        @model_validator(mode="after")
        def _ordered(self) -> Any:
            if self.minimum >= self.maximum:
                raise problem(
                    "out-of-range",
                    "'maximum' must be above 'minimum'",
                    at=("maximum",),
                    hint=f"more than {self.minimum} B",
                )
            return self

    @staticmethod
    def draw(config: Config, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Return `count` sizes."""
        kept = 1 - (config.minimum / config.maximum) ** config.shape
        sizes = config.minimum * (1 - generator.random(count) * kept) ** (-1 / config.shape)
        return np.minimum(whole_bytes(sizes), config.maximum)

    @staticmethod
    def mean(config: Config) -> float:
        """Return ``a L (1 - (L/H)^(a-1)) / ((a - 1)(1 - (L/H)^a))``, or its limit at a = 1."""
        low, high, shape = float(config.minimum), float(config.maximum), config.shape
        kept = float(1 - (low / high) ** shape)
        if abs(shape - 1) < 1e-9:
            return low * math.log(high / low) / kept
        above = float(1 - (low / high) ** (shape - 1))
        return shape * low * above / ((shape - 1) * kept)
