"""The k largest numbers with their places: 4 bytes for each place, and each number as it is held.

C is contractive: |C(v) - v|^2 <= (1 - k/d) |v|^2, since the d - k smallest squares are at most that
share of the sum.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from pydantic import model_validator

from netsim.decentralized.compressor import Array, CompressorConfig, Drawn
from netsim.fields import Probability, field, problem
from netsim.registry import register


class CountConfig(CompressorConfig):
    """How many numbers are kept."""

    k: int | None = field(None, description="numbers that are kept", ge=1)
    fraction: Probability | None = field(
        None, description="share of the numbers that is kept, at least one", gt=0
    )

    @model_validator(mode="after")
    def _check_one_is_given(self) -> Self:
        if (self.k is None) == (self.fraction is None):
            raise problem("unsatisfiable", "how many numbers are kept?", hint="give k or fraction")
        return self

    def kept(self, size: int) -> int:
        """Return how many of `size` numbers are kept."""
        if self.k is not None:
            return min(self.k, size)
        return max(1, round((self.fraction or 0.0) * size))


@register("compressor", "topk")
class TopK:
    """The largest numbers by magnitude; among equals the earlier one."""

    source: ClassVar[str] = "Stich, Cordonnier, Jaggi, Sparsified SGD with memory, NeurIPS 2018"
    example: ClassVar[dict[str, Any]] = {"k": 1}

    class Config(CountConfig):
        """How many."""

    @staticmethod
    def encode(config: Config, vector: Array, generator: Drawn) -> bytes:
        """Return places, then numbers."""
        k = config.kept(len(vector))
        places = np.sort(np.argsort(-np.abs(vector), kind="stable")[:k]).astype(np.uint32)
        return places.tobytes() + vector[places].tobytes()

    @staticmethod
    def decode(config: Config, message: bytes, size: int, dtype: Any) -> Array:
        """Return the numbers at their places, 0 elsewhere."""
        k = len(message) // (4 + np.dtype(dtype).itemsize)
        found = np.zeros(size, dtype)
        found[np.frombuffer(message, np.uint32, k)] = np.frombuffer(message, dtype, k, 4 * k)
        return found
