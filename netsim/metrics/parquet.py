"""Parquet files: one per table, streamed row group by row group, the same bytes for the same rows.

Encodings were chosen by measurement on link time series: zstd level 1 keeps up with the kernel;
integers as differences and floats split by byte are smaller and cheaper than plain pages;
dictionaries serve text alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from netsim.metrics.atomic import NewFile


class TableFile:
    """One Parquet file, invisible until it is published."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.rows = 0
        self._file = NewFile(path)
        self._writer = pq.ParquetWriter(self._file, schema, **_encodings(schema))

    def write(self, rows: pa.Table) -> None:
        """Append `rows` as one row group."""
        self._writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
        self.rows += rows.num_rows

    def close(self) -> None:
        """Finish the file under its temporary name."""
        self._writer.close()

    def publish(self) -> None:
        """Flush the closed file to disk and give it its name."""
        self._file.publish()

    def abort(self) -> None:
        """Remove the unpublished file."""
        # The writer wants to end its file; what it writes from now on goes nowhere.
        self._file.discard()
        self._writer.close()


class FileSink:
    """Write the tables of one replication into a directory (`netsim.metrics.recorder.Sink`)."""

    def __init__(self, directory: Path) -> None:
        self._directory = Path(directory)
        self._files: dict[str, TableFile] = {}

    def begin(self, name: str, schema: pa.Schema) -> None:
        """Open the file of table `name`."""
        self._files[name] = TableFile(self._directory / f"{name}.parquet", schema)

    def row_group(self, name: str, rows: pa.Table) -> None:
        """Append a row group to table `name`."""
        self._files[name].write(rows)

    def finish(self) -> None:
        """Close all files, then publish them."""
        for file in self._files.values():
            file.close()
        for file in self._files.values():
            file.publish()

    def abort(self) -> None:
        """Remove what is not published."""
        for file in self._files.values():
            file.abort()

    @property
    def rows(self) -> dict[str, int]:
        """Number of rows of each table so far."""
        return {name: file.rows for name, file in self._files.items()}


def read_file(path: Path) -> pa.Table:
    """Return the table in `path`, without `pyarrow.dataset` (which would import pandas)."""
    with pq.ParquetFile(path) as file:
        return file.read()


def read_schema(path: Path) -> pa.Schema:
    """Return the schema of the table in `path`."""
    return pq.read_schema(path)


def _encodings(schema: pa.Schema) -> dict[str, Any]:
    text = [field.name for field in schema if _is_text(field.type)]
    encodings = {field.name: _encoding(field.type) for field in schema if not _is_text(field.type)}
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": text or False,
        "column_encoding": {name: used for name, used in encodings.items() if used} or None,
    }


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def _encoding(kind: pa.DataType) -> str:
    if pa.types.is_floating(kind):
        return "BYTE_STREAM_SPLIT"
    return "DELTA_BINARY_PACKED" if pa.types.is_integer(kind) or pa.types.is_timestamp(kind) else ""
