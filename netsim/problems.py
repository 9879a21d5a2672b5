"""What is wrong with a scenario or with a data file that it names, and where.

Whoever reads or judges such a thing raises `ProblemsFound`, or returns problems; the scenario layer
turns each into a message at its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netsim.errors import NetsimError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a scenario or with a data file that it names.

    `at` is a path of keys into the scenario (``("traffic", 0, "file")``). For a problem inside a
    data file, `file`, `line` and `column` (both from 1, 0 = unknown) name the place there, and `at`
    is where the scenario names that file. `also` is the path of the other value of a contradiction:
    the message then ends in ``(set at line 17)``. `more` counts the problems of the same file that
    stand behind this one and are not listed.
    """

    message: str
    at: tuple[str | int, ...] = ()
    code: str = "unsatisfiable"
    hint: str = ""
    file: Path | None = None
    line: int = 0
    column: int = 0
    also: tuple[str | int, ...] = ()
    more: int = 0


class ProblemsFound(NetsimError):  # noqa: N818 - it carries problems, it is not one
    """What a loader of data files raises; the scenario layer locates each problem (exit 3)."""

    exit_code = 3

    def __init__(self, *problems: Problem) -> None:
        # As arguments they let the exception be made again, as simpy and pickle do.
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(problem.message for problem in self.problems)
