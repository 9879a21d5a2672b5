"""What a code remembers from round to round, for many replications at once."""

from __future__ import annotations

import abc
from collections import deque

import numpy as np
from numpy.typing import NDArray

from netsim.stragglers.batch.limits import (
    EVERY,
    All,
    AtMost,
    Counts,
    Limits,
    Present,
    Selection,
    count,
)
from netsim.stragglers.codes.scheme import Flags, Floats, Scheme


class Rows(abc.ABC):
    """The state of one code in R replications; arrays have a row for each.

    Driven in the order `open`, `limits`, `settle`, round after round.
    """

    def __init__(self, scheme: Scheme, jobs: int, replications: int) -> None:
        self.scheme = scheme
        self.jobs = jobs
        self.replications = replications
        #: By row, jobs that were not decodable at their deadline.
        self.lost: NDArray[np.int64] = np.zeros(replications, dtype=np.int64)

    def open(self, r: int) -> Flags | None:
        """Start round `r`; return whom it waits for, where it only collects outstanding work."""
        return None

    def load(self, r: int) -> float | Floats:
        """Return the share of the data that workers process in round `r`, once it is open."""
        return float(self.scheme.load())

    @abc.abstractmethod
    def limits(self) -> Limits:
        """Return the admission rule of the open round."""

    @abc.abstractmethod
    def settle(self, late: Flags, total: Counts) -> None:
        """Close the round without the results of `late`, `total` in number by row."""


class BurstRows:
    """The (B, W, lambda)-bursty rule, by row: itself the limit of the round that ends now.

    What the window's earlier rounds leave is worked out for the rows that are asked about only.
    """

    def __init__(self, B: int, W: int, lam: int, replications: int, workers: int) -> None:
        self._B = B
        self._lam = lam
        self._nobody = np.zeros((replications, workers), dtype=np.bool_)
        #: Stragglers of the last W-1 rounds, oldest first.
        self.rounds: deque[Flags] = deque(maxlen=W - 1)

    def kept(self, late: Flags, total: Counts, rows: Selection) -> Flags:
        """Return whether the window that ends now is bursty without `late`."""
        return self._limits(rows).kept(late, total, EVERY)

    def kept_from(self, finish: Floats, rows: Selection) -> Floats:
        """Return from when it is."""
        return self._limits(rows).kept_from(finish, EVERY)

    def _limits(self, rows: Selection) -> Limits:
        known = [late[rows] for late in self.rounds] or [self._nobody[rows]]
        past = _union(known)
        fresh = AtMost(~past, self._lam - count(past))
        # Rounds r-W+1 .. r-B: all of the window but its newest B-1.
        oldest = len(self.rounds) - (self._B - 1)
        if oldest <= 0:
            return fresh
        return All(Present(_union(known[:oldest])), fresh)


def _union(rounds: list[Flags]) -> Flags:
    struck = rounds[0]
    for late in rounds[1:]:
        struck = struck | late
    return struck
