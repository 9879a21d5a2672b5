"""Blocks of rows from a Parquet file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fabric.flow_file.rows import BLOCK, OPTIONAL, REQUIRED, Block, check_names
from netsim.fabric.flows import MOST_FLOWS
from netsim.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def parquet_blocks(path: Path, findings: Findings) -> Iterator[Block]:
    """Yield the rows of the Parquet file `path`, block by block.

    Raises
    ------
    ProblemsFound
        If it is no Parquet file with the columns of a flow file, as integers or texts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from netsim.datafiles.text_file import open_data

    try:
        with open_data(path, 2**36) as source, pq.ParquetFile(source) as file:
            index = _index_columns(file.schema_arrow)
            names = [name for name in file.schema_arrow.names if name not in index]
            check_names(names, findings, line=0)
            _check_types(file.schema_arrow, names, findings)
            if file.metadata.num_rows > MOST_FLOWS:
                message = f"{file.metadata.num_rows:,} flows are too many"
                findings.add(message, f"at most {MOST_FLOWS:,}", code="out-of-range")
            findings.raise_any()
            first = 1
            for batch in file.iter_batches(batch_size=BLOCK, columns=names):
                lines = range(first, first + batch.num_rows)
                columns = {
                    name: _cells(batch.column(name), name, first, findings) for name in names
                }
                yield Block(columns, lines)
                first += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as why:
        reason = str(why).splitlines()[0][:120] if str(why) else type(why).__name__
        hint = "write it anew, or save the flows as .csv"
        findings.add(f"{path.name} is no readable Parquet file: {reason}", hint, code="bad-file")
        findings.raise_any()


def _index_columns(schema: Any) -> set[str]:
    """Return the columns in which pandas has stored an index, those of flows excepted."""
    try:
        written = schema.pandas_metadata or {}
        names = {name for name in written["index_columns"] if isinstance(name, str)}
    except (ValueError, TypeError, KeyError):
        return set()
    return names.difference(REQUIRED, OPTIONAL)


def _check_types(schema: Any, names: Sequence[str], findings: Findings) -> None:
    import pyarrow.types as kinds

    for column in map(schema.field, names):
        kind = column.type.value_type if kinds.is_dictionary(column.type) else column.type
        if not (kinds.is_integer(kind) or kinds.is_string(kind) or kinds.is_large_string(kind)):
            message = f"column '{column.name}' holds {column.type}"
            findings.add(message, "columns of a flow file hold integers or strings")


def _cells(column: Any, name: str, first: int, findings: Findings) -> Any:
    """Return one column of a batch as integers or as texts."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if kinds.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.null_count and name not in OPTIONAL:
        row = first + int(pc.index(pc.is_null(column), pa.scalar(True)).as_py())
        findings.add(f"column '{name}' is empty in row {row}", "every flow needs it", line=row)
        findings.raise_any()
    if kinds.is_integer(column.type):
        if column.null_count or kinds.is_uint64(column.type):
            # As texts, nothing stands for what is missing, and what is beyond int64 is refused as
            # too large in place of wrapping around.
            return ["" if value is None else str(value) for value in column.to_pylist()]
        return column.to_numpy(zero_copy_only=False).astype(np.int64)
    return [text or "" for text in column.to_pylist()]
