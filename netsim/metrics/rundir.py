"""The directory of a run or a sweep: complete or visibly incomplete, never half-written.

`filling` keeps every other process out while a run goes. `RunDirectory.create` writes the manifest
exclusively, so that of two starters one is told that the directory is taken. What is simulated is
then committed part by part (`netsim.metrics.part_writer`); when all is done the parts are compacted
into ``tables/`` and the marker ``SUCCESS`` appears.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from netsim.errors import OutputError, WriteError
from netsim.metrics import layout
from netsim.metrics.atomic import (
    create_json,
    flush_directory,
    write_bytes,
    write_json,
    writing,
)
from netsim.metrics.failures import Failure, note
from netsim.metrics.inputs import keep
from netsim.metrics.lock import check_unlocked, locked
from netsim.metrics.manifest import (
    SHORT,
    RunIdentity,
    manifest_or_fault,
    places,
    read_manifest,
)
from netsim.metrics.marks import Run, committed, done_runs
from netsim.metrics.resources import now
from netsim.metrics.swept import Swept

#: Rows per row group where parts of several workers are to be interleaved.
SMALL_GROUP = 1 << 16


class RunDirectory:
    """A directory that this process fills."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self._manifest = manifest

    @classmethod
    def create(
        cls,
        path: str | Path,
        run: RunIdentity,
        swept: Swept | None = None,
        *,
        overwrite: bool = False,
    ) -> RunDirectory:
        """Return a fresh directory at `path`.

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
        manifest = run.manifest()
        if not create_json(path / layout.MANIFEST, manifest):
            raise _taken(path, run)
        return cls._described(path, run, manifest, swept)

    @classmethod
    def resume(cls, path: Path, run: RunIdentity, swept: Swept | None = None) -> RunDirectory:
        """Return the directory `path`, which holds some runs of `run` already.

        What dead processes left half written goes; what is committed stays.
        """
        _check_links(path)
        old = read_manifest(path) or {}
        with writing(path):
            layout.remove_dead(path)
        started = old.get("started") or now()
        manifest = run.manifest() | {"started": started}
        manifest["counts"] = {**manifest["counts"], "done": len(done_runs(committed(path)))}
        if old.get("status") != "success" or old.get("hash") != run.hash:
            with writing(path):
                (path / layout.SUCCESS).unlink(missing_ok=True)
        write_json(path / layout.MANIFEST, manifest)
        return cls._described(path, run, manifest, swept)

    @classmethod
    def _described(
        cls, path: Path, run: RunIdentity, manifest: dict[str, Any], swept: Swept | None
    ) -> RunDirectory:
        write_bytes(path / layout.SCENARIO, run.text.encode())
        write_json(path / layout.RESOLVED, dict(run.resolved))
        if swept is not None:
            swept.write(path)
        keep(run.inputs, path)
        flush_directory(path)
        return cls(path, manifest)

    @property
    def hash(self) -> str:
        """Identity of the run or sweep."""
        return str(self._manifest["hash"])

    @property
    def warnings(self) -> list[dict[str, str]]:
        """What is known to mislead in the results."""
        return [dict(one) for one in self._manifest["warnings"]]

    def note(self, failure: Failure) -> None:
        """Note an attempt that failed."""
        note(self.path, failure)

    def done(self) -> set[Run]:
        """Return the runs that are committed."""
        return done_runs(committed(self.path))

    def complete(
        self,
        runs: int | None = None,
        not_converged: Sequence[str] = (),
        warnings: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Compact all parts into ``tables/`` and mark the directory as a success.

        Parameters
        ----------
        runs
            How many runs there must be; left out, as many as the manifest says.
        not_converged
            Points of a sweep that ran out of replications, in words.
        warnings
            What misleads in the results; left out, the manifest's stay as they are.

        Raises
        ------
        OutputError
            If a run is not done.
        """
        from netsim.metrics.compaction import compact
        from netsim.metrics.gathering import ordered

        wanted = self._manifest["counts"]["runs"] if runs is None else runs
        swept = Swept.read(self.path)
        order = ordered(committed(self.path), places(self._manifest, swept))
        if len(order.keys) != wanted:
            raise OutputError(
                f"{self.path} is not complete: {wanted - len(order.keys)} of {wanted} runs are "
                "not done"
            )
        compact(order, self.path / layout.TABLES, self._manifest["provenance"], swept)
        self._manifest["counts"] |= {"runs": wanted, "done": wanted, "failed": 0}
        if not_converged:
            self._manifest["not_converged"] = list(not_converged)
        with writing(self.path):
            (self.path / layout.FAILED).unlink(missing_ok=True)
        if warnings:
            self._manifest["warnings"] = [dict(one) for one in warnings]
        self._set_status("success")
        self._mark(layout.SUCCESS)

    def fail(self, failed: int = 1) -> None:
        """Mark the run as failed; runs that are done stay readable."""
        with writing(self.path):
            (self.path / layout.SUCCESS).unlink(missing_ok=True)
        self._manifest["counts"]["failed"] = failed
        self._count()
        self._set_status("failed")
        self._mark(layout.FAILED)

    def stop(self) -> None:
        """Note that the run was stopped from outside; runs that are done stay readable."""
        self._count()
        self._set_status("stopped")

    def give_up(self) -> None:
        """Mark the run as failed as far as the disk allows, which has failed already."""
        with contextlib.suppress(WriteError):
            self.fail()

    def _count(self) -> None:
        self._manifest["counts"]["done"] = len(self.done())

    def _set_status(self, status: str) -> None:
        self._manifest |= {"status": status, "ended": now()}
        write_json(self.path / layout.MANIFEST, self._manifest)

    def _mark(self, marker: str) -> None:
        write_bytes(self.path / marker, b"")
        flush_directory(self.path)


@contextlib.contextmanager
def filling(
    path: str | Path,
    run: RunIdentity,
    swept: Swept | None = None,
    *,
    overwrite: bool = False,
    resume: bool = False,
    adopt: bool = False,
    lock: str = layout.LOCK,
) -> Iterator[RunDirectory]:
    """Give a directory that no other process may touch until the block is left.

    Parameters
    ----------
    path, run, swept
        Where, and what it holds.
    overwrite
        Whether what is there may be replaced.
    resume
        Whether a directory of the same hash is gone on with.
    adopt
        Whether a directory of any hash is gone on with, since it was found to fit.
    lock
        Name of the lock; that of a shard keeps out the same shard alone.

    Raises
    ------
    OutputError
        If another process fills the directory right now, and as `RunDirectory.create` does.
    """
    path = Path(path)
    _make(path)
    # Nothing is touched, the lock included, in a directory that is refused anyway.
    check_unlocked(path, lock)
    goes_on = resume and not overwrite
    if not adopt and not (goes_on and _is_same(path, run)):
        _check_free(path, run, overwrite)
    _check_links(path)
    with locked(path, lock):
        if adopt or (goes_on and _is_same(path, run)):
            yield RunDirectory.resume(path, run, swept)
            return
        try:
            directory = RunDirectory.create(path, run, swept, overwrite=overwrite)
        except OutputError:
            # Another shard was faster; what it made is as good.
            if not (goes_on and _is_same(path, run)):
                raise
            directory = RunDirectory.resume(path, run, swept)
        yield directory


def check(
    path: str | Path, run: RunIdentity, *, overwrite: bool = False, resume: bool = False
) -> None:
    """Raise what `filling` would raise, as far as it can be known, and change nothing."""
    path = Path(path)
    if not path.is_dir():
        _check_makeable(path)
        return
    check_unlocked(path)
    if overwrite or not (resume and _is_same(path, run)):
        _check_free(path, run, overwrite)
    _check_links(path)
    with writing(path):
        _check_writable(path)


def _is_same(path: Path, run: RunIdentity) -> bool:
    """Return whether `path` holds the same run already, made by the same Python.

    Raises
    ------
    OutputError
        If another Python made it.
    """
    manifest = read_manifest(path)
    if manifest is None or manifest["hash"] != run.hash or manifest["kind"] != run.kind:
        return False
    made, ours = (
        record.get("versions", {}).get("python")
        for record in (manifest["provenance"], run.provenance)
    )
    if made != ours:
        raise OutputError(
            f"{path} holds results of Python {made}, and this is {ours}; choose -o or --overwrite"
        )
    return True


def _check_links(path: Path) -> None:
    """Refuse a run directory in which something of netsim's own is a link."""
    with writing(path):
        link = layout.find_link(path)
    if link is not None:
        raise OutputError(
            f"{link} is a link, and links in a run directory are not followed; remove it or "
            "choose another -o"
        )


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


def other_kind(path: Path, kind: str) -> OutputError:
    """Return the error that `path` holds a run where a sweep (`kind`) is to go, or vice versa."""
    there = "run" if kind == "sweep" else "sweep"
    return OutputError(
        f"{path} already holds a {there}, and this is a {kind}: netsim {there} {path} shows it; "
        f"choose another -o for the {kind}, or --overwrite"
    )


def _taken(path: Path, run: RunIdentity) -> OutputError:
    manifest = manifest_or_fault(path)
    if isinstance(manifest, str):
        there = (path / layout.MANIFEST).exists()
        why = manifest if there else f"{path} holds files that are not netsim's"
        return OutputError(f"{why}; choose another -o")
    if manifest.get("kind") != run.kind:
        return other_kind(path, run.kind)
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
