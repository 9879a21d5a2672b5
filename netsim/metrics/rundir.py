"""A run directory: either complete or visibly incomplete, never half-written.

`filling` keeps every other process out while a run goes. `RunDirectory.create` writes the manifest
exclusively, so that of two starters one is told that the directory is taken. Each replication then
writes into its own point directory and commits with ``done.json``; when all are done the points are
compacted into ``tables/`` and the marker ``SUCCESS`` appears.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from netsim.errors import OutputError, WriteError
from netsim.metrics import forms, layout
from netsim.metrics.atomic import (
    create_json,
    flush_directory,
    write_bytes,
    write_json,
    writing,
)
from netsim.metrics.inputs import Input, keep
from netsim.metrics.lock import check_unlocked, locked
from netsim.metrics.own_places import make_folder
from netsim.metrics.point import PointDirectory, is_done
from netsim.metrics.resources import machine, now

#: Digits of a hash in names and messages.
SHORT: Final = 6


@dataclass(frozen=True, slots=True)
class PointKey:
    """One unit of work: a point and a replication, with the name of its directory."""

    id: str
    point: str
    replication: int


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What is run, as the directory records it.

    Parameters
    ----------
    name, workload, hash, seed
        Of the scenario; `hash` is its full identity.
    text
        The scenario file as given.
    resolved
        The scenario as run, defaults filled in.
    provenance
        The record that stands in every table.
    points
        All units of work, in the order of (point, replication).
    inputs
        The data files that the scenario reads.
    """

    name: str
    workload: str
    hash: str
    seed: int
    text: str
    resolved: Mapping[str, Any]
    provenance: Mapping[str, Any]
    points: tuple[PointKey, ...]
    inputs: tuple[Input, ...] = ()

    @property
    def directory_name(self) -> str:
        """Name of the directory that a run takes when none is chosen."""
        return f"{self.name}-{self.hash[:SHORT]}"


class RunDirectory:
    """A run directory that this process fills."""

    def __init__(self, path: Path, manifest: dict[str, Any], points: Sequence[PointKey]) -> None:
        self.path = path
        self._manifest = manifest
        self._points = tuple(points)

    @classmethod
    def create(cls, path: str | Path, run: RunIdentity, *, overwrite: bool = False) -> RunDirectory:
        """Return a fresh run directory at `path`.

        Raises
        ------
        OutputError
            If the directory holds a run already, or files of somebody else, or cannot be made.
        """
        path = Path(path)
        _make(path)
        _check_free(path, run, overwrite)
        _check_links(path)
        if read_manifest(path) is not None:
            with writing(path):
                # A run may be started from its own directory, and then reads what lies there.
                layout.remove_results(path, needed=[file.path for file in run.inputs])
        manifest = _manifest(run)
        if not create_json(path / layout.MANIFEST, manifest):
            raise _taken(path, run)
        write_bytes(path / layout.SCENARIO, run.text.encode())
        write_json(path / layout.RESOLVED, dict(run.resolved))
        keep(run.inputs, path)
        with writing(path):
            make_folder(path / layout.POINTS)
        flush_directory(path)
        return cls(path, manifest, run.points)

    def point(self, key: PointKey) -> PointDirectory:
        """Return the directory of one unit of work, emptied of what an earlier attempt left."""
        return PointDirectory.start(self.path / layout.POINTS / key.id, key.point, key.replication)

    def complete(self) -> None:
        """Compact all points into ``tables/`` and mark the run as a success.

        Raises
        ------
        OutputError
            If a point is not done.
        """
        from netsim.metrics.compaction import compact

        directories = [self.path / layout.POINTS / key.id for key in self._ordered()]
        if missing := [directory.name for directory in directories if not is_done(directory)]:
            raise OutputError(
                f"{self.path} is not complete: {len(missing)} of {len(directories)} points are "
                f"not done (first: {missing[0]})"
            )
        compact(directories, self.path / layout.TABLES)
        self._set_status("success")
        self._mark(layout.SUCCESS)

    def fail(self) -> None:
        """Mark the run as failed; points that are done stay readable."""
        with writing(self.path):
            (self.path / layout.SUCCESS).unlink(missing_ok=True)
        self._set_status("failed")
        self._mark(layout.FAILED)

    def stop(self) -> None:
        """Note that the run was stopped from outside; points that are done stay readable."""
        self._set_status("stopped")

    def give_up(self) -> None:
        """Mark the run as failed as far as the disk allows, which has failed already."""
        with contextlib.suppress(WriteError):
            self.fail()

    def _ordered(self) -> list[PointKey]:
        return sorted(self._points, key=lambda key: (key.point, key.replication))

    def _set_status(self, status: str) -> None:
        self._manifest |= {"status": status, "ended": now()}
        write_json(self.path / layout.MANIFEST, self._manifest)

    def _mark(self, marker: str) -> None:
        write_bytes(self.path / marker, b"")
        flush_directory(self.path)


@contextlib.contextmanager
def filling(
    path: str | Path, run: RunIdentity, *, overwrite: bool = False
) -> Iterator[RunDirectory]:
    """Give a fresh run directory that no other process may touch until the block is left.

    Raises
    ------
    OutputError
        If another process fills the directory right now, and as `RunDirectory.create` does.
    """
    path = Path(path)
    _make(path)
    # Nothing is touched, the lock included, in a directory that is refused anyway.
    check_unlocked(path)
    _check_free(path, run, overwrite)
    _check_links(path)
    with locked(path):
        yield RunDirectory.create(path, run, overwrite=overwrite)


def check(path: str | Path, run: RunIdentity, *, overwrite: bool = False) -> None:
    """Raise what `filling` would raise, as far as it can be known, and change nothing."""
    path = Path(path)
    if not path.is_dir():
        _check_makeable(path)
        return
    check_unlocked(path)
    _check_free(path, run, overwrite)
    _check_links(path)
    with writing(path):
        _check_writable(path)


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Return the manifest of the run directory `path`, or None where none can be read."""
    manifest = manifest_or_fault(path)
    return None if isinstance(manifest, str) else manifest


def manifest_or_fault(path: Path) -> dict[str, Any] | str:
    """Return the manifest of the run directory `path`, or why there is none."""
    file = path / layout.MANIFEST
    try:
        manifest: dict[str, Any] | str = forms.read(file, _any_manifest)
    except FileNotFoundError:
        return f"{path} is not a run directory: it has no {layout.MANIFEST} of netsim"
    except OSError as refused:
        return f"{file} cannot be read: {refused.strerror or refused}"
    return manifest


def _any_manifest(content: Any, at: str) -> str | None:
    """Return what is wrong with a manifest; that of another program is nobody's run."""
    if not isinstance(content, dict) or "netsim_manifest" not in content:
        return f"it is not netsim's {layout.MANIFEST}"
    return forms.MANIFEST(content, at)


def _check_links(path: Path) -> None:
    """Refuse a run directory in which something of netsim's own is a link."""
    with writing(path):
        link = layout.find_link(path)
    if link is not None:
        raise OutputError(
            f"{link} is a link, and links in a run directory are not followed; remove it or "
            "choose another -o"
        )


def _manifest(run: RunIdentity) -> dict[str, Any]:
    return {
        "netsim_manifest": forms.MANIFEST_VERSION,
        "status": "running",
        "name": run.name,
        "workload": run.workload,
        "hash": run.hash,
        "seed": run.seed,
        "started": now(),
        "ended": None,
        "machine": machine(),
        "inputs": [file.record() for file in run.inputs],
        "points": [
            {"id": key.id, "point": key.point, "replication": key.replication} for key in run.points
        ],
        "provenance": dict(run.provenance),
    }


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise _not_made(path, refused) from refused


def _not_made(path: Path, refused: OSError) -> OutputError:
    if isinstance(refused, FileExistsError):
        return OutputError(f"{path} is a file, not a directory; choose another -o")
    return OutputError(f"cannot make {path}: {refused.strerror or refused}; choose another -o")


def _check_makeable(path: Path) -> None:
    """Raise what `_make` would raise, for a `path` that is no directory."""
    try:
        if path.exists():
            raise FileExistsError
        _check_writable(next(parent for parent in path.absolute().parents if parent.exists()))
    except OSError as refused:
        raise _not_made(path, refused) from refused


def _check_writable(directory: Path) -> None:
    """Raise what the system would raise if something were made in `directory`."""
    if not directory.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(directory, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _check_free(path: Path, run: RunIdentity, overwrite: bool) -> None:
    """Refuse a directory with files in it, unless they are a run that may be replaced."""
    if overwrite and read_manifest(path) is not None:
        return
    with writing(path):
        taken = layout.holds_others_files(path)
    if taken:
        raise _taken(path, run)


def _taken(path: Path, run: RunIdentity) -> OutputError:
    manifest = manifest_or_fault(path)
    if isinstance(manifest, str):
        there = (path / layout.MANIFEST).exists()
        why = manifest if there else f"{path} holds files that are not netsim's"
        return OutputError(f"{why}; choose another -o")
    other = str(manifest.get("hash", ""))
    if other != run.hash:
        return OutputError(
            f"{path} already holds a run of another scenario (hash {other[:SHORT]}, "
            f"this is {run.hash[:SHORT]}); choose -o or --overwrite"
        )
    state = {"success": "a finished", "running": "an unfinished"}.get(
        str(manifest.get("status")), f"a {manifest.get('status')}"
    )
    return OutputError(
        f"{path} already holds {state} run of this scenario; choose -o or --overwrite"
    )
