"""The lock of a run directory: while one process fills it, no second one touches it.

It is an advisory lock of the operating system on the file ``lock``, in which the holder notes its
host and process for whoever is refused. The system releases it when the process ends, however it
ends, so a killed run never blocks the next one; the note that it leaves behind means nothing.
Where the system or the file system knows no such locks, runs are kept apart by the manifest
alone, which only one of them can create.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from netsim.errors import OutputError
from netsim.metrics import layout
from netsim.metrics.atomic import json_bytes, writing

#: What `flock` answers where there are no locks.
_UNSUPPORTED: Final = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep every other process out of `directory`, which exists, until the block is left.

    Raises
    ------
    OutputError
        If a process fills the directory already; the message names it.
    """
    file = directory / layout.LOCK
    handle = _acquire(file)
    try:
        yield
    finally:
        # Removed before it is released, so that nobody's lock is ever removed but one's own.
        with contextlib.suppress(OSError):
            file.unlink()
        os.close(handle)


def check_unlocked(directory: Path) -> None:
    """Raise what `locked` would raise, and change nothing."""
    file = directory / layout.LOCK
    try:
        handle = os.open(file, os.O_RDONLY)
    except OSError:
        return
    try:
        if not _lock(handle, shared=True):
            raise _live(file)
    finally:
        os.close(handle)


def _acquire(file: Path) -> int:
    """Return the open `file` with the lock on it and this process noted in it."""
    while True:
        with writing(file):
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _lock(handle):
                raise _live(file)
            if _is_still(handle, file):
                with writing(file):
                    os.ftruncate(handle, 0)
                    os.write(handle, json_bytes({"host": platform.node(), "pid": os.getpid()}))
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its holder removed it between opening and locking: start again


def _lock(handle: int, *, shared: bool = False) -> bool:
    """Lock an open file if nobody holds it; return whether that is so."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as refused:
        if refused.errno not in _UNSUPPORTED:
            raise
    return True


def _is_still(handle: int, file: Path) -> bool:
    """Return whether the open file is the one that has the name `file` now."""
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False


def _live(file: Path) -> OutputError:
    """Return the error that names the process which holds the lock."""
    try:
        holder = json.loads(file.read_bytes())
        who = f"process {holder['pid']} on {holder['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"  # it has not written its note yet
    return OutputError(
        f"{file.parent} is being filled by {who}; wait for it, stop it, or choose another -o"
    )
