"""A collective by its closed form alone: nothing is simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import netsim.delays.process as delays
from netsim.collective.bounds import lower_bound
from netsim.collective.choosing import choose
from netsim.collective.network import costs_of, least_costs
from netsim.collective.results import collective_row, figures, write_rows
from netsim.collective.schema import reduce_time, task_of
from netsim.collective.task import Formula
from netsim.fabric.connect import build_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsim.collective.choosing import Choice
    from netsim.collective.schema import CollectiveScenario
    from netsim.family import RunContext, Scalar


def formula_of(scenario: CollectiveScenario) -> tuple[Choice, Formula]:
    """Return the scenario's algorithm and its closed form on the scenario's network."""
    network = build_network(scenario)
    task = task_of(scenario, network)
    costs = costs_of(network, scenario.packet, task.ranks, reduce_time(scenario))
    choice = choose(scenario, network, costs)
    formula = choice.algorithm.time(task, costs)
    if network.ports is None and formula.exact:
        # Ranks lie at different distances, and messages have packets.
        note = "as if all ranks lay as far apart as the farthest"
        formula = Formula(formula.time, exact=False, note=note)
    return choice, formula


class AnalyticRun:
    """Iterations that take what the closed form says."""

    def __init__(self, scenario: CollectiveScenario, context: RunContext) -> None:
        self._scenario = scenario
        self._context = context

    def progress(self) -> float | None:
        """Return 1: there is nothing to wait for."""
        return 1.0

    def finish(self) -> Mapping[str, Scalar]:
        """Write table `collectives`; return the run's figures."""
        scenario = self._scenario
        network = build_network(scenario)
        task = task_of(scenario, network)
        choice, formula = formula_of(scenario)
        bound = lower_bound(task, least_costs(network, task.ranks))
        size = scenario.collective.size
        rows, start = [], 0
        for iteration, late in enumerate(self._latest(task.ranks)):
            end = None if formula.time is None else start + round(formula.time * 1e12) + late
            span = start, end
            rows.append(collective_row(iteration, task, size, choice.name, bound, span))
            start = start if end is None else end
        write_rows(self._context.recorder, rows)
        return figures(rows, task, size, choice.name, bound, 0)

    def _latest(self, ranks: int) -> list[int]:
        """Return how late the last rank of each iteration begins (ps), after the first one."""
        scenario = self._scenario
        if scenario.delays is None:
            return [0] * scenario.iterations
        late = delays.sample(scenario.delays, self._context.streams, scenario.iterations, ranks)
        return np.rint((late.max(axis=1) - late.min(axis=1)) * 1e12).astype(np.int64).tolist()  # type: ignore[no-any-return]
