"""Selective repeat for many replications at once: SR-SGC and SR-SGC-Rep."""

from __future__ import annotations

from collections import deque

import numpy as np

from netsim.stragglers.batch.inner import BatchCode, BatchCyclic, BatchRepetition
from netsim.stragglers.batch.limits import AtMost, Either, Limits, Present, count
from netsim.stragglers.batch.rows import BurstRows, Rows
from netsim.stragglers.codes.scheme import Flags
from netsim.stragglers.codes.sr_sgc import SelectiveRepeat
from netsim.stragglers.codes.sr_sgc_rep import RepeatedSelectiveRepeat


class RepeatRows(Rows):
    """Who returned each job's fresh task, and who retries now."""

    def __init__(self, scheme: SelectiveRepeat, jobs: int, replications: int) -> None:
        super().__init__(scheme, jobs, replications)
        repeated = isinstance(scheme, RepeatedSelectiveRepeat)
        self._code: BatchCode = (BatchRepetition if repeated else BatchCyclic)(
            scheme.workers, scheme.s
        )
        self._s = scheme.s
        self._window = BurstRows(scheme.B, scheme.W, scheme.lam)
        self._lam = scheme.lam
        self._nobody: Flags = np.zeros((replications, scheme.workers), dtype=np.bool_)
        self._round = 0
        self._retrying: Flags | None = None
        self._due: Flags = self._nobody
        #: Fresh results of the last B jobs, oldest first.
        self._got: deque[Flags] = deque()
        # By row, whether a round of the window had more than s stragglers.
        self._crowded: deque[Flags] = deque(maxlen=scheme.W - 1)

    def open(self, r: int) -> Flags | None:
        """Find who retries; after the last job only they work."""
        self._round = r
        self._retrying = None
        if r >= self.scheme.T:
            self._due = self._got.popleft()
            retrying = self._code.retriers(self._due)
            self._retrying = retrying if retrying.any() else None
        if r < self.jobs:
            return None
        return self._nobody if self._retrying is None else self._retrying

    def limits(self) -> Limits:
        """Return the window's rule; `decodable`: that the retriers return."""
        if self.scheme.rule == "decodable":
            return Present(self._nobody if self._retrying is None else self._retrying)
        burst = self._window.limits(self._nobody)
        calm = np.ones(self.replications, dtype=np.bool_)
        for crowded in self._crowded:
            calm &= ~crowded
        return Either(burst, AtMost(None, self._s), calm)

    def settle(self, late: Flags) -> None:
        """Book fresh and retried results; a due job that still lacks some is lost."""
        r = self._round
        returned = ~late
        fresh = returned
        if self._retrying is not None:
            fresh = returned & ~self._retrying
            needed = self._retrying.any(axis=1)
            self.lost += needed & ~self._code.enough(self._due | (self._retrying & returned))
        if r < self.jobs:
            self._got.append(fresh)
        self._window.rounds.append(late)
        self._crowded.append(count(late) > self._s)
