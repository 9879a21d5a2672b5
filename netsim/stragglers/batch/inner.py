"""The codes for one gradient, asked for many replications at once."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from netsim.stragglers.batch.limits import AtMost, Limits, OneOfEachGroup, count
from netsim.stragglers.codes.scheme import Flags


class BatchCode(Protocol):
    """As `netsim.stragglers.inner.InnerCode`, by row; without arithmetic."""

    def enough(self, returned: Flags) -> Flags:
        """Return by row whether the results are enough."""
        ...

    def retriers(self, returned: Flags) -> Flags:
        """Return by row the lowest-index workers that complete the results."""
        ...

    def spare(self, lost: Flags, fragile: Flags) -> Limits:
        """Return how many of `fragile` may be late if the results of `lost` never come."""
        ...


class BatchCyclic:
    """Any n-s results are enough."""

    def __init__(self, n: int, s: int) -> None:
        self._needed = n - s
        self._s = s

    def enough(self, returned: Flags) -> Flags:
        """Return by row whether n-s results are there."""
        there: Flags = count(returned) >= self._needed
        return there

    def retriers(self, returned: Flags) -> Flags:
        """Return by row the lowest-index workers that bring the results to n-s."""
        chosen = np.zeros_like(returned)
        missing = self._needed - count(returned)
        rows = np.flatnonzero(missing > 0)
        if len(rows):
            absent = ~returned[rows]
            chosen[rows] = absent & (np.cumsum(absent, axis=1) <= missing[rows, None])
        return chosen

    def spare(self, lost: Flags, fragile: Flags) -> Limits:
        """Return that lost and late results are s at most."""
        return AtMost(fragile, self._s - count(lost))


class BatchRepetition:
    """One result of every group of s+1 consecutive workers is enough."""

    def __init__(self, n: int, s: int) -> None:
        self._size = s + 1
        self._groups = n // (s + 1)

    def enough(self, returned: Flags) -> Flags:
        """Return by row whether every group has a returned member."""
        groups = returned.reshape(len(returned), self._groups, self._size)
        there: Flags = np.all(np.any(groups, axis=2), axis=1)
        return there

    def retriers(self, returned: Flags) -> Flags:
        """Return by row the first worker of every group without a returned member."""
        groups = returned.reshape(len(returned), self._groups, self._size)
        chosen = np.zeros_like(groups)
        chosen[:, :, 0] = ~groups.any(axis=2)
        return chosen.reshape(returned.shape)

    def spare(self, lost: Flags, fragile: Flags) -> Limits:
        """Return that every group keeps a member."""
        return OneOfEachGroup(~(lost | fragile), fragile & ~lost, self._size)
