"""Stochastic gradient coding: every part on d random workers, an unbiased sum of what returns."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.k_sync import at_most_all
from netsim.stragglers.codes.one_round import OneRound, drawn_load
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats
from netsim.stragglers.shares import Shares


@register("code", "stochastic_gc")
class StochasticGradientCode(OneRound):
    """Every part on d random workers, scaled so that the sum is unbiased over random stragglers.

    A worker returns the sum of its parts over d, and the master multiplies what returns by
    ``1/(1-p)``. With independent straggling of probability p a part's coefficient has mean 1 and
    variance ``p / ((1-p) d)``.
    """

    source: ClassVar[str] = "Bitar, Wootters, El Rouayheb, Stochastic Gradient Coding, 2020"
    exact: ClassVar[bool] = False

    class Config(CodeConfig):
        """Copies, and what is expected to be lost."""

        d: int = field(2, description="copies of every part", ge=1)
        straggling: Probability = field(
            0.1, description="probability p that a worker is late, for the unbiased scaling", lt=1
        )

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return a problem if there are more copies than workers."""
        return at_most_all(config.d, workers, "d")

    def draw_coefficients(self) -> Shares:
        """Return d random workers for every part."""
        n, d = self.workers, int(self.config.d)
        generator = self.generator()
        worker = [generator.choice(n, size=d, replace=False) for _ in range(n)]
        part = np.repeat(np.arange(n), d)
        return Shares(np.concatenate(worker), part, np.full(n * d, 1 / d), (n, n))

    def load_in_words(self) -> str:
        """Return the mean load, and that the largest is drawn."""
        return drawn_load(int(self.config.d), self.workers)

    def allowed(self) -> int:
        """Return that nobody need return."""
        return self.workers

    def weights(self, returned: Flags) -> Floats:
        """Return 1/(1-p) for every result."""
        weights: Floats = returned / (1 - self.config.straggling)
        return weights
