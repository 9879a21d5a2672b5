"""The fields that a sweep changes, at each of its points: columns that join table `runs`.

They stand in ``swept.parquet``, a row a point in the order of the sweep, with their units. Where a
sweep has grown, column ``@point`` holds the id of each point as well: the indices in older marks
are those of the smaller sweep, so their points are found again by id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from netsim.errors import UsageError
from netsim.metrics import buffers, layout
from netsim.metrics.arrow import self_describing
from netsim.metrics.inputs import written
from netsim.metrics.own_places import check_file
from netsim.metrics.parquet import TableFile
from netsim.metrics.tables.runs import RUNS
from netsim.registry import did_you_mean

_IDS: Final = "@point"


class Swept:
    """What is swept, by index of the point.

    Parameters
    ----------
    columns
        A column per field, with its unit; a row per point.
    ids
        The ids of all points, where they are known.
    """

    def __init__(self, columns: pa.Table, ids: Sequence[str] | None = None) -> None:
        self.columns = columns
        self.places = None if ids is None else {one: index for index, one in enumerate(ids)}

    @classmethod
    def read(cls, directory: Path) -> Swept | None:
        """Return what the sweep in `directory` changes, None where that is not known."""
        file = directory / layout.SWEPT
        try:
            check_file(file)
        except FileNotFoundError:
            return None
        with pq.ParquetFile(file) as stored:
            table = stored.read()
        ids = table.column(_IDS).to_pylist() if _IDS in table.column_names else None
        return cls(table.drop_columns([_IDS]) if ids is not None else table, ids)

    def write(self, directory: Path) -> None:
        """Write it into `directory`."""
        table = self.columns
        if self.places is not None:
            ids = pa.field(_IDS, pa.string(), metadata={"unit": "", "description": "id"})
            table = table.append_column(ids, buffers.text(list(self.places)))
        file = TableFile(directory / layout.SWEPT, table.schema)
        try:
            file.write(table)
            file.close()
            file.publish()
        except BaseException:
            file.abort()
            raise

    def __len__(self) -> int:
        return int(self.columns.num_rows)

    @property
    def fields(self) -> list[str]:
        """Dotted paths of the swept fields."""
        return list(self.columns.column_names)

    def at(self, index: int) -> dict[str, Any]:
        """Return the values of the swept fields at a point."""
        return {name: self.columns.column(name)[index].as_py() for name in self.fields}

    def where(self, values: Mapping[str, Any]) -> np.ndarray:
        """Return the indices of the points at which the fields have these `values`.

        A data file may be given by the name that it had.

        Raises
        ------
        UsageError
            If a field is not swept.
        """
        kept = np.ones(len(self), np.bool_)
        for name, wanted in values.items():
            if name not in self.fields:
                hint = did_you_mean(name, self.fields) or f"swept: {', '.join(self.fields)}"
                raise UsageError(f"'{name}' is not swept here; {hint}")
            column = self.columns.column(name).to_pylist()
            found = (value == wanted or written(value) == wanted for value in column)
            kept &= np.fromiter(found, bool, len(self))
        return np.flatnonzero(kept)

    def joined_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema of `runs` with the swept fields behind its common columns."""
        fields = list(schema)
        at = len(fields) - _own_columns(schema)
        named = [
            one.with_name(name)
            for one, name in zip(self.columns.schema, self._names(schema), strict=True)
            if name
        ]
        return self_describing(
            pa.schema([*fields[:at], *named, *fields[at:]], metadata=schema.metadata)
        )

    def joined(self, rows: pa.Table, indices: np.ndarray, schema: pa.Schema) -> pa.Table:
        """Return `rows` of `runs` in `schema`, with the fields at the points `indices`."""
        taken = self.columns.take(buffers.numbers(np.ascontiguousarray(indices), pa.int64()))
        added = {
            name: taken.column(own)
            for own, name in zip(self.fields, self._names(rows.schema), strict=True)
            if name
        }
        arrays = []
        for one in schema:
            column = added[one.name] if one.name in added else rows.column(one.name)
            text = pa.types.is_dictionary(column.type)
            arrays.append(column.cast(pa.string()) if text else column)
        return pa.Table.from_arrays(arrays, names=[one.name for one in schema])

    def _names(self, schema: pa.Schema) -> list[str]:
        """Return what each field is called in `runs`; empty where `runs` has it already."""
        common = {column.name for column in RUNS.columns}
        names = []
        for name in self.fields:
            taken = name in schema.names
            names.append("" if taken and name in common else f"sweep.{name}" if taken else name)
        return names


def _own_columns(schema: pa.Schema) -> int:
    """Return how many columns of `runs` are the family's, at its end."""
    return len(schema) - 2 - len(RUNS.columns)
