"""Log-normally distributed sizes: many small, few large, no bound."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netsim.fabric.sizes.rounding import whole_bytes
from netsim.fields import Config as Block
from netsim.fields import PositiveData, field
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray


@register("sizes", "lognormal")
class Lognormal:
    """Sizes whose logarithm is normal: ``median * exp(sigma * Z)``, rounded up to whole bytes."""

    source: ClassVar[str] = (
        "A. Downey, Lognormal and Pareto distributions in the Internet, Comput. Commun. 2005"
    )
    example: ClassVar[dict[str, Any]] = {"median": "1 kB", "sigma": 1.0}

    class Config(Block):
        """Middle and spread."""

        median: PositiveData = field(description="half of the flows are smaller")
        sigma: float = field(description="standard deviation of the logarithm", gt=0, le=8)

    @staticmethod
    def draw(config: Config, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Return `count` sizes."""
        return whole_bytes(generator.lognormal(math.log(config.median), config.sigma, count))

    @staticmethod
    def mean(config: Config) -> float:
        """Return ``median * exp(sigma^2 / 2)``."""
        return config.median * math.exp(config.sigma**2 / 2)
