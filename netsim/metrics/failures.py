"""Attempts that failed: a line of JSON each, in a file of the worker that saw it.

A worker appends to its own file alone, so nobody waits for anybody, and a death is noted by the
driver in its own. A line that was cut off by the death of its writer is left aside.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netsim.errors import NetsimError
from netsim.metrics import forms, layout
from netsim.metrics.atomic import compact_json_bytes, signature, writing
from netsim.metrics.marks import Key, Run
from netsim.metrics.own_places import is_folder, make_folder, open_file, read_bytes
from netsim.metrics.resources import now
from netsim.strict_json import JsonError, parse


@dataclass(frozen=True, slots=True)
class Failure:
    """One attempt at a run that failed.

    Parameters
    ----------
    key
        The run.
    message
        What went wrong.
    error
        The stable code of the error, or the name of its kind.
    swept
        Values of the swept fields, as written.
    trace
        Where in the program, of a bug.
    time
        When.
    final
        Whether the run is given up; else it is tried again.
    """

    key: Key
    message: str
    error: str = "error"
    swept: Mapping[str, Any] | None = None
    trace: str = ""
    time: str = ""
    final: bool = True

    @classmethod
    def of(cls, key: Key, error: BaseException, swept: Mapping[str, Any] | None = None) -> Failure:
        """Return the failure that `error` is."""
        known = isinstance(error, NetsimError)
        trace = "" if known else "".join(traceback.format_exception(error))
        message = str(error) if known else f"{type(error).__name__}: {error}"
        code = getattr(error, "code", type(error).__name__)
        return cls(key, message, str(code), swept, trace, now())

    @property
    def run(self) -> Run:
        """The run that failed."""
        return self.key.point, self.key.replication


def note(directory: Path, failure: Failure) -> None:
    """Append `failure` to this process's file in `directory`."""
    folder = directory / layout.FAILURES
    file = folder / f"{signature()}.jsonl"
    key = failure.key
    line: dict[str, Any] = {
        "index": key.index,
        "point": key.point,
        "replication": key.replication,
        "error": failure.error,
        "message": failure.message,
        "time": failure.time or now(),
        "final": failure.final,
    }
    if failure.swept:
        line["swept"] = dict(failure.swept)
    if failure.trace:
        line["traceback"] = failure.trace
    with writing(file):
        make_folder(folder)
        handle = open_file(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(handle, compact_json_bytes(line))
        finally:
            os.close(handle)


def read_failures(directory: Path) -> list[Failure]:
    """Return all attempts that failed, oldest first."""
    folder = directory / layout.FAILURES
    found = []
    for file in sorted(folder.glob("*.jsonl")) if is_folder(folder) else ():
        try:
            lines = read_bytes(file).splitlines()
        except OSError:
            continue
        found += [failure for line in lines if (failure := _parsed(line)) is not None]
    return sorted(found, key=lambda failure: failure.time)


def _parsed(line: bytes) -> Failure | None:
    try:
        entry = parse(line)
    except JsonError:
        return None
    if forms.FAILURE(entry, ""):
        return None
    key = Key(entry["index"], entry["point"], entry["replication"])
    return Failure(
        key,
        entry["message"],
        entry.get("error", "error"),
        entry.get("swept"),
        entry.get("traceback", ""),
        entry.get("time", ""),
        entry.get("final", True),
    )
