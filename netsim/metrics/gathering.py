"""Rows of many parts in one order: that of the study, then by replication, then as each run has it.

Which rows a run has stands in the marks, so the order is settled with numbers alone. The rows then
come in groups of equal size, for each of which only the overlapping row groups of the parts are
read: memory stays at a few groups, however many parts lie interleaved (shards stride over the
points). A run that two parts hold counts once; both hold the same rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from netsim.errors import InvariantError
from netsim.metrics.marks import Key, Part, Run
from netsim.metrics.ordering import ROW_GROUP
from netsim.metrics.own_places import check_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Files that are open at once.
_OPEN: Final = 64
#: Rows up to which all columns are read at once; of more, one after another.
_AT_ONCE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Order:
    """All runs of some parts, each once, in order.

    Parameters
    ----------
    parts
        Those that hold the runs.
    keys
        The runs, with their indices in the study.
    part, position
        For each run the number of its part, and which of the part's runs it is.
    """

    parts: tuple[Part, ...]
    keys: tuple[Key, ...]
    part: NDArray[np.int64]
    position: NDArray[np.int64]

    @property
    def tables(self) -> list[str]:
        """Names of all tables, sorted."""
        return sorted({table for part in self.parts for table in part.rows})

    def only(self, indices: NDArray[np.int64]) -> Order:
        """Return the runs of the points with these indices; other parts are not looked into."""
        wanted = set(indices.tolist())
        kept = np.array([key.index in wanted for key in self.keys], np.bool_)
        keys = tuple(key for key in self.keys if key.index in wanted)
        return Order(self.parts, keys, self.part[kept], self.position[kept])

    def rows(self, table: str) -> NDArray[np.int64]:
        """Return the number of rows of each run in `table`."""
        counts = [_counts(part, table) for part in self.parts]
        starts = np.cumsum([0, *map(len, counts)])
        whole = np.concatenate(counts) if counts else np.zeros(0, np.int64)
        return whole[starts[self.part] + self.position] if len(whole) else whole

    def starts(self, table: str) -> NDArray[np.int64]:
        """Return where the rows of each run start in its part's file."""
        offsets = [np.cumsum(_counts(part, table)) - _counts(part, table) for part in self.parts]
        starts = np.cumsum([0, *map(len, offsets)])
        whole = np.concatenate(offsets) if offsets else np.zeros(0, np.int64)
        return whole[starts[self.part] + self.position] if len(whole) else whole


def _counts(part: Part, table: str) -> NDArray[np.int64]:
    return np.asarray(part.rows.get(table, np.zeros(len(part.keys))), np.int64)


def ordered(parts: Sequence[Part], place: Callable[[Part, Key], int | None]) -> Order:
    """Return the runs of `parts` in order.

    Parameters
    ----------
    parts
        In an order of their own, of which the first that holds a run gives its rows.
    place
        Gives the index of a run's point in the study, None where it is not of the study.
    """
    found: dict[Run, tuple[int, int, int, int]] = {}
    for number, part in enumerate(parts):
        for position, key in enumerate(part.keys):
            run = (key.point, key.replication)
            if run not in found and (index := place(part, key)) is not None:
                found[run] = (index, key.replication, number, position)
    listed = sorted((where, run[0]) for run, where in found.items())
    places = np.array([where for where, _ in listed], np.int64).reshape(-1, 4)
    keys = tuple(Key(where[0], point, where[1]) for where, point in listed)
    return Order(tuple(parts), keys, places[:, 2].copy(), places[:, 3].copy())


def of_the_mark(part: Part, key: Key) -> int:
    """Return the index that the mark itself says."""
    return key.index


def gathered(
    order: Order, table: str, *, chosen: slice | None = None, size: int = ROW_GROUP
) -> Iterator[pa.Table]:
    """Yield the rows of `table` in groups of `size` rows, dictionaries written out.

    `chosen` says of which of the runs; the last group may be shorter.
    """
    chosen = chosen or slice(None)
    counts = order.rows(table)[chosen]
    present = counts > 0
    source, begin = order.part[chosen][present], order.starts(table)[chosen][present]
    spans = _joined(source, begin, begin + counts[present])
    with contextlib.closing(_Files(order.parts, table)) as files:
        for group in _cut(spans, size):
            yield files.read(group)


def schema_of(order: Order, table: str) -> pa.Schema:
    """Return the schema of `table`, as the first part that has it says.

    Raises
    ------
    KeyError
        If there is none.
    """
    for part in order.parts:
        if table in part.rows:
            file = part.path / f"{table}.parquet"
            check_file(file)
            return pq.read_schema(file)
    raise KeyError(table)


Span = tuple[int, int, int]


def _joined(
    source: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> list[Span]:
    """Return spans of rows, those that follow each other in one file as one."""
    if not len(source):
        return []
    breaks = np.flatnonzero((source[1:] != source[:-1]) | (begin[1:] != end[:-1])) + 1
    first, last = np.concatenate([[0], breaks]), np.concatenate([breaks - 1, [len(source) - 1]])
    return list(zip(source[first].tolist(), begin[first].tolist(), end[last].tolist(), strict=True))


def _cut(spans: Sequence[Span], size: int) -> Iterator[list[Span]]:
    """Yield `spans` in groups of `size` rows."""
    group: list[Span] = []
    room = size
    for source, begin, end in spans:
        while end - begin >= room:
            yield [*group, (source, begin, begin + room)]
            begin += room
            group, room = [], size
        if begin < end:
            group.append((source, begin, end))
            room -= end - begin
    if group:
        yield group


@dataclass(slots=True)
class _Files:
    """The files of one table, a few of them open."""

    parts: Sequence[Part]
    table: str
    _open: dict[int, tuple[pq.ParquetFile, NDArray[np.int64]]] = field(default_factory=dict)
    _schema: pa.Schema | None = None

    def read(self, spans: Sequence[Span]) -> pa.Table:
        """Return the rows of `spans` as one table."""
        wanted: dict[int, tuple[int, int]] = {}
        for source, begin, end in spans:
            low, high = wanted.get(source, (begin, end))
            wanted[source] = (min(low, begin), max(high, end))
        picked = None if len(spans) == len(wanted) else _positions(spans, wanted)
        if sum(high - low for low, high in wanted.values()) <= _AT_ONCE:
            return self._columns(wanted, picked, None)
        # A column at a time, or the pieces would be there three times: read, joined, in order.
        names = self._file(next(iter(wanted)))[0].schema_arrow.names
        columns = [self._columns(wanted, picked, name).column(name) for name in names]
        return pa.Table.from_arrays(columns, names=names)

    def _columns(
        self, wanted: Mapping[int, tuple[int, int]], picked: pa.Array | None, name: str | None
    ) -> pa.Table:
        """Return rows of several files, those `picked` in that order; one column or all."""
        pieces = [self._rows(source, *span, name) for source, span in wanted.items()]
        together = pa.concat_tables(pieces).combine_chunks()
        return together if picked is None else together.take(picked).combine_chunks()

    def _rows(self, source: int, low: int, high: int, name: str | None) -> pa.Table:
        """Return rows `low` to `high` of one file, from the row groups that hold them."""
        file, edges = self._file(source)
        first = int(np.searchsorted(edges, low, side="right")) - 1
        last = int(np.searchsorted(edges, high, side="left"))
        columns = None if name is None else [name]
        rows = file.read_row_groups(list(range(first, last)), columns=columns)
        return plain(rows.slice(low - int(edges[first]), high - low))

    def _file(self, source: int) -> tuple[pq.ParquetFile, NDArray[np.int64]]:
        """Return one file, open, and where its row groups start and the last one ends."""
        if source not in self._open:
            if len(self._open) >= _OPEN:
                self._open.pop(next(iter(self._open)))[0].close()
            path = self.parts[source].path / f"{self.table}.parquet"
            check_file(path)
            file = pq.ParquetFile(path)
            columns = file.schema_arrow.remove_metadata()
            if self._schema is None:
                self._schema = columns
            elif not self._schema.equals(columns):
                raise InvariantError(
                    f"{path} has other columns than the same table of other points"
                )
            meta = file.metadata
            counts = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
            self._open[source] = (file, np.cumsum([0, *counts]))
        return self._open[source]

    def close(self) -> None:
        """Close all files."""
        for file, _ in self._open.values():
            file.close()
        self._open.clear()


def _positions(spans: Sequence[Span], wanted: Mapping[int, tuple[int, int]]) -> pa.Array:
    """Return where the rows of `spans` stand once the rows `wanted` of each file are joined."""
    from netsim.metrics.buffers import numbers

    bases, at = {}, 0
    for source, (low, high) in wanted.items():
        bases[source] = at - low
        at += high - low
    begins = np.array([begin + bases[source] for source, begin, _ in spans], np.int64)
    lengths = np.array([end - begin for _, begin, end in spans], np.int64)
    before = np.cumsum(lengths) - lengths
    indices = np.repeat(begins - before, lengths) + np.arange(int(lengths.sum()))
    return numbers(indices, pa.int64())


def plain(rows: pa.Table) -> pa.Table:
    """Return `rows` with dictionaries written out, so that those of several files can be joined."""
    for index, one in enumerate(rows.schema):
        if pa.types.is_dictionary(one.type):
            column = rows.column(index).cast(pa.string())
            rows = rows.set_column(index, one.with_type(pa.string()), column)
    return rows


def encoded(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return `rows` with the columns of `schema`, text of few values as dictionaries again."""
    arrays: list[Any] = [
        rows.column(one.name).combine_chunks().dictionary_encode()
        if pa.types.is_dictionary(one.type)
        else rows.column(one.name)
        for one in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def totals(order: Order) -> Mapping[str, int]:
    """Return the number of rows of each table."""
    return {table: int(order.rows(table).sum()) for table in order.tables}
