"""Times of tasks that follow one another at each worker, for schemes with engines of their own."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

import netsim.delays.process as delays
from netsim.errors import SimulationError
from netsim.problems import Problem
from netsim.rng import Streams
from netsim.stragglers.codes.scheme import Integers
from netsim.stragglers.schema import StragglersScenario
from netsim.stragglers.work import charged, to_picoseconds

_FIRST = 64


class TaskTimes:
    """How long the m-th task of every worker takes: row m of the delay process, plus the work.

    More rows are drawn when they are asked for; as adding rounds shifts no draw, the times do not
    depend on how many are drawn at once. A file is only asked for what it holds.

    Parameters
    ----------
    scenario
        The validated scenario.
    streams
        Random streams of the replication.
    load
        Share of the data set that a task processes.
    rows
        How many tasks of each worker to draw at first.
    purpose
        Prefix of the streams' names.
    """

    def __init__(
        self,
        scenario: StragglersScenario,
        streams: Streams,
        load: float,
        rows: int = _FIRST,
        purpose: str = delays.PURPOSE,
    ) -> None:
        if scenario.delays is None:
            raise ValueError("tasks of single workers need delays")
        self._config = scenario.delays
        self._streams = streams
        self._workers = scenario.workers
        self._load = load
        self._rows = rows
        self._purpose = purpose
        given = delays.taken_as_is(self._config)
        self._per_load = 0.0 if given else scenario.compute.per_load
        self._reference_load = delays.reference_load(self._config)
        self._drawn: Integers = np.zeros((0, self._workers), dtype=np.int64)

    def row(self, task: int) -> Integers:
        """Return the times of the given task of every worker in picoseconds.

        Tasks that never end have the time `NEVER`.

        Raises
        ------
        SimulationError
            If the delays are a file that holds no such row.
        """
        if task >= len(self._drawn):
            self._draw(task)
        row: Integers = self._drawn[task]
        return row

    def _draw(self, task: int) -> None:
        rows = self._available(task, max(self._rows, 2 * len(self._drawn), task + 1))
        seconds = delays.sample(self._config, self._streams, rows, self._workers, self._purpose)
        self._drawn = to_picoseconds(
            charged(seconds, self._per_load, self._load, self._reference_load)
        )

    def _available(self, task: int, wanted: int) -> int:
        """Return how many rows there are: `wanted`, or fewer that include that of `task`."""
        if not self._lacking(wanted):
            return wanted
        lacking = self._lacking(task + 1)
        if lacking:
            raise SimulationError(_too_few(task, lacking[0]))
        more = range(task + 2, wanted)
        return task + 1 + bisect_left(more, True, key=lambda rows: bool(self._lacking(rows)))

    def _lacking(self, rows: int) -> list[Problem]:
        return delays.problems(self._config, rows, self._workers)


def _too_few(task: int, lacking: Problem) -> str:
    place = f"{lacking.file.name}: " if lacking.file is not None else ""
    hint = f" ({lacking.hint})" if lacking.hint else ""
    return (
        f"a worker starts its task {task}, counted from 0, and the delays give no time for it: "
        f"{place}{lacking.message}{hint}; give delays of more rounds, or run fewer jobs"
    )
