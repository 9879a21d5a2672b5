"""Speculative execution: when most results are in, idle workers repeat the missing tasks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netsim.engine.clock import NEVER
from netsim.family import RunContext, Simulation
from netsim.fields import Probability, field
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.outcome import Outcome
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats, Integers, Rule
from netsim.stragglers.shares import Shares

if TYPE_CHECKING:
    from netsim.stragglers.schema import StragglersScenario


@register("code", "speculative")
class Speculative(OneRound):
    """Uncoded work whose last tasks are started again on idle workers; the first copy counts.

    Once a share `quantile` of the results is in, each missing task gets one copy on a worker that
    has finished, the earliest finisher first, if it runs longer than `multiplier` times the median
    of the results so far. A copy's time is a fresh draw for its worker; a file that is replayed as
    it is gives the time of the same round again. The gradient is exact.
    """

    source: ClassVar[str] = (
        "Dean, Ghemawat, MapReduce, OSDI 2004 (backup tasks); Zaharia et al., Improving MapReduce "
        "Performance in Heterogeneous Environments, OSDI 2008"
    )

    class Config(CodeConfig):
        """When copies start."""

        quantile: Probability = field(
            0.75, description="share of results after which missing tasks are copied"
        )
        multiplier: float = field(
            1.5, description="and only tasks that take so many times the median", ge=1, le=1e6
        )

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        super().__init__(config, workers, rule=rule, streams=streams)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return nothing: it is always possible."""
        return []

    @classmethod
    def build(cls, scenario: StragglersScenario, context: RunContext) -> Simulation:
        """Return rounds with copies."""
        from netsim.stragglers.partial_rounds import PartialRounds
        from netsim.stragglers.task_times import TaskTimes

        scheme = cls(scenario.code, scenario.workers)
        copies = TaskTimes(
            scenario, context.streams, 1 / scenario.workers, scenario.jobs, "compute.copy"
        )

        def play(r: int, own: Integers) -> Outcome:
            done = scheme.finish(own, copies.row(r))
            copied = scheme.copies(own)[1].size
            return Outcome(
                duration=int(done.max()),
                unused=int(np.count_nonzero(done < own)),
                begun=scheme.workers + copied,
                # Of a task and its copy one comes too late.
                given_up=copied,
            )

        return PartialRounds(scenario, context, scheme, play)

    def copies(self, own: Integers) -> tuple[int, Integers, Integers]:
        """Return when copies start, of which tasks, and on which workers."""
        order = np.argsort(own, kind="stable")
        enough = max(1, math.ceil(self.config.quantile * self.workers))
        idle, missing = order[:enough], order[enough:]
        pairs = min(idle.size, missing.size)
        tasks, helpers = missing[:pairs], idle[:pairs]
        median = float(np.median(own[idle]))
        start = max(int(own[idle[-1]]), math.ceil(self.config.multiplier * median))
        start = min(start, NEVER)
        late = own[tasks] > start
        return start, tasks[late], helpers[late]

    def finish(self, own: Integers, copy: Integers) -> Integers:
        """Return when each task is done, by its own worker or by a copy.

        `own` are the times of the workers' own tasks, `copy` those of a copy on each worker.
        """
        start, tasks, helpers = self.copies(own)
        done = own.copy()
        done[tasks] = np.minimum(done[tasks], start + np.minimum(copy[helpers], NEVER - start))
        return done

    def draw_coefficients(self) -> Shares:
        """Return one part for each worker."""
        return Shares.one_each(self.workers)

    def allowed(self) -> int:
        """Return 0: every part is computed, by its worker or by a copy."""
        return 0

    def tolerates(self) -> str:
        """Return the model."""
        return "as many late tasks as there are idle workers, at the price of doing them twice"

    def weights(self, returned: Flags) -> Floats:
        """Return 1 for every part."""
        return np.where(returned, 1.0, 0.0)
