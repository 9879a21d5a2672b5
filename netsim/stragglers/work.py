"""Where results come from: workers that need drawn times, and the door for other sources.

The round engine asks a `Workplace` to start a round and then waits for arrivals. Here every worker
returns after its finish time; a workplace whose results travel through a network fits behind the
same interface.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol

import numpy as np
import simpy

from netsim.engine.clock import NEVER, SECOND
from netsim.errors import SimulationError
from netsim.stragglers.codes.scheme import Assignment, Floats, Integers


class NothingComesError(SimulationError):
    """All results that will ever come in are in."""


class Arrivals(Protocol):
    """The results of one round on their way to the master."""

    def wait(self, until: int | None) -> Generator[simpy.Event, Any, Integers]:
        """Wait for the next results, but not beyond `until` (ps since the start of the round).

        Returns all workers whose results came in at that one instant, none where `until` passed
        first; a result at `until` itself still comes.

        Raises
        ------
        NothingComesError
            If nothing can come any more and `until` is None.
        """
        ...

    def stop(self) -> None:
        """Drop what is still on its way: the round is over."""
        ...


class Workplace(Protocol):
    """The workers, as the master sees them."""

    def start(self, r: int, assignment: Assignment, load: Floats) -> Arrivals:
        """Hand out round `r`; `load` is the share of the data set charged to each worker."""
        ...


class DrawnTimes:
    """Workers that return after times known beforehand.

    Parameters
    ----------
    env
        The simulation's clock and events.
    delays
        Times in seconds, (rounds, workers).
    per_load
        Seconds added per full data set.
    reference_load
        Load at which the times were measured.
    """

    def __init__(
        self,
        env: simpy.Environment,
        delays: Floats,
        per_load: float = 0.0,
        reference_load: float = 0.0,
    ) -> None:
        self._env = env
        self._delays = delays
        self._per_load = per_load
        self._reference_load = reference_load

    def start(self, r: int, assignment: Assignment, load: Floats) -> TimedArrivals:
        """Let the timed workers work."""
        finish = charged(self._delays[r], self._per_load, load, self._reference_load)
        times = to_picoseconds(np.where(assignment.timed, finish, np.inf))
        return TimedArrivals(self._env, times)


class TimedArrivals:
    """Results that come in at given times after the start of the round, equal ones together."""

    def __init__(self, env: simpy.Environment, times: Integers) -> None:
        self._env = env
        self._start = int(env.now)
        self._order = np.argsort(times, kind="stable")
        ordered = times[self._order]
        # Plain integers: one arrival after the other is asked for.
        self._times: list[int] = ordered[: int(np.searchsorted(ordered, NEVER))].tolist()
        self._next = 0

    def wait(self, until: int | None) -> Generator[simpy.Event, Any, Integers]:
        """Wait for the next results, but not beyond `until`."""
        times, first = self._times, self._next
        if first == len(times):
            if until is None:
                raise NothingComesError("no further result will ever come in")
            due = until
        else:
            due = times[first] if until is None else min(times[first], until)
        yield self._env.timeout(due - (int(self._env.now) - self._start))
        last = first
        while last < len(times) and times[last] == due:
            last += 1
        self._next = last
        return self._order[first:last]

    def stop(self) -> None:
        """Do nothing: later results have no events."""


def charged(
    seconds: Floats, per_load: float, load: float | Floats, reference_load: float
) -> Floats:
    """Return how long work of `load` takes, given the times that were measured at another load."""
    if not per_load:
        return seconds
    return np.maximum(seconds + per_load * (load - reference_load), 0.0)


def named(workers: Integers) -> str:
    """Return the first of `workers` by number, for messages: ``workers 1, 2``."""
    first = ", ".join(map(str, workers[:8])) + (", ..." if len(workers) > 8 else "")
    return f"worker{'s' if len(workers) > 1 else ''} {first}"


def to_picoseconds(seconds: Floats) -> Integers:
    """Return times in whole picoseconds; infinite ones, and those beyond 53 days, as `NEVER`.

    Raises
    ------
    SimulationError
        If a finite time is that long: sums of such times leave the clock's range.
    """
    if np.isnan(seconds).any():
        raise SimulationError("a finish time is not a number")
    long = np.isfinite(seconds) & (seconds >= NEVER / 2 / SECOND)
    if long.any():
        worker = int(np.argwhere(long)[0][-1])
        raise SimulationError(
            f"the finish time of worker {worker} is {seconds[long].flat[0]:.4g} s, at most 53 days "
            "can be simulated; write inf for a worker that is dead"
        )
    endless = np.isinf(seconds)
    picoseconds = np.rint(np.where(endless, 0.0, seconds) * SECOND).astype(np.int64)
    times: Integers = np.where(endless, NEVER, picoseconds)
    return times
