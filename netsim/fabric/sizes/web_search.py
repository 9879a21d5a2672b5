"""Sizes of flows in a web-search cluster, as measured for DCTCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from netsim.fabric.sizes.cumulative import Cumulative
from netsim.fields import Config as Block
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POINTS: Final = Cumulative(
    sizes=(0, 10e3, 20e3, 30e3, 50e3, 80e3, 200e3, 1e6, 2e6, 5e6, 10e6, 30e6),
    shares=(0, 0.15, 0.20, 0.30, 0.40, 0.53, 0.60, 0.70, 0.80, 0.90, 0.97, 1.0),
)


@register("sizes", "web_search")
class WebSearch:
    """Web-search traffic: half of the flows below 80 kB, most bytes in flows above 1 MB."""

    source: ClassVar[str] = (
        "M. Alizadeh et al., Data Center TCP, SIGCOMM 2010, figure 4, in the table (in bytes) that "
        "the simulator of Y. Li et al., HPCC, SIGCOMM 2019 publishes"
    )

    class Config(Block):
        """Nothing to choose."""

    @staticmethod
    def draw(config: Config, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Return `count` sizes."""
        return _POINTS.draw(generator, count)

    @staticmethod
    def mean(config: Config) -> float:
        """Return the expected size, about 1.7 MB."""
        return _POINTS.mean()
