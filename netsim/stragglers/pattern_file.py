"""A straggler pattern from a file: who straggled in which round, to be replayed without timing."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from netsim.datafiles import INDEX, read
from netsim.fields import Config, FilePath, field
from netsim.findings import shortened
from netsim.problems import Problem, ProblemsFound
from netsim.stragglers.patterns import Pattern


class PatternConfig(Config):
    """Given stragglers, in place of delays: timing is ignored and rounds take no time."""

    kind: Literal["pattern"] = field("pattern", description="a given pattern")
    file: FilePath = field(
        description="CSV or Parquet file with columns round, worker (from 0): the stragglers"
    )

    def problems(self, rounds: int, workers: int) -> list[Problem]:
        """Return what is wrong with the file."""
        try:
            self.pattern(rounds, workers)
        except ProblemsFound as found:
            return list(found.problems)
        return []

    def pattern(self, rounds: int, workers: int) -> Pattern:
        """Return the pattern, (rounds, workers); rows of later rounds are ignored.

        Raises
        ------
        ProblemsFound
            If the file cannot be read or names a worker that does not exist.
        """
        # Without rows: nobody ever straggled.
        columns = read(_path(self), {"round": INDEX, "worker": INDEX}, empty=True)
        strangers = np.flatnonzero(columns["worker"] >= workers)
        if strangers.size:
            least = f"there are only workers 0 to {workers - 1}"
            found = (
                columns.problem(int(row), f"worker {columns['worker'][row]}, but {least}")
                for row in strangers
            )
            raise ProblemsFound(*shortened(found, strangers.size))
        needed = columns["round"] < rounds
        marked = np.zeros((rounds, workers), dtype=np.bool_)
        marked[columns["round"][needed], columns["worker"][needed]] = True
        return marked


def _path(config: PatternConfig) -> Path:
    return Path(config.file.path)
