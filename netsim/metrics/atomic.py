"""Files that are either whole or not there: written apart, flushed to disk, then renamed.

Everything that a run leaves behind is written here, so that one place decides what happens when
the disk is full, read-only or gone: the write ends in a `WriteError` that names the file, and what
was half written goes. Temporary names are ``.tmp-<host>-<pid>-<word>-<name>`` beside the final one,
so that no two processes of any host share one, and what a killed process left is recognised.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from netsim.errors import WriteError
from netsim.metrics import own_places
from netsim.reading import open_regular

TEMPORARY: Final = ".tmp-"
_BLOCK: Final = 1 << 18
#: This host, as names of files show it, and a word that no other process of it has.
HOST: Final = re.sub(r"[^A-Za-z0-9_.]", "_", platform.node())[:60] or "host"
_WORD: Final = os.urandom(3).hex()
#: What names of a process start with: its host, its number, its word.
SIGNED: Final = re.compile(r"([A-Za-z0-9_.]+)-(\d{1,10})-([0-9a-f]{6})(?:-|$)")
_LEFTOVER: Final = re.compile(rf"^{re.escape(TEMPORARY)}{SIGNED.pattern}")

#: What to do when a run directory cannot be written.
_KEPT: Final = "finished runs in this directory are kept, free some space or choose another -o"

#: What a system answers that cannot flush a folder, or will not open one for that.
_NO_FLUSH: Final = frozenset(
    {
        errno.EINVAL,
        errno.EBADF,
        errno.ENOSYS,
        errno.EOPNOTSUPP,
        errno.ENOTSUP,
        errno.EACCES,
        errno.EPERM,
        errno.EISDIR,
    }
)
#: What a file system answers that has no second names.
_NO_SECOND_NAMES: Final = frozenset(
    {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.EXDEV}
)


@contextlib.contextmanager
def writing(path: Path, remedy: str = _KEPT) -> Iterator[None]:
    """Turn the system's refusal to write `path` into an error that says what to do.

    Where the system names a file within, that one is named.
    """
    try:
        yield
    except OSError as refused:
        why = refused.strerror or str(refused)
        file = Path(os.fsdecode(refused.filename)) if refused.filename else path
        named = file.with_name(_LEFTOVER.sub("", file.name)) if file.name else path
        raise WriteError(f"cannot write {named}: {why}; {remedy}") from refused


class NewFile(io.RawIOBase):
    """A file on its way, under a name of this process until it is published.

    What cannot be written is a `WriteError`. A file that is neither published nor discarded is
    discarded when it is closed.

    Parameters
    ----------
    path
        The name that it gets.
    remedy
        What to do where it cannot be written.
    """

    def __init__(self, path: Path, remedy: str = _KEPT) -> None:
        self.path = path
        self._remedy = remedy
        self._handle = -1
        self._aside = temporary(path)
        self._held = bytearray()
        self._pending = self._discarded = False
        with writing(path, remedy):
            # Whatever has this name is not ours to read; a link is removed, not followed.
            self._aside.unlink(missing_ok=True)
            self._handle = own_places.create(self._aside)
        self._pending = True

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, content: Any) -> int:
        """Append all of `content`; return its size."""
        view = memoryview(content).cast("B")
        if not self._discarded:
            self._held += view
            if len(self._held) >= _BLOCK:
                self._drain()
        return len(view)

    def _drain(self) -> None:
        """Hand what was written to the system, which takes many small pieces at a high price."""
        held, done = bytes(self._held), 0
        self._held.clear()
        with writing(self.path, self._remedy):
            while done < len(held):
                done += os.write(self._handle, held[done:] if done else held)

    def publish(self) -> None:
        """Flush what was written to disk and give it its name."""
        self._drain()
        with writing(self.path, self._remedy):
            os.fsync(self._handle)
            handle, self._handle = self._handle, -1
            os.close(handle)
            os.replace(self._aside, self.path)
            self._pending = False

    def publish_alone(self) -> bool:
        """Do as `publish` unless the name is taken; of two processes exactly one gets True."""
        self._drain()
        with writing(self.path, self._remedy):
            os.fsync(self._handle)
            try:
                os.link(self._aside, self.path)
            except FileExistsError:
                return False
            except OSError as refused:
                if refused.errno not in _NO_SECOND_NAMES:
                    raise
                return self._create_alone()
        return True

    def _create_alone(self) -> bool:
        """Create the file exclusively where the file system knows no second names."""
        try:
            handle = own_places.create(self.path)
        except FileExistsError:
            return False
        os.close(handle)
        self.publish()
        return True

    def discard(self) -> None:
        """Drop the file; what is still written to it goes nowhere."""
        self._discarded = True
        handle, self._handle = self._handle, -1
        with contextlib.suppress(OSError):
            if handle >= 0:
                os.close(handle)
        with contextlib.suppress(OSError):
            if self._pending:
                self._pending = False
                self._aside.unlink(missing_ok=True)

    def close(self) -> None:
        """Discard the file unless it is published."""
        self.discard()
        super().close()


def temporary(path: Path) -> Path:
    """Return the name under which this process writes `path`."""
    return path.with_name(f"{TEMPORARY}{signature()}-{path.name}")


def signature() -> str:
    """Return what names of this process, and of no other, start with."""
    return f"{HOST}-{os.getpid()}-{_WORD}"


def write_bytes(path: Path, content: bytes, remedy: str = _KEPT) -> None:
    """Write `content` to `path`, at once or not at all."""
    with NewFile(path, remedy) as file:
        file.write(content)
        file.publish()


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON to `path`, at once or not at all."""
    write_bytes(path, json_bytes(value))


def create_json(path: Path, value: Any) -> bool:
    """Write `value` to `path` unless a file is there; of two processes exactly one gets True."""
    with NewFile(path) as file:
        file.write(json_bytes(value))
        return file.publish_alone()


def flush_directory(path: Path) -> None:
    """Make the names in `path` durable, where the system can do that."""
    with writing(path):
        try:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as refused:
            if refused.errno not in _NO_FLUSH:
                raise


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def json_bytes(value: Any) -> bytes:
    """Return `value` as indented JSON with a final newline."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def compact_json_bytes(value: Any) -> bytes:
    """Return `value` as JSON on one line, for long lists."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()
