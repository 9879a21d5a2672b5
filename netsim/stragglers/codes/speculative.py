"""Speculative execution: when most results are in, idle workers repeat the missing tasks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netsim.errors import SimulationError
from netsim.family import Problem, RunContext, Simulation
from netsim.fields import Probability, field
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats, Integers, Rule

if TYPE_CHECKING:
    from netsim.stragglers.schema import StragglersScenario


@register("code", "speculative")
class Speculative(OneRound):
    """Uncoded work whose last tasks are started again on idle workers; the first copy counts.

    Once a share `quantile` of the results is in, each missing task gets one copy on a worker that
    has finished, the earliest finisher first, if it runs longer than `multiplier` times the median
    of the results so far. A copy's time is a fresh draw for its worker. The gradient is exact.
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

        if scenario.delays is None:
            raise SimulationError("speculative execution needs delays")
        scheme = cls(scenario.code, scenario.workers)
        extra = scenario.compute.per_load / scenario.workers
        copies = TaskTimes(
            scenario.delays, context.streams, scenario.workers, extra, "compute.copy"
        )
        played = iter(range(scenario.jobs))

        def play(times: Integers, extra_time: int) -> tuple[int, int]:
            own = times + extra_time
            done = scheme.finish(own, copies.row(next(played)))
            return int(done.max()), int(np.count_nonzero(own > done.max()))

        return PartialRounds(scenario, context, scheme, play)

    def finish(self, own: Integers, copy: Integers) -> Integers:
        """Return when each task is done, by its own worker or by a copy.

        `own` are the times of the workers' own tasks, `copy` those of a copy on each worker.
        """
        order = np.argsort(own, kind="stable")
        enough = max(1, math.ceil(self.config.quantile * self.workers))
        done = own.copy()
        if enough >= self.workers:
            return done
        idle, missing = order[:enough], order[enough:]
        launch = int(own[idle[-1]])
        median = float(np.median(own[idle]))
        start = max(launch, math.ceil(self.config.multiplier * median))
        for task, helper in zip(missing, idle, strict=False):
            if own[task] > start:
                done[task] = min(int(own[task]), start + int(copy[helper]))
        return done

    def draw_coefficients(self) -> Floats:
        """Return one part for each worker."""
        return np.eye(self.workers)

    def allowed(self) -> int:
        """Return 0: every part is computed, by its worker or by a copy."""
        return 0

    def tolerates(self) -> str:
        """Return the model."""
        return "as many late tasks as there are idle workers, at the price of doing them twice"

    def weights(self, returned: Flags) -> Floats:
        """Return 1 for every part."""
        return np.where(returned, 1.0, 0.0)
