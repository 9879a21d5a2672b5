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

from netsim.engine.clock import SECOND
from netsim.family import RunContext, Scalar
from netsim.stragglers.codes.scheme import Integers, Scheme
from netsim.stragglers.partial_rounds import write_plain_rounds
from netsim.stragglers.schema import StragglersScenario, scheme_of
from netsim.stragglers.task_times import TaskTimes

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
        if scenario.delays is None:
            raise ValueError("workers that run free need delays")
        extra = scenario.compute.per_load * float(self._scheme.load())
        self._times = TaskTimes(scenario.delays, context.streams, scenario.workers, extra)
        self._tasks = np.zeros(self._workers, dtype=np.int64)
        self._running: list[tuple[int, int, _Task]] = []
        self._ends: list[int] = []
        self._distinct: list[int] = []
        self._stale: list[tuple[int, _Task]] = []
        self._dropped = 0
        context.env.process(self._run())

    def progress(self) -> float | None:
        """Return the share of the updates that are made."""
        return len(self._ends) / self._updates

    def _start(self, worker: int, now: int, version: int) -> None:
        duration = self._times.one(worker, int(self._tasks[worker]))
        self._tasks[worker] += 1
        heapq.heappush(self._running, (now + duration, worker, _Task(worker, now, version)))

    def _run(self) -> Generator[simpy.Event, Any, None]:
        env = self._context.env
        for worker in range(self._workers):
            self._start(worker, 0, 0)
        for update in range(self._updates):
            taken: list[_Task] = []
            while len(taken) < self._k:
                now, worker, task = heapq.heappop(self._running)
                taken.append(task)
                if self._restart != "wait" and len(taken) < self._k:
                    self._start(worker, now, update)
            yield env.timeout(now - int(env.now))
            self._ends.append(now)
            self._distinct.append(len({task.worker for task in taken}))
            self._stale += [(update, task) for task in taken]
            self._read_new_model(taken, now, update + 1)

    def _read_new_model(self, taken: list[_Task], now: int, version: int) -> None:
        """Let those start on the new model who do not go on with an old one."""
        if self._restart == "restart":
            self._dropped += len(self._running)
            self._running.clear()
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
        ends = np.array(self._ends, dtype=np.int64)
        if len(ends):
            self._write(ends)
        staleness = [update - task.version for update, task in self._stale]
        load = self._scheme.load()
        return {
            "load_numerator": load.numerator,
            "load_denominator": load.denominator,
            "total_time": float(ends[-1]) / SECOND if len(ends) else 0.0,
            "rounds": len(ends),
            "waits": 0,
            "jobs_decoded": len(ends),
            "wasted_share": self._dropped / max(1, int(self._tasks.sum())),
            "staleness_mean": float(np.mean(staleness)) if staleness else 0.0,
            "staleness_max": max(staleness, default=0),
        }

    def _write(self, ends: Integers) -> None:
        late = self._workers - np.array(self._distinct)
        write_plain_rounds(self._context, ends, late, self._scheme)
        recorder = self._context.recorder
        if recorder.wants("gradients"):
            rows = sorted(self._stale, key=lambda row: (row[0], row[1].worker, row[1].start))
            recorder.write(
                "gradients",
                {
                    "round": [update for update, _ in rows],
                    "worker": [task.worker for _, task in rows],
                    "start": [task.start for _, task in rows],
                    "staleness": [update - task.version for update, task in rows],
                },
            )
