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
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from netsim.errors import OutputError
from netsim.metrics import layout
from netsim.metrics.atomic import json_bytes, writing
from netsim.metrics.own_places import open_file, read_bytes
from netsim.strict_json import parse

#: What `flock` answers where there are no locks; 524 is the kernel's own ENOTSUPP.
_UNSUPPORTED: Final = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, 524)
#: A note of host and process is far shorter.
_LONGEST_NOTE: Final = 1000


@contextlib.contextmanager
def locked(directory: Path, name: str = layout.LOCK) -> Iterator[None]:
    """Keep every other process out of `directory`, which exists, until the block is left.

    Whoever takes a lock of another `name` is not kept out: shards of one sweep, each with its own.

    Raises
    ------
    OutputError
        If a process fills the directory already; the message names it.
    """
    file = directory / name
    handle = _acquire(file)
    try:
        yield
    finally:
        # Removed before it is released, so that nobody's lock is ever removed but one's own.
        with contextlib.suppress(OSError):
            file.unlink()
        os.close(handle)


def check_unlocked(directory: Path, name: str = layout.LOCK) -> None:
    """Raise what `locked` would raise, and change nothing."""
    file = directory / name
    try:
        held = _is_held(file)
    except OSError as refused:
        raise _foreign(file, refused) from refused
    if held:
        raise _live(file)


def is_locked(directory: Path) -> bool:
    """Return whether a process fills `directory` now, as far as that can be seen."""
    locks = [directory / layout.LOCK, *directory.glob(f"{layout.LOCK}-*-of-*")]
    try:
        return any(map(_is_held, locks))
    except OSError:
        return False


def _is_held(file: Path) -> bool:
    try:
        handle = open_file(file)
    except FileNotFoundError:
        return False
    try:
        return not _lock(handle, shared=True)
    finally:
        os.close(handle)


def _acquire(file: Path) -> int:
    """Return the open `file` with the lock on it and this process noted in it."""
    while True:
        handle = _open(file)
        try:
            if not _lock(handle):
                raise _live(file)
            if _is_still(handle, file):
                _sign(handle, file)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its holder removed it between opening and locking: start again


def _sign(handle: int, file: Path) -> None:
    """Note this process in the lock that it holds; a lock that cannot be noted is given up."""
    note = json_bytes({"host": platform.node(), "pid": os.getpid()})
    try:
        with writing(file):
            os.ftruncate(handle, 0)
            os.write(handle, note)
    except BaseException:
        with contextlib.suppress(OSError):
            file.unlink()
        raise


def _open(file: Path) -> int:
    """Return the handle of the lock, made if there is none; what is not ours stays as it is."""
    try:
        handle = open_file(file, os.O_RDWR)
    except FileNotFoundError:
        with writing(file):
            return open_file(file, os.O_RDWR | os.O_CREAT)
    except OSError as refused:
        raise _foreign(file, refused) from refused
    if os.fstat(handle).st_nlink > 1 or _holder(file) is None:
        os.close(handle)
        raise OutputError(f"{file} is not netsim's; remove it or choose another -o")
    return handle


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
    # Without a note its holder has not come to write it yet.
    who = _holder(file) or "another process"
    return OutputError(
        f"{file.parent} is being filled by {who}; wait for it, stop it, or choose another -o"
    )


def _holder(file: Path) -> str | None:
    """Return whom the note names, nobody (empty) where there is none, None if it is no note."""
    try:
        content = read_bytes(file)
        if not content:
            return ""
        note = parse(content[:_LONGEST_NOTE])
        return f"process {note['pid']:d} on {note['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _foreign(file: Path, refused: OSError) -> OutputError:
    return OutputError(
        f"{file} cannot be used: {refused.strerror or refused}; remove it or choose another -o"
    )
