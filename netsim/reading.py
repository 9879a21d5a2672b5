"""Open a file that a user names: a regular one, without waiting for anybody.

A named pipe, a socket or a device under the name of a scenario or a data file would make the
program wait for ever, or hand it bytes without end. So a name is looked at first, opened without
waiting, and looked at once more, since it may have changed hands between.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import Final

_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_KINDS: Final = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class IrregularFileError(OSError):
    """The name belongs to a pipe, a socket or a device."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(errno.EINVAL, f"it is {what}, not a regular file", str(path))


def open_regular(path: Path) -> io.BufferedReader:
    """Return the regular file `path`, open for reading; links are followed.

    Raises
    ------
    OSError
        As of `open`; `IsADirectoryError` if it is a folder, `IrregularFileError` if it is
        anything else that is no regular file.
    """
    _check(path, os.stat(path).st_mode)
    handle = os.open(path, _FLAGS)
    try:
        _check(path, os.fstat(handle).st_mode)
        return open(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def size_of(path: Path) -> int:
    """Return the size of the regular file `path` in bytes.

    Raises
    ------
    OSError
        As `open_regular`.
    """
    status = os.stat(path)
    _check(path, status.st_mode)
    return status.st_size


def _check(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        what = next((words for is_it, words in _KINDS if is_it(mode)), "something else")
        raise IrregularFileError(path, what)
