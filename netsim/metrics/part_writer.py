"""What one worker writes: runs gathered in memory, committed a part at a time.

A file per run costs more than a small run does: five files, seven flushes to disk. So runs that are
finished wait in memory until the first has waited for two seconds, or all together hold 64 MiB; a
run that alone outgrows that is streamed into a part of its own. Long studies of short runs would
still leave many parts, so 32 of one size are merged into one by what also compacts a finished
study; the old ones go only when the new one is committed. Whoever dies in between leaves both,
and readers count each run once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from netsim.metrics import layout
from netsim.metrics.atomic import signature, writing
from netsim.metrics.gathering import encoded, gathered, of_the_mark, ordered, plain, schema_of
from netsim.metrics.marks import Key, Part, write_mark
from netsim.metrics.ordering import ROW_GROUP
from netsim.metrics.own_places import make_folder
from netsim.metrics.parquet import FileSink, TableFile

#: Seconds and bytes that finished runs wait in memory.
LONGEST_WAIT: Final = 2.0
LARGEST_BUFFER: Final = 64 << 20
#: So many parts of one size are merged; larger ones stay as they are.
MANY: Final = 32
LARGEST_MERGED: Final = 256 << 20


class PartWriter:
    """Writes the parts of one worker.

    Parameters
    ----------
    directory
        Of the run or sweep.
    study
        Its hash, for which the indices of points hold.
    row_group
        Rows per row group; small where parts of several workers are to be interleaved.
    wait, buffer
        Seconds and bytes that finished runs wait in memory.
    clock
        Seconds of wall-clock time.
    """

    def __init__(
        self,
        directory: Path,
        study: str,
        *,
        row_group: int = ROW_GROUP,
        wait: float = LONGEST_WAIT,
        buffer: int = LARGEST_BUFFER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._folder = directory / layout.PARTS / signature()
        self._study = study
        self._row_group = row_group
        self._wait, self._buffer, self._clock = wait, buffer, clock
        self._next = 0
        self._waiting: list[tuple[Key, dict[str, pa.Table]]] = []
        self._bytes = 0
        self._since = 0.0
        self._levels: list[list[Part]] = []
        # A watchdog may commit what is finished while the next run goes on.
        self._lock = threading.RLock()

    def sink(self, key: Key) -> RunSink:
        """Return where the tables of one run go; they count once it finishes."""
        return RunSink(self, key)

    def commit(self) -> None:
        """Write all runs that wait; from now on readers see them."""
        with self._lock:
            if self._waiting:
                runs = sorted(self._waiting, key=lambda run: (run[0].index, run[0].replication))
                path = self.new_part()
                rows: dict[str, list[int]] = {}
                for name in sorted({name for _, tables in runs for name in tables}):
                    held = [tables.get(name) for _, tables in runs]
                    rows[name] = [0 if table is None else table.num_rows for table in held]
                    self._write(path, name, [table for table in held if table is not None])
                part = write_mark(path, self._study, [key for key, _ in runs], rows)
                self._waiting, self._bytes = [], 0
                self._keep(part, 0)

    def new_part(self) -> Path:
        """Return a new empty folder for a part."""
        with self._lock, writing(self._folder):
            make_folder(self._directory / layout.PARTS)
            make_folder(self._folder)
            while True:
                path = self._folder / str(self._next)
                self._next += 1
                with contextlib.suppress(FileExistsError):
                    path.mkdir()
                    return path

    def take(self, key: Key, tables: dict[str, pa.Table]) -> None:
        """Let a finished run wait, and commit if it is time."""
        with self._lock:
            if not self._waiting:
                self._since = self._clock()
            self._waiting.append((key, tables))
            self._bytes += sum(table.nbytes for table in tables.values())
            if self._bytes >= self._buffer or self._clock() - self._since >= self._wait:
                self.commit()

    def take_part(self, path: Path, key: Key, rows: dict[str, int]) -> None:
        """Commit the part in `path`, which holds one large run."""
        with self._lock:
            write_mark(path, self._study, [key], {name: [count] for name, count in rows.items()})

    @property
    def largest(self) -> int:
        """Bytes that one run may hold in memory."""
        return self._buffer

    @property
    def row_group(self) -> int:
        """Rows per row group."""
        return self._row_group

    def _write(self, path: Path, name: str, tables: Sequence[pa.Table]) -> None:
        """Write the rows of several runs as one file."""
        schema = tables[0].schema
        if len(tables) == 1:
            groups = [tables[0]]
        else:
            # The rows of one run are in order, and so are the runs.
            together = pa.concat_tables([plain(table) for table in tables]).combine_chunks()
            groups = [encoded(together, schema)]
        file = TableFile(path / f"{name}.parquet", schema)
        try:
            for group in groups:
                for at in range(0, group.num_rows, self._row_group):
                    piece = group.slice(at, self._row_group)
                    file.write(piece if piece.num_rows == group.num_rows else _alone(piece, schema))
            file.close()
            file.publish()
        except BaseException:
            file.abort()
            raise

    def _keep(self, part: Part, level: int) -> None:
        """Note a part, and merge it with its like if there are many."""
        while len(self._levels) <= level:
            self._levels.append([])
        like = self._levels[level]
        like.append(part)
        if len(like) >= MANY:
            self._levels[level] = []
            if sum(one.size for one in like) <= LARGEST_MERGED:
                self._keep(self._merge(like), level + 1)

    def _merge(self, parts: Sequence[Part]) -> Part:
        """Return one part with the runs of `parts`, which are removed."""
        order = ordered(parts, of_the_mark)
        path = self.new_part()
        rows = {}
        for name in order.tables:
            schema = schema_of(order, name)
            file = TableFile(path / f"{name}.parquet", schema)
            try:
                for group in gathered(order, name, size=self._row_group):
                    file.write(encoded(group, schema))
                file.close()
                file.publish()
            except BaseException:
                file.abort()
                raise
            rows[name] = order.rows(name).tolist()
        merged = write_mark(path, self._study, order.keys, rows)
        with writing(self._folder):
            for part in parts:
                layout.remove_part(part.path)
        return merged


class RunSink:
    """Takes the tables of one run: into memory, or into files once they are large."""

    def __init__(self, writer: PartWriter, key: Key) -> None:
        self._writer = writer
        self._key = key
        self._schemas: dict[str, pa.Schema] = {}
        self._held: dict[str, list[pa.Table]] = {}
        self._bytes = 0
        self._path: Path | None = None
        self._files: FileSink | None = None

    def begin(self, name: str, schema: pa.Schema) -> None:
        """Expect row groups of table `name`."""
        self._schemas[name] = schema
        self._held[name] = []

    def row_group(self, name: str, rows: pa.Table) -> None:
        """Take the next row group of table `name`."""
        if self._files is not None:
            self._stream(self._files, name, rows)
            return
        self._held[name].append(rows)
        self._bytes += rows.nbytes
        if self._bytes > self._writer.largest:
            self._open()

    def finish(self) -> None:
        """Hand the run over; nothing more comes."""
        if self._files is None or self._path is None:
            tables = {name: self._table(name) for name in self._schemas}
            self._writer.take(self._key, tables)
            return
        self._files.finish()
        self._writer.take_part(self._path, self._key, self._files.rows)

    def abort(self) -> None:
        """Drop everything."""
        self._held.clear()
        if self._files is not None and self._path is not None:
            self._files.abort()
            with contextlib.suppress(OSError):
                layout.remove_tables(self._path)

    def _table(self, name: str) -> pa.Table:
        groups = self._held[name]
        return pa.concat_tables(groups) if groups else self._schemas[name].empty_table()

    def _open(self) -> None:
        """Go on in files: what is in memory first."""
        self._path = self._writer.new_part()
        self._files = FileSink(self._path)
        for name, schema in self._schemas.items():
            self._files.begin(name, schema)
        for name, groups in self._held.items():
            for rows in groups:
                self._stream(self._files, name, rows)
        self._held.clear()

    def _stream(self, files: FileSink, name: str, rows: pa.Table) -> None:
        size = self._writer.row_group
        for at in range(0, rows.num_rows, size):
            piece = rows.slice(at, size)
            whole = piece.num_rows == rows.num_rows
            files.row_group(name, piece if whole else _alone(piece, self._schemas[name]))


def _alone(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a slice with dictionaries of its own, as if it had been written alone."""
    return encoded(plain(rows), schema)
