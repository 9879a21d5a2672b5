"""Workers that run free: gradients come when they are ready, and may be stale.

The master updates the model whenever k gradients are in (Dutta et al. 2018). Three kinds of worker:

* ``wait``: who has returned waits for the update and starts on the new model; the others go on with
  the model they have (k-async; k = 1 is fully asynchronous SGD);
* ``again``: who has returned at once computes another gradient on the model it has (k-batch-async);
* ``restart``: the same, but at the update all drop their work and start anew (k-batch-sync).

The staleness of a gradient is the number of updates between reading the model and being applied.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import simpy

from netsim.engine.clock import NEVER, to_seconds
from netsim.errors import ClockError, SimulationError
from netsim.family import RunContext, Scalar
from netsim.stragglers.codes.scheme import Scheme
from netsim.stragglers.plain_rounds import write_plain_rounds
from netsim.stragglers.schema import StragglersScenario, scheme_of
from netsim.stragglers.task_times import TaskTimes
from netsim.stragglers.work import named

Restart = Literal["wait", "again", "restart"]


@dataclass(frozen=True, slots=True)
class _Task:
    """A gradient in the making."""

    worker: int
    start: int
    version: int


class FreeRunning:
    """One replication of workers that run free; an update of the model is a round.

    Parameters
    ----------
    scenario
        The validated scenario; `jobs` is the number of updates.
    context
        Environment, random streams and recorder of the replication.
    k
        Gradients per update.
    restart
        What a worker does that has returned a gradient.
    """

    def __init__(
        self, scenario: StragglersScenario, context: RunContext, k: int, restart: Restart
    ) -> None:
        self._context = context
        self._scheme: Scheme = scheme_of(scenario, context.streams)
        self._workers = scenario.workers
        self._updates = scenario.jobs
        self._k = k
        self._restart = restart
        self._times = TaskTimes(scenario, context.streams, float(self._scheme.load()))
        self._tasks = np.zeros(self._workers, dtype=np.int64)
        self._running: list[tuple[int, int, _Task]] = []
        self._ends: list[int] = []
        self._distinct: list[int] = []
        #: Tasks whose gradients were applied, each with its update.
        self._applied: list[tuple[int, _Task]] = []
        self._dropped = 0
        context.env.process(self._run())

    def progress(self) -> float | None:
        """Return the share of the updates that are made."""
        return len(self._ends) / self._updates

    def _start(self, worker: int, now: int, version: int) -> None:
        task = int(self._tasks[worker])
        duration = int(self._times.row(task)[worker])
        self._tasks[worker] += 1
        # A worker that never answers is missed once nobody else is left to wait for.
        due = NEVER if duration == NEVER else now + duration
        heapq.heappush(self._running, (due, worker, _Task(worker, now, version)))

    def _run(self) -> Generator[simpy.Event, Any, None]:
        env = self._context.env
        for worker in range(self._workers):
            self._start(worker, 0, 0)
        for update in range(self._updates):
            now, taken, failure = self._gather(update)
            try:
                due = env.timeout(now - int(env.now))
            except ClockError as late:
                place = f"update {update} (t={to_seconds(int(env.now)):g} s)"
                raise ClockError(f"{place}: {late}") from None
            yield due
            if failure is not None:
                raise failure
            self._ends.append(now)
            self._distinct.append(len({task.worker for task in taken}))
            self._applied += [(update, task) for task in taken]
            if self._restart == "restart":
                self._dropped += len(self._running)
                self._running.clear()
            if update + 1 < self._updates:
                self._read_new_model(taken, now, update + 1)

    def _gather(self, update: int) -> tuple[int, list[_Task], SimulationError | None]:
        """Let gradients come in until there are k; return when, whose, and what went wrong.

        Nothing goes wrong before that time, at which the run may have been stopped already.
        """
        now = int(self._context.env.now)
        taken: list[_Task] = []
        while len(taken) < self._k:
            due, worker, task = self._running[0]
            if due == NEVER:
                return now, taken, self._endless(update, now, len(taken))
            heapq.heappop(self._running)
            now = due
            taken.append(task)
            if self._restart != "wait" and len(taken) < self._k:
                try:
                    self._start(worker, now, update)
                except SimulationError as failure:
                    return now, taken, failure
        return now, taken, None

    def _endless(self, update: int, now: int, taken: int) -> SimulationError:
        dead = np.array(sorted(worker for _, worker, _ in self._running))
        return SimulationError(
            f"update {update} (t={to_seconds(now):g} s) can never be made: {taken} of its "
            f"{self._k} gradients are in, and {named(dead)} will never answer; take a smaller k, "
            "or delays under which more workers answer"
        )

    def _read_new_model(self, taken: list[_Task], now: int, version: int) -> None:
        """Let those start on the new model who do not go on with an old one."""
        if self._restart == "restart":
            who = list(range(self._workers))
        elif self._restart == "again":
            # All but the last have started again already.
            who = [taken[-1].worker]
        else:
            who = [task.worker for task in taken]
        for worker in who:
            self._start(worker, now, version)

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables and return the run's figures."""
        unused = [self._workers - distinct for distinct in self._distinct]
        figures = write_plain_rounds(self._context, self._scheme, self._updates, self._ends, unused)
        self._write_gradients()
        staleness = [update - task.version for update, task in self._applied]
        return figures | {
            "wasted_share": self._dropped / max(1, self._dropped + len(self._applied)),
            "staleness_mean": float(np.mean(staleness)) if staleness else 0.0,
            "staleness_max": max(staleness, default=0),
        }

    def _write_gradients(self) -> None:
        recorder = self._context.recorder
        if self._applied and recorder.wants("gradients"):
            rows = sorted(self._applied, key=lambda row: (row[0], row[1].worker, row[1].start))
            recorder.write(
                "gradients",
                {
                    "round": [update for update, _ in rows],
                    "worker": [task.worker for _, task in rows],
                    "start": [task.start for _, task in rows],
                    "staleness": [update - task.version for update, task in rows],
                },
            )
