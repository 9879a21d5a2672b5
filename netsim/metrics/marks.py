"""The commit marks of parts: which runs are done, and where their rows stand.

A part holds the rows of some runs (a point and a replication each), by index of the point and then
by replication, one Parquet file per table. Its mark ``done.json`` comes last; it lists the runs as
columns, with the number of rows that each has in each table, so that nobody has to look into the
tables to find the rows of a run. A part whose mark is missing, or does not fit its files, does not
exist.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from netsim.metrics import forms, layout
from netsim.metrics.atomic import compact_json_bytes, flush_directory, sha256, write_bytes, writing
from netsim.metrics.own_places import check_file

#: A run by what it is: the id of its point, and its replication.
Run = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Key:
    """One run: a point of a study and a replication.

    Parameters
    ----------
    index
        Of the point in its study, from 0.
    point
        The point's id.
    replication
        From 0.
    """

    index: int
    point: str
    replication: int


@dataclass(frozen=True, slots=True)
class Part:
    """A committed part.

    Parameters
    ----------
    path
        Its folder.
    study
        Hash of the run or sweep for which the indices hold.
    keys
        Its runs, in the order of their rows.
    rows
        By table, the number of rows of each run.
    files
        By name, size, digest and rows of each file.
    """

    path: Path
    study: str
    keys: tuple[Key, ...]
    rows: Mapping[str, Sequence[int]]
    files: Mapping[str, Mapping[str, Any]]

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(int(file["size"]) for file in self.files.values())


_LENGTHS: Final = "its lists differ in length"


def read_part(path: Path) -> Part | str | None:
    """Return the part in folder `path`, None where none is committed, or why it is damaged."""
    file = path / layout.DONE
    try:
        mark = forms.read(file, forms.MARK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as refused:
        return f"{file} cannot be read: {refused.strerror or refused}"
    if isinstance(mark, str):
        return mark
    columns = [mark["index"], mark["point"], mark["replication"], *mark["rows"].values()]
    if len({len(column) for column in columns}) != 1:
        return f"{file} is damaged: {_LENGTHS}"
    totals = {f"{table}.parquet": sum(rows) for table, rows in mark["rows"].items()}
    if totals != {name: entry["rows"] for name, entry in mark["files"].items()}:
        return f"{file} is damaged: its rows do not add up to those of its files"
    keys = tuple(map(Key, mark["index"], mark["point"], mark["replication"]))
    return Part(path, mark["study"], keys, mark["rows"], mark["files"])


def fits(part: Part) -> bool:
    """Return whether every file of `part` is there in its full size."""
    try:
        return all(
            check_file(part.path / name) == entry["size"] for name, entry in part.files.items()
        )
    except OSError:
        return False


def committed(directory: Path) -> list[Part]:
    """Return the parts in `directory` that exist, by worker and number."""
    found = map(read_part, layout.parts(directory))
    return [part for part in found if isinstance(part, Part) and fits(part)]


def done_runs(parts: Iterable[Part]) -> set[Run]:
    """Return the runs that `parts` hold."""
    return {(key.point, key.replication) for part in parts for key in part.keys}


def write_mark(
    path: Path, study: str, keys: Sequence[Key], rows: Mapping[str, Sequence[int]]
) -> Part:
    """Commit the part whose tables stand in `path`: from now on it exists for readers."""
    flush_directory(path)
    names = {table: f"{table}.parquet" for table in rows}
    files = {name: _entry(path / name, sum(rows[table])) for table, name in names.items()}
    mark = {
        "netsim_done": forms.MARK_VERSION,
        "study": study,
        "index": [key.index for key in keys],
        "point": [key.point for key in keys],
        "replication": [key.replication for key in keys],
        "rows": {table: list(counts) for table, counts in rows.items()},
        "files": files,
    }
    write_bytes(path / layout.DONE, compact_json_bytes(mark))
    flush_directory(path)
    return Part(path, study, tuple(keys), rows, files)


def _entry(file: Path, rows: int) -> dict[str, Any]:
    """Return what the commit mark says of a table's file."""
    with writing(file):
        return {"sha256": sha256(file), "size": os.stat(file).st_size, "rows": rows}
