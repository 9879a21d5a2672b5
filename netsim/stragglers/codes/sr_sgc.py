"""Sequential gradient coding by selective repeat (SR-SGC).

Every round starts a job under an (n, s) gradient code with s = ceil(B lambda / (W-1+B)), fewer than
the lambda stragglers that a burst may have. B rounds later, as many workers as the code still lacks
retry that job in place of the current one (Krishnan, Ramkumar et al., Sequential Gradient Coding
For Straggler Mitigation, ICLR 2023, section 3.2). A retry counts for the old job only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from netsim.fields import field
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.admission import BurstWindow
from netsim.stragglers.bounds import bursty_bound
from netsim.stragglers.codes.gc import row_decoding, too_many_stragglers
from netsim.stragglers.codes.scheme import (
    FRESH,
    IDLE,
    RETRY,
    Assignment,
    CodeConfig,
    Decoding,
    Flags,
    History,
    Limit,
    Limits,
    Message,
    Rule,
    Scheme,
)
from netsim.stragglers.inner import CyclicCode, InnerCode
from netsim.stragglers.patterns import bursty_or_per_round


class BurstConfig(CodeConfig):
    """Parameters of a code against (B, W, lambda)-bursty stragglers."""

    B: int = field(1, description="longest burst of a worker, in rounds", ge=1)
    W: int = field(2, description="rounds in a window", ge=1)
    lam: int = field(
        1, description="distinct workers that may straggle in a window", ge=0, alias="lambda"
    )


@register("code", "sr_sgc")
class SelectiveRepeat(Scheme):
    """Sequential gradient coding by selective repeat: what is missing is retried B rounds later."""

    source: ClassVar[str] = (
        "Sequential Gradient Coding For Straggler Mitigation, ICLR 2023 (arXiv 2211.13802), SR-SGC"
    )

    class Config(BurstConfig):
        """Parameters of selective repeat; B divides W-1."""

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        super().__init__(config, workers, rule=rule, streams=streams)
        self.B, self.W, self.lam = int(config.B), int(config.W), int(config.lam)
        self.s = inner_s(self.B, self.W, self.lam)
        self.T = self.B
        self.inner = self._inner_code()
        self.begin(0)

    def _inner_code(self) -> InnerCode:
        return CyclicCode(self.workers, self.s, self.generator())

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return what breaks 1 <= B <= W, B divides W-1, lambda <= n, s < n."""
        found = []
        if config.B > config.W:
            found.append(_burst_too_long(config.B, config.W))
        elif (config.W - 1) % config.B:
            found.append(_uneven_window(config.B, config.W))
        if config.lam > workers:
            found.append(more_than_all(config.lam, workers))
        elif not found:
            s = inner_s(config.B, config.W, config.lam)
            most = f"lambda={(workers - 1) * (config.W - 1 + config.B) // config.B}"
            found += too_many_stragglers(
                s, workers, at=("code", "lambda"), why=from_lambda(config), most=most
            )
        return found

    def load(self) -> Fraction:
        """Return (s+1)/n."""
        return Fraction(self.s + 1, self.workers)

    def bound(self) -> Fraction | None:
        """Return the least load under the bursty model."""
        return bursty_bound(self.workers, self.B, self.W, self.lam)

    def tolerates(self) -> str:
        """Return the model."""
        return (
            f"patterns in which every {rounds(self.W)} in a row are ({self.B},{self.W},{self.lam})-"
            f"bursty (at most {self.lam} distinct stragglers, each within a burst of "
            f"{rounds(self.B)}) or have at most {self.s} stragglers each"
        )

    def conforms(self, pattern: Flags) -> Flags:
        """Return whether every window is bursty or has at most s stragglers in each round."""
        return bursty_or_per_round(pattern, self.B, self.W, self.lam, self.s)

    def begin(self, jobs: int) -> None:
        """Start a run."""
        super().begin(jobs)
        self._round = -1
        self._window = BurstWindow(self.workers, self.B, self.W)
        nobody = np.zeros(self.workers, dtype=np.bool_)
        self._retrying: Flags = nobody
        # Who returned the fresh task of a job in the job's own round: of the last B+1 jobs.
        self._got: dict[int, Flags] = {}
        self._complete: dict[int, Flags] = {}

    def assign(self, r: int, history: History) -> Assignment:
        """Return job r for everybody, but job r-B for those that it still needs."""
        self._round = r
        due = r - self.B
        nobody = np.zeros(self.workers, dtype=np.bool_)
        self._retrying = self.inner.retriers(self._got[due]) if due >= 0 else nobody
        trailing = r >= self.jobs
        rest, kind = (-1, IDLE) if trailing else (r, FRESH)
        load = np.where(self._retrying | (not trailing), float(self.load()), 0.0)
        return Assignment(
            job=np.where(self._retrying, due, rest)[:, None],
            kind=np.where(self._retrying, RETRY, kind)[:, None],
            chunk=np.full((self.workers, 1), -1, dtype=np.int64),
            timed=np.array(self._retrying) if trailing else ~nobody,
            load=load,
            collecting=trailing,
        )

    def limits(self) -> Limits:
        """Return the window's rule; `decodable`: that the retriers return."""
        retriers = Limit(self._retrying, 0)
        if self.rule == "decodable" or self._round >= self.jobs:
            return ((retriers,),)
        everybody = np.ones(self.workers, dtype=np.bool_)
        burst = self._window.limits(self.lam)
        if all(np.count_nonzero(late) <= self.s for late in self._window.rounds):
            return (burst, (Limit(everybody, self.s),))
        return (burst,)

    def settle(self, late: Flags) -> list[int]:
        """Return the due job and the new one, if they are complete."""
        r, due = self._round, self._round - self.B
        self._window.close(late)
        self._complete.clear()
        if self._retrying.any():
            self._note(due, self._got[due] | (self._retrying & ~late))
        self._got.pop(due, None)
        if r < self.jobs:
            self._got[r] = ~late & ~self._retrying
            self._note(r, self._got[r])
        return sorted(self._complete)

    def _note(self, job: int, returned: Flags) -> None:
        if self.inner.enough(returned):
            self._complete[job] = returned

    def partitions(self) -> list[Fraction]:
        """Return n equal shares."""
        return [Fraction(1, self.workers)] * self.workers

    def message(self, worker: int, kind: int, chunk: int) -> Message:
        """Return the worker's row of the code."""
        return Message(*self.inner.row(worker))

    def decode(self, job: int) -> Decoding:
        """Return the weights of the fresh and retried results."""
        return row_decoding(job, self.inner, self._complete[job])


def rounds(count: int) -> str:
    """Return a number of rounds in words."""
    return f"{count} round{'s' if count != 1 else ''}"


def inner_s(B: int, W: int, lam: int) -> int:
    """Return s = ceil(B lambda / (W-1+B)), the stragglers that the inner code tolerates."""
    return -(-B * lam // (W - 1 + B))


def from_lambda(config: Any) -> str:
    """Return in words where s comes from."""
    return f" (ceil(B*lambda/(W-1+B)) for lambda={config.lam})"


def more_than_all(lam: int, workers: int) -> Problem:
    """Return the problem that lambda exceeds n."""
    return Problem(
        f"lambda={lam} distinct stragglers need as many workers, and there are {workers}",
        at=("code", "lambda"),
        hint=f"take at most lambda={workers}, or more workers",
        also=("workers",),
    )


def _burst_too_long(B: int, W: int) -> Problem:
    return Problem(
        f"a burst fits into its window: B={B} is longer than W={W}",
        at=("code", "B"),
        hint=f"take B <= {W}, or a longer window",
        also=("code", "W"),
    )


def _uneven_window(B: int, W: int) -> Problem:
    shorter = (W - 1) // B * B + 1
    longer = shorter + B
    fitting = f"W = {shorter} or {longer}" if shorter >= B else f"W = {longer}"
    return Problem(
        f"selective repeat needs B to divide W-1: W={W}, B={B}",
        at=("code", "W"),
        hint=f"take {fitting}, or B = 1",
        also=("code", "B"),
    )
