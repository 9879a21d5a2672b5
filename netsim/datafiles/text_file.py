"""Read a data file that a user names: text of bounded size, or a problem that names the file."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Final

from netsim.problems import Problem, ProblemsFound
from netsim.reading import IrregularFileError, open_regular

if TYPE_CHECKING:
    from pathlib import Path

#: Largest file that is held in memory as a whole.
LARGEST: Final = 8 * 2**20


def read_text(path: Path, largest: int = LARGEST) -> str:
    """Return the UTF-8 text of `path`.

    Raises
    ------
    ProblemsFound
        If it cannot be read, holds more than `largest` bytes, or is no text.
    """
    try:
        with open_data(path, largest) as file:
            text = file.read(largest + 1).decode("utf-8-sig")
    except OSError as why:
        raise ProblemsFound(unreadable(path, why)) from None
    except UnicodeDecodeError:
        raise ProblemsFound(not_text(path)) from None
    if "\0" in text:
        raise ProblemsFound(not_text(path))
    return text


def state_of(path: Path) -> tuple[int, int] | None:
    """Return what changes when the file does: time (ns) and size; None where it cannot be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def open_data(path: Path, largest: int) -> io.BufferedReader:
    """Return the regular file `path` of at most `largest` bytes, open for reading.

    Raises
    ------
    ProblemsFound
        If it is not there, is something else, or is larger.
    """
    try:
        file = open_regular(path)
    except OSError as why:
        raise ProblemsFound(unreadable(path, why)) from None
    size = os.fstat(file.fileno()).st_size
    if size > largest:
        file.close()
        hint = f"at most {largest / 2**20:g} MiB are read"
        message = f"{path.name} holds {size / 2**20:.1f} MiB"
        raise ProblemsFound(Problem(message, ("file",), "too-large", hint, path))
    return file


def unreadable(path: Path, why: OSError) -> Problem:
    """Return the problem that the system will not let `path` be read."""
    if isinstance(why, FileNotFoundError):
        message, hint = f"{path.name} does not exist", "paths are relative to the scenario's folder"
    elif isinstance(why, IsADirectoryError):
        message, hint = f"{path.name} is a folder, not a file", "name a file in it"
    elif isinstance(why, IrregularFileError):
        message, hint = f"{path.name} cannot be read: {why.strerror}", "save the data as a file"
    else:
        message = f"{path.name} cannot be read: {why.strerror or why}"
        hint = "check its permissions"
    return Problem(message, ("file",), "bad-path", hint, path)


def not_text(path: Path, line: int = 0) -> Problem:
    """Return the problem that `path` is no text."""
    hint = "save it as UTF-8 text; Parquet files end in .parquet"
    return Problem(
        f"{path.name} is not UTF-8 text", code="bad-file", hint=hint, file=path, line=line
    )
