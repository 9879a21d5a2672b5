"""Partitions of a data set in whole samples.

A code cuts the data into partitions of exact rational shares. With N samples, partition k holds the
samples from round(c_k N) to round(c_{k+1} N), c the cumulative shares: sizes differ from their
shares by less than one sample, nothing is lost, and the sum over partitions is the full gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

import numpy as np

from netsim.stragglers.codes.scheme import Integers


def boundaries(shares: Sequence[Fraction], samples: int) -> Integers:
    """Return the first sample of every partition, and `samples` at the end.

    >>> boundaries([Fraction(1, 3)] * 3, 10).tolist()
    [0, 3, 7, 10]
    """
    edges = [0, *(int(c * samples + Fraction(1, 2)) for c in accumulate(shares))]
    return np.array(edges, dtype=np.int64)


def samples_of(shares: Sequence[Fraction], samples: int, partitions: Integers) -> int:
    """Return how many samples the given partitions hold."""
    edges = boundaries(shares, samples)
    return int((edges[partitions + 1] - edges[partitions]).sum())
