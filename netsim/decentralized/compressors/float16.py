"""Half precision: two bytes a number."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.compressor import Array, CompressorConfig, Drawn
from netsim.registry import register


@register("compressor", "float16")
class Float16:
    """Every number in half precision; what is beyond its range becomes its largest number."""

    source: ClassVar[str] = "IEEE 754, binary16"

    class Config(CompressorConfig):
        """No fields."""

    @staticmethod
    def encode(config: Config, vector: Array, generator: Drawn) -> bytes:
        """Return the numbers."""
        return np.clip(vector, -65504, 65504).astype(np.float16).tobytes()

    @staticmethod
    def decode(config: Config, message: bytes, size: int, dtype: Any) -> Array:
        """Return the numbers."""
        return np.frombuffer(message, np.float16, size).astype(dtype)
