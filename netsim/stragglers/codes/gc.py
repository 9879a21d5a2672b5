"""Gradient coding: any n-s results of a round give the gradient of its job (Tandon et al. 2017)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from netsim.fields import field
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.bounds import per_round_bound
from netsim.stragglers.codes.scheme import (
    FRESH,
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
from netsim.stragglers.patterns import per_round


class ToleranceConfig(CodeConfig):
    """How many stragglers a code for one round tolerates."""

    s: int = field(1, description="stragglers tolerated in every round", ge=0)


@register("code", "gc")
class GradientCode(Scheme):
    """Gradient coding, random cyclic: any n-s results of a round give the gradient."""

    source: ClassVar[str] = "Tandon et al., Gradient Coding, ICML 2017"

    class Config(ToleranceConfig):
        """Parameters of a gradient code."""

        gc_strict: bool = field(
            False,
            description="end a round early only with fewer than s stragglers, at the load of s: "
            "the simulator published with sequential gradient coding does so",
            source="Krishnan et al., Sequential Gradient Coding, ICLR 2023, accompanying code",
        )

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        super().__init__(config, workers, rule=rule, streams=streams)
        self.s = int(config.s)
        #: Stragglers with which a round may end under the rule `model`; below 0: never early.
        self.admitted = self.s - getattr(config, "gc_strict", False)
        self.inner = self._inner_code()
        self._round = 0
        self._returned: Flags = np.zeros(workers, dtype=np.bool_)

    def _inner_code(self) -> InnerCode:
        return CyclicCode(self.workers, self.s, self.generator())

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return a problem if s >= n."""
        return too_many_stragglers(config.s, workers, at=("code", "s"))

    def load(self) -> Fraction:
        """Return (s+1)/n."""
        return Fraction(self.s + 1, self.workers)

    def bound(self) -> Fraction | None:
        """Return 1/(n-s)."""
        return per_round_bound(self.workers, self.s)

    def tolerates(self) -> str:
        """Return the model."""
        return f"up to {self.s} stragglers in every round"

    def conforms(self, pattern: Flags) -> Flags:
        """Return whether every round has at most s stragglers."""
        return per_round(pattern, self.s)

    def assign(self, r: int, history: History) -> Assignment:
        """Return one task of job r for everybody."""
        self._round = r
        shape = (self.workers, 1)
        return Assignment(
            job=np.full(shape, r, dtype=np.int64),
            kind=np.full(shape, FRESH, dtype=np.int64),
            chunk=np.full(shape, -1, dtype=np.int64),
            timed=np.ones(self.workers, dtype=np.bool_),
            load=np.full(self.workers, float(self.load())),
        )

    def limits(self) -> Limits:
        """Return that at most s workers are late; `gc_strict`: fewer than s."""
        return ((Limit(np.ones(self.workers, dtype=np.bool_), self.admitted),),)

    def settle(self, late: Flags) -> list[int]:
        """Return the job of the round if enough results are in."""
        self._returned = ~late
        return [self._round] if self.inner.enough(self._returned) else []

    def partitions(self) -> list[Fraction]:
        """Return n equal shares."""
        return [Fraction(1, self.workers)] * self.workers

    def message(self, worker: int, kind: int, chunk: int) -> Message:
        """Return the worker's row of the code."""
        return Message(*self.inner.row(worker))

    def decode(self, job: int) -> Decoding:
        """Return the weights of the results of the round."""
        return row_decoding(job, self.inner, self._returned)


def too_many_stragglers(
    s: int, workers: int, at: tuple[str, ...], why: str = "", most: str = ""
) -> list[Problem]:
    """Return a problem if s stragglers leave nobody of the workers; `most` is what to take."""
    if s < workers:
        return []
    message = f"gradient code needs s < n: s={s} stragglers tolerated{why}, n={workers} workers"
    hint = f"take at most {most or f'{at[-1]}={workers - 1}'}, or more workers"
    return [Problem(message, at=at, hint=hint, also=("workers",))]


def row_decoding(job: int, inner: InnerCode, returned: Flags) -> Decoding:
    """Return the decoding of a job whose results are rows of `inner`."""
    solved = inner.decode(returned)
    worker = np.flatnonzero(solved.weights)
    return Decoding(
        job=job,
        worker=worker,
        kind=np.full(worker.size, FRESH, dtype=np.int64),
        chunk=np.full(worker.size, -1, dtype=np.int64),
        weight=solved.weights[worker],
        residual=solved.residual,
        largest=solved.largest,
    )
