"""The directory of one replication: tables first, ``done.json`` last as the mark that it exists."""

from __future__ import annotations

import os
import platform
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netsim.errors import NetsimError
from netsim.metrics import forms, layout
from netsim.metrics.atomic import flush_directory, sha256, write_bytes, write_json, writing
from netsim.metrics.own_places import check_file, make_folder
from netsim.metrics.resources import Cost, now


class PointDirectory:
    """The directory of one point and replication, being filled by this process."""

    def __init__(self, path: Path, point: str, replication: int) -> None:
        self.path = path
        self._point = point
        self._replication = replication
        self._started = now()

    @classmethod
    def start(cls, path: Path, point: str, replication: int) -> PointDirectory:
        """Return the directory at `path`, made or emptied; the list of earlier attempts stays."""
        with writing(path):
            make_folder(path.parent)
            make_folder(path)
            (path / layout.DONE).unlink(missing_ok=True)
            for file in layout.table_files(path):
                file.unlink()
            layout.remove_leftovers(path)
        return cls(path, point, replication)

    def sink(self) -> Any:
        """Return the sink that writes tables into this directory."""
        from netsim.metrics.parquet import PointSink

        return PointSink(self.path)

    def commit(self, rows: Mapping[str, int], cost: Cost) -> None:
        """Write ``done.json``: from now on the tables exist for readers.

        Parameters
        ----------
        rows
            Number of rows of each table, as `Recorder.close` returned it.
        cost
            What the replication used.
        """
        files = {f"{name}.parquet": self.path / f"{name}.parquet" for name in rows}
        flush_directory(self.path)
        listed = {name: _entry(file, rows[file.stem]) for name, file in files.items()}
        with writing(self.path):
            (self.path / layout.ERROR).unlink(missing_ok=True)
        done = {
            "netsim_done": forms.MARK_VERSION,
            "point": self._point,
            "replication": self._replication,
            "files": listed,
            "wall_time": cost.wall_time,
            "cpu_time": cost.cpu_time,
            "peak_rss": cost.peak_rss,
            "host": platform.node(),
            "pid": os.getpid(),
            "started": self._started,
            "ended": now(),
        }
        write_json(self.path / layout.DONE, done)
        flush_directory(self.path)

    def fail(self, error: BaseException) -> None:
        """Note why this attempt failed, in ``error.txt`` and ``attempts.json``."""
        layout.remove_leftovers(self.path)
        text = str(error) if isinstance(error, NetsimError) else _traceback(error)
        write_bytes(self.path / layout.ERROR, (text.rstrip() + "\n").encode())
        attempt = {
            "started": self._started,
            "ended": now(),
            "host": platform.node(),
            "pid": os.getpid(),
            "error": getattr(error, "code", type(error).__name__),
            "message": str(error),
        }
        write_json(self.path / layout.ATTEMPTS, [*read_attempts(self.path), attempt])


def read_mark(directory: Path) -> dict[str, Any] | str | None:
    """Return the commit mark of a point, None where there is none, or why it cannot be used."""
    file = directory / layout.DONE
    try:
        mark: dict[str, Any] | str = forms.read(file, forms.MARK)
    except FileNotFoundError:
        return None
    except OSError as refused:
        return f"{file} cannot be read: {refused.strerror or refused}"
    return mark


def read_done(directory: Path) -> dict[str, Any] | None:
    """Return the commit mark of a point, or None where it is missing or does not fit."""
    mark = read_mark(directory)
    if not isinstance(mark, dict):
        return None
    try:
        sizes = {name: check_file(directory / name) for name in mark["files"]}
    except OSError:
        return None
    fits = all(size == mark["files"][name]["size"] for name, size in sizes.items())
    return mark if fits else None


def is_done(directory: Path) -> bool:
    """Return whether the point in `directory` is complete."""
    return read_done(directory) is not None


def read_attempts(directory: Path) -> list[dict[str, Any]]:
    """Return the failed attempts at a point, oldest first."""
    try:
        attempts = forms.read(directory / layout.ATTEMPTS, forms.ATTEMPTS)
    except OSError:
        return []
    return attempts if isinstance(attempts, list) else []


def _entry(file: Path, rows: int) -> dict[str, Any]:
    """Return what the commit mark says of a table's file."""
    with writing(file):
        return {"sha256": sha256(file), "size": file.stat().st_size, "rows": rows}


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
