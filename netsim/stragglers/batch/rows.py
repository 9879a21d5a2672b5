"""What a code remembers from round to round, for many replications at once."""

from __future__ import annotations

import abc
from collections import deque

import numpy as np
from numpy.typing import NDArray

from netsim.stragglers.batch.limits import All, AtMost, Limits, Present, count
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
    def settle(self, late: Flags) -> None:
        """Close the round without the results of `late`."""


class BurstRows:
    """The stragglers of the last W-1 rounds, by row, and the rule that they leave."""

    def __init__(self, B: int, W: int, lam: int) -> None:
        self._B = B
        self._lam = lam
        self.rounds: deque[Flags] = deque(maxlen=W - 1)

    def limits(self, like: Flags) -> Limits:
        """Return what keeps the window that ends now bursty; `like` gives the shape."""
        past = _union(list(self.rounds), like)
        blocked = _union(list(self.rounds)[: max(0, len(self.rounds) - (self._B - 1))], like)
        allowed = self._lam - count(past)
        return All(Present(blocked), AtMost(~past, allowed))


def _union(rounds: list[Flags], like: Flags) -> Flags:
    if not rounds:
        return np.zeros_like(like)
    struck = rounds[0]
    for late in rounds[1:]:
        struck = struck | late
    return struck
