"""Read a data file that a user names: text of bounded size, or a problem that names the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netsim.problems import Problem, ProblemsFound

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
    check_file(path, largest)
    try:
        text = path.read_bytes()[: largest + 1].decode("utf-8-sig")
    except OSError as why:
        raise ProblemsFound(unreadable(path, why)) from None
    except UnicodeDecodeError:
        raise ProblemsFound(not_text(path)) from None
    if "\0" in text:
        raise ProblemsFound(not_text(path))
    return text


def check_file(path: Path, largest: int) -> None:
    """Raise the problem if `path` is no regular file of at most `largest` bytes."""
    try:
        if not path.is_file():
            what = "is a directory" if path.is_dir() else "does not exist"
            hint = "paths are relative to the scenario's folder"
            raise ProblemsFound(
                Problem(f"{path.name} {what}", code="no-file", hint=hint, file=path)
            )
        size = path.stat().st_size
    except OSError as why:
        raise ProblemsFound(unreadable(path, why)) from None
    if size > largest:
        hint = f"at most {largest / 2**20:g} MiB are read"
        message = f"{path.name} holds {size / 2**20:.1f} MiB"
        raise ProblemsFound(Problem(message, code="too-large", hint=hint, file=path))


def unreadable(path: Path, why: OSError) -> Problem:
    """Return the problem that the system will not let `path` be read."""
    message = f"{path.name} cannot be read: {why.strerror or why}"
    return Problem(message, code="no-file", hint="check its permissions", file=path)


def not_text(path: Path, line: int = 0) -> Problem:
    """Return the problem that `path` is no text."""
    hint = "save it as UTF-8 text; Parquet files end in .parquet"
    return Problem(
        f"{path.name} is not UTF-8 text", code="bad-file", hint=hint, file=path, line=line
    )
