"""Table declarations as Arrow schemas, and what a schema says back.

Each field carries `unit` and `description`; the schema carries ``netsim.table``,
``netsim.table_version`` and ``netsim.provenance`` (JSON). Parquet keeps all of it, so a file
explains itself wherever it is copied. Other readers do not look into the fields, so the schema says
the same again: ``PANDAS_ATTRS`` becomes ``pandas.read_parquet(F).attrs``, and ``netsim.columns`` is
seen where key-value metadata are (DuckDB's ``parquet_kv_metadata``, polars).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

from netsim.metrics.schema import IDENTITY, Column, Table

TABLE_KEY: Final = b"netsim.table"
VERSION_KEY: Final = b"netsim.table_version"
PROVENANCE_KEY: Final = b"netsim.provenance"
COLUMNS_KEY: Final = b"netsim.columns"
PANDAS_KEY: Final = b"PANDAS_ATTRS"

TYPES: Final[dict[str, Any]] = {
    "int64": pa.int64(),
    "int32": pa.int32(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "enum": pa.dictionary(pa.int32(), pa.string()),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


def arrow_field(column: Column) -> pa.Field:
    """Return the Arrow field of `column`, with its unit and description."""
    metadata = {"unit": column.unit, "description": column.description}
    return pa.field(column.name, TYPES[column.type], nullable=column.nullable, metadata=metadata)


def arrow_schemas(tables: Iterable[Table], provenance: Mapping[str, Any]) -> dict[str, pa.Schema]:
    """Return by name the schemas of the files of `tables`: identity columns, then their own.

    The provenance, which they share, is put into words once.
    """
    said = {PROVENANCE_KEY: canonical_json(provenance).encode()}
    bare = {table.name: _without_provenance(table) for table in tables}
    return {n: schema.with_metadata({**schema.metadata, **said}) for n, schema in bare.items()}


@functools.lru_cache(maxsize=256)
def _without_provenance(table: Table) -> pa.Schema:
    """Return what the schemas of all files of `table` share: every replication asks for it."""
    metadata = {TABLE_KEY: table.name.encode(), VERSION_KEY: str(table.version).encode()}
    columns = [arrow_field(column) for column in (*IDENTITY, *table.columns)]
    return self_describing(pa.schema(columns, metadata=metadata))


def self_describing(schema: pa.Schema) -> pa.Schema:
    """Return `schema` with what its fields say of themselves where other readers look for it."""
    known, said = units(schema), descriptions(schema)
    columns = {name: {"unit": known[name], "description": said[name]} for name in known}
    more = {
        COLUMNS_KEY: canonical_json(columns).encode(),
        PANDAS_KEY: canonical_json({"units": known, "descriptions": said}).encode(),
    }
    return schema.with_metadata({**(schema.metadata or {}), **more})


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def units(schema: pa.Schema) -> dict[str, str]:
    """Return the unit of each column."""
    return {field.name: _entry(field, b"unit") for field in schema}


def descriptions(schema: pa.Schema) -> dict[str, str]:
    """Return the description of each column."""
    return {field.name: _entry(field, b"description") for field in schema}


def provenance(schema: pa.Schema) -> Any:
    """Return the provenance that `schema` carries, or an empty dict where it carries none."""
    text = (schema.metadata or {}).get(PROVENANCE_KEY)
    return json.loads(text) if text else {}


def _entry(field: pa.Field, key: bytes) -> str:
    return str((field.metadata or {}).get(key, b"").decode())
