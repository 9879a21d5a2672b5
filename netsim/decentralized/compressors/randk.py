"""k numbers at random places: sent without the places, since both ends draw them from a seed."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.compressor import Array, Drawn
from netsim.decentralized.compressors.topk import CountConfig
from netsim.registry import register


@register("compressor", "randk")
class RandK:
    """Numbers at random places, as they are; contractive on average, by the factor 1 - k/d."""

    source: ClassVar[str] = "Stich, Cordonnier, Jaggi, Sparsified SGD with memory, NeurIPS 2018"
    example: ClassVar[dict[str, Any]] = {"k": 1}

    class Config(CountConfig):
        """How many."""

    @staticmethod
    def encode(config: Config, vector: Array, generator: Drawn) -> bytes:
        """Return a seed of 8 bytes, then the numbers."""
        seed = generator().integers(2**63, size=1, dtype=np.int64)
        places = _places(int(seed[0]), len(vector), config.kept(len(vector)))
        numbers: bytes = vector[places].tobytes()
        return seed.tobytes() + numbers

    @staticmethod
    def decode(config: Config, message: bytes, size: int, dtype: Any) -> Array:
        """Return the numbers at the places that the seed gives, 0 elsewhere."""
        seed = int(np.frombuffer(message, np.int64, 1)[0])
        numbers = np.frombuffer(message, dtype, -1, 8)
        found = np.zeros(size, dtype)
        found[_places(seed, size, len(numbers))] = numbers
        return found


def _places(seed: int, size: int, count: int) -> Any:
    generator = np.random.Generator(np.random.Philox(seed))
    return generator.choice(size, count, replace=False, shuffle=False)
