"""Sparse, clustered, Huffman-coded: the few largest numbers, each as one of a few values.

Of the vector the largest `fraction` by magnitude are kept; these are gathered into at most `levels`
clusters of one dimension (Lloyd's iterations from evenly spaced quantiles, so that nothing is
drawn), each number standing for its cluster's mean; and the symbols, 0 for a dropped number, are
written with a canonical Huffman code. A message holds the number of clusters (1 byte), their means
(4 bytes each), the length of each symbol's code word (half a byte each), and the code words.

The published scheme has three steps like these; how it lays a message out was not available to us,
so the layout is ours. The words take at most the symbols' entropy plus one bit a number, as those
of every Huffman code.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.compressor import Array, CompressorConfig, Drawn
from netsim.fields import Probability, field
from netsim.registry import register

Integers = NDArray[np.int64]

#: With at most 15 clusters there are 16 symbols, whose code words have at most 15 bits.
_MOST: Final = 15
_ITERATIONS: Final = 20


@register("compressor", "fedzip")
class FedZip:
    """Keeps the largest numbers, gathers them into clusters, and writes a Huffman code."""

    #: How long a message is depends on what is in it.
    varies: ClassVar[bool] = True
    source: ClassVar[str] = "Malekijoo et al., FEDZIP, 2021 (arXiv 2102.01593)"

    class Config(CompressorConfig):
        """How many numbers and clusters."""

        fraction: Probability = field(
            0.1, description="share of the numbers that is kept, at least one", gt=0
        )
        levels: int = field(_MOST, description="clusters of the kept numbers", ge=1, le=_MOST)

    @staticmethod
    def encode(config: Config, vector: Array, generator: Drawn) -> bytes:
        """Return the clusters, the code, and the code words."""
        k = max(1, round(config.fraction * len(vector)))
        places = np.argsort(-np.abs(vector), kind="stable")[:k]
        means, cluster = _clusters(vector[places].astype(np.float64), config.levels)
        symbol = np.zeros(len(vector), np.int64)
        symbol[places] = 1 + cluster
        length = _lengths(np.bincount(symbol, minlength=len(means) + 1).tolist())
        words = _words(length)
        wide = length[symbol]
        # Bit j of each word, most significant first, where the word is that long.
        bit = np.arange(_MOST)
        shift = wide[:, None] - 1 - bit
        bits = (words[symbol][:, None] >> np.maximum(shift, 0)) & 1
        packed = np.packbits(bits[shift >= 0].astype(np.uint8))
        padded = np.append(length, np.zeros(len(length) % 2, np.int64))
        head = bytes([len(means)]) + means.tobytes()
        return (
            head + (padded[::2] << 4 | padded[1::2]).astype(np.uint8).tobytes() + packed.tobytes()
        )

    @staticmethod
    def decode(config: Config, message: bytes, size: int, dtype: Any) -> Array:
        """Return the clusters' means at the kept numbers' places, 0 elsewhere."""
        count = message[0]
        means = np.frombuffer(message, np.float32, count, 1)
        start = 1 + 4 * count
        pairs = np.frombuffer(message, np.uint8, (count + 2) // 2, start).astype(np.int64)
        length = np.stack((pairs >> 4, pairs & 15), axis=1).ravel()[: count + 1]
        bits = np.unpackbits(np.frombuffer(message, np.uint8, -1, start + len(pairs)))
        values = np.append(np.float32(0), means)
        return values[_read(bits, length, size)].astype(dtype)


def _clusters(values: NDArray[np.float64], most: int) -> tuple[NDArray[np.float32], Integers]:
    """Return the means of at most `most` clusters, ascending, and the cluster of each value."""
    ordered = np.sort(values)
    places = (np.arange(most) + 0.5) / most * len(ordered)
    centres = np.unique(ordered[places.astype(np.int64)])
    for _ in range(_ITERATIONS):
        cluster = np.searchsorted((centres[1:] + centres[:-1]) / 2, values)
        count = np.bincount(cluster, minlength=len(centres))
        total = np.bincount(cluster, weights=values, minlength=len(centres))
        found = np.unique(total[count > 0] / count[count > 0])
        if np.array_equal(found, centres):
            break
        centres = found
    means = np.unique(centres.astype(np.float32))
    middle = (means[1:].astype(np.float64) + means[:-1]) / 2
    return means, np.searchsorted(middle, values).astype(np.int64)


def _lengths(count: Sequence[int]) -> Integers:
    """Return the length of each symbol's word in a Huffman code; 0 for symbols that never come."""
    length = np.zeros(len(count), np.int64)
    heap = [(number, symbol, [symbol]) for symbol, number in enumerate(count) if number]
    if len(heap) == 1:
        length[heap[0][1]] = 1
        return length
    heapq.heapify(heap)
    while len(heap) > 1:
        (a, first, some), (b, second, more) = heapq.heappop(heap), heapq.heappop(heap)
        length[some + more] += 1
        heapq.heappush(heap, (a + b, min(first, second), some + more))
    return length


def _words(length: Integers) -> Integers:
    """Return the canonical code: shorter words first, among equals the lower symbol."""
    word = np.zeros(len(length), np.int64)
    value = last = 0
    for symbol in sorted(np.flatnonzero(length).tolist(), key=lambda one: (length[one], one)):
        value <<= int(length[symbol]) - last
        last = int(length[symbol])
        word[symbol] = value
        value += 1
    return word


def _read(bits: NDArray[np.uint8], length: Integers, size: int) -> Integers:
    """Return `size` symbols: what a word that began at any bit would be, then from word to word."""
    longest = int(length.max(initial=1))
    padded = np.append(bits, np.zeros(longest, np.uint8)).astype(np.int64)
    window = np.zeros(len(bits), np.int64)
    for j in range(longest):
        window = window << 1 | padded[j : j + len(bits)]
    table = np.zeros(1 << longest, np.int64)
    for symbol, word in enumerate(_words(length).tolist()):
        if length[symbol]:
            rest = longest - int(length[symbol])
            table[word << rest : (word + 1) << rest] = symbol
    there = table[window]
    step, here, at = length[there].tolist(), there.tolist(), 0
    found = np.empty(size, np.int64)
    for index in range(size):
        found[index] = here[at]
        at += step[at]
    return found
