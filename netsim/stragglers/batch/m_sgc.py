"""Multiplexed coding for many replications at once: M-SGC and M-SGC-Rep."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.stragglers.batch.inner import BatchCode, BatchCyclic, BatchRepetition
from netsim.stragglers.batch.limits import All, Counts, Limits, Present
from netsim.stragglers.batch.rows import BurstRows, Rows
from netsim.stragglers.codes.m_sgc import Multiplexed
from netsim.stragglers.codes.m_sgc_rep import RepeatedMultiplexed
from netsim.stragglers.codes.scheme import Flags, Floats


@dataclass(slots=True)
class _Job:
    first: int
    """Its first round."""
    length: NDArray[np.unsignedinteger[Any]]
    """Chunks that wait for a retry, by row and worker."""
    broken: Flags
    """By row, whether a coded group lacks results for good."""


class MultiplexedRows(Rows):
    """The queues of failed chunks of the active jobs, oldest job first."""

    def __init__(self, scheme: Multiplexed, jobs: int, replications: int) -> None:
        super().__init__(scheme, jobs, replications)
        repeated = isinstance(scheme, RepeatedMultiplexed)
        make = BatchRepetition if repeated else BatchCyclic
        self._code: BatchCode | None = make(scheme.workers, scheme.lam) if scheme.coded else None
        self._B, self._W = scheme.B, scheme.W
        self._minitask = float(scheme.minitask)
        self._small = np.uint8 if scheme.W < 256 else np.uint16
        self._window = BurstRows(scheme.B, scheme.W, scheme.lam, replications, scheme.workers)
        self._nobody: Flags = np.zeros((replications, scheme.workers), dtype=np.bool_)
        self._active: deque[_Job] = deque()
        self._round = 0

    def open(self, r: int) -> Flags | None:
        """Start job r."""
        self._round = r
        if r < self.jobs:
            length = np.zeros(self._nobody.shape, dtype=self._small)
            self._active.append(_Job(r, length, np.zeros(self.replications, dtype=np.bool_)))
        return None

    def load(self, r: int) -> float | Floats:
        """Return one minitask per active job; without a coded part, per job with work left."""
        if self._code is not None:
            return len(self._active) * self._minitask
        busy = np.zeros(self._nobody.shape)
        for job in self._active:
            busy += 1 if r - job.first < self._W - 1 else job.length > 0
        return busy * self._minitask

    def limits(self) -> Limits:
        """Return the window's rule; `decodable`: what keeps every active job decodable."""
        if self.scheme.rule == "model":
            return self._window
        return All(*(limit for job in self._active for limit in self._job_limits(job)))

    def _job_limits(self, job: _Job) -> list[Limits]:
        """Return what keeps a job decodable if later rounds are clean, as in the scheme."""
        slot = self._round - job.first
        fresh = slot < self._W - 1
        left = self._B if fresh else self.scheme.T - slot
        waiting = job.length > 0
        in_time = job.length if fresh else job.length - waiting.view(np.uint8)
        if_late = job.length + 1 if fresh else job.length
        found: list[Limits] = [Present(if_late > left if fresh else waiting & (if_late > left))]
        if self._code is None:
            return found
        if not fresh:
            found.append(self._code.spare(lost=waiting, fragile=~waiting))
        for later in range(left):
            lost = in_time > later
            found.append(self._code.spare(lost=lost, fragile=(if_late > later) & ~lost))
        return found

    def settle(self, late: Flags, total: Counts) -> None:
        """Book every active job's minitasks; a job that ends incomplete is lost."""
        self._window.rounds.append(late)
        for job in self._active:
            if self._round - job.first < self._W - 1:
                job.length += late.view(np.uint8)
                continue
            waiting = job.length > 0
            if self._code is not None:
                job.broken |= ~self._code.bears(late | waiting)
            job.length -= (waiting & ~late).view(np.uint8)
        if self._active and self._round - self._active[0].first == self.scheme.T:
            done = self._active.popleft()
            self.lost += done.broken | done.length.any(axis=1)
