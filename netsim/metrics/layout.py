"""Names in the directory of a run or a sweep, and which files in it are netsim's own.

::

    out/<name>-<hash6>/
      manifest.json                written first
      scenario.yaml resolved.json  as given; as run
      swept.parquet                of a sweep: what its fields are at each point, a row a point
      inputs/<digest>-<name>       the data files that resolved.json names
      parts/<worker>/<n>/          what one worker committed at once
        <table>.parquet            renamed into place when complete
        done.json                  written last: without it the part does not exist
      failures/<worker>.jsonl      a line for each attempt that failed
      tables/<table>.parquet       everything, when all is done
      SUCCESS | FAILED             empty marker
      lock                         while a process fills the directory

A worker is called ``<host>-<pid>-<random word>``, so that no two ever write under one name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from netsim.metrics.atomic import HOST, SIGNED, TEMPORARY
from netsim.metrics.own_places import is_folder, is_link
from netsim.metrics.resources import age

MANIFEST: Final = "manifest.json"
SCENARIO: Final = "scenario.yaml"
RESOLVED: Final = "resolved.json"
SWEPT: Final = "swept.parquet"
INPUTS: Final = "inputs"
PARTS: Final = "parts"
FAILURES: Final = "failures"
TABLES: Final = "tables"
SUCCESS: Final = "SUCCESS"
FAILED: Final = "FAILED"
LOCK: Final = "lock"
DONE: Final = "done.json"

#: In the order of removal: what makes results visible goes first, the manifest last.
_TOP: Final = (SUCCESS, FAILED, SCENARIO, RESOLVED, SWEPT, MANIFEST)
_INPUT: Final = re.compile(r"[0-9a-f]{12}-.*")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_SHARD_LOCK: Final = re.compile(rf"{LOCK}(-[0-9]+-of-[0-9]+)?")
_A_DAY: Final = 86_400.0


def parts(directory: Path) -> Iterator[Path]:
    """Yield the folders of parts in `directory`, marked or not, by worker and number."""
    for worker in _folders(directory / PARTS):
        numbered = [part for part in _folders(worker) if _NUMBER.fullmatch(part.name)]
        yield from sorted(numbered, key=lambda part: int(part.name))


def _folders(directory: Path) -> list[Path]:
    return sorted(filter(is_folder, directory.iterdir())) if is_folder(directory) else []


def remove_results(directory: Path, needed: Collection[Path] = ()) -> None:
    """Remove what netsim wrote into `directory`; others' files, and `needed` inputs, stay."""
    for marker in (SUCCESS, FAILED):
        (directory / marker).unlink(missing_ok=True)
    remove_tables(directory / TABLES)
    for part in list(parts(directory)):
        remove_part(part)
    for worker in _folders(directory / PARTS):
        _remove_empty(worker)
    if is_folder(directory / FAILURES):
        for file in sorted((directory / FAILURES).glob("*.jsonl")):
            file.unlink()
    for folder in (PARTS, FAILURES):
        if is_folder(directory / folder):
            _remove_empty(directory / folder)
    _remove_inputs(directory / INPUTS, needed)
    remove_leftovers(directory)
    for name in _TOP:
        (directory / name).unlink(missing_ok=True)


def _remove_inputs(directory: Path, needed: Collection[Path]) -> None:
    """Remove netsim's copies of data files but those that are `needed`."""
    if not is_folder(directory):
        return
    inside = directory.resolve()
    kept = {path.name for path in needed if path.parent.resolve() == inside}
    for file in sorted(directory.iterdir()):
        if _INPUT.fullmatch(file.name) and file.name not in kept:
            file.unlink()
    remove_leftovers(directory)
    _remove_empty(directory)


def remove_part(directory: Path) -> None:
    """Remove the files of one part, its commit mark first."""
    if is_folder(directory):
        (directory / DONE).unlink(missing_ok=True)
        remove_tables(directory)


def remove_tables(directory: Path) -> None:
    """Remove tables and leftovers from `directory`, and itself if nothing else is in it."""
    if not is_folder(directory):
        return
    for file in table_files(directory):
        file.unlink()
    remove_leftovers(directory)
    _remove_empty(directory)


def table_files(directory: Path) -> list[Path]:
    """Return the tables in `directory` that have their final name, sorted."""
    return sorted(
        file for file in directory.glob("*.parquet") if not file.name.startswith(TEMPORARY)
    )


def table_name(file: Path) -> tuple[str, int]:
    """Return the table that `file` holds, and which of its files it is: ``flows-1.parquet``."""
    name, _, number = file.stem.partition("-")
    return name, int(number or 0)


def remove_leftovers(directory: Path) -> None:
    """Remove what was left half written in `directory`, which nobody else fills."""
    for file in sorted(directory.glob(f"{TEMPORARY}*")):
        file.unlink(missing_ok=True)


def remove_dead(directory: Path) -> None:
    """Remove what dead processes left half written anywhere in `directory`.

    Known to be dead is a process of this host that is gone, and whoever wrote nothing for a day.
    """
    for part in list(parts(directory)):
        if not (part / DONE).exists() and _is_dead(part.parent.name, part):
            remove_tables(part)
    for worker in _folders(directory / PARTS):
        if _is_dead(worker.name, worker):
            _remove_empty(worker)
    for folder in (directory, directory / TABLES, directory / INPUTS):
        for file in sorted(folder.glob(f"{TEMPORARY}*")) if is_folder(folder) else ():
            if _is_dead(file.name.removeprefix(TEMPORARY), file):
                file.unlink(missing_ok=True)


def _is_dead(name: str, place: Path) -> bool:
    """Return whether the process whose signature starts `name` writes no more."""
    signed = SIGNED.match(name)
    if signed is not None and signed[1] == HOST and not _is_alive(int(signed[2])):
        return True
    return age(place) > _A_DAY


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def holds_others_files(directory: Path) -> bool:
    """Return whether `directory` holds anything beside locks and leftovers of a killed start."""
    names = (entry.name for entry in directory.iterdir())
    return any(not _SHARD_LOCK.fullmatch(name) and not name.startswith(TEMPORARY) for name in names)


def find_link(directory: Path) -> Path | None:
    """Return a link among the places in `directory` that are netsim's own, or None.

    Kept inputs may be links, to data files too large to be copied.
    """
    places = [directory / name for name in (*_TOP, LOCK, INPUTS, TABLES, PARTS, FAILURES)]
    found = next(filter(is_link, places), None)
    folders = [directory / name for name in (TABLES, PARTS, FAILURES)]
    folders += [*_folders(directory / PARTS), *parts(directory)]
    for folder in folders:
        if found is None and is_folder(folder):
            found = next(filter(is_link, sorted(folder.iterdir())), None)
    return found


def _remove_empty(directory: Path) -> None:
    if not any(directory.iterdir()):
        directory.rmdir()
