"""A byte a number: 256 even steps between the smallest and the largest."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.compressor import Array, CompressorConfig, Drawn
from netsim.registry import register


@register("compressor", "int8")
class Int8:
    """Rounding to one of 256 even steps over the range of the vector."""

    source: ClassVar[str] = "Jacob et al., Quantization and Training, CVPR 2018"

    class Config(CompressorConfig):
        """No fields."""

    @staticmethod
    def encode(config: Config, vector: Array, generator: Drawn) -> bytes:
        """Return the least number and the step in 4 bytes each, then a byte per number."""
        low = np.float32(vector.min())
        step = np.float32((float(vector.max()) - float(low)) / 255)
        level = np.zeros(len(vector))
        if step > 0:
            level = np.clip(np.rint((vector.astype(np.float64) - float(low)) / float(step)), 0, 255)
        return low.tobytes() + step.tobytes() + level.astype(np.uint8).tobytes()

    @staticmethod
    def decode(config: Config, message: bytes, size: int, dtype: Any) -> Array:
        """Return the steps."""
        low, step = np.frombuffer(message, np.float32, 2)
        level = np.frombuffer(message, np.uint8, size, 8)
        found: Array = (float(low) + level * float(step)).astype(dtype)
        return found
