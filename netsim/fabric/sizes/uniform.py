"""Sizes between two bounds, all equally likely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import model_validator

from netsim.fields import Config as Block
from netsim.fields import PositiveData, field, problem
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray


@register("sizes", "uniform")
class Uniform:
    """Whole bytes from `low` to `high`, both included."""

    source: ClassVar[str] = "elementary"
    example: ClassVar[dict[str, Any]] = {"low": "1 kB", "high": "2 kB"}

    class Config(Block):
        """Smallest and largest size."""

        low: PositiveData = field(description="smallest size")
        high: PositiveData = field(description="largest size")

        @model_validator(mode="after")
        def _ordered(self) -> Any:
            if self.low > self.high:
                raise problem(
                    "out-of-range",
                    "'high' is below 'low'",
                    at=("high",),
                    hint=f"at least {self.low} B",
                )
            return self

    @staticmethod
    def draw(config: Config, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Return `count` sizes."""
        return generator.integers(config.low, config.high, count, np.int64, endpoint=True)

    @staticmethod
    def mean(config: Config) -> float:
        """Return the middle."""
        return (config.low + config.high) / 2
