"""k-sync SGD: the round ends with the k-th result, the others are ignored (Dutta et al. 2018)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.fields import field
from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats
from netsim.stragglers.shares import Shares


@register("code", "k_sync")
class KSync(OneRound):
    """The fastest k of n uncoded results, scaled by n over their number; the others are ignored.

    With independent times the round lasts as long as the k-th order statistic of n.
    """

    source: ClassVar[str] = "Dutta et al., Slow and Stale Gradients Can Win the Race, AISTATS 2018"
    exact: ClassVar[bool] = False
    eager: bool = True

    class Config(CodeConfig):
        """How many results are enough."""

        k: int = field(description="results that end a round", ge=1)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return a problem if k exceeds the number of workers."""
        return at_most_all(config.k, workers, "k")

    def draw_coefficients(self) -> Shares:
        """Return one part for each worker."""
        return Shares.one_each(self.workers)

    def allowed(self) -> int:
        """Return n-k."""
        return self.workers - int(self.config.k)

    def weights(self, returned: Flags) -> Floats:
        """Return n over the number of results for each of them."""
        results = max(1, int(np.count_nonzero(returned)))
        return np.where(returned, self.workers / results, 0.0)


def at_most_all(number: int, workers: int, name: str) -> list[Problem]:
    """Return a problem if a scheme wants more of the workers than there are."""
    if number <= workers:
        return []
    message = f"{name}={number} results are wanted of {workers} workers"
    hint = f"take at most {name}={workers}"
    return [Problem(message, at=("code", name), hint=hint, also=("workers",))]
