"""What the schemes have in common whose rounds stand alone: one task each, one job, no delay.

A scheme says how the data set is cut and what each worker combines (`coefficients`, workers x
parts), how many results it waits for, and which weights it gives them. The error that its weights
leave is a fact of every decoding: `residual` is the largest error of a part's coefficient against
1, and `squared_error` the sum of the squares, which the analysis of approximate codes bounds.
"""

from __future__ import annotations

import abc
from fractions import Fraction
from typing import Any

import numpy as np

from netsim.rng import Streams
from netsim.stragglers.codes.scheme import (
    FRESH,
    Assignment,
    Decoding,
    Flags,
    Floats,
    History,
    Limit,
    Limits,
    Message,
    Rule,
    Scheme,
    in_words,
)
from netsim.stragglers.shares import Shares


class OneRound(Scheme):
    """A scheme without delay: in round r every worker returns one result for job r."""

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        super().__init__(config, workers, rule=rule, streams=streams)
        self._round = 0
        self._returned: Flags = np.zeros(workers, dtype=np.bool_)
        self._shares: Shares | None = None

    # -- what a scheme says

    @abc.abstractmethod
    def draw_coefficients(self) -> Shares:
        """Return what each worker combines, (workers, parts); asked for once."""

    @abc.abstractmethod
    def allowed(self) -> int:
        """Return how many workers may be late."""

    @abc.abstractmethod
    def weights(self, returned: Flags) -> Floats:
        """Return the weight of every worker's result, 0 where it is not `returned`."""

    # -- what follows from it

    @property
    def coefficients(self) -> Shares:
        """What each worker combines, (workers, parts)."""
        if self._shares is None:
            self._shares = self.draw_coefficients()
        return self._shares

    def load(self) -> Fraction:
        """Return the largest number of parts that a worker holds, over their number."""
        held = self.coefficients.held
        return Fraction(int(held.max()), self.coefficients.shape[1])

    def loads(self) -> Floats:
        """Return the share of the data that each worker really processes."""
        shares: Floats = self.coefficients.held / self.coefficients.shape[1]
        return shares

    def tolerates(self) -> str:
        """Return how many may be late."""
        return f"up to {self.allowed()} stragglers in every round, with an approximate gradient"

    def assign(self, r: int, history: History) -> Assignment:
        """Return one task of job r for everybody."""
        self._round = r
        shape = (self.workers, 1)
        return Assignment(
            job=np.full(shape, r, dtype=np.int64),
            kind=np.full(shape, FRESH, dtype=np.int64),
            chunk=np.full(shape, -1, dtype=np.int64),
            timed=np.ones(self.workers, dtype=np.bool_),
            load=self.loads(),
        )

    def limits(self) -> Limits:
        """Return that at most `allowed` workers are late."""
        return ((Limit(np.ones(self.workers, dtype=np.bool_), self.allowed()),),)

    def settle(self, late: Flags) -> list[int]:
        """Return the job of the round, unless too many are late."""
        self._returned = ~late
        return [self._round] if self.admits(late) else []

    def partitions(self) -> list[Fraction]:
        """Return equal shares."""
        parts = self.coefficients.shape[1]
        return [Fraction(1, parts)] * parts

    def message(self, worker: int, kind: int, chunk: int) -> Message:
        """Return the worker's row."""
        return Message(*self.coefficients.row(worker))

    def decode(self, job: int) -> Decoding:
        """Return the weights of the round's results and the error that they leave."""
        weights = self.weights(self._returned)
        worker = np.flatnonzero(weights)
        error = weights @ self.coefficients - 1.0
        return Decoding(
            job=job,
            worker=worker,
            kind=np.full(worker.size, FRESH, dtype=np.int64),
            chunk=np.full(worker.size, -1, dtype=np.int64),
            weight=weights[worker],
            residual=float(np.abs(error).max()),
            largest=float(np.abs(weights).max()),
            squared_error=float(error @ error),
        )


def drawn_load(d: int, workers: int) -> str:
    """Return in words the load of a code that deals each of n parts to d of n random workers."""
    return (
        f"{in_words(Fraction(d, workers))} on average; the largest, which counts, is drawn with "
        "the seed (`load_numerator` in table runs)"
    )
