"""Codes without delay, for many replications at once: uncoded, GC and GC-Rep."""

from __future__ import annotations

import numpy as np

from netsim.stragglers.batch.inner import BatchCyclic, BatchRepetition
from netsim.stragglers.batch.limits import AtMost, Counts, Limits
from netsim.stragglers.batch.rows import Rows
from netsim.stragglers.codes.gc import GradientCode
from netsim.stragglers.codes.gc_rep import RepeatedGradientCode
from netsim.stragglers.codes.scheme import Flags


class OneRoundRows(Rows):
    """A job per round, decoded in it or never."""

    def __init__(self, scheme: GradientCode, jobs: int, replications: int) -> None:
        super().__init__(scheme, jobs, replications)
        repeated = isinstance(scheme, RepeatedGradientCode)
        self._code = (BatchRepetition if repeated else BatchCyclic)(scheme.workers, scheme.s)
        limit: Limits = AtMost(None, scheme.admitted)
        if repeated and scheme.rule == "decodable":
            nobody = np.zeros((replications, scheme.workers), dtype=np.bool_)
            limit = self._code.spare(nobody, ~nobody)
        self._limit = limit

    def limits(self) -> Limits:
        """Return the code's rule, the same in every round."""
        return self._limit

    def settle(self, late: Flags, total: Counts) -> None:
        """Note which jobs are lost."""
        self.lost += ~self._code.bears(late)
