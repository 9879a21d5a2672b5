"""What a code really tolerates: every pattern of a small size, or random ones of a larger.

The theorem of a code says that every conforming pattern of stragglers leaves all jobs decoded by
their deadline. `exhaustive` plays every pattern there is; `sampled` plays random conforming ones,
filled until nothing more fits. That some pattern outside the model fails shows that the test bites.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from netsim.errors import UsageError
from netsim.stragglers.batch.play import decoded_patterns
from netsim.stragglers.codes.scheme import Scheme
from netsim.stragglers.patterns import Pattern, sample

_CHUNK: Final = 1 << 16
_MOST_CELLS: Final = 26


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How many patterns were played, and what became of them."""

    patterns: int
    conforming: int
    broken: int
    """Conforming patterns that left a job undecoded: 0, or the theorem is wrong."""
    failing: int
    """Patterns outside the model that left a job undecoded."""


def exhaustive(scheme: Scheme, rounds: int) -> Tolerance:
    """Play every pattern of `rounds` rounds, a job starting in each of them.

    Raises
    ------
    UsageError
        If there are more than 2^26 patterns.
    """
    cells = rounds * scheme.workers
    if cells > _MOST_CELLS:
        raise UsageError(f"{rounds} rounds of {scheme.workers} workers have 2^{cells} patterns")
    total = Tolerance(0, 0, 0, 0)
    for first in range(0, 1 << cells, _CHUNK):
        numbers = np.arange(first, min(first + _CHUNK, 1 << cells))
        bits = (numbers[:, None] >> np.arange(cells)) & 1
        patterns = bits.astype(np.bool_).reshape(len(numbers), rounds, scheme.workers)
        total = _sum(total, judge(scheme, patterns))
    return total


def sampled(
    scheme: Scheme, rounds: int, count: int, window: int, generator: np.random.Generator
) -> Tolerance:
    """Play random conforming patterns, half of them as full as they can be.

    `window` is the number of rounds that the scheme's model looks at together.
    """
    half = count // 2
    parts = [
        sample(scheme.conforms, (size, rounds, scheme.workers), window, generator, density)
        for size, density in ((half, 1.0), (count - half, 0.4))
    ]
    return judge(scheme, np.concatenate(parts))


def judge(scheme: Scheme, patterns: Pattern) -> Tolerance:
    """Play the patterns and compare with the scheme's model."""
    decoded = decoded_patterns(scheme, patterns, patterns.shape[1])
    conforming = scheme.conforms(patterns)
    return Tolerance(
        patterns=len(patterns),
        conforming=int(conforming.sum()),
        broken=int((conforming & ~decoded).sum()),
        failing=int((~conforming & ~decoded).sum()),
    )


def _sum(one: Tolerance, other: Tolerance) -> Tolerance:
    return Tolerance(
        one.patterns + other.patterns,
        one.conforming + other.conforming,
        one.broken + other.broken,
        one.failing + other.failing,
    )
