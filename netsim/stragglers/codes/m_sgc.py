"""Multiplexed sequential gradient coding (M-SGC).

The data set is split in two. Part D1 is uncoded: worker i owns W-1 chunks of a job, does one in
each of the job's first W-1 rounds, and retries those that it lost in the job's last B rounds. Part
D2 is B groups of n small chunks, each group under an (n, lambda) gradient code; a worker that has
nothing to retry does the group's coded task. A round so carries one minitask for each of the W-1+B
active jobs (Krishnan, Ramkumar et al., Sequential Gradient Coding For Straggler Mitigation, ICLR
2023, section 3.3). With lambda = n there is no D2.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.admission import BurstWindow
from netsim.stragglers.bounds import bursty_bound
from netsim.stragglers.codes.ledger import JobLedger
from netsim.stragglers.codes.scheme import (
    CODED,
    FRESH,
    IDLE,
    RETRY,
    Assignment,
    Decoding,
    Flags,
    History,
    Limit,
    Limits,
    Message,
    Rule,
    Scheme,
)
from netsim.stragglers.codes.sr_sgc import BurstConfig, more_than_all, rounds
from netsim.stragglers.inner import CyclicCode, InnerCode
from netsim.stragglers.patterns import arbitrary, bursty


@register("code", "m_sgc")
class Multiplexed(Scheme):
    """Multiplexed sequential gradient coding: uncoded chunks with retries, and a coded rest."""

    source: ClassVar[str] = (
        "Sequential Gradient Coding For Straggler Mitigation, ICLR 2023 (arXiv 2211.13802), M-SGC"
    )

    class Config(BurstConfig):
        """Parameters of multiplexed coding; B < W."""

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        super().__init__(config, workers, rule=rule, streams=streams)
        self.B, self.W, self.lam = int(config.B), int(config.W), int(config.lam)
        self.T = self.W - 2 + self.B
        self.coded = self.lam < workers
        #: Load of one minitask, as a share of the data set.
        self.minitask = self.load() / (self.W - 1 + self.B)
        self.inner: InnerCode | None = self._inner_code() if self.coded else None
        self.begin(0)

    def _inner_code(self) -> InnerCode:
        return CyclicCode(self.workers, self.lam, self.generator())

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return what breaks 1 <= B < W, lambda <= n."""
        found = []
        if config.B >= config.W:
            found.append(
                Problem(
                    f"multiplexed coding needs B < W: B={config.B}, W={config.W}",
                    at=("code", "B"),
                    hint=f"take W >= {config.B + 1}"
                    + (f", or B <= {config.W - 1}" if config.W > 1 else ""),
                    also=("code", "W"),
                )
            )
        if config.lam > workers:
            found.append(more_than_all(config.lam, workers))
        return found

    def load(self) -> Fraction:
        """Return (lambda+1)(W-1+B) / (n (B+(W-1)(lambda+1))); (W-1+B)/(n(W-1)) for lambda=n."""
        slots = self.W - 1 + self.B
        if not self.coded:
            return Fraction(slots, self.workers * (self.W - 1))
        share = self.B + (self.W - 1) * (self.lam + 1)
        return Fraction((self.lam + 1) * slots, self.workers * share)

    def bound(self) -> Fraction | None:
        """Return the least load under the bursty model."""
        return bursty_bound(self.workers, self.B, self.W, self.lam)

    def tolerates(self) -> str:
        """Return the models."""
        window = self.W - 1 + self.B
        return (
            f"({self.B},{self.W},{self.lam})-bursty patterns: among {self.W} rounds at most "
            f"{self.lam} distinct stragglers, each within a burst of {rounds(self.B)}; and "
            f"({self.B},{window},{self.lam})-arbitrary ones: among {window} rounds at most "
            f"{self.lam} distinct stragglers, each in at most {rounds(self.B)}"
        )

    def conforms(self, pattern: Flags) -> Flags:
        """Return whether patterns are bursty, or arbitrary with B of W-1+B rounds."""
        window = self.W - 1 + self.B
        return bursty(pattern, self.B, self.W, self.lam) | arbitrary(
            pattern, self.B, window, self.lam
        )

    def begin(self, jobs: int) -> None:
        """Start a run."""
        super().begin(jobs)
        self._round = -1
        self._window = BurstWindow(self.workers, self.B, self.W)
        self._active: dict[int, JobLedger] = {}
        self._complete: dict[int, JobLedger] = {}

    def assign(self, r: int, history: History) -> Assignment:
        """Return one minitask per worker for each active job, the oldest job first."""
        self._round = r
        if r < self.jobs:
            groups = self.B if self.coded else 0
            self._active[r] = JobLedger(self.workers, self.W - 1, groups)
        jobs = list(self._active)
        shape = (self.workers, len(jobs))
        kind = np.full(shape, IDLE, dtype=np.int64)
        chunk = np.full(shape, -1, dtype=np.int64)
        for column, (job, ledger) in enumerate(self._active.items()):
            kind[:, column], chunk[:, column] = self._minitasks(r - job, ledger)
        load = (kind != IDLE).sum(axis=1) * float(self.minitask)
        everybody = np.ones(self.workers, dtype=np.bool_)
        return Assignment(
            np.tile(np.array(jobs, dtype=np.int64), (self.workers, 1)), kind, chunk, everybody, load
        )

    def _minitasks(self, slot: int, ledger: JobLedger) -> tuple[Any, Any]:
        """Return kind and chunk, by worker, of a job's minitasks in its slot."""
        if slot < self.W - 1:
            return FRESH, slot
        group = slot - (self.W - 1)
        kind, chunk = (CODED, group) if self.coded else (IDLE, -1)
        waiting = ledger.length > 0
        return np.where(waiting, RETRY, kind), np.where(waiting, ledger.next_chunk(), chunk)

    def limits(self) -> Limits:
        """Return the window's rule; `decodable`: what keeps every active job decodable."""
        if self.rule == "model":
            return (self._window.limits(self.lam),)
        together: list[Limit] = []
        for job, ledger in self._active.items():
            together += self._job_limits(self._round - job, ledger)
        return (tuple(limit for limit in together if limit.members.any() or limit.allowed < 0),)

    def _job_limits(self, slot: int, ledger: JobLedger) -> list[Limit]:
        """Return what keeps a job decodable if all later rounds are clean.

        Chunks in a worker's queue need as many retry slots; a coded group bears lambda workers that
        do something else or straggle in its slot.
        """
        length = ledger.length
        fresh = slot < self.W - 1
        left = self.B if fresh else self.T - slot
        in_time = length if fresh else np.maximum(length - 1, 0)
        if_late = length + 1 if fresh else length
        found = [Limit((if_late > left) & (fresh | (length > 0)), 0)]
        if self.inner is None:
            return found
        if not fresh:
            retrying = length > 0
            found += self.inner.spare(lost=retrying, fragile=~retrying)
        for later in range(left):
            lost = in_time > later
            found += self.inner.spare(lost=lost, fragile=(if_late > later) & ~lost)
        return found

    def settle(self, late: Flags) -> list[int]:
        """Book every active job's minitasks; return the jobs that are now decodable."""
        self._window.close(late)
        self._complete.clear()
        for job, ledger in list(self._active.items()):
            slot = self._round - job
            if slot < self.W - 1:
                ledger.lose(late, slot)
            else:
                ledger.book(~late, slot - (self.W - 1))
            if slot >= self.W - 2 and self._decodable(slot, ledger):
                ledger.done = True
                self._complete[job] = ledger
            if slot == self.T:
                del self._active[job]
        return sorted(self._complete)

    def _decodable(self, slot: int, ledger: JobLedger) -> bool:
        if ledger.done or ledger.length.any():
            return False
        if self.inner is None:
            return True
        return slot == self.T and all(self.inner.enough(group) for group in ledger.coded)

    def partitions(self) -> list[Fraction]:
        """Return n(W-1) chunks of D1, worker by worker, then B groups of n chunks of D2."""
        first = [self.minitask] * (self.workers * (self.W - 1))
        small = self.minitask / (self.lam + 1)
        return first + [small] * (self.B * self.workers if self.coded else 0)

    def message(self, worker: int, kind: int, chunk: int) -> Message:
        """Return an own chunk of D1, or the worker's row of a group's code."""
        if kind != CODED or self.inner is None:
            return Message(np.array([worker * (self.W - 1) + chunk]), np.ones(1))
        parts, coefficients = self.inner.row(worker)
        first = self.workers * (self.W - 1) + chunk * self.workers
        return Message(first + parts, coefficients)

    def decode(self, job: int) -> Decoding:
        """Return weight 1 for every chunk of D1, and the weights of each group's code."""
        own = self.workers * (self.W - 1)
        worker = [np.repeat(np.arange(self.workers), self.W - 1)]
        chunk = [np.tile(np.arange(self.W - 1), self.workers)]
        weight = [np.ones(own)]
        residual, largest = 0.0, 1.0
        for group, returned in enumerate(self._complete[job].coded):
            assert self.inner is not None
            solved = self.inner.decode(returned)
            used = np.flatnonzero(solved.weights)
            worker.append(used)
            chunk.append(np.full(used.size, group))
            weight.append(solved.weights[used])
            residual = max(residual, solved.residual)
            largest = max(largest, solved.largest)
        count = sum(map(len, worker))
        kind = np.where(np.arange(count) < own, FRESH, CODED)
        return Decoding(
            job,
            np.concatenate(worker),
            kind,
            np.concatenate(chunk),
            np.concatenate(weight),
            residual,
            largest,
        )
