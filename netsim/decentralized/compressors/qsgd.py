"""Stochastic quantisation: the norm, and for each number a level and its sign, packed into bits.

With s levels v_i becomes |v| sign(v_i) l_i / s, l_i = floor(s |v_i| / |v|) or one more, by chance
so that the mean is right. A number takes ceil(log2(2 s + 1)) bits, the norm 4 bytes.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.compressor import Array, CompressorConfig, Drawn
from netsim.fields import field
from netsim.registry import register


@register("compressor", "qsgd")
class Qsgd:
    """Random rounding of each number to a level of the vector's norm; right on average."""

    source: ClassVar[str] = "Alistarh et al., QSGD, NeurIPS 2017"

    class Config(CompressorConfig):
        """Levels."""

        levels: int = field(4, description="levels between 0 and the norm", ge=1, le=32_767)

    @staticmethod
    def encode(config: Config, vector: Array, generator: Drawn) -> bytes:
        """Return the norm and the packed levels."""
        norm = np.float32(np.linalg.norm(vector))
        scaled = np.zeros(len(vector))
        if norm > 0:
            scaled = np.minimum(np.abs(vector.astype(np.float64)) / float(norm), 1) * config.levels
        low = np.floor(scaled)
        level = low + (generator().random(len(vector)) < scaled - low)
        signed = np.where(vector < 0, -level, level).astype(np.int64) + config.levels
        bits = (signed[:, None] >> np.arange(_width(config))) & 1
        return norm.tobytes() + np.packbits(bits.astype(np.uint8)).tobytes()

    @staticmethod
    def decode(config: Config, message: bytes, size: int, dtype: Any) -> Array:
        """Return the levels times the norm."""
        norm = np.frombuffer(message, np.float32, 1)[0]
        width = _width(config)
        bits = np.unpackbits(np.frombuffer(message, np.uint8, -1, 4), count=size * width)
        signed = (bits.reshape(size, width).astype(np.int64) << np.arange(width)).sum(axis=1)
        found: Array = ((signed - config.levels) / config.levels * float(norm)).astype(dtype)
        return found


def _width(config: Qsgd.Config) -> int:
    return math.ceil(math.log2(2 * config.levels + 1))
