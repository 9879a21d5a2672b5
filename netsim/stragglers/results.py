"""From rounds to rows: the tables of a run, and its columns of `runs`."""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.engine.clock import NEVER, SECOND
from netsim.family import Scalar
from netsim.metrics.conversion import Coded
from netsim.metrics.recorder import Recorder
from netsim.stragglers.codes.scheme import KINDS, RETRY, Assignment, Integers, Scheme
from netsim.stragglers.rounds import Round


class RoundTables:
    """Follow the rounds of one run and write their tables.

    Parameters
    ----------
    recorder
        Where rows go; `worker_rounds` and `tasks` are written only if it wants them.
    scheme
        The coding scheme.
    """

    def __init__(self, recorder: Recorder, scheme: Scheme) -> None:
        self._recorder = recorder
        self._scheme = scheme
        self._workers = recorder.wants("worker_rounds")
        self._tasks = recorder.wants("tasks")
        self._rounds: list[dict[str, Any]] = []
        #: Rounds that were opened: one more than are closed where the run was cut.
        self._opened = 0
        #: Round and instant of each job's completion.
        self._completed: dict[int, tuple[int, int]] = {}
        self._work = 0.0
        self._wasted = 0.0

    def opened(self, r: int, assignment: Assignment) -> None:
        """Write the round's tasks."""
        self._opened = r + 1
        if self._tasks:
            self._recorder.write("tasks", task_rows(r, assignment))

    def closed(self, ended: Round) -> None:
        """Take in the round."""
        self._rounds.append(_round_row(ended))
        for decoding in ended.decodings:
            self._completed[decoding.job] = (ended.index, ended.end)
        self._work += float(ended.load.sum())
        self._wasted += float(ended.load[ended.late].sum())
        if self._workers:
            self._recorder.write("worker_rounds", _worker_rows(ended))

    def finish(self) -> dict[str, Scalar]:
        """Write the tables of rounds and jobs; return the run's figures."""
        rows = self._rounds
        if rows:
            columns = {name: [row[name] for row in rows] for name in rows[0]}
            self._recorder.write("rounds", columns)
        self._write_jobs()
        load, bound = self._scheme.load(), self._scheme.bound()
        residuals = [row["decode_residual"] for row in rows if row["decode_residual"] is not None]
        return {
            "load_numerator": load.numerator,
            "load_denominator": load.denominator,
            "bound_numerator": bound.numerator if bound is not None else None,
            "bound_denominator": bound.denominator if bound is not None else None,
            "total_time": sum(row["duration"] for row in rows),
            "rounds": len(rows),
            "waits": sum(row["waited"] for row in rows),
            "jobs_decoded": len(self._completed),
            "wasted_share": self._wasted / self._work if self._work else 0.0,
            "decode_residual": max(residuals, default=None),
        }

    def _write_jobs(self) -> None:
        jobs = min(self._scheme.jobs, self._opened)
        if not jobs:
            return
        completed = [self._completed.get(job) for job in range(jobs)]
        # Rounds follow one another at once; the last start is that of the round that is open.
        starts = [0, *(row["end"] for row in self._rounds)]
        self._recorder.write(
            "jobs",
            {
                "job": np.arange(jobs),
                "decoded": [done is not None for done in completed],
                "start": starts[:jobs],
                "completion": [done and done[1] for done in completed],
                "completion_round": [done and done[0] for done in completed],
                "deadline_met": [self._in_time(job) for job in range(jobs)],
            },
        )

    def _in_time(self, job: int) -> bool | None:
        """Return whether a job met its deadline; None if the run ended before that was known."""
        deadline = job + self._scheme.T
        if job in self._completed:
            return self._completed[job][0] <= deadline
        return None if deadline >= len(self._rounds) else False


def task_rows(r: int, assignment: Assignment) -> dict[str, Any]:
    """Return the rows of table `tasks` for one round, by column."""
    workers, count = assignment.job.shape
    job = assignment.job.reshape(-1)
    return {
        "round": np.full(job.size, r),
        "worker": np.repeat(np.arange(workers), count),
        "job": np.ma.masked_less(job, 0),
        "slot": np.ma.masked_where(job < 0, r - job),
        "kind": Coded(assignment.kind.reshape(-1), KINDS),
        "chunk": np.ma.masked_less(assignment.chunk.reshape(-1), 0),
    }


def _round_row(ended: Round) -> dict[str, Any]:
    decodings = ended.decodings
    return {
        "round": ended.index,
        "start": ended.start,
        "end": ended.end,
        "duration": (ended.end - ended.start) / SECOND,
        "waited": ended.waited,
        "stragglers": int(np.count_nonzero(ended.late)),
        "candidates": ended.candidates,
        "kappa": _seconds(ended.kappa),
        "threshold": _seconds(ended.threshold),
        "load": float(ended.load.max()),
        "decode_time": ended.decode_time / SECOND,
        "decode_residual": max((d.residual for d in decodings), default=None),
        "squared_error": max(
            (d.squared_error for d in decodings if d.squared_error is not None), default=None
        ),
        "decode_max": max((d.largest for d in decodings), default=None),
    }


def _worker_rows(ended: Round) -> dict[str, Any]:
    workers = ended.late.size
    return {
        "round": np.full(workers, ended.index),
        "worker": np.arange(workers),
        "finish": _all_seconds(ended.finish),
        "straggler": ended.late,
        "load": np.array(ended.load),
        "retry": (ended.assignment.kind == RETRY).any(axis=1),
    }


def _seconds(time: int | None) -> float | None:
    return None if time is None else time / SECOND


def _all_seconds(times: Integers) -> Any:
    return np.ma.masked_where(times == NEVER, times / SECOND)
