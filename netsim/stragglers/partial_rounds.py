"""Rounds that end by a rule of the scheme's own, given how long every worker takes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np
import simpy

import netsim.delays.process as delays
from netsim.engine.clock import NEVER, SECOND
from netsim.errors import SimulationError
from netsim.family import RunContext, Scalar
from netsim.stragglers.codes.scheme import Integers, Scheme
from netsim.stragglers.schema import StragglersScenario
from netsim.stragglers.task_times import TaskTimes

#: From the workers' drawn times and the time of computing one n-th of the data (both ps) to the
#: duration of the round (ps) and the number of workers that had not finished.
Play = Callable[[Integers, int], tuple[int, int]]


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
        if scenario.delays is None:
            raise ValueError("rounds of partial results need delays")
        self._times = TaskTimes(scenario.delays, context.streams, scenario.workers)
        per_load = 0.0 if delays.taken_as_is(scenario.delays) else scenario.compute.per_load
        self._part = round(per_load / scenario.workers * SECOND)
        self._ends: list[int] = []
        self._late: list[int] = []
        context.env.process(self._run())

    def progress(self) -> float | None:
        """Return the share of the rounds that are over."""
        return len(self._ends) / self._jobs

    def _run(self) -> Generator[simpy.Event, Any, None]:
        for r in range(self._jobs):
            times = self._times.row(r)
            if (times == NEVER).any():
                raise SimulationError(f"round {r}: worker {times.argmax()} never answers")
            duration, late = self._play(times, self._part)
            yield self._context.env.timeout(duration)
            self._ends.append(int(self._context.env.now))
            self._late.append(late)

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables and return the run's figures."""
        ends = np.array(self._ends, dtype=np.int64)
        if len(ends):
            write_plain_rounds(self._context, ends, np.array(self._late), self._scheme)
        load = self._scheme.load()
        return {
            "load_numerator": load.numerator,
            "load_denominator": load.denominator,
            "total_time": float(ends[-1]) / SECOND if len(ends) else 0.0,
            "rounds": len(ends),
            "waits": 0,
            "jobs_decoded": len(ends),
            "wasted_share": sum(self._late) / max(1, len(ends) * self._scheme.workers),
        }


def write_plain_rounds(context: RunContext, ends: Integers, late: Integers, scheme: Scheme) -> None:
    """Write `rounds` and `jobs` for rounds that follow each other, each the whole of its job."""
    starts = np.concatenate(([0], ends[:-1]))
    count = np.arange(len(ends))
    every = np.ones(len(ends), dtype=np.bool_)
    context.recorder.write(
        "rounds",
        {
            "round": count,
            "start": starts,
            "end": ends,
            "duration": (ends - starts) / SECOND,
            "waited": ~every,
            "stragglers": late,
            "candidates": np.zeros(len(ends), dtype=np.int64),
            "load": np.full(len(ends), float(scheme.load())),
            "decode_time": np.zeros(len(ends)),
        },
    )
    context.recorder.write(
        "jobs",
        {
            "job": count,
            "decoded": every,
            "start": starts,
            "completion": ends,
            "completion_round": count,
            "deadline_met": every,
        },
    )
