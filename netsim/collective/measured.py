"""Measured times of a collective, as nccl-tests prints them or as a table of size and time.

What any ``*_perf`` of nccl-tests prints names its columns in comment lines; the first ``time``
there is that of out-of-place runs, in microseconds. A table (CSV) has a column ``size`` (B) and one
of ``time`` or ``time_s``, ``time_ms``, ``time_us``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim.datafiles.text_file import read_text
from netsim.findings import Findings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_UNITS: Final = {"time": 1.0, "time_s": 1.0, "time_ms": 1e-3, "time_us": 1e-6}
_RANK: Final = re.compile(r"^#\s*Rank\s+(\d+)\b")


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Times by size.

    Parameters
    ----------
    size, time
        Bytes and seconds, sizes rising, each once (the geometric mean of several).
    ranks
        Ranks that the log lists; None if it does not say.
    """

    size: Floats
    time: Floats
    ranks: int | None


def read_measured(path: Path) -> Measured:
    """Return the measurements of a file.

    Raises
    ------
    ProblemsFound
        If it holds none, or something else; with file and line.
    """
    lines = read_text(path).splitlines()
    findings = Findings(path, at=(), code="bad-data")
    ranks = {int(found[1]) for line in lines if (found := _RANK.match(line))}
    names, separator, unit = _header(lines, findings)
    sizes, times = [], []
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in line.split(separator)]
        if not line.strip() or line.lstrip().startswith("#") or cells[: len(names)] == names:
            continue
        row = _row(cells, names, number, findings)
        if row is not None:
            sizes.append(row[0])
            times.append(row[1] * unit)
    if len(set(sizes)) < 3 and not findings.problems:
        findings.add("fewer than three sizes were measured", "a line has two unknowns: add sizes")
    findings.raise_any()
    known = np.unique(sizes)
    logs = np.log(np.array(times))
    mean = np.array([np.exp(logs[np.array(sizes) == size].mean()) for size in known])
    return Measured(known, mean, len(ranks) or None)


def _header(lines: list[str], findings: Findings) -> tuple[list[str], str | None, float]:
    """Return the columns' names, what separates them (None: blanks), and the unit of time."""
    for line in lines:
        words = line.lstrip("# ").split()
        if line.startswith("#") and words[:1] == ["size"] and "time" in words:
            return words, None, 1e-6
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    names = [name.strip() for name in first.split(",")]
    unit = next((name for name in names if name in _UNITS), None)
    if "size" not in names or unit is None:
        findings.add(
            "neither the output of nccl-tests nor a table of size and time",
            "its first line names the columns: size,time_us",
            line=1,
        )
        findings.raise_any()
    return names, ",", _UNITS[unit or "time"]


def _row(
    cells: list[str], names: list[str], line: int, findings: Findings
) -> tuple[float, float] | None:
    """Return size and time of a line; a line of other programs' words is none."""
    place = names.index("size"), next(i for i, name in enumerate(names) if name in _UNITS)
    if len(cells) <= max(place):
        if cells[0].isdigit():
            findings.add("the line ends before its time", "is the file cut?", line=line)
        return None
    found = []
    for name, at in zip(("size", "time"), place, strict=True):
        try:
            value = float(cells[at])
        except ValueError:
            if not cells[0].isdigit():
                return None
            findings.add(f"'{cells[at][:40]}' is no {name}", "write a number", line=line)
            return None
        found.append(value)
    if not (found[0] > 0 and 0 < found[1] < np.inf):
        # A size of 0 bytes is printed by nccl-tests and says nothing of a byte.
        if found[0] != 0:
            findings.add("sizes and times are above 0", "leave the line out", line=line)
        return None
    return found[0], found[1]
