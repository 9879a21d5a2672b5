"""No compression: every parameter as it is held."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.compressor import Array, CompressorConfig, Drawn
from netsim.registry import register


@register("compressor", "none")
class NoCompressor:
    """Every number as it is held: 4 bytes each, or 8 in double precision."""

    source: ClassVar[str] = "IEEE 754"
    exact: ClassVar[bool] = True

    class Config(CompressorConfig):
        """No fields."""

    @staticmethod
    def encode(config: Config, vector: Array, generator: Drawn) -> bytes:
        """Return the numbers' bytes."""
        return vector.tobytes()

    @staticmethod
    def decode(config: Config, message: bytes, size: int, dtype: Any) -> Array:
        """Return the numbers."""
        return np.frombuffer(message, dtype, size).copy()
