"""The rounds of one run, event by event: assign, wait, close, decode.

A run of J jobs with delay T has J+T rounds. The master hands out work, waits as `waiting` says,
tells the scheme whose results are lost, and decodes the jobs that this completed. That every job is
decodable by the end of round j+T is the theorem that a code stands for; it is checked for every job
of every run. When a given pattern of stragglers is replayed it may break the code's model: then an
undecoded job is a result.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import simpy

from netsim.engine.clock import NEVER, SECOND, to_seconds
from netsim.errors import ClockError, InvariantError, SimulationError
from netsim.stragglers.codes.scheme import Assignment, Decoding, Flags, Floats, History, Integers
from netsim.stragglers.codes.scheme import Scheme as CodingScheme
from netsim.stragglers.patterns import Pattern
from netsim.stragglers.waiting import RoundEnd, WaitConfig
from netsim.stragglers.work import NothingComesError, Workplace, named


@dataclass(frozen=True, slots=True)
class Round:
    """One closed round. Times are picoseconds; those of workers count from the round's start."""

    index: int
    start: int
    end: int
    waited: bool
    candidates: int
    kappa: int | None
    threshold: int | None
    late: Flags
    """Effective stragglers."""
    finish: Integers
    """When each result came in; `NEVER` where it did not, or was not awaited."""
    load: Floats
    """Share of the data set charged to each worker."""
    decode_time: int
    assignment: Assignment
    decodings: tuple[Decoding, ...]


class Listener(Protocol):
    """Somebody who follows the rounds: tables, learners."""

    def opened(self, r: int, assignment: Assignment) -> None:
        """Round `r` starts."""
        ...

    def closed(self, ended: Round) -> None:
        """Take in a round that is over, with the jobs that it decoded."""
        ...


class Rounds:
    """The master of one run.

    Parameters
    ----------
    env
        The simulation's clock and events.
    scheme
        The coding scheme.
    jobs
        J.
    load_mode
        ``constant``: every timed worker is charged the code's load. ``exact``: what it does.
    decode_time
        Picoseconds that decoding a job takes; part of the round that completes it.
    listeners
        Followers, told in order.
    first
        Number in the run of the first round and job; by it errors name them.
    """

    def __init__(
        self,
        env: simpy.Environment,
        scheme: CodingScheme,
        jobs: int,
        *,
        load_mode: Literal["constant", "exact"] = "constant",
        decode_time: int = 0,
        listeners: Sequence[Listener] = (),
        first: int = 0,
    ) -> None:
        self._env = env
        self._scheme = scheme
        self._load_mode = load_mode
        self._decode_time = decode_time
        self._listeners = tuple(listeners)
        self._first = first
        self._history = History()
        self._decoded = np.zeros(jobs, dtype=np.bool_)
        #: Workers whose results are out, in the round that is open.
        self._late: Flags = np.zeros(scheme.workers, np.bool_)
        #: Rounds that are over.
        self.done = 0
        scheme.begin(jobs)

    def run(self, workplace: Workplace, wait: WaitConfig) -> Generator[simpy.Event, Any, None]:
        """Play all rounds; the process of a simulation."""
        for r in range(self._scheme.rounds):
            assignment = self._open(r)
            try:
                yield from self._play(r, assignment, workplace, wait)
            except NothingComesError as dead:
                raise self._undecodable(r, self._late, str(dead)) from None
            except ClockError as late:
                raise ClockError(f"{self._place(r)}: {late}") from None
            self._check_deadline(r)

    def replay(self, pattern: Pattern) -> None:
        """Play all rounds with given stragglers, in no time; rounds beyond them are clean."""
        for r in range(self._scheme.rounds):
            assignment = self._open(r)
            named = pattern[r] if r < len(pattern) else np.zeros(self._scheme.workers, np.bool_)
            late = named & assignment.timed
            finish = np.where(assignment.timed & ~late, 0, NEVER)
            decodings = self._settle(late, finish)
            now = int(self._env.now)
            load = self._charged(assignment)
            self._close(
                Round(
                    r,
                    now,
                    now,
                    False,
                    int(late.sum()),
                    None,
                    None,
                    late,
                    finish,
                    load,
                    0,
                    assignment,
                    decodings,
                )
            )

    def _open(self, r: int) -> Assignment:
        assignment = self._scheme.assign(r, self._history)
        for listener in self._listeners:
            listener.opened(r, assignment)
        return assignment

    def _play(
        self, r: int, assignment: Assignment, workplace: Workplace, wait: WaitConfig
    ) -> Generator[simpy.Event, Any, None]:
        """Wait for the results of one round, and close it."""
        start = int(self._env.now)
        load = self._charged(assignment)
        end = RoundEnd(self._scheme, assignment, wait)
        finish = np.full(self._scheme.workers, NEVER, dtype=np.int64)
        try:
            arrivals = workplace.start(r, assignment, load)
        except SimulationError as wrong:
            raise SimulationError(f"{self._place(r)}: {wrong}") from None
        over = end.judge(0)
        while not over:
            self._late = end.late
            workers = yield from arrivals.wait(end.wake)
            elapsed = int(self._env.now) - start
            if len(workers):
                finish[workers] = elapsed
                end.arrive(elapsed, workers)
            over = end.judge(elapsed)
        arrivals.stop()
        decodings = self._settle(end.late, finish)
        decode_time = self._decode_time * len(decodings)
        if decode_time:
            yield self._env.timeout(decode_time)
        self._close(
            Round(
                r,
                start,
                int(self._env.now),
                end.waited,
                end.candidates,
                end.kappa,
                end.threshold,
                end.late,
                finish,
                load,
                decode_time,
                assignment,
                decodings,
            )
        )

    def _charged(self, assignment: Assignment) -> Floats:
        if self._load_mode == "exact":
            return assignment.load
        return np.where(assignment.timed, float(self._scheme.load()), 0.0)

    def _settle(self, late: Flags, finish: Integers) -> tuple[Decoding, ...]:
        """Tell the scheme who was late; return the decodings of the jobs that are now complete."""
        self._history.late.append(late)
        self._history.finish.append(np.where(finish == NEVER, np.inf, finish / SECOND))
        jobs = self._scheme.settle(late)
        self._decoded[jobs] = True
        return tuple(self._scheme.decode(job) for job in jobs)

    def _close(self, ended: Round) -> None:
        self.done += 1
        for listener in self._listeners:
            listener.closed(ended)

    def _check_deadline(self, r: int) -> None:
        due = r - self._scheme.T
        if due >= 0 and not self._decoded[due]:
            raise InvariantError(
                f"job {due + self._first} is undecoded at its deadline, the end of {self._place(r)}"
            )

    def _place(self, r: int) -> str:
        """Return in words which round it is, in the run's own numbers, and when."""
        return f"round {r + self._first} (t={to_seconds(int(self._env.now)):g} s)"

    def _undecodable(self, r: int, late: Flags, why: str) -> SimulationError:
        return SimulationError(
            f"{self._place(r)}: cannot decode without "
            f"{named(np.flatnonzero(late))}, and {why}; take a code that tolerates "
            "more stragglers, or another wait policy"
        )
