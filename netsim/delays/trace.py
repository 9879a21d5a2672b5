"""Measured times of a real system, replayed in order or resampled by whole rounds.

Resampling moves whole rounds, so that what makes the workers of one round slow together stays
together; drawing a random permutation of the workers per replication tells how much depends on who
happens to be slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import numpy as np

from netsim.datafiles import INDEX, RATIO, Columns, Kind, read
from netsim.delays.lanes import generator
from netsim.delays.laws.law import SECONDS, Seconds
from netsim.delays.process import DelayConfig
from netsim.fields import FilePath, Probability, field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register
from netsim.rng import Streams

#: Loads that differ by less are one: a file may hold 0.1 in single precision.
_SAME_LOAD: Final = 1e-6


@register("delay", "trace")
class Trace:
    """Measured times from a file: columns round, worker, seconds, and load if there are several."""

    source: ClassVar[str] = "measured by the user; block bootstrap: Kuensch, 1989"
    example: ClassVar[dict[str, Any]] = {"file": "data.csv"}

    class Config(DelayConfig):
        """The file and how it is replayed."""

        file: FilePath = field(
            description="CSV or Parquet file with columns round, worker, seconds [, load]"
        )
        load: Probability | None = field(
            None,
            description="which of the file's loads to replay (default: the lowest); for a file "
            "without that column, the load at which it was measured (default: 0)",
        )
        rounds: Literal["replay", "cyclic", "bootstrap"] = field(
            "cyclic",
            description="in order; in a circle from a random round; or rounds drawn at random",
        )
        block: int = field(
            1, description="consecutive rounds that a bootstrap keeps together", ge=1, le=1_000_000
        )
        permute_workers: bool = field(
            False, description="give the measured workers new numbers in every replication"
        )

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in the measured rounds in the order asked for."""
        _, rounds, workers = out.shape
        measured = profile(config.file.path, config.load)[0]
        _enough(config, measured, rounds, workers)
        for replication, source in enumerate(streams):
            order = _order(config, measured.shape[0], rounds, source, purpose)
            who = np.arange(workers)
            if config.permute_workers:
                who = generator(source, f"{purpose}.worker").permutation(measured.shape[1])[
                    :workers
                ]
            out[replication] = measured[np.ix_(order, who)]

    @staticmethod
    def problems(config: Any, rounds: int, workers: int) -> list[Problem]:
        """Return what is wrong with the file, or why it is too small."""
        try:
            measured = profile(config.file.path, config.load)[0]
            _enough(config, measured, rounds, workers)
        except ProblemsFound as found:
            return list(found.problems)
        return []

    @staticmethod
    def reference_load(config: Any) -> float:
        """Return the load that was measured: the file's, or as declared, or 0."""
        return profile(config.file.path, config.load)[1]

    @staticmethod
    def measured(config: Any, workers: int) -> Seconds:
        """Return all rounds of the file, for its first `workers` workers."""
        return profile(config.file.path, config.load)[0][:, :workers]

    @staticmethod
    def notes(config: Any) -> list[str]:
        """Return that the file does not say at which load it was measured, if it does not."""
        if config.load is not None or "load" in _columns(config.file.path):
            return []
        return [
            f"{config.file.path.name} has no column load: its times are taken as measured at load "
            "0, and the work of a code is added in full; delays.load declares another"
        ]


def profile(path: Path, load: float | None = None) -> tuple[Seconds, float]:
    """Return the measured times (rounds, workers) at one load, and that load.

    A file without a column `load` was measured at `load`, or where that is None at 0. Rounds and
    workers are numbered anew from 0 in the order of their numbers in the file.

    Raises
    ------
    ProblemsFound
        If that load was not measured, or a worker's time in some round is missing or given twice.
    """
    columns = _columns(path)
    rows = np.arange(len(columns))
    used = 0.0 if load is None else load
    if "load" in columns:
        loads = np.unique(columns["load"])
        used = float(loads[0] if load is None else loads[np.abs(loads - load).argmin()])
        if load is not None and abs(used - load) > _SAME_LOAD:
            known = ", ".join(f"{known:g}" for known in loads[:20])
            raise ProblemsFound(
                Problem(f"load {load:g} was not measured", ("load",), hint=f"measured: {known}")
            )
        rows = np.flatnonzero(columns["load"] == used)
    return _square(columns, rows), used


def _columns(path: Path) -> Columns:
    kinds: dict[str, Kind] = {"round": INDEX, "worker": INDEX, "seconds": SECONDS}
    return read(path, kinds, {"load": RATIO})


def _square(columns: Columns, rows: np.ndarray) -> Seconds:
    """Return the selected rows as a matrix; every cell must be there once and be finite."""
    seconds = columns["seconds"][rows]
    endless = np.flatnonzero(~np.isfinite(seconds))
    if endless.size:
        raise ProblemsFound(columns.problem(int(rows[endless[0]]), "seconds: not a finite time"))
    rounds, of_round = np.unique(columns["round"][rows], return_inverse=True)
    workers, of_worker = np.unique(columns["worker"][rows], return_inverse=True)
    cell = of_round * workers.size + of_worker
    order = np.argsort(cell, kind="stable")
    again = order[1:][np.diff(cell[order]) == 0]
    if again.size:
        at = int(again.min())
        named = f"round {rounds[of_round[at]]}, worker {workers[of_worker[at]]}"
        raise ProblemsFound(columns.problem(int(rows[at]), f"{named} is given twice"))
    if cell.size != rounds.size * workers.size:
        hole = int(np.flatnonzero(np.append(cell[order], -1) != np.arange(cell.size + 1))[0])
        named = f"round {rounds[hole // workers.size]}, worker {workers[hole % workers.size]}"
        raise ProblemsFound(
            Problem(f"no time for {named}", ("file",), "bad-data", file=columns.path)
        )
    matrix: Seconds = seconds[order].reshape(rounds.size, workers.size)
    return matrix


def _enough(config: Any, measured: Seconds, rounds: int, workers: int) -> None:
    has_rounds, has_workers = measured.shape
    if has_workers < workers:
        raise ProblemsFound(
            Problem(
                f"the trace has {has_workers} workers, the run needs {workers}",
                ("file",),
                hint=f"simulate {has_workers} workers at most, or take a file with more of them",
            )
        )
    if config.rounds == "replay" and has_rounds < rounds:
        raise ProblemsFound(
            Problem(
                f"the trace has {has_rounds} rounds, the run needs {rounds}",
                ("file",),
                hint="'rounds: cyclic' or 'rounds: bootstrap' makes more of it",
            )
        )


def _order(
    config: Any, measured: int, rounds: int, source: Streams, purpose: str
) -> np.ndarray[Any, np.dtype[np.int64]]:
    if config.rounds == "replay":
        return np.arange(rounds, dtype=np.int64)
    stream = generator(source, f"{purpose}.round")
    if config.rounds == "cyclic":
        first = int(stream.random() * measured)
        return np.arange(first, first + rounds, dtype=np.int64) % measured
    block = min(config.block, measured)
    starts = (stream.random(-(-rounds // block)) * measured).astype(np.int64)
    order: np.ndarray[Any, np.dtype[np.int64]] = (starts[:, None] + np.arange(block)) % measured
    return order.reshape(-1)[:rounds]
