"""The codes for one gradient, asked for many replications at once."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from netsim.stragglers.batch.limits import AtMost, Limits, OneOfEachGroup, count
from netsim.stragglers.codes.scheme import Flags


class BatchCode(Protocol):
    """As `netsim.stragglers.inner.InnerCode`, by row; without arithmetic."""

    def bears(self, lost: Flags) -> Flags:
        """Return by row whether the results of the workers not in `lost` are enough."""
        ...

    def retriers(self, lost: Flags) -> Flags:
        """Return by row the lowest-index workers of `lost` that complete the results."""
        ...

    def spare(self, lost: Flags, fragile: Flags) -> Limits:
        """Return how many of `fragile` may be late if the results of `lost` never come."""
        ...


class BatchCyclic:
    """Any n-s results are enough."""

    def __init__(self, n: int, s: int) -> None:
        self._s = s

    def bears(self, lost: Flags) -> Flags:
        """Return by row whether n-s results are left."""
        left: Flags = count(lost) <= self._s
        return left

    def retriers(self, lost: Flags) -> Flags:
        """Return by row the lowest-index workers that bring the results to n-s."""
        missing = count(lost) - self._s
        chosen: Flags = lost & (np.cumsum(lost, axis=1) <= missing[:, None])
        return chosen

    def spare(self, lost: Flags, fragile: Flags) -> Limits:
        """Return that lost and late results are s at most."""
        return AtMost(fragile, self._s - count(lost))


class BatchRepetition:
    """One result of every group of s+1 consecutive workers is enough."""

    def __init__(self, n: int, s: int) -> None:
        self._size = s + 1
        self._groups = n // (s + 1)

    def bears(self, lost: Flags) -> Flags:
        """Return by row whether every group has a member left."""
        groups = lost.reshape(len(lost), self._groups, self._size)
        left: Flags = ~np.any(np.all(groups, axis=2), axis=1)
        return left

    def retriers(self, lost: Flags) -> Flags:
        """Return by row the first worker of every group that is lost as a whole."""
        groups = lost.reshape(len(lost), self._groups, self._size)
        chosen = np.zeros_like(groups)
        chosen[:, :, 0] = np.all(groups, axis=2)
        return chosen.reshape(lost.shape)

    def spare(self, lost: Flags, fragile: Flags) -> Limits:
        """Return that every group keeps a member."""
        return OneOfEachGroup(~(lost | fragile), fragile & ~lost, self._size)
