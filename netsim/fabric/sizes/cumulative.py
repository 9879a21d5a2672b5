"""Piecewise linear distributions of flow sizes, given as points of their cumulative distribution.

Between two points sizes are equally likely; the mass at the first point, if any, is an atom there.
This is how published traffic measurements are commonly tabulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netsim.fabric.sizes.rounding import whole_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Cumulative:
    """Share of flows (`shares`, rising to 1) that are at most as large as `sizes` in bytes."""

    sizes: tuple[float, ...]
    shares: tuple[float, ...]

    def draw(self, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Return `count` sizes, by inverting the distribution."""
        return whole_bytes(np.interp(generator.random(count), self.shares, self.sizes))

    def mean(self) -> float:
        """Return the expected size."""
        sizes, shares = np.array(self.sizes), np.array(self.shares)
        between = np.sum(np.diff(shares) * (sizes[1:] + sizes[:-1]) / 2)
        return float(shares[0] * sizes[0] + between)
