"""Read results: one door for a run, a sweep, or several of them.

A complete run is read from its compacted ``tables/``; any other from the points that are done.
What has no valid ``done.json``, or is not in the manifest, does not exist here, so nothing
half-written and nothing of another run is ever read.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netsim.errors import NetsimError
from netsim.metrics import layout
from netsim.metrics.atomic import sha256
from netsim.metrics.lock import is_locked
from netsim.metrics.own_places import check_file, check_folder, is_file, is_link
from netsim.metrics.point import read_done, read_mark
from netsim.metrics.rundir import manifest_or_fault
from netsim.registry import did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Name = str | PathLike[str]


class ReadError(NetsimError):
    """Results cannot be read: no run is there, a table is unknown, or a file was changed."""

    code = "no-results"
    exit_code = 2


class Results:
    """Tables of one or several runs.

    Parameters
    ----------
    runs
        The run directories, or tables in memory.
    """

    def __init__(self, runs: Sequence[RunFiles]) -> None:
        self._runs = tuple(runs)

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest of the (first) run."""
        return self._runs[0].manifest

    @property
    def manifests(self) -> tuple[dict[str, Any], ...]:
        """The manifests of all runs."""
        return tuple(run.manifest for run in self._runs)

    @property
    def complete(self) -> bool:
        """Whether every run is finished."""
        return all(run.complete for run in self._runs)

    def tables(self) -> list[str]:
        """Return the names of the tables, sorted."""
        return sorted({name for run in self._runs for name in run.tables})

    def table(self, name: str) -> pa.Table:
        """Return table `name`; units and descriptions stand in the fields' metadata.

        Raises
        ------
        ReadError
            If no run has it.
        """
        parts = [file for run in self._runs for file in run.tables.get(name, ())]
        if not parts:
            known = self.tables()
            hint = did_you_mean(name, known) or f"there are: {', '.join(known) or 'none yet'}"
            raise ReadError(f"no table named '{name}' in {self._where()}; {hint}")
        from netsim.metrics.parquet import read_file

        tables = []
        for part in parts:
            with _reading(part):
                check_file(part)
                tables.append(read_file(part))
        return concatenate(tables)

    def pandas(self, name: str) -> pd.DataFrame:
        """Return table `name`, its units, descriptions and provenance in `attrs`."""
        return to_pandas(self.table(name))

    def _where(self) -> str:
        return ", ".join(str(run.path) for run in self._runs)

    def __repr__(self) -> str:
        runs = ", ".join(f"{run.path} ({run.state})" for run in self._runs)
        return f"<Results of {runs}: {', '.join(self.tables()) or 'no tables yet'}>"


class RunFiles:
    """The readable files of one run directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        manifest = manifest_or_fault(path)
        if isinstance(manifest, str):
            fault = f"{manifest}; give a directory that netsim run wrote"
            raise ReadError(fault if path.is_dir() else _not_a_directory(path))
        self.manifest = manifest

    @functools.cached_property
    def complete(self) -> bool:
        """Whether the run is finished: the marker, the manifest and the points all say so."""
        if not is_file(self.path / layout.SUCCESS) or self.manifest["status"] != "success":
            return False
        # The marks alone: a point whose table was damaged later is to be named, not left out.
        marks = (self.path / layout.POINTS).glob(f"*/{layout.DONE}")
        return {mark.parent.name for mark in marks} == self._listed

    @functools.cached_property
    def status(self) -> str:
        """How the run stands: success, incomplete, running, unfinished, failed or stopped.

        A success that its points or the marker deny is none, and a run whose process is gone is
        still noted as running in its manifest.
        """
        noted = str(self.manifest["status"])
        if noted == "success" and not self.complete:
            return "incomplete"
        return "unfinished" if noted == "running" and not is_locked(self.path) else noted

    @property
    def state(self) -> str:
        """The status and how many replications there are to read, in words."""
        done, listed = len(self.done_points()), len(self._listed)
        if self.complete:
            return f"complete, {listed} replication" + ("" if listed == 1 else "s")
        return f"{self.status}, {done} of {listed} replications"

    @property
    def _listed(self) -> set[str]:
        """Names of the points that belong to this run."""
        return {point["id"] for point in self.manifest["points"]}

    @functools.cached_property
    def tables(self) -> dict[str, list[Path]]:
        """Files of each table, in the order of (point, replication)."""
        if self.complete:
            folder = self.path / layout.TABLES
            with _reading(folder):
                check_folder(folder)
            return {file.stem: [file] for file in layout.table_files(folder)}
        tables: dict[str, list[Path]] = {}
        for directory, done in self.done_points():
            for name in sorted(done["files"]):
                tables.setdefault(Path(name).stem, []).append(directory / name)
        return tables

    def done_points(self) -> list[tuple[Path, dict[str, Any]]]:
        """Return the directories of complete points with their commit marks, in order.

        Raises
        ------
        ReadError
            If a mark is there and is none, or something is a link.
        """
        done: list[tuple[Path, dict[str, Any]]] = []
        for directory in (self.path / layout.POINTS / name for name in sorted(self._listed)):
            for place in (directory.parent, directory):
                if is_link(place):
                    raise ReadError(f"{place} is a link, and links in this place are not followed")
            fault = read_mark(directory)
            if isinstance(fault, str):
                raise ReadError(f"{fault}; run it again")
            mark = read_done(directory)
            if mark is not None:
                done.append((directory, mark))
        return sorted(done, key=lambda entry: (entry[1]["point"], entry[1]["replication"]))

    def rows(self) -> dict[str, int]:
        """Return the number of rows of each table, from the files' own footers.

        Raises
        ------
        ReadError
            If a file is damaged.
        """
        import pyarrow.parquet as pq

        counts = dict.fromkeys(sorted(self.tables), 0)
        for name in counts:
            for file in self.tables[name]:
                with _reading(file):
                    check_file(file)
                    counts[name] += pq.read_metadata(file).num_rows
        return counts

    def verify(self) -> None:
        """Compare every file of the done points with the hash in its commit mark.

        Raises
        ------
        ReadError
            If a file was changed after it was written.
        """
        for directory, done in self.done_points():
            for name, entry in done["files"].items():
                if sha256(directory / name) != entry["sha256"]:
                    raise ReadError(
                        f"{directory / name} was changed after it was written; run it again"
                    )


def open_results(path: Name | Iterable[Name], *, verify: bool = False) -> Results:
    """Return a reader of a run directory, or of several of them as one.

    Parameters
    ----------
    path
        A run directory, or several.
    verify
        Whether to compare every file with its hash first.

    Raises
    ------
    ReadError
        If there is no run.
    """
    paths = [path] if isinstance(path, str | PathLike) else list(path)
    if not paths:
        raise ReadError("no run directory given")
    runs = [RunFiles(Path(one)) for one in paths]
    if verify:
        for run in runs:
            run.verify()
    return Results(runs)


def concatenate(tables: Sequence[pa.Table]) -> pa.Table:
    """Return `tables` as one, with columns that some of them lack as nulls.

    The provenance stays where all agree; otherwise it becomes the list of all.
    """
    import pyarrow as pa

    from netsim.metrics.arrow import PROVENANCE_KEY, canonical_json, provenance, self_describing

    if len(tables) == 1:
        return tables[0]
    records = {table.schema.metadata.get(PROVENANCE_KEY): table.schema for table in tables}
    joined = pa.concat_tables(tables, promote_options="default").unify_dictionaries()
    if len(records) > 1:
        listed = canonical_json([provenance(schema) for schema in records.values()])
        metadata = {**tables[0].schema.metadata, PROVENANCE_KEY: listed.encode()}
        joined = joined.replace_schema_metadata(metadata)
    return joined.replace_schema_metadata(self_describing(joined.schema).metadata)


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return `table` as a data frame that keeps integers exact and carries its metadata in `attrs`.

    Picoseconds do not fit into a double, so an integer column with missing values becomes pandas'
    `Int64`, and a bool column with missing values `boolean`.
    """
    import pyarrow as pa

    from netsim.metrics.arrow import descriptions, provenance, units

    frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    exact: list[tuple[Callable[[Any], bool], str]] = [
        (pa.types.is_integer, "Int64"),
        (pa.types.is_boolean, "boolean"),
    ]
    for field in table.schema:
        if table.column(field.name).null_count:
            for is_kind, kind in exact:
                if is_kind(field.type):
                    frame[field.name] = frame[field.name].astype(kind)
    frame.attrs["units"] = units(table.schema)
    frame.attrs["descriptions"] = descriptions(table.schema)
    frame.attrs["provenance"] = provenance(table.schema)
    return frame


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Turn a table that cannot be read into an error that names its file."""
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as bad:
        why = (isinstance(bad, OSError) and bad.strerror) or bad
        raise ReadError(f"{file} cannot be read: {why}; run it again") from bad


def _not_a_directory(path: Path) -> str:
    if not path.exists():
        near = did_you_mean(path.name, _siblings(path))
        return f"no directory {path}" + (f"; {near}" if near else "")
    return f"{path} is a file; give the run directory that holds it"


def _siblings(path: Path) -> list[str]:
    try:
        return [entry.name for entry in path.parent.iterdir() if entry.is_dir()]
    except OSError:
        return []
