"""Random bits without state, for compiled code: the same numbers as `netsim.rng.draw`.

A draw is a hash of (stream key, entity, counter), so it does not depend on when or in which order
draws happen.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from netsim import rng

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_30: Final = np.uint64(30)
_27: Final = np.uint64(27)
_31: Final = np.uint64(31)
_32: Final = np.uint64(32)
_11: Final = np.uint64(11)


def mix(x: Any) -> Any:
    """Return a 64-bit hash of the unsigned 64-bit `x`."""
    z = x * _GOLDEN
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return z ^ (z >> _31)


def prepared(key: int) -> int:
    """Return what `draw` takes for the stream `key`: its hash, as the signed number of its bits."""
    mixed = rng.mix(key)
    return mixed - (1 << 64) if mixed >> 63 else mixed


def draw(key: int, entity: int, counter: int) -> Any:
    """Return 64 random bits; `key` is the stream's key, mixed once (`prepared`)."""
    return mix(mix(np.uint64(key) ^ np.uint64(entity)) + np.uint64(counter))


def below(bits: Any, n: int) -> int:
    """Return a number from 0 to n - 1 from 64 random bits, by multiplication (n below 2^31)."""
    return np.int64(((bits >> _32) * np.uint64(n)) >> _32)  # type: ignore[return-value]


def fraction(bits: Any) -> int:
    """Return 53 random bits: a uniform number in [0, 1) times 2^53."""
    return np.int64(bits >> _11)  # type: ignore[return-value]
