"""Read results: one door for a run, a sweep, or several of them, finished or not.

A complete one is read from its compacted ``tables/``; any other from the parts that are committed,
in the same order and with the same columns. What has no valid ``done.json``, or belongs to another
study, does not exist here, so nothing half-written is ever read.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from netsim.errors import NetsimError
from netsim.metrics import layout
from netsim.metrics.atomic import sha256
from netsim.metrics.failures import Failure, read_failures
from netsim.metrics.gathering import Order, encoded, gathered, ordered, schema_of, totals
from netsim.metrics.lock import is_locked
from netsim.metrics.manifest import manifest_or_fault, places
from netsim.metrics.marks import Part, done_runs, fits, read_part
from netsim.metrics.own_places import check_file, check_folder, is_file, is_folder, is_link
from netsim.metrics.provenance import with_provenance
from netsim.metrics.swept import Swept
from netsim.registry import did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Name = str | PathLike[str]


class ReadError(NetsimError):
    """Results cannot be read: no run is there, a table is unknown, or a file was changed."""

    code = "no-results"
    exit_code = 2


#: How often parts are looked at again that were merged while they were read.
_TRIES: Final = 5

Where = Mapping[str, Any]


class Results:
    """Tables of one or several runs or sweeps.

    Parameters
    ----------
    runs
        Their directories.
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

    @property
    def failures(self) -> list[Failure]:
        """The last failed attempt of each run that is not done."""
        return [failure for run in self._runs for failure in run.failures]

    def tables(self) -> list[str]:
        """Return the names of the tables, sorted."""
        return sorted({name for run in self._runs for name in run.tables})

    def table(self, name: str, where: Where | None = None) -> pa.Table:
        """Return table `name`; units and descriptions stand in the fields' metadata.

        Parameters
        ----------
        name
            Of the table.
        where
            Values of swept fields by dotted path: only the points that have them, and only the
            parts that hold those are read.

        Raises
        ------
        ReadError
            If no run has it.
        """
        holders = [run for run in self._runs if name in run.tables]
        if not holders:
            known = self.tables()
            hint = did_you_mean(name, known) or f"there are: {', '.join(known) or 'none yet'}"
            raise ReadError(f"no table named '{name}' in {self._where()}; {hint}")
        return concatenate([run.table(name, where) for run in holders])

    def pandas(self, name: str, where: Where | None = None) -> pd.DataFrame:
        """Return table `name`, its units, descriptions and provenance in `attrs`."""
        return to_pandas(self.table(name, where))

    def _where(self) -> str:
        return ", ".join(str(run.path) for run in self._runs)

    def __repr__(self) -> str:
        runs = ", ".join(f"{run.path} ({run.state})" for run in self._runs)
        return f"<Results of {runs}: {', '.join(self.tables()) or 'no tables yet'}>"


class RunFiles:
    """The readable files in the directory of one run or sweep."""

    def __init__(self, path: Path) -> None:
        self.path = path
        manifest = manifest_or_fault(path)
        if isinstance(manifest, str):
            fault = f"{manifest}; give a directory that netsim wrote"
            raise ReadError(fault if path.is_dir() else _not_a_directory(path))
        self.manifest = manifest

    @property
    def kind(self) -> str:
        """Whether it is a run or a sweep."""
        return str(self.manifest["kind"])

    @functools.cached_property
    def complete(self) -> bool:
        """Whether it is finished: the marker, the manifest and the marks all say so."""
        if not is_file(self.path / layout.SUCCESS) or self.manifest["status"] != "success":
            return False
        # The marks alone: a part whose table was damaged later is to be named, not left out.
        found = map(read_part, layout.parts(self.path))
        parts = [part for part in found if isinstance(part, Part)]
        ours = len(ordered(parts, places(self.manifest, self.swept)).keys)
        return bool(ours == len(done_runs(parts)) == self.manifest["counts"]["runs"])

    @functools.cached_property
    def swept(self) -> Swept | None:
        """The swept fields of a sweep."""
        if self.kind == "run":
            return None
        with _reading(self.path / layout.SWEPT):
            return Swept.read(self.path)

    @functools.cached_property
    def status(self) -> str:
        """How it stands: success, incomplete, running, unfinished, failed or stopped.

        A success that its parts or the marker deny is none, and a run whose process is gone is
        still noted as running in its manifest.
        """
        noted = str(self.manifest["status"])
        if noted == "success" and not self.complete:
            return "incomplete"
        return "unfinished" if noted == "running" and not is_locked(self.path) else noted

    @property
    def state(self) -> str:
        """The status and how many runs there are to read, in words."""
        done, listed = len(self.order.keys), self.manifest["counts"]["runs"]
        thing = "replication" if self.kind == "run" else "run"
        if self.complete:
            return f"complete, {listed} {thing}" + ("" if listed == 1 else "s")
        return f"{self.status}, {done} of {listed} {thing}s"

    @functools.cached_property
    def order(self) -> Order:
        """The committed runs, each once, in the order of the study."""
        return self._ordered()

    def _ordered(self) -> Order:
        return ordered(self._parts(), places(self.manifest, self.swept))

    def _parts(self) -> list[Part]:
        """Return the committed parts.

        Raises
        ------
        ReadError
            If a mark is there and is none, or something is a link.
        """
        top = self.path / layout.PARTS
        workers = sorted(top.iterdir()) if is_folder(top) else []
        below = [part for worker in workers if is_folder(worker) for part in worker.iterdir()]
        for place in (top, *workers, *below):
            if is_link(place):
                raise ReadError(f"{place} is a link, and links in this place are not followed")
        parts = []
        for folder in layout.parts(self.path):
            part = read_part(folder)
            if isinstance(part, str):
                raise ReadError(f"{part}; run it again")
            if part is not None and fits(part):
                parts.append(part)
        return parts

    @functools.cached_property
    def failures(self) -> list[Failure]:
        """The last failed attempt of each run that is not done."""
        done = {(key.point, key.replication) for key in self.order.keys}
        last = {failure.run: failure for failure in read_failures(self.path)}
        return [failure for run, failure in sorted(last.items()) if run not in done]

    @functools.cached_property
    def tables(self) -> dict[str, list[Path]]:
        """Names of the tables; of a complete study with their files, in order."""
        if not self.complete:
            return {name: [] for name in self.order.tables}
        folder = self.path / layout.TABLES
        with _reading(folder):
            check_folder(folder)
        found: dict[str, list[Path]] = {}
        for file in sorted(layout.table_files(folder), key=layout.table_name):
            found.setdefault(layout.table_name(file)[0], []).append(file)
        return found

    def table(self, name: str, where: Where | None = None) -> pa.Table:
        """Return a table that it has."""
        from netsim.metrics.parquet import read_file

        if not self.complete or where:
            return self._gathered(name, where or {})
        tables = []
        for file in self.tables[name]:
            with _reading(file):
                check_file(file)
                tables.append(read_file(file))
        return concatenate(tables)

    def _gathered(self, name: str, where: Where) -> pa.Table:
        """Return a table from the parts."""
        order = self.order
        for tries in range(_TRIES):
            try:
                with _reading(self.path / layout.PARTS, gone=tries == _TRIES - 1):
                    return self._from_parts(order, name, where)
            except FileNotFoundError:
                # They were merged meanwhile; what took their place is as good.
                order = self._ordered()
        raise ReadError(f"{self.path} changes faster than it can be read; try again")

    def _from_parts(self, order: Order, name: str, where: Where) -> pa.Table:
        import numpy as np
        import pyarrow as pa

        swept = self.swept
        schema = with_provenance(schema_of(order, name), self.manifest["provenance"])
        if where:
            if swept is None:
                raise ReadError(f"{self.path} is a run, and sweeps nothing to choose by")
            order = order.only(swept.where(where))
        joined = swept.joined_schema(schema) if swept is not None and name == "runs" else schema
        groups = []
        at = 0
        points = np.repeat(np.array([key.index for key in order.keys], np.int64), order.rows(name))
        for group in gathered(order, name):
            rows = group
            if joined is not schema and swept is not None:
                rows = swept.joined(group, points[at : at + group.num_rows], joined)
            at += group.num_rows
            groups.append(encoded(rows, joined))
        if not groups:
            return joined.empty_table()
        return pa.concat_tables(groups).unify_dictionaries()

    def rows(self) -> dict[str, int]:
        """Return the number of rows of each table, of finished ones from the files' own footers.

        Raises
        ------
        ReadError
            If a file is damaged.
        """
        import pyarrow.parquet as pq

        if not self.complete:
            return dict(totals(self.order))
        counts = dict.fromkeys(sorted(self.tables), 0)
        for name in counts:
            for file in self.tables[name]:
                with _reading(file):
                    check_file(file)
                    counts[name] += pq.read_metadata(file).num_rows
        return counts

    def verify(self) -> None:
        """Compare every file of the parts with the hash in its commit mark.

        Raises
        ------
        ReadError
            If a file was changed after it was written.
        """
        for part in self._parts():
            for name, entry in part.files.items():
                if sha256(part.path / name) != entry["sha256"]:
                    raise ReadError(
                        f"{part.path / name} was changed after it was written; run it again"
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
def _reading(file: Path, *, gone: bool = True) -> Iterator[None]:
    """Turn a table that cannot be read into an error that names its file.

    `gone` says whether a file that is not there is such an error, too.
    """
    import pyarrow as pa

    try:
        yield
    except FileNotFoundError as missing:
        if not gone:
            raise
        raise ReadError(f"{file} cannot be read: {missing.strerror}; run it again") from missing
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
