"""Long-format data files, CSV or Parquet, read into columns with every fault located.

One row per measurement, a header with the columns' names, any order, further columns ignored. A
file is untrusted: whatever is in it ends as a `Problem` with file, line and column, never as a
traceback or an allocation of its choosing.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from netsim.datafiles.kinds import LONGEST_FIELD, Kind, Number
from netsim.findings import MOST, Findings
from netsim.problems import Problem, ProblemsFound
from netsim.reading import open_regular

#: The field that names the file, from the block that reads it.
FILE_KEY: Final = ("file",)


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
        return Problem(message, FILE_KEY, "bad-data", hint, self.path, int(self.lines[row]), 1)


def _findings(path: Path) -> Findings:
    return Findings(path, code="bad-data")


def _stop(findings: Findings, message: str, hint: str = "") -> ProblemsFound:
    findings.add(message, hint)
    return findings.found()


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
        raise _stop(_findings(path), f"cannot read '{path.name}': {_reason(failure)}") from None
    key = (status.st_mtime_ns, status.st_size)
    columns = _read(path, key, tuple(wanted.items()), tuple((optional or {}).items()))
    if not len(columns) and not empty:
        raise _stop(_findings(path), f"'{path.name}' has no rows")
    return columns


def header(path: Path) -> list[str]:
    """Return the names of the columns of a CSV or Parquet file, in their order.

    Raises
    ------
    ProblemsFound
        If the file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.suffix.lower() == ".csv":
            with io.TextIOWrapper(open_regular(path), encoding="utf-8-sig", newline="") as text:
                return [name.strip() for name in next(csv.reader(text), [])]
        with open_regular(path) as stream, pq.ParquetFile(stream) as source:
            names: list[str] = source.schema_arrow.names
            return names
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException, ValueError) as failure:
        message = f"cannot read '{path.name}': {_reason(failure)}"
        raise _stop(_findings(path), message) from None


@functools.lru_cache(maxsize=8)
def _read(
    path: Path,
    _version: tuple[int, int],
    wanted: tuple[tuple[str, Kind], ...],
    optional: tuple[tuple[str, Kind], ...],
) -> Columns:
    """Read once per state of the file: every replication asks for it again."""
    faults = _findings(path)
    if not path.is_file():
        raise _stop(faults, f"'{path.name}' is not a file")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        columns = _read_csv(path, dict(wanted), dict(optional), faults)
    elif suffix in {".parquet", ".pq"}:
        columns = _read_parquet(path, dict(wanted), dict(optional), faults)
    else:
        raise _stop(faults, f"'{path.name}' is neither .csv nor .parquet", "name it by its format")
    faults.raise_any()
    return columns


def _read_csv(
    path: Path, wanted: dict[str, Kind], optional: dict[str, Kind], faults: Findings
) -> Columns:
    kept: dict[str, list[float | str]] = {}
    lines: list[int] = []
    try:
        with io.TextIOWrapper(open_regular(path), encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text)
            header = [name.strip() for name in next(rows, [])]
            if len(header) == 1 and (marks := [mark for mark in ";\t" if mark in header[0]]):
                what = "semicolons" if marks[0] == ";" else "tabs"
                faults.add(
                    f"the columns are separated by {what}", "separate them by commas", line=1
                )
                faults.raise_any()
            kinds = _present(header, wanted, optional, faults)
            places = {name: header.index(name) for name in kinds}
            kept = {name: [] for name in kinds}
            for row in rows:
                if not any(map(str.strip, row)):
                    continue
                line = rows.line_num
                if len(row) != len(header):
                    message = f"{len(row)} fields where the header has {len(header)}"
                    faults.add(message, line=line, column=1)
                    continue
                lines.append(line)
                for name, kind in kinds.items():
                    value = kind.of_text(row[places[name]])
                    if value is not None:
                        kept[name].append(value)
                        continue
                    faults.add(
                        f"{name}: '{row[places[name]][:LONGEST_FIELD]}' is not {kind.wanted}",
                        line=line,
                        column=1 + sum(len(before) + 1 for before in row[: places[name]]),
                    )
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        raise _stop(faults, f"cannot read '{path.name}': {_reason(failure)}") from None
    faults.raise_any()
    values = {name: kind.array(kept[name]) for name, kind in kinds.items()}
    return Columns(path, values, np.array(lines, dtype=np.int64))


def _present(
    header: list[str], wanted: dict[str, Kind], optional: dict[str, Kind], faults: Findings
) -> dict[str, Kind]:
    """Return the columns to read with their kinds."""
    missing = [name for name in wanted if name not in header]
    twice = sorted({name for name in {**wanted, **optional} if header.count(name) > 1})
    if twice:
        faults.add(f"column '{twice[0]}' stands twice in the header", line=1, column=1)
    if missing:
        needs = ", ".join(wanted)
        hint = f"the header needs {needs}"
        faults.add(f"column '{missing[0]}' is missing", hint, line=1, column=1)
    faults.raise_any()
    return {**wanted, **{name: kind for name, kind in optional.items() if name in header}}


def _read_parquet(
    path: Path, wanted: dict[str, Kind], optional: dict[str, Kind], faults: Findings
) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_regular(path) as stream, pq.ParquetFile(stream) as source:
            kinds = _present(source.schema_arrow.names, wanted, optional, faults)
            table = source.read(columns=list(kinds))
    except (OSError, pa.ArrowException, ValueError) as failure:
        raise _stop(faults, f"cannot read '{path.name}': {_reason(failure)}") from None
    values = {
        name: _parquet_column(table.column(name), name, kind, faults)
        for name, kind in kinds.items()
    }
    return Columns(path, values, np.arange(1, table.num_rows + 1, dtype=np.int64))


def _parquet_column(column: Any, name: str, kind: Kind, faults: Findings) -> NDArray[Any]:
    import pyarrow as pa

    types = pa.types
    held = column.type.value_type if types.is_dictionary(column.type) else column.type
    if isinstance(kind, Number):
        if not (types.is_integer(held) or types.is_floating(held)):
            raise _stop(faults, f"{name}: type {column.type} does not hold {kind.wanted}")
        values = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
        bad = np.flatnonzero(kind.wrong(values))
        shown = [f"{values[row]:g}" for row in bad[:MOST]]
    else:
        if not (types.is_string(held) or types.is_large_string(held)):
            raise _stop(faults, f"{name}: type {column.type} does not hold {kind.wanted}")
        values = np.asarray(column.to_pylist(), dtype=object)
        bad = np.flatnonzero([value not in kind.allowed for value in values])
        shown = [str(values[row])[:LONGEST_FIELD] for row in bad[:MOST]]
    faults.count += bad.size - len(shown)
    for row, value in zip(bad.tolist(), shown, strict=False):
        faults.add(f"{name}: row {row + 1} holds {value}, not {kind.wanted}", line=row + 1)
    faults.raise_any()
    return kind.array(values)


def _reason(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.strerror:
        return failure.strerror.lower()
    if isinstance(failure, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {failure.start})"
    return str(failure).splitlines()[0][:200] if str(failure) else type(failure).__name__
