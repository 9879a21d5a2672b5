"""Kernels kept between runs: where their files are, who may have written them, what they hold.

An object file runs with the rights of whoever loads it, so it is taken only from a folder and a
file that belong to the user or to root and that nobody else can write; from any other it is not,
and nothing is written there. The folder is opened once and its files through it, so that it cannot
be exchanged in between. A file names its key and the digest of its content: a damaged one, or one
that was copied over another, is as good as none.

``<user cache>/netsim`` is made with mode 0700, and tightened where an older one is wider.
``NETSIM_CACHE`` names another folder, whose mode stays as it is: one that root fills serves all.
The 64 files used last are kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

KEPT: Final = 64

_SUFFIX: Final = ".kernel"
_ASIDE: Final = "new-"
_FORM: Final = b"netsim kernel 2"
_ROOT: Final = 0
_WRITABLE: Final = stat.S_IWGRP | stat.S_IWOTH
_OURS_ALONE: Final = 0o700
#: Others may read a file; whether they reach it is up to the folder.
_READABLE: Final = 0o644
#: Seconds after which a file that was never completed is nobody's any more.
_ABANDONED: Final = 3600.0

log = logging.getLogger(__name__)


class DistrustError(Exception):
    """A folder or a file that somebody else may have written."""


def cache_folder() -> Path:
    """Return the folder that holds one file per kernel.

    Raises
    ------
    OSError
        If neither the environment nor the system names a home.
    """
    chosen = os.environ.get("NETSIM_CACHE")
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(home) if home else Path.home() / ".cache") / "netsim"
    except RuntimeError as problem:
        raise OSError(str(problem)) from None


def load(folder: Path, key: str) -> bytes | None:
    """Return the machine code kept under `key`; None if there is none, or it is damaged.

    Raises
    ------
    DistrustError
        If somebody else may have written the folder or the file.
    """
    try:
        with _opened(folder) as inside:
            return _content(inside, folder, key)
    except OSError as problem:
        log.debug("no kept kernel is read: %s", problem)
        return None


def keep(folder: Path, key: str, code: bytes) -> None:
    """Keep machine code under `key`: written aside, then renamed.

    Raises
    ------
    DistrustError
        If somebody else can write the folder.
    OSError
        If it cannot be written; nothing is left of it then.
    """
    folder.mkdir(mode=_OURS_ALONE, parents=True, exist_ok=True)
    with _opened(folder) as inside:
        aside = f"{_ASIDE}{secrets.token_hex(8)}"
        new = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            with os.fdopen(os.open(aside, new, _READABLE, dir_fd=inside), "wb") as file:
                file.write(_header(key, code) + code)
            os.replace(aside, _name(key), src_dir_fd=inside, dst_dir_fd=inside)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(aside, dir_fd=inside)
            raise
        _forget_oldest(inside)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open the folder, if it can be trusted."""
    inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        status = os.fstat(inside)
        own = not os.environ.get("NETSIM_CACHE") and status.st_uid == os.geteuid()
        if own and stat.S_IMODE(status.st_mode) & ~_OURS_ALONE:
            os.fchmod(inside, _OURS_ALONE)
            status = os.fstat(inside)
        _check_trusted(status, folder)
        yield inside
    finally:
        os.close(inside)


def _check_trusted(status: os.stat_result, path: Path) -> None:
    """Raise unless what `status` is of belongs to the user or root and only they can write it."""
    if status.st_uid not in (os.geteuid(), _ROOT):
        raise DistrustError(f"{path} belongs to somebody else (user {status.st_uid})")
    if status.st_mode & _WRITABLE:
        raise DistrustError(f"others can write {path}; to use it: chmod go-w {path}")


def _content(inside: int, folder: Path, key: str) -> bytes | None:
    """Return the code in the file of `key`, and note its use."""
    plain = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(_name(key), plain, dir_fd=inside), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise DistrustError(f"{folder / _name(key)} is no regular file")
        _check_trusted(status, folder / _name(key))
        content = file.read()
        length = len(_header(key, b""))
        code = content[length:]
        if content[:length] != _header(key, code):
            log.info("the kept kernel %s is damaged or another one", folder / _name(key))
            return None
        # A read-only cache that others fill serves as well.
        with contextlib.suppress(OSError):
            os.utime(file.fileno())
    return code


def _header(key: str, code: bytes) -> bytes:
    digest = hashlib.sha256(code).hexdigest()
    return b"%s\n%s\n%s\n" % (_FORM, key.encode(), digest.encode())


def _name(key: str) -> str:
    return f"{key}{_SUFFIX}"


def _forget_oldest(inside: int) -> None:
    """Remove all but the files used last, and what killed processes left half written."""
    used = {}
    for name in os.listdir(inside):
        if name.endswith(_SUFFIX) or name.startswith(_ASIDE):
            # Another process may be faster.
            with contextlib.suppress(FileNotFoundError):
                used[name] = os.stat(name, dir_fd=inside, follow_symlinks=False).st_mtime
    kernels = sorted((n for n in used if n.endswith(_SUFFIX)), key=used.__getitem__)
    newest = max(used.values(), default=0.0)
    halves = [n for n in used if n.startswith(_ASIDE) and used[n] < newest - _ABANDONED]
    for name in kernels[:-KEPT] + halves:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=inside)
