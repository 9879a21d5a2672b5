"""Points that another program has chosen: a table with a column per field and a row per point.

The header holds dotted paths (``topology.spines``, ``traffic[0].size``), the cells values as a
scenario writes them (``8``, ``rps``, ``10 kB``, ``true``). An empty cell leaves the field as the
scenario has it. This is the one seam for designs of experiments and for optimisers that ask and
tell; none of them is built in.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, overload

from netsim.datafiles.text_file import open_data, read_text
from netsim.problems import Problem, ProblemsFound
from netsim.scenario.scalars import NumberError, resolve
from netsim.sweep.paths import steps

#: Largest design that is read, in bytes, and how many of its faults are shown.
LARGEST: Final = 1 << 30
_MOST_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True)
class Design(Sequence[Mapping[str, Any]]):
    """Points, and where each stands.

    Parameters
    ----------
    path
        The file.
    points
        Values by dotted path.
    lines
        The line of each point's row; empty where the file has no lines.
    header
        The line of the header.
    names
        The header's dotted paths, in its order.
    """

    path: Path
    points: tuple[Mapping[str, Any], ...]
    lines: tuple[int, ...] = ()
    header: int = 0
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.points)

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, Any]]: ...
    def __getitem__(self, index: Any) -> Any:
        return self.points[index]


def cell_at(line: str, number: int) -> tuple[int, int]:
    """Return column, from 1, and length of a cell of a line, counted from 0.

    >>> cell_at('a, "b,c" ,d', 1)
    (4, 5)
    """
    start, inside, cell = 0, False, 0
    for index, letter in enumerate(line + ","):
        if letter == '"':
            inside = not inside
        elif letter == "," and not inside:
            if cell == number:
                text = line[start:index]
                blanks = len(text) - len(text.lstrip())
                return start + blanks + 1, max(1, len(text.strip()))
            start, cell = index + 1, cell + 1
    return 1, max(1, len(line))


def read_design(path: Path) -> Design:
    """Return the points of the file `path`: values by dotted path.

    Raises
    ------
    ProblemsFound
        If it is no CSV or Parquet file, has no rows, or holds what is no value.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        design = _csv(path)
    elif suffix in (".parquet", ".pq"):
        design = Design(path, tuple(_parquet(path)))
    else:
        raise ProblemsFound(_problem(path, f"{path.name} is neither .csv nor .parquet"))
    if not design.points:
        raise ProblemsFound(_problem(path, f"{path.name} has no points", hint="a row per point"))
    return design


def _csv(path: Path) -> Design:
    found: list[Problem] = []
    reader = csv.reader(io.StringIO(read_text(path, LARGEST), newline=""), skipinitialspace=True)
    points: list[dict[str, Any]] = []
    lines: list[int] = []
    names: list[str] = []
    header = 0
    try:
        for row in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if not names:
                names, header = _names(row, path, line), line
            elif len(row) != len(names):
                message = f"this row has {len(row)} cells, the header has {len(names)}"
                found.append(_problem(path, message, line))
            else:
                points.append(_point(names, row, path, line, found))
                lines.append(line)
            if len(found) >= _MOST_PROBLEMS:
                break
    except csv.Error as wrong:
        found.append(_problem(path, f"this line cannot be read: {wrong}", reader.line_num))
    if found:
        raise ProblemsFound(*found)
    return Design(path, tuple(points), tuple(lines), header, tuple(names))


def _point(
    names: Sequence[str], row: Sequence[str], path: Path, line: int, found: list[Problem]
) -> dict[str, Any]:
    """Return the values of a row by field; empty cells are left out."""
    point: dict[str, Any] = {}
    for column, (name, cell) in enumerate(zip(names, row, strict=True), start=1):
        if not cell.strip():
            continue
        try:
            point[name] = resolve(cell.strip())
        except NumberError as wrong:
            found.append(_problem(path, f"{name}: {wrong} (column {column})", line))
    return point


def _parquet(path: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_data(path, LARGEST) as stream, pq.ParquetFile(stream) as file:
            table = file.read()
    except (OSError, pa.ArrowException) as wrong:
        first = str(wrong).splitlines()[0][:200]
        raise ProblemsFound(_problem(path, f"{path.name} cannot be read: {first}")) from None
    _names(table.column_names, path, 0)
    points, found = [], []
    for index, row in enumerate(table.to_pylist()):
        point = {name: value for name, value in row.items() if value is not None}
        unusable = [name for name, value in point.items() if not _usable(value)]
        if unusable:
            found.append(_problem(path, f"row {index + 1}: {unusable[0]} holds no usable value"))
        points.append(point)
        if len(found) >= _MOST_PROBLEMS:
            break
    if found:
        raise ProblemsFound(*found)
    return points


def _usable(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, bool | int | str)


def _names(row: Sequence[str], path: Path, line: int) -> list[str]:
    """Return the header's dotted paths, or raise what is wrong with them."""
    names = [name.strip() for name in row]
    hint = "the first line names fields by dotted path: topology.spines,routing.policy"
    found = [
        _problem(path, f"'{name}' is not the path of a field", line, hint)
        for name in names
        if not steps(name)
    ]
    found += [
        _problem(path, f"column '{name}' stands twice", line)
        for index, name in enumerate(names)
        if name in names[:index]
    ]
    if found:
        raise ProblemsFound(*found[:_MOST_PROBLEMS])
    return names


def _problem(path: Path, message: str, line: int = 0, hint: str = "") -> Problem:
    return Problem(message, (), "bad-data", hint, path, line, 1 if line else 0)
