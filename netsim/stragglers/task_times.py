"""Times of tasks that follow one another at each worker, for work that is not cut into rounds."""

from __future__ import annotations

import numpy as np

import netsim.delays.process as delays
from netsim.engine.clock import NEVER
from netsim.errors import SimulationError
from netsim.rng import Streams
from netsim.stragglers.codes.scheme import Integers
from netsim.stragglers.work import to_picoseconds

_FIRST = 64


class TaskTimes:
    """How long the m-th task of every worker takes: row m of the delay process, plus the work.

    More rows are drawn when they are asked for; as adding rounds shifts no draw, the times do not
    depend on how many are needed.

    Parameters
    ----------
    config
        The validated block ``delays``.
    streams
        Random streams of the replication.
    workers
        Number of workers.
    extra
        Seconds added to every task: its share of the data times the time of the full data set.
    purpose
        Prefix of the streams' names.
    """

    def __init__(
        self,
        config: delays.DelayConfig,
        streams: Streams,
        workers: int,
        extra: float = 0.0,
        purpose: str = delays.PURPOSE,
    ) -> None:
        self._config = config
        self._streams = streams
        self._workers = workers
        self._extra = 0.0 if delays.taken_as_is(config) else extra
        self._purpose = purpose
        self._drawn: Integers = np.zeros((0, workers), dtype=np.int64)

    def row(self, task: int) -> Integers:
        """Return the times of the given task of every worker, in picoseconds."""
        if task >= len(self._drawn):
            self._draw(max(_FIRST, 2 * len(self._drawn), task + 1))
        row: Integers = self._drawn[task]
        return row

    def one(self, worker: int, task: int) -> int:
        """Return the time of one task in picoseconds.

        Raises
        ------
        SimulationError
            If it never ends.
        """
        time = int(self.row(task)[worker])
        if time == NEVER:
            raise SimulationError(f"task {task} of worker {worker} never ends")
        return time

    def _draw(self, rounds: int) -> None:
        found = delays.problems(self._config, rounds, self._workers)
        if found:
            raise SimulationError(
                f"the delays do not suffice for {rounds} tasks of a worker: {found[0].message}"
            )
        times = delays.sample(self._config, self._streams, rounds, self._workers, self._purpose)
        reference = delays.reference_load(self._config)
        if reference and self._extra:
            raise SimulationError("times measured at a load cannot stand for single tasks")
        self._drawn = to_picoseconds(np.maximum(times + self._extra, 0.0))
