"""The recorder: takes batches of rows, checks them, and hands sorted row groups to a sink.

A family asks ``wants(table)`` once when it is built, so a table that nobody asked for costs
nothing while time passes. Everything before the sink is the same for memory and for files: a
notebook sees the very rows that a run directory holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from netsim.errors import InvariantError
from netsim.metrics import buffers
from netsim.metrics.arrow import arrow_schemas
from netsim.metrics.conversion import to_batch
from netsim.metrics.ordering import ROW_GROUP, RowGroups
from netsim.metrics.schema import IDENTITY, Table


class Sink(Protocol):
    """Where the row groups of one replication go."""

    def begin(self, name: str, schema: pa.Schema) -> None:
        """Expect row groups of table `name`."""
        ...

    def row_group(self, name: str, rows: pa.Table) -> None:
        """Take the next row group of table `name`."""
        ...

    def finish(self) -> None:
        """Make all tables visible: nothing more comes."""
        ...

    def abort(self) -> None:
        """Drop everything that is not visible yet."""
        ...


class MemorySink:
    """Keep the tables in memory, for notebooks and tests."""

    def __init__(self) -> None:
        self.tables: dict[str, pa.Table] = {}
        self._schemas: dict[str, pa.Schema] = {}
        self._groups: dict[str, list[pa.Table]] = {}

    def begin(self, name: str, schema: pa.Schema) -> None:
        """Expect row groups of table `name`."""
        self._schemas[name] = schema
        self._groups[name] = []

    def row_group(self, name: str, rows: pa.Table) -> None:
        """Take the next row group of table `name`."""
        self._groups[name].append(rows)

    def finish(self) -> None:
        """Make the tables visible in `tables`."""
        for name, groups in self._groups.items():
            schema = self._schemas[name]
            self.tables[name] = pa.concat_tables(groups) if groups else schema.empty_table()

    def abort(self) -> None:
        """Drop everything."""
        self._groups.clear()


class Recorder:
    """Record the tables of one replication.

    Parameters
    ----------
    tables
        Those to write; every other one is not wanted.
    sink
        Where they go.
    point, replication
        Identity, put in front of every row.
    provenance
        What the tables came from (`netsim.metrics.provenance`).
    row_group
        Rows per row group.
    """

    def __init__(
        self,
        tables: Iterable[Table],
        sink: Sink,
        *,
        point: str = "",
        replication: int = 0,
        provenance: Mapping[str, Any] | None = None,
        row_group: int = ROW_GROUP,
    ) -> None:
        self._sink = sink
        self._identity = (point, replication)
        self._tables = {table.name: table for table in tables}
        self._schemas = arrow_schemas(self._tables.values(), provenance or {})
        self._groups = {
            name: RowGroups(name, table.key, self._to_sink(name), row_group)
            for name, table in self._tables.items()
        }
        self._closed = False
        for name, schema in self._schemas.items():
            sink.begin(name, schema)

    def wants(self, table: str) -> bool:
        """Return whether rows of `table` are recorded."""
        return table in self._tables

    def write(self, table: str, columns: Mapping[str, Any]) -> None:
        """Take a batch of rows; a table that is not wanted is dropped.

        Parameters
        ----------
        table
            Name of the table.
        columns
            By column name: a numpy array, a masked array, a list (None = no value), or
            `conversion.Coded` text. Arrays may be kept without a copy: hand over fresh ones.

        Raises
        ------
        InvariantError
            If the batch does not fit the table's declaration, or comes after `close`.
        """
        if table not in self._tables:
            return
        if self._closed:
            raise InvariantError(f"table '{table}': rows came after the recorder was closed")
        self._groups[table].append(to_batch(self._tables[table], columns))

    def write_row(self, table: str, values: Mapping[str, Any]) -> None:
        """Take a single row, by column name."""
        self.write(table, {name: [value] for name, value in values.items()})

    def close(self) -> dict[str, int]:
        """Write what is left, make the tables visible, and return the number of rows of each."""
        if not self._closed:
            self._closed = True
            for groups in self._groups.values():
                groups.finish()
            self._sink.finish()
        return {name: groups.rows for name, groups in self._groups.items()}

    def abort(self) -> None:
        """Drop everything that is not visible yet."""
        self._closed = True
        self._sink.abort()

    def _to_sink(self, name: str) -> Any:
        schema = self._schemas[name]

        def emit(rows: pa.Table) -> None:
            self._sink.row_group(name, _identified(rows, schema, self._identity))

        return emit


def _identified(rows: pa.Table, schema: pa.Schema, identity: tuple[str, int]) -> pa.Table:
    """Return `rows` with the identity columns in front and enums encoded by order of appearance."""
    point, replication = identity
    length = rows.num_rows
    arrays: list[Any] = [
        buffers.dictionary(np.zeros(length, dtype=np.int32), [point]),
        buffers.numbers(np.full(length, replication, dtype=np.int32), pa.int32()),
    ]
    for column, kind in zip(rows.columns, schema.types[len(IDENTITY) :], strict=True):
        encode = pa.types.is_dictionary(kind)
        arrays.append(buffers.encoded(column.combine_chunks()) if encode else column)
    return pa.Table.from_arrays(arrays, schema=schema)
