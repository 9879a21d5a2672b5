"""What a compressor is: a code that really encodes, so that its length is what is sent.

A registered compressor is a class with a `Config`, a `source`, and::

    encode(config, vector, generator) -> bytes
    decode(config, message, size, dtype) -> array of `size` numbers

and perhaps ``varies = True`` if the length of a message depends on what is in it. What is mixed is
``decode(encode(v))``, never ``v``. `generator()` gives a generator that depends on
the stream, the round and the node alone, for codes that draw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.fields import Config, implementation
from netsim.rng import draws

Array = NDArray[Any]
#: Opens a compressor's generator, where it draws.
Drawn = Callable[[], np.random.Generator]


class CompressorConfig(Config):
    """How messages are made shorter."""


def sent_through(
    config: CompressorConfig, vector: Array, key: int, place: tuple[int, int, int]
) -> tuple[Array, int]:
    """Return `vector` as it arrives, and the bytes that it took.

    `place` is round, node and channel.
    """

    def generator() -> np.random.Generator:
        turn, node, channel = place
        seed = int(draws(key, node, 16 * turn + channel))
        return np.random.Generator(np.random.Philox(seed))

    code = implementation("compressor", config)
    message = code.encode(config, vector, generator)
    return code.decode(config, message, len(vector), vector.dtype), len(message)
