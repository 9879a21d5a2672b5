"""Long-format data files, CSV or Parquet, read into columns of numbers with every fault located.

One row per measurement, a header with the columns' names, any order, further columns ignored. A
file is untrusted: whatever is in it ends as a `Problem` with file, line and column, never as a
traceback or an allocation of its choosing.
"""

from __future__ import annotations

import csv
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from netsim.delays.laws.law import LONGEST
from netsim.problems import Problem, ProblemsFound

#: At most this many faults of one file are shown.
MOST_PROBLEMS: Final = 20
_LARGEST_INDEX: Final = 2**31 - 1
_LONGEST_FIELD: Final = 64

Kind = Literal["index", "seconds", "ratio"]
_WANTED: Final[Mapping[str, str]] = {
    "index": "a whole number from 0",
    "seconds": "a number of seconds from 0 to 53 days, or inf",
    "ratio": "a number between 0 and 1",
}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file as arrays of equal length, with the line that each row came from."""

    path: Path
    values: Mapping[str, NDArray[Any]]
    lines: NDArray[np.int64]

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.values[name]

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __len__(self) -> int:
        return self.lines.size

    def problem(self, row: int, message: str, hint: str = "") -> Problem:
        """Return a problem located at a row."""
        return Problem(message, (), "bad-data", hint, self.path, int(self.lines[row]), 1)


@dataclass(slots=True)
class _Faults:
    path: Path
    found: list[Problem] = field(default_factory=list)

    def add(self, message: str, line: int = 0, column: int = 0, hint: str = "") -> None:
        self.found.append(Problem(message, (), "bad-data", hint, self.path, line, column))
        if len(self.found) >= MOST_PROBLEMS:
            raise ProblemsFound(*self.found)

    def stop(self, message: str, hint: str = "") -> ProblemsFound:
        self.found.append(Problem(message, (), "bad-data", hint, self.path))
        return ProblemsFound(*self.found)


def read(
    path: Path,
    wanted: Mapping[str, Kind],
    optional: Mapping[str, Kind] | None = None,
    *,
    empty: bool = False,
) -> Columns:
    """Return the `wanted` columns of a CSV or Parquet file, and the `optional` ones that it has.

    `empty` says that a file without rows means something.

    Raises
    ------
    ProblemsFound
        If the file cannot be read, lacks a column, or holds values that are not what their column
        means.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as failure:
        raise _Faults(path).stop(f"cannot read '{path.name}': {_reason(failure)}") from None
    key = (status.st_mtime_ns, status.st_size)
    columns = _read(path, key, tuple(wanted.items()), tuple((optional or {}).items()))
    if not len(columns) and not empty:
        raise _Faults(path).stop(f"'{path.name}' has no rows")
    return columns


@functools.lru_cache(maxsize=8)
def _read(
    path: Path,
    _version: tuple[int, int],
    wanted: tuple[tuple[str, Kind], ...],
    optional: tuple[tuple[str, Kind], ...],
) -> Columns:
    """Read once per state of the file: every replication asks for it again."""
    faults = _Faults(path)
    if not path.is_file():
        raise faults.stop(f"'{path.name}' is not a file")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        columns = _read_csv(path, dict(wanted), dict(optional), faults)
    elif suffix in {".parquet", ".pq"}:
        columns = _read_parquet(path, dict(wanted), dict(optional), faults)
    else:
        raise faults.stop(f"'{path.name}' is neither .csv nor .parquet", "name it by its format")
    if faults.found:
        raise ProblemsFound(*faults.found)
    return columns


def _read_csv(
    path: Path, wanted: dict[str, Kind], optional: dict[str, Kind], faults: _Faults
) -> Columns:
    kept: dict[str, list[float]] = {}
    lines: list[int] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text)
            header = [name.strip() for name in next(rows, [])]
            kinds = _present(header, wanted, optional, faults)
            places = {name: header.index(name) for name in kinds}
            kept = {name: [] for name in kinds}
            for row in rows:
                if not row:
                    continue
                line = rows.line_num
                if len(row) != len(header):
                    faults.add(f"{len(row)} fields where the header has {len(header)}", line, 1)
                    continue
                lines.append(line)
                for name, kind in kinds.items():
                    number = _number(row[places[name]], kind)
                    if number is None:
                        shown = row[places[name]][:_LONGEST_FIELD]
                        faults.add(
                            f"{name}: '{shown}' is not {_WANTED[kind]}",
                            line,
                            1 + sum(len(before) + 1 for before in row[: places[name]]),
                        )
                    else:
                        kept[name].append(number)
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        raise faults.stop(f"cannot read '{path.name}': {_reason(failure)}") from None
    if faults.found:
        raise ProblemsFound(*faults.found)
    values = {
        name: np.array(kept[name], dtype=np.int64 if kind == "index" else np.float64)
        for name, kind in kinds.items()
    }
    return Columns(path, values, np.array(lines, dtype=np.int64))


def _number(text: str, kind: Kind) -> float | None:
    """Return the number that a field holds, or None where it is not what the column means."""
    if len(text) > _LONGEST_FIELD or "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    if math.isnan(number) or number < 0:
        return None
    if kind == "index":
        return number if number <= _LARGEST_INDEX and number.is_integer() else None
    if kind == "seconds":
        return number if number <= LONGEST or math.isinf(number) else None
    return number if number <= 1 else None


def _present(
    header: list[str], wanted: dict[str, Kind], optional: dict[str, Kind], faults: _Faults
) -> dict[str, Kind]:
    """Return the columns to read with their kinds."""
    missing = [name for name in wanted if name not in header]
    twice = sorted({name for name in {**wanted, **optional} if header.count(name) > 1})
    if twice:
        faults.add(f"column '{twice[0]}' stands twice in the header", 1, 1)
    if missing:
        needs = ", ".join(wanted)
        faults.add(f"column '{missing[0]}' is missing", 1, 1, f"the header needs {needs}")
    if faults.found:
        raise ProblemsFound(*faults.found)
    return {**wanted, **{name: kind for name, kind in optional.items() if name in header}}


def _read_parquet(
    path: Path, wanted: dict[str, Kind], optional: dict[str, Kind], faults: _Faults
) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as source:
            kinds = _present(source.schema_arrow.names, wanted, optional, faults)
            table = source.read(columns=list(kinds))
    except (OSError, pa.ArrowException, ValueError) as failure:
        raise faults.stop(f"cannot read '{path.name}': {_reason(failure)}") from None
    values = {
        name: _parquet_column(table.column(name), name, kind, faults)
        for name, kind in kinds.items()
    }
    return Columns(path, values, np.arange(1, table.num_rows + 1, dtype=np.int64))


def _parquet_column(column: Any, name: str, kind: Kind, faults: _Faults) -> NDArray[Any]:
    import pyarrow as pa

    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise faults.stop(f"{name}: type {column.type} does not hold {_WANTED[kind]}")
    values = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    bad = np.isnan(values) | (values < 0)
    if kind == "index":
        bad |= (values > _LARGEST_INDEX) | (values != np.floor(values))
    elif kind == "seconds":
        bad |= (values > LONGEST) & np.isfinite(values)
    else:
        bad |= values > 1
    for row in np.flatnonzero(bad)[:MOST_PROBLEMS]:
        faults.add(
            f"{name}: row {row + 1} holds {values[row]:g}, not {_WANTED[kind]}", int(row + 1)
        )
    if faults.found:
        raise ProblemsFound(*faults.found)
    return values.astype(np.int64) if kind == "index" else values


def _reason(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.strerror:
        return failure.strerror.lower()
    if isinstance(failure, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {failure.start})"
    return str(failure).splitlines()[0][:200] if str(failure) else type(failure).__name__
