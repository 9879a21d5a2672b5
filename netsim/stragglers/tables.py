"""Tables of coded rounds: rounds, jobs, workers by round, and tasks."""

from __future__ import annotations

from typing import Final

from netsim.metrics.schema import Column, Table
from netsim.registry import register

ROUNDS: Final = Table(
    name="rounds",
    version=1,
    row="one row per round",
    key=("round",),
    columns=(
        Column("round", "int64", "1", "index of the round, from 0"),
        Column("start", "int64", "ps", "when the master handed out the work"),
        Column("end", "int64", "ps", "when the round was over, decoding included"),
        Column("duration", "float64", "s", "end - start"),
        Column("waited", "bool", "1", "whether the code's rule failed at the threshold"),
        Column(
            "stragglers",
            "int64",
            "1",
            "workers whose results were given up; where they may return several, or copies do "
            "their work (multi_message, speculative, asynchronous updates): none of whose was used",
        ),
        Column("candidates", "int64", "1", "workers later than the threshold"),
        Column("kappa", "float64", "s", "time of the fastest worker", nullable=True),
        Column("threshold", "float64", "s", "(1+mu) kappa", nullable=True),
        Column("load", "float64", "1", "largest share of the data set charged to a worker"),
        Column("decode_time", "float64", "s", "time that decoding took, part of the duration"),
        Column(
            "decode_residual",
            "float64",
            "1",
            "largest error of combined coefficients in the jobs decoded",
            nullable=True,
        ),
        Column(
            "squared_error",
            "float64",
            "1",
            "sum of the squared errors of combined coefficients, |a' B - 1|^2; null for codes that "
            "decode exactly or not at all (uncoded, gc, sr_sgc, m_sgc and variants)",
            nullable=True,
        ),
        Column(
            "decode_max",
            "float64",
            "1",
            "largest absolute weight of a result in the jobs decoded",
            nullable=True,
        ),
    ),
)

JOBS: Final = Table(
    name="jobs",
    version=1,
    row="one row per job that was started",
    key=("job",),
    columns=(
        Column("job", "int64", "1", "index of the job, which is the round in which it starts"),
        Column("decoded", "bool", "1", "whether its gradient was decoded"),
        Column("start", "int64", "ps", "start of its first round"),
        Column("completion", "int64", "ps", "end of the round that decoded it", nullable=True),
        Column("completion_round", "int64", "1", "round that decoded it", nullable=True),
        Column(
            "deadline_met",
            "bool",
            "1",
            "whether it was decoded by the end of round job+T; null if the run ended before",
            nullable=True,
        ),
    ),
)

WORKER_ROUNDS: Final = Table(
    name="worker_rounds",
    version=1,
    row="one row per worker and round",
    key=("round", "worker"),
    joins=(("round", "rounds.round"),),
    columns=(
        Column("round", "int64", "1", "index of the round"),
        Column("worker", "int64", "1", "index of the worker"),
        Column(
            "finish",
            "float64",
            "s",
            "when the result came in after the start of the round; null if it was not awaited",
            nullable=True,
        ),
        Column("straggler", "bool", "1", "whether the result was given up"),
        Column("load", "float64", "1", "share of the data set charged"),
        Column("retry", "bool", "1", "whether the worker retried a task of an earlier round"),
    ),
)

TASKS: Final = Table(
    name="tasks",
    version=1,
    row="one row per task, in the order round, worker, job",
    key=("round", "worker"),
    joins=(
        ("round", "rounds.round"),
        ("job", "jobs.job"),
    ),
    columns=(
        Column("round", "int64", "1", "index of the round"),
        Column("worker", "int64", "1", "index of the worker"),
        Column("job", "int64", "1", "job of the task; null for a worker without one", True),
        Column("slot", "int64", "1", "round - job", nullable=True),
        Column("kind", "enum", "", "fresh, retry, coded or idle"),
        Column(
            "chunk",
            "int64",
            "1",
            "M-SGC: which of the worker's own chunks, or which coded group; else null",
            nullable=True,
        ),
    ),
)

for _table in (ROUNDS, JOBS, WORKER_ROUNDS, TASKS):
    register("table", _table.name)(_table)
