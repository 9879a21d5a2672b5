"""Files and folders of netsim's own, in which no link is followed.

A run directory is netsim's from its top down. A link in it, left there by an archive or by
somebody else, would let a run write into, or remove, what lies elsewhere; so every folder is looked
at as it stands before anything in it is touched, files are opened without following, and a new file
never takes the place of something that is there. What the user named, and what lies above it, may
be a link: people keep results on scratch disks.

This is no wall against somebody who may write into the folder while a run goes: he may as well
change the results.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK


class LinkError(OSError):
    """Something of netsim's own is a link."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.ELOOP, "it is a link, and links in this place are not followed")
        self.filename = str(path)


def is_folder(path: Path) -> bool:
    """Return whether `path` is a folder, and no link to one."""
    return stat.S_ISDIR(_mode(path))


def is_file(path: Path) -> bool:
    """Return whether `path` is a regular file, and no link to one."""
    return stat.S_ISREG(_mode(path))


def is_link(path: Path) -> bool:
    """Return whether `path` is a link, wherever it leads."""
    return stat.S_ISLNK(_mode(path))


def check_folder(path: Path) -> None:
    """Raise an OSError unless `path` is a folder, and no link to one."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise LinkError(path)
    if not stat.S_ISDIR(mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def check_file(path: Path) -> int:
    """Return the size of the regular file `path` in bytes; raise an OSError if it is none."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise LinkError(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return status.st_size


def make_folder(path: Path) -> None:
    """Make the folder `path` unless it is there, and no link."""
    try:
        os.mkdir(path)
    except FileExistsError:
        check_folder(path)


def create(path: Path) -> int:
    """Return the handle of the new file `path`, open for writing; nothing may have that name."""
    return os.open(path, _NEW, 0o666)


def open_file(path: Path, flags: int = os.O_RDONLY) -> int:
    """Return the handle of the regular file `path`, which may not be a link.

    Raises
    ------
    OSError
        If it is a link, or anything but a regular file: nothing here waits for a named pipe.
    """
    try:
        handle = os.open(path, flags | _NO_LINK | _NO_WAIT, 0o666)
    except OSError as refused:
        raise (LinkError(path) if path.is_symlink() else refused) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        check_file(path)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return handle


def read_bytes(path: Path) -> bytes:
    """Return the content of the regular file `path`, which may not be a link."""
    with open(open_file(path), "rb") as stream:
        return stream.read()


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except (OSError, ValueError):
        return 0
