"""Backup workers: b more workers than needed, the slowest b of each round are dropped."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from netsim.fields import field
from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats
from netsim.stragglers.shares import Shares


@register("code", "backup_workers")
class BackupWorkers(OneRound):
    """Mini-batches for n-b workers, given to n: the first n-b results make the gradient.

    Unlike `k_sync`, a worker's batch is a (n-b)-th of the job, so that the batch used is as large
    as the job asks for; it is drawn from all of the data, of which the n batches are n samples.
    """

    source: ClassVar[str] = "Chen et al., Revisiting Distributed Synchronous SGD, 2016"
    exact: ClassVar[bool] = False
    eager: bool = True

    class Config(CodeConfig):
        """How many are dropped."""

        b: int = field(1, description="backup workers, among the number of workers", ge=0)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return a problem if all workers are backups."""
        if config.b < workers:
            return []
        message = f"all {workers} workers are backups (b={config.b})"
        hint = f"take at most b={workers - 1}"
        return [Problem(message, at=("code", "b"), hint=hint, also=("workers",))]

    def draw_coefficients(self) -> Shares:
        """Return one sample for each worker."""
        return Shares.one_each(self.workers)

    def load(self) -> Fraction:
        """Return 1/(n-b)."""
        return Fraction(1, self.workers - int(self.config.b))

    def loads(self) -> Floats:
        """Return 1/(n-b) for all."""
        return np.full(self.workers, float(self.load()))

    def allowed(self) -> int:
        """Return b."""
        return int(self.config.b)

    def weights(self, returned: Flags) -> Floats:
        """Return n over the number of results for each of them."""
        results = max(1, int(np.count_nonzero(returned)))
        return np.where(returned, self.workers / results, 0.0)
