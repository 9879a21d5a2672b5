"""The problems of one data file while it is read: the first are kept, the others counted.

A file of a million wrong rows has one cause, which fifty of them show. So reading goes on to the
end, every problem is counted, and the last one that is kept says how many stand behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from netsim.problems import Problem, ProblemsFound

#: Problems of one file that are listed.
MOST: Final = 50


@dataclass(slots=True)
class Findings:
    """What is wrong with a file, in the order in which it was found.

    Parameters
    ----------
    path
        The file.
    at
        Where the scenario names it, from the block that reads it.
    code
        What its problems are, where they do not say.
    """

    path: Path
    at: tuple[str | int, ...] = ("file",)
    code: str = "bad-value"
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    #: Lines that something is wrong with; whoever reads a long file forgets them as he goes.
    lines: set[int] = field(default_factory=set)

    def add(
        self, message: str, hint: str = "", *, line: int = 0, column: int = 0, code: str = ""
    ) -> None:
        """Keep a problem, or count it if there are enough."""
        self.count += 1
        self.lines.add(line)
        if len(self.problems) < MOST:
            problem = Problem(message, self.at, code or self.code, hint, self.path, line, column)
            self.problems.append(problem)

    def found(self) -> ProblemsFound:
        """Return all problems as one exception."""
        return ProblemsFound(*shortened(self.problems, self.count))

    def raise_any(self) -> None:
        """Raise what was found, if anything was."""
        if self.problems:
            raise self.found()


def shortened(problems: Iterable[Problem], count: int) -> list[Problem]:
    """Return the first of `count` problems of one file; the last one counts those left out."""
    kept = [problem for problem, _ in zip(problems, range(MOST), strict=False)]
    if count > len(kept) and kept:
        kept[-1] = replace(kept[-1], more=count - len(kept))
    return kept
