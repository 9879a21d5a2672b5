"""Selective repeat for many replications at once: SR-SGC and SR-SGC-Rep."""

from __future__ import annotations

from collections import deque

import numpy as np

from netsim.stragglers.batch.inner import BatchCode, BatchCyclic, BatchRepetition
from netsim.stragglers.batch.limits import CountOr, Counts, Limits, Present, RowNumbers
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
        self._window = BurstRows(scheme.B, scheme.W, scheme.lam, replications, scheme.workers)
        self._nobody: Flags = np.zeros((replications, scheme.workers), dtype=np.bool_)
        self._round = 0
        # Rows in which somebody retries, who does, and who lost the due job's fresh task.
        self._rows: RowNumbers = np.arange(0)
        self._retrying: Flags = self._nobody[:0]
        self._due: Flags = self._nobody[:0]
        #: Who has not returned the fresh task of the last B jobs, oldest first.
        self._lost: deque[Flags] = deque()
        # By row, whether a round of the window had more than s stragglers.
        self._crowded: deque[Flags] = deque(maxlen=scheme.W - 1)

    def open(self, r: int) -> Flags | None:
        """Find who retries; after the last job only they work."""
        self._round = r
        if r >= self.scheme.T:
            due = self._lost.popleft()
            self._rows = np.flatnonzero(~self._code.bears(due))
            self._due = due[self._rows]
            self._retrying = self._code.retriers(self._due)
        return None if r < self.jobs else self._retriers()

    def _retriers(self) -> Flags:
        everywhere = self._nobody.copy()
        everywhere[self._rows] = self._retrying
        return everywhere

    def limits(self) -> Limits:
        """Return the window's rule; `decodable`: that the retriers return."""
        if self.scheme.rule == "decodable":
            return Present(self._retriers())
        calm = np.ones(self.replications, dtype=np.bool_)
        for crowded in self._crowded:
            calm &= ~crowded
        return CountOr(self._s, calm, self._window)

    def settle(self, late: Flags, total: Counts) -> None:
        """Book fresh and retried results; a due job that still lacks some is lost."""
        lost = late
        if len(self._rows):
            still = self._due & ~(self._retrying & ~late[self._rows])
            self.lost[self._rows] += ~self._code.bears(still)
            lost = late.copy()
            lost[self._rows] |= self._retrying
        if self._round < self.jobs:
            self._lost.append(lost)
        self._window.rounds.append(late)
        self._crowded.append(total > self._s)
