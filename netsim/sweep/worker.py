"""One worker of a sweep: simulates runs of points and commits them, in this process.

The same code runs whether a sweep goes in one process or over many: a worker is handed jobs and
answers with what failed; what it has simulated it writes itself. A run that raises is noted and the
others go on; a disk that fails ends the worker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.errors import WriteError
from netsim.metrics.failures import Failure, note
from netsim.metrics.gathering import Order, gathered
from netsim.metrics.marks import Key
from netsim.metrics.part_writer import PartWriter
from netsim.metrics.provenance import versions
from netsim.metrics.resources import Stopwatch
from netsim.metrics.rundir import SMALL_GROUP
from netsim.simulate import run_point
from netsim.sweep.points import Points
from netsim.sweep.stopping import judge

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from netsim.scenario import Scenario

#: Means of the metric that are known already, by replication.
Known = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Job:
    """What to simulate of one point.

    Parameters
    ----------
    index
        The point.
    replications
        Which of its replications; None: as many as the stopping rule asks for.
    known
        Of an adaptive point, the metric of the replications that are committed.
    """

    index: int
    replications: tuple[int, ...] | None
    known: Known = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What became of some jobs.

    Parameters
    ----------
    done
        Number of runs that were simulated.
    failed
        Points and replications that failed, with the first line of why.
    seconds
        Processor time of all runs together.
    stopped
        Whether they were asked to stop before all was done.
    """

    done: int = 0
    failed: list[tuple[int, int, str]] = field(default_factory=list)
    seconds: float = 0.0
    stopped: bool = False

    def add(self, other: Outcome) -> None:
        """Add what became of further jobs."""
        self.done += other.done
        self.failed += other.failed
        self.seconds += other.seconds
        self.stopped |= other.stopped


class Worker:
    """Simulates jobs of one sweep.

    Parameters
    ----------
    points
        The sweep.
    directory, study
        Where it is stored, and its hash.
    guard
        Gives the context in which a run is simulated, which may end it with an exception.
    """

    def __init__(
        self,
        points: Points,
        directory: Path,
        study: str,
        guard: Callable[[Key], AbstractContextManager[None]] = lambda key: nullcontext(),
    ) -> None:
        self.points = points
        self._directory = directory
        self._guard = guard
        self._record = versions()
        self.writer = PartWriter(directory, study, row_group=SMALL_GROUP)

    def run(self, jobs: Sequence[Job], stopped: Callable[[], bool] = lambda: False) -> Outcome:
        """Simulate `jobs` one after another, until `stopped` says so."""
        outcome = Outcome()
        for job in jobs:
            scenario = self.points.scenario(job.index)
            for replication in self._replications(job):
                if stopped():
                    outcome.stopped = True
                    return outcome
                key = Key(job.index, scenario.point, replication)
                watch = Stopwatch()
                mean = self._one(scenario, key, outcome)
                outcome.seconds += watch.read().cpu_time
                if mean is None:
                    break
                self._means[replication] = mean
        return outcome

    def _replications(self, job: Job) -> Iterator[int]:
        """Yield the replications that a job still asks for; adaptive ones look at the results."""
        self._means: dict[int, float] = dict(job.known)
        if job.replications is not None:
            yield from job.replications
            return
        rule = self.points.rule
        while rule is not None:
            values = in_order(self._means)
            verdict = judge(rule, values)
            if verdict.decided:
                return
            for replication in range(verdict.needed):
                if replication not in self._means:
                    yield replication

    def _one(self, scenario: Scenario, key: Key, outcome: Outcome) -> float | None:
        """Simulate one run; return its metric (0 where there is none), None if it failed."""
        table, column = self.points.metric
        sink = Metered(self.writer.sink(key), table, column)
        try:
            with self._guard(key):
                run_point(scenario, key.replication, sink, record=self._record)
        except WriteError:
            raise
        except Exception as failure:
            found = Failure.of(key, failure, self.points.values(key.index))
            note(self._directory, found)
            outcome.failed.append((key.index, key.replication, found.message.splitlines()[0]))
            # Of adaptive replications none is decided without the ones before.
            return None if self.points.rule is not None else 0.0
        outcome.done += 1
        return sink.mean


class Metered:
    """A sink that reads along the column whose mean is looked at.

    Parameters
    ----------
    sink
        Where the tables go.
    table, column
        What is looked at; empty for nothing.
    """

    def __init__(self, sink: Any, table: str, column: str) -> None:
        self._sink = sink
        self._table, self._column = table, column
        self._values: list[np.ndarray] = []

    def begin(self, name: str, schema: pa.Schema) -> None:
        """Expect row groups of table `name`."""
        self._sink.begin(name, schema)

    def row_group(self, name: str, rows: pa.Table) -> None:
        """Take the next row group of table `name`."""
        if name == self._table:
            self._values.append(numbers_of(rows, self._column))
        self._sink.row_group(name, rows)

    def finish(self) -> None:
        """Hand the run over."""
        self._sink.finish()

    def abort(self) -> None:
        """Drop everything."""
        self._sink.abort()

    @property
    def mean(self) -> float:
        """The mean of the column."""
        return mean(self._values)


def in_order(means: Known) -> list[float]:
    """Return the means of the first replications, as far as there is no gap."""
    found: list[float] = []
    while len(found) in means:
        found.append(means[len(found)])
    return found


def numbers_of(rows: pa.Table, column: str) -> np.ndarray:
    """Return the values of a column that are there."""
    values = rows.column(column).drop_null().to_numpy()
    return np.asarray(values, np.float64)


def mean(parts: Sequence[np.ndarray]) -> float:
    """Return the mean of all values, the same however they are cut; 0 where there is none."""
    count = sum(len(part) for part in parts)
    return math.fsum(value for part in parts for value in part.tolist()) / count if count else 0.0


def known_means(order: Order, table: str, column: str) -> dict[tuple[str, int], float]:
    """Return the mean of the column in each committed run."""
    counts = order.rows(table).tolist()
    waiting = iter(zip(order.keys, counts, strict=True))
    means: dict[tuple[str, int], float] = {}
    held: list[np.ndarray] = []
    key, left = next(waiting, (None, 0))
    for group in gathered(order, table):
        at = 0
        while key is not None:
            taken = min(left, group.num_rows - at)
            held.append(numbers_of(group.slice(at, taken), column))
            at, left = at + taken, left - taken
            if left:
                break
            means[key.point, key.replication] = mean(held)
            held = []
            key, left = next(waiting, (None, 0))
    while key is not None:
        means[key.point, key.replication] = mean(held)
        held = []
        key, _ = next(waiting, (None, 0))
    return means
