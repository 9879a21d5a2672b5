"""One bit a number: its sign, and the mean magnitude of all."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.compressor import Array, CompressorConfig, Drawn
from netsim.registry import register


@register("compressor", "sign")
class Sign:
    """Signs times the mean magnitude; 0 counts as positive."""

    source: ClassVar[str] = "Karimireddy et al., Error Feedback Fixes SignSGD, ICML 2019"

    class Config(CompressorConfig):
        """No fields."""

    @staticmethod
    def encode(config: Config, vector: Array, generator: Drawn) -> bytes:
        """Return the magnitude in 4 bytes, then a bit per number."""
        scale = np.float32(np.abs(vector.astype(np.float64)).mean())
        return scale.tobytes() + np.packbits(vector < 0).tobytes()

    @staticmethod
    def decode(config: Config, message: bytes, size: int, dtype: Any) -> Array:
        """Return plus or minus the magnitude."""
        scale = np.frombuffer(message, np.float32, 1)[0]
        negative = np.unpackbits(np.frombuffer(message, np.uint8, -1, 4), count=size)
        found: Array = np.where(negative, -scale, scale).astype(dtype)
        return found
