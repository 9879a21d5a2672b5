"""Rounds that end by a rule of the scheme's own, given how long every worker takes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np
import simpy

import netsim.delays.process as delays
from netsim.engine.clock import NEVER, to_seconds
from netsim.errors import ClockError, SimulationError
from netsim.family import RunContext, Scalar
from netsim.stragglers.codes.outcome import Outcome
from netsim.stragglers.codes.scheme import Integers, Scheme
from netsim.stragglers.plain_rounds import write_plain_rounds
from netsim.stragglers.schema import StragglersScenario
from netsim.stragglers.task_times import TaskTimes
from netsim.stragglers.work import named

#: From the round and the workers' times (ps) for an n-th of the data to how the round ends.
Play = Callable[[int, Integers], Outcome]


class PartialRounds:
    """One replication of a scheme whose rounds stand alone and end by its own rule.

    Parameters
    ----------
    scenario
        The validated scenario.
    context
        Environment, random streams and recorder of the replication.
    scheme
        The scheme.
    play
        Its rule.
    """

    def __init__(
        self, scenario: StragglersScenario, context: RunContext, scheme: Scheme, play: Play
    ) -> None:
        self._context = context
        self._scheme = scheme
        self._jobs = scenario.jobs
        self._play = play
        share = 1 / scenario.workers
        self._times = TaskTimes(scenario, context.streams, share, rows=scenario.jobs)
        given = scenario.delays is not None and delays.taken_as_is(scenario.delays)
        self._decode_time = 0 if given else scenario.decode_time
        self._ends: list[int] = []
        self._outcomes: list[Outcome] = []
        context.env.process(self._run())

    def progress(self) -> float | None:
        """Return the share of the rounds that are over."""
        return len(self._ends) / self._jobs

    def _run(self) -> Generator[simpy.Event, Any, None]:
        for r in range(self._jobs):
            times = self._times.row(r)
            outcome = self._play(r, times)
            if outcome.duration == NEVER:
                # Once all the others have answered; until then the run may be stopped.
                yield self._context.env.timeout(int(times[times < NEVER].max(initial=0)))
                raise self._endless(r, times)
            try:
                over = self._context.env.timeout(outcome.duration + self._decode_time)
            except ClockError as late:
                raise ClockError(f"{self._place(r)}: {late}") from None
            yield over
            self._ends.append(int(self._context.env.now))
            self._outcomes.append(outcome)

    def _place(self, r: int) -> str:
        return f"round {r} (t={to_seconds(int(self._context.env.now)):g} s)"

    def _endless(self, r: int, times: Integers) -> SimulationError:
        return SimulationError(
            f"{self._place(r)} can never end: "
            f"{named(np.flatnonzero(times == NEVER))} will never answer, and the others do not do "
            "all of their work; take a code that tolerates more stragglers"
        )

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables and return the run's figures."""
        unused = [outcome.unused for outcome in self._outcomes]
        begun = sum(outcome.begun for outcome in self._outcomes)
        given_up = sum(outcome.given_up for outcome in self._outcomes)
        figures = write_plain_rounds(
            self._context, self._scheme, self._jobs, self._ends, unused, self._decode_time
        )
        return figures | {"wasted_share": given_up / max(1, begun)}
