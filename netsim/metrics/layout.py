"""Names in a run directory, and which files in it are netsim's own.

::

    out/<name>-<hash6>/
      manifest.json                written first
      scenario.yaml resolved.json  as given; as run
      inputs/<digest>-<name>       the data files that resolved.json names
      points/<id>/                 one point and replication
        <table>.parquet            renamed into place when complete
        done.json                  written last: without it the point does not exist
        error.txt attempts.json    after a failure
      tables/<table>.parquet       all points, when all are done
      SUCCESS | FAILED             empty marker
      lock                         while a process fills the directory
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from netsim.metrics.atomic import TEMPORARY
from netsim.metrics.own_places import is_folder, is_link

MANIFEST: Final = "manifest.json"
SCENARIO: Final = "scenario.yaml"
RESOLVED: Final = "resolved.json"
INPUTS: Final = "inputs"
POINTS: Final = "points"
TABLES: Final = "tables"
SUCCESS: Final = "SUCCESS"
FAILED: Final = "FAILED"
LOCK: Final = "lock"
DONE: Final = "done.json"
ERROR: Final = "error.txt"
ATTEMPTS: Final = "attempts.json"

#: In the order of removal: what makes results visible goes first, the manifest last.
_TOP: Final = (SUCCESS, FAILED, SCENARIO, RESOLVED, MANIFEST)
_OF_A_POINT: Final = (DONE, ERROR, ATTEMPTS)
_INPUT: Final = re.compile(r"[0-9a-f]{12}-.*")


def remove_results(directory: Path, needed: Collection[Path] = ()) -> None:
    """Remove what netsim wrote into `directory`; others' files, and `needed` inputs, stay."""
    for marker in (SUCCESS, FAILED):
        (directory / marker).unlink(missing_ok=True)
    remove_tables(directory / TABLES)
    points = directory / POINTS
    if is_folder(points):
        for point in sorted(points.iterdir()):
            remove_point(point)
        _remove_empty(points)
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


def remove_point(directory: Path) -> None:
    """Remove the files of one point, its commit mark first."""
    if not is_folder(directory):
        return
    for name in _OF_A_POINT:
        (directory / name).unlink(missing_ok=True)
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


def remove_leftovers(directory: Path) -> None:
    """Remove what a killed process left half written."""
    for file in sorted(directory.glob(f"{TEMPORARY}*")):
        file.unlink(missing_ok=True)


def holds_others_files(directory: Path) -> bool:
    """Return whether `directory` holds anything beside the lock and leftovers of a killed start."""
    names = (entry.name for entry in directory.iterdir())
    return any(name != LOCK and not name.startswith(TEMPORARY) for name in names)


def find_link(directory: Path) -> Path | None:
    """Return a link among the places in `directory` that are netsim's own, or None.

    Kept inputs may be links, to data files too large to be copied.
    """
    places = [directory / name for name in (*_TOP, LOCK, INPUTS, TABLES, POINTS)]
    found = next(filter(is_link, places), None)
    for folder in (directory / TABLES, directory / POINTS):
        if found is None and is_folder(folder):
            found = next(filter(is_link, sorted(folder.iterdir())), None)
    return found


def _remove_empty(directory: Path) -> None:
    if not any(directory.iterdir()):
        directory.rmdir()
