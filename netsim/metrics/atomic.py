"""Files that are either whole or not there: written apart, flushed to disk, then renamed.

Temporary names are ``.tmp-<pid>-<name>`` beside the final one, so that leftovers of a killed
process are recognised.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from netsim.errors import NetsimError

TEMPORARY: Final = ".tmp-"


class WriteError(NetsimError):
    """A file cannot be written: the disk is full, read-only, or gone."""

    code = "write-failed"
    exit_code = 5


#: What to do when a run directory cannot be written.
_KEPT: Final = "finished runs in this directory are kept, free some space or choose another -o"


@contextlib.contextmanager
def writing(path: Path, remedy: str = _KEPT) -> Iterator[None]:
    """Turn the system's refusal to write `path` into an error that says what to do."""
    try:
        yield
    except OSError as refused:
        why = refused.strerror or str(refused)
        raise WriteError(f"cannot write {path}: {why}; {remedy}") from refused


def temporary(path: Path) -> Path:
    """Return the name under which this process writes `path`."""
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")


def publish(written: Path, path: Path) -> None:
    """Flush the file `written` to disk and give it the name `path`."""
    _flush(written)
    written.replace(path)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, at once or not at all."""
    with writing(path):
        unpublished = temporary(path)
        try:
            unpublished.write_bytes(content)
            publish(unpublished, path)
        except BaseException:
            unpublished.unlink(missing_ok=True)
            raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON to `path`, at once or not at all."""
    write_bytes(path, json_bytes(value))


def create_json(path: Path, value: Any) -> bool:
    """Write `value` to `path` unless a file is there; of two processes exactly one gets True."""
    with writing(path):
        unpublished = temporary(path)
        unpublished.write_bytes(json_bytes(value))
        try:
            _flush(unpublished)
            os.link(unpublished, path)
        except FileExistsError:
            return False
        except OSError:
            return _create_without_links(path, json_bytes(value))
        finally:
            unpublished.unlink(missing_ok=True)
    return True


def _create_without_links(path: Path, content: bytes) -> bool:
    """Create `path` exclusively where the file system knows no hard links."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def flush_directory(path: Path) -> None:
    """Make the names in `path` durable, where the system can do that."""
    with contextlib.suppress(OSError):
        _flush(path)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def json_bytes(value: Any) -> bytes:
    """Return `value` as indented JSON with a final newline."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
