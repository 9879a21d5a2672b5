"""Finish times given as a table, replayed as they are: no load, network or decode time is added."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

from netsim.datafiles import INDEX, Columns, Kind, read
from netsim.delays.laws.law import SECONDS, Seconds
from netsim.delays.process import DelayConfig
from netsim.fields import FilePath, field
from netsim.findings import shortened
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register
from netsim.rng import Streams

_KINDS: Final[dict[str, Kind]] = {"round": INDEX, "worker": INDEX, "finish": SECONDS}


@register("delay", "matrix")
class Matrix:
    """Finish times of all workers in all rounds, from a file: columns round, worker, finish (s).

    An infinite time (``inf``) is a worker that never answers. Rounds beyond those that a run needs
    are ignored.
    """

    source: ClassVar[str] = "measured or constructed by the user"
    example: ClassVar[dict[str, Any]] = {"file": "data.csv"}
    taken_as_is: ClassVar[bool] = True

    class Config(DelayConfig):
        """The file."""

        file: FilePath = field(
            description="CSV or Parquet file with columns round, worker (from 0), finish (s)"
        )

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in the table, the same for all replications."""
        _, rounds, workers = out.shape
        out[:] = finish_times(config.file.path, rounds, workers)

    @staticmethod
    def measured(config: Any, workers: int) -> Seconds:
        """Return all rounds of the file."""
        rounds = read(config.file.path, _KINDS)["round"]
        return finish_times(config.file.path, int(rounds.max(initial=0)) + 1, workers)

    @staticmethod
    def problems(config: Any, rounds: int, workers: int) -> list[Problem]:
        """Return what is wrong with the file."""
        try:
            finish_times(config.file.path, rounds, workers)
        except ProblemsFound as found:
            return list(found.problems)
        return []


def finish_times(path: Path, rounds: int, workers: int) -> Seconds:
    """Return the finish times that a file holds, (rounds, workers).

    Raises
    ------
    ProblemsFound
        If a row names a worker that does not exist, a cell is given twice or not at all.
    """
    columns = read(path, _KINDS)
    strangers = np.flatnonzero(columns["worker"] >= workers)
    if strangers.size:
        found = (_stranger(columns, row, workers) for row in strangers)
        raise ProblemsFound(*shortened(found, strangers.size))
    needed = columns["round"] < rounds
    cell = columns["round"][needed] * workers + columns["worker"][needed]
    _each_once(columns, np.flatnonzero(needed), cell, rounds, workers)
    table = np.empty(rounds * workers)
    table[cell] = columns["finish"][needed]
    return table.reshape(rounds, workers)


def _stranger(columns: Columns, row: Any, workers: int) -> Problem:
    worker = columns["worker"][row]
    least = f"there are only workers 0 to {workers - 1}"
    return columns.problem(int(row), f"worker {worker}, but {least}")


def _each_once(
    columns: Columns, rows: np.ndarray, cell: np.ndarray, rounds: int, workers: int
) -> None:
    """Refuse a table that has a cell twice, or not at all."""
    order = np.argsort(cell, kind="stable")
    again = order[1:][np.diff(cell[order]) == 0]
    if again.size:
        found = (
            columns.problem(
                int(rows[at]),
                f"round {cell[at] // workers}, worker {cell[at] % workers} is given twice",
            )
            for at in np.sort(again)
        )
        raise ProblemsFound(*shortened(found, again.size))
    if cell.size == rounds * workers:
        return
    # The first hole in the sorted cells, found without an array as large as the table that is
    # asked for.
    ordered = cell[order]
    gaps = np.flatnonzero(ordered != np.arange(ordered.size))
    hole = int(gaps[0]) if gaps.size else ordered.size
    last = int(columns["round"].max())
    hint = (
        f"the run needs rounds 0 to {rounds - 1}, the file ends with round {last}"
        if last < rounds - 1
        else "every worker needs a time in every round; write inf for one that never answers"
    )
    raise ProblemsFound(
        Problem(
            f"no finish time for round {hole // workers}, worker {hole % workers}",
            ("file",),
            "bad-data",
            hint,
            columns.path,
        )
    )
