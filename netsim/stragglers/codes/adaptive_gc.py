"""Gradient coding with s chosen anew in each round from the stragglers of recent ones."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.codes.gc import too_many_stragglers
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.scheme import Assignment, CodeConfig, Flags, Floats, History, Rule
from netsim.stragglers.inner import CyclicCode
from netsim.stragglers.shares import Shares


@register("code", "adaptive_gc")
class AdaptiveGradientCode(OneRound):
    """Gradient coding whose s follows the number of slow workers in recent rounds.

    A worker was slow if it took more than (1+mu) times as long as the fastest, or was not awaited.
    The next s is a quantile of the counts in the window plus a margin, within its range; the load
    is that of the current s.
    """

    source: ClassVar[str] = "after the idea of Cao, Yan, Tang, Adaptive Gradient Coding, 2021"

    class Config(CodeConfig):
        """How s is chosen."""

        s: int = field(1, description="stragglers tolerated in the first round", ge=0)
        window: int = field(10, description="rounds looked back", ge=1, le=10_000)
        quantile: Probability = field(0.9, description="quantile of the counts in the window")
        margin: int = field(0, description="added to the quantile", ge=-1000, le=1000)
        least: int = field(0, description="smallest s", ge=0)
        most: int | None = field(None, description="largest s; default: n-1", ge=0)
        mu: float = field(1.0, description="slow beyond (1+mu) times the fastest", ge=0, le=1e6)

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        super().__init__(config, workers, rule=rule, streams=streams)
        self.s = int(config.s)
        #: The largest s that may be chosen.
        self.most = workers - 1 if config.most is None else int(config.most)
        self._code: CyclicCode | None = None

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return what is wrong with the range of s."""
        found = too_many_stragglers(config.s, workers, at=("code", "s"))
        if config.most is not None:
            found += too_many_stragglers(config.most, workers, at=("code", "most"))
            if config.most < config.least:
                message = f"'most' is below 'least': {config.most} < {config.least}"
                hint = "swap them, or leave 'most' out"
                place = ("code", "least")
                found.append(Problem(message, at=("code", "most"), hint=hint, also=place))
        return found or too_many_stragglers(config.least, workers, at=("code", "least"))

    @property
    def code(self) -> CyclicCode:
        """The code of the current s, drawn from a stream of its own.

        Only one is kept: a large one takes as much memory as the rest of a run. Whenever s comes
        back, the same one is drawn.
        """
        if self._code is None or self._code.s != self.s:
            streams = self.streams if self.streams is not None else Streams(0)
            generator = streams.generator("stragglers.code", self.s)
            self._code = CyclicCode(self.workers, self.s, generator)
        return self._code

    def begin(self, jobs: int) -> None:
        """Start with the given s."""
        super().begin(jobs)
        self.s = int(self.config.s)
        self._shares = None

    def load(self) -> Fraction:
        """Return (s+1)/n of the current s."""
        return Fraction(self.s + 1, self.workers)

    def load_in_words(self) -> str:
        """Return the load of the first rounds, and that it follows s."""
        return f"{super().load_in_words()} at first, then (s+1)/n of the s that is chosen"

    def loads(self) -> Floats:
        """Return (s+1)/n for all."""
        return np.full(self.workers, float(self.load()))

    def tolerates(self) -> str:
        """Return the model."""
        return f"up to s stragglers in every round, s from the last {self.config.window} rounds"

    def assign(self, r: int, history: History) -> Assignment:
        """Choose s, and hand out the tasks of its code."""
        if history.finish:
            self.s = self._chosen(history)
            self._shares = None
        return super().assign(r, history)

    def _chosen(self, history: History) -> int:
        slow = [
            np.count_nonzero(times > (1 + self.config.mu) * times.min())
            for times in history.finish[-self.config.window :]
        ]
        wanted = math.ceil(np.quantile(slow, self.config.quantile)) + self.config.margin
        return int(min(max(wanted, self.config.least), self.most))

    def draw_coefficients(self) -> Shares:
        """Return the rows of the current code."""
        return Shares.of_band(self.code.decoder.band)

    def allowed(self) -> int:
        """Return the current s."""
        return self.s

    def weights(self, returned: Flags) -> Floats:
        """Return the weights of the current code."""
        return self.code.decode(returned).weights
