"""Named random streams: the same seed gives the same draws whatever else a simulation does.

A stream belongs to a purpose, a dotted name (``traffic``, ``routing``, ``faults``,
``quantum.heralding``), and to nothing else: not to the order of events, not to the point of a
sweep. Adding a stream, a probe or a flow shifts no draw of another, and equal replications see
equal draws at all points of a sweep (common random numbers).

Compiled kernels draw without state: a draw is a hash of (stream key, entity, counter), so it
depends on what is drawn for and never on when. `draws` makes many of them at once, for families
whose entities are too many for a generator each (17 us to open one, 10 ns a draw here).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netsim.errors import UsageError

Words: TypeAlias = NDArray[np.uint64] | NDArray[np.int64] | int

_MASK: Final = 0xFFFFFFFFFFFFFFFF
#: The steps of `mix` for arrays, and how many numbers are worked on at once.
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS: Final = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST: Final = np.uint64(31)
_PIECE: Final = 8192


@dataclass(frozen=True, slots=True)
class Streams:
    """All random streams of one replication.

    Parameters
    ----------
    seed
        The scenario's seed, any non-negative integer.
    replication
        Index of the replication from 0.

    Raises
    ------
    UsageError
        If one of them is negative.
    """

    seed: int
    replication: int = 0

    def __post_init__(self) -> None:
        if min(self.seed, self.replication) < 0:
            raise UsageError(
                f"seed {self.seed}, replication {self.replication}: both count from 0 up"
            )

    def sequence(self, purpose: str, *entities: int) -> np.random.SeedSequence:
        """Return the seed sequence of `purpose`, or of one entity (a worker, a node) within it."""
        seed, *key = self.entropy(purpose, *entities)
        return np.random.SeedSequence(seed, spawn_key=key)

    def entropy(self, purpose: str, *entities: int) -> tuple[int, ...]:
        """Return the seed and the key of a stream's seed sequence."""
        return self.seed, self.replication, zlib.crc32(purpose.encode()), *entities

    def generator(self, purpose: str, *entities: int) -> np.random.Generator:
        """Return a fresh Philox generator for `purpose`, always at the start of its stream."""
        return np.random.Generator(np.random.Philox(self.sequence(purpose, *entities)))

    def key(self, purpose: str) -> int:
        """Return the 64-bit key under which compiled kernels draw for `purpose`."""
        return int(self.sequence(purpose).generate_state(1, np.uint64)[0])


def mix(x: int) -> int:
    """Return a 64-bit hash of `x`: times the golden ratio, then SplitMix64's finalizer."""
    z = (x * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def draw(key: int, entity: int, counter: int) -> int:
    """Return 64 random bits that depend only on the stream's key, the entity and the counter."""
    return mix((mix(mix(key) ^ entity) + counter) & _MASK)


def draws(key: int, entities: Words, counters: Words) -> NDArray[np.uint64]:
    """Return `draw` of every entity and counter, broadcast against each other.

    Parameters
    ----------
    key
        The stream's key.
    entities, counters
        Whole numbers below 2^64; ``entities[:, None]`` and ``counters`` give a matrix.
    """
    mixed = np.array(entities, dtype=np.uint64, ndmin=1)
    mixed ^= np.uint64(mix(key))
    _mix_all(mixed.reshape(-1))
    known = mixed.reshape(np.shape(entities))
    found = np.empty(np.broadcast_shapes(known.shape, np.shape(counters)), dtype=np.uint64)
    np.add(known, np.asarray(counters, dtype=np.uint64), out=found)
    _mix_all(found.reshape(-1))
    return found


def normals(key: int, entities: Words, counters: Words) -> NDArray[np.float64]:
    """Return a standard normal number of every entity and counter, broadcast as `draws` does.

    Two draws make one number (Box, Muller, 1958): sqrt(-2 log u) cos(2 pi v), u from 2^-53 to 1.
    """
    twice = 2 * np.asarray(counters, dtype=np.uint64)
    u = 1 - (draws(key, entities, twice) >> np.uint64(11)) * 2.0**-53
    v = (draws(key, entities, twice + np.uint64(1)) >> np.uint64(11)) * 2.0**-53
    found: NDArray[np.float64] = np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
    return found


def _mix_all(values: NDArray[np.uint64]) -> None:
    """Replace every one of `values` by its `mix`, a piece at a time that a cache holds."""
    spare = np.empty(min(len(values), _PIECE), dtype=np.uint64)
    for first in range(0, len(values), _PIECE):
        z = values[first : first + _PIECE]
        shifted = spare[: len(z)]
        z *= _GOLDEN
        for shift, factor in _ROUNDS:
            np.right_shift(z, shift, out=shifted)
            z ^= shifted
            z *= factor
        np.right_shift(z, _LAST, out=shifted)
        z ^= shifted
