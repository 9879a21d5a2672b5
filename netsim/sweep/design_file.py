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
from pathlib import Path
from typing import Any, Final

from netsim.datafiles.text_file import open_data, read_text
from netsim.problems import Problem, ProblemsFound
from netsim.scenario.scalars import NumberError, resolve
from netsim.sweep.paths import steps

#: Largest design that is read, in bytes, and how many of its faults are shown.
LARGEST: Final = 1 << 30
_MOST_PROBLEMS: Final = 20


def read_design(path: Path) -> Sequence[Mapping[str, Any]]:
    """Return the points of the file `path`: values by dotted path.

    Raises
    ------
    ProblemsFound
        If it is no CSV or Parquet file, has no rows, or holds what is no value.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        points = _csv(path)
    elif suffix in (".parquet", ".pq"):
        points = _parquet(path)
    else:
        raise ProblemsFound(_problem(path, f"{path.name} is neither .csv nor .parquet"))
    if not points:
        raise ProblemsFound(_problem(path, f"{path.name} has no points", hint="a row per point"))
    return points


def _csv(path: Path) -> list[dict[str, Any]]:
    found: list[Problem] = []
    reader = csv.reader(io.StringIO(read_text(path, LARGEST), newline=""), skipinitialspace=True)
    points: list[dict[str, Any]] = []
    names: list[str] = []
    try:
        for row in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if not names:
                names = _names(row, path, line)
            elif len(row) != len(names):
                message = f"this row has {len(row)} cells, the header has {len(names)}"
                found.append(_problem(path, message, line))
            else:
                points.append(_point(names, row, path, line, found))
            if len(found) >= _MOST_PROBLEMS:
                break
    except csv.Error as wrong:
        found.append(_problem(path, f"this line cannot be read: {wrong}", reader.line_num))
    if found:
        raise ProblemsFound(*found)
    return points


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
