"""One replication of the family `collective`: iterations one after the other, then the tables.

An iteration is handed to the fabric as one batch: messages, joins as calculations of no duration,
and at its end one more calculation that waits for everything, reductions included. What a rank
reduces delays what waits for it by a lag, so it takes no port. A late rank's messages start when it
does; what comes in before lies in buffers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from simpy.core import StopSimulation

import netsim.delays.process as delays
from netsim.collective.choosing import choose
from netsim.collective.network import costs_of, least_costs
from netsim.collective.proof import prove
from netsim.collective.results import Played, write_tables
from netsim.collective.schedule import JOIN
from netsim.collective.schema import PROVED, reduce_time, task_of
from netsim.fabric.batch import FlowBatch
from netsim.fabric.connect import connect

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from numpy.typing import NDArray
    from simpy.events import Event

    from netsim.collective.schedule import Schedule
    from netsim.collective.schema import CollectiveScenario
    from netsim.family import RunContext, Scalar

    Ints = NDArray[np.int64]


class CollectiveRun:
    """The iterations of a collective on a fabric."""

    def __init__(self, scenario: CollectiveScenario, context: RunContext) -> None:
        self._scenario = scenario
        self._context = context
        ranks = scenario.collective.ranks
        hosts = range(ranks) if isinstance(ranks, int) else ()
        self._fabric = connect(scenario, replace(context, keep_flows=True), hosts)
        network = self._fabric.network
        self._task = task_of(scenario, network)
        reducing = reduce_time(scenario)
        costs = costs_of(network, self._fabric.packet, self._task.ranks, reducing)
        self._choice = choose(scenario, network, costs)
        self._least = least_costs(network, self._task.ranks)
        self._schedule = self._choice.algorithm.schedule(self._task)
        if self._task.ranks <= PROVED:
            prove(self._schedule, self._task)
        self._late = self._lateness()
        self._others = len(self._fabric.received)
        self._played: list[Played] = []
        # Background traffic does not prolong the run.
        context.env.process(self._play()).callbacks.append(StopSimulation.callback)

    def progress(self) -> float | None:
        """Return the share of the iterations that are over."""
        over = sum(played.end is not None for played in self._played)
        return over / self._scenario.iterations

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables; return the means over iterations."""
        return write_tables(
            self._fabric,
            self._context.recorder,
            task=self._task,
            size=self._scenario.collective.size,
            algorithm=self._choice.name,
            schedule=self._schedule,
            reducing=self._schedule.reducing(reduce_time(self._scenario)),
            least=self._least,
            played=self._played,
        )

    def _lateness(self) -> Ints:
        """Return how late each rank begins each iteration (ps), (iterations, ranks)."""
        shape = self._scenario.iterations, self._task.ranks
        if self._scenario.delays is None:
            return np.zeros(shape, np.int64)
        late = delays.sample(self._scenario.delays, self._context.streams, *shape)
        return np.rint(late * 1e12).astype(np.int64)

    def _play(self) -> Generator[Event, Any, None]:
        """Perform the iterations, and end the run."""
        batch, late = _batch(self._schedule, self._scenario, self._fabric.network), self._late
        for iteration in range(self._scenario.iterations):
            now = int(self._context.env.now)
            starts = now + late[iteration]
            played = Played(iteration, starts)
            self._played.append(played)
            if len(self._schedule):
                begun = starts[np.append(self._schedule.src, 0)]
                done = self._fabric.submit(_starting(batch, begun))
                played.first = self._others + iteration * (len(self._schedule) + 1)
                yield done
            played.end = max(int(self._context.env.now), int(starts.max()))
            if played.end > self._context.env.now:
                yield self._context.env.timeout(played.end - self._context.env.now)


def _batch(schedule: Schedule, scenario: CollectiveScenario, network: Any) -> FlowBatch:
    """Return the schedule as flows, with a last row that waits for all that nobody waits for."""
    count = len(schedule)
    reducing = reduce_time(scenario)
    awaited = np.zeros(count, np.bool_)
    awaited[schedule.deps] = True
    last = np.flatnonzero(~awaited)
    lag = np.concatenate([schedule.lags(reducing), schedule.reducing(reducing)[last]])
    first = np.append(schedule.deps_first, len(schedule.deps) + len(last))
    # Where there are packets a byte is sent or not; plain ports carry fractions.
    size = schedule.bytes if network.ports is not None else np.ceil(schedule.bytes)
    return FlowBatch(
        src=np.append(schedule.src, 0),
        dst=np.append(schedule.dst, 0),
        size=np.append(np.where(schedule.kind == JOIN, 0.0, size), 0.0),
        predecessors=(first, np.concatenate([schedule.deps, last])),
        lag=lag,
    )


def _starting(batch: FlowBatch, starts: Ints) -> FlowBatch:
    """Return the batch with earliest starts."""
    return FlowBatch(
        src=batch.src,
        dst=batch.dst,
        size=batch.size,
        start=starts,
        predecessors=batch.predecessors,
        lag=batch.lag,
    )
