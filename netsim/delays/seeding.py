"""Generators of many streams at once: what numpy seeds one by one, in a few array operations.

A comparison opens one generator per replication, lane and purpose, and seeding one takes numpy tens
of microseconds. `generators` gives bit for bit what ``SFC64(SeedSequence(seed, spawn_key=(
replication, purpose, lane)))`` gives. The hash is M. E. O'Neill's ``seed_seq_fe`` as numpy
documents it for `numpy.random.SeedSequence`; numpy promises not to change it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.random.bit_generator import ISpawnableSeedSequence
from numpy.typing import NDArray

from netsim.rng import Streams

Words = NDArray[np.uint32]

_POOL: Final = 4
_STATE: Final = 3
"""64-bit words that SFC64 takes."""
_BITS: Final = 32
_MASK: Final = 0xFFFFFFFF
_SHIFT: Final = np.uint32(16)
_LEFT: Final = np.uint32(0xCA01F9DD)
_RIGHT: Final = np.uint32(0x4973F715)


class Constants:
    """The hash's running constant: each use multiplies it."""

    def __init__(self, start: int, factor: int) -> None:
        self._value = start
        self._factor = factor

    def hashed(self, words: Words) -> Words:
        """Return a hash of `words`."""
        mixed = words ^ np.uint32(self._value)
        self._value = self._value * self._factor & _MASK
        mixed = mixed * np.uint32(self._value)
        return mixed ^ (mixed >> _SHIFT)


class Seeded(ISpawnableSeedSequence):
    """A lane's seed sequence, whose words for SFC64 were worked out before."""

    def __init__(
        self, words: NDArray[np.uint64], streams: Streams, purpose: str, lane: int
    ) -> None:
        self._words = words
        self._streams = streams
        self._purpose = purpose
        self._lane = lane

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
        """Return the words."""
        return self._words

    def spawn(self, n_children: int) -> Any:
        """Return the children that the seed sequence has; laws that reject draws ask for them."""
        return self._whole.spawn(n_children)

    @functools.cached_property
    def _whole(self) -> np.random.SeedSequence:
        # It counts its children, so there is one; and few laws ask, so it is made when one does.
        return self._streams.sequence(self._purpose, self._lane)


def generators(
    streams: Sequence[Streams], purpose: str, count: int
) -> Iterator[tuple[int, int, np.random.Generator]]:
    """Yield replication (its place in `streams`), lane and generator, at the start of its stream.

    Replication after replication, and lanes 0 to ``count - 1`` in each.
    """
    if not streams:
        return
    states = seeds(streams, purpose, count)
    for replication, source in enumerate(streams):
        for lane in range(count):
            seeded: Any = Seeded(states[replication, lane], source, purpose, lane)
            yield replication, lane, np.random.Generator(np.random.SFC64(seeded))


def seeds(streams: Sequence[Streams], purpose: str, count: int) -> NDArray[np.uint64]:
    """Return (streams, lanes, 3) words: what each lane's seed sequence would generate."""
    rows = [entropy(source, purpose) for source in streams]
    known = np.repeat(np.array(rows, dtype=np.uint32)[:, None], count, axis=1)
    lanes = np.broadcast_to(np.arange(count, dtype=np.uint32), known.shape[:2])
    return _generated(_pool([*np.moveaxis(known, 2, 0), lanes]))


def entropy(source: Streams, purpose: str) -> list[int]:
    """Return the 32-bit words of a stream's seed and key, without an entity."""
    seed, *key = source.entropy(purpose)
    words = _words(seed)
    words += [0] * (_POOL - len(words))
    for number in key:
        words += _words(number)
    return words


def _words(number: int) -> list[int]:
    words = [number & _MASK]
    while number := number >> _BITS:
        words.append(number & _MASK)
    return words


def _pool(words: list[Words]) -> list[Words]:
    constants = Constants(0x43B0D7E5, 0x931E8875)
    pool = [constants.hashed(word) for word in words[:_POOL]]
    for source in range(_POOL):
        for target in range(_POOL):
            if source != target:
                pool[target] = _mixed(pool[target], constants.hashed(pool[source]))
    for word in words[_POOL:]:
        for target in range(_POOL):
            pool[target] = _mixed(pool[target], constants.hashed(word))
    return pool


def _mixed(one: Words, other: Words) -> Words:
    result: Words = _LEFT * one - _RIGHT * other
    return result ^ (result >> _SHIFT)


def _generated(pool: list[Words]) -> NDArray[np.uint64]:
    constants = Constants(0x8B51F9DD, 0x58F38DED)
    words = [constants.hashed(pool[number % _POOL]) for number in range(2 * _STATE)]
    wide = [word.astype(np.uint64) for word in words]
    pairs = zip(wide[::2], wide[1::2], strict=True)
    return np.stack([low | high << np.uint64(_BITS) for low, high in pairs], axis=-1)
