"""No samples, only how many of them each node is said to hold: for models that are formulas."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.fields import field
from netsim.learning.data_set import DataConfig, DataSet
from netsim.registry import register


@register("data_set", "sizes")
class Sizes:
    """Sizes of local data alone, which weigh the nodes of a quadratic problem."""

    source: ClassVar[str] = "format of netsim: a list of sample counts"
    example: ClassVar[dict[str, Any]] = {"sizes": (10, 20, 30)}

    class Config(DataConfig):
        """The sizes."""

        sizes: tuple[int, ...] = field(
            description="samples of each node; one of 0 is a relay", max_length=5000
        )

    @staticmethod
    def extent(config: Config) -> tuple[int, int, int]:
        """Return that there are no samples."""
        return 0, 0, 0

    @staticmethod
    def load(config: Config, generator: np.random.Generator) -> DataSet:
        """Return no samples."""
        return DataSet(np.zeros((0, 0), np.float32), np.zeros(0, np.int64), 0)
