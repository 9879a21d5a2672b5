"""Many small files into one per table: 2,000 files of 200 rows read 50 times slower than one.

Points come in the order of (point, replication) and each of their files is sorted by its natural
key, so concatenation gives the order that readers expect. Row groups are gathered anew; memory
stays at a few of them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from netsim.errors import InvariantError
from netsim.metrics.atomic import NewFile, flush_directory, temporary, writing
from netsim.metrics.ordering import RowGroups
from netsim.metrics.own_places import is_file, make_folder
from netsim.metrics.parquet import TableFile
from netsim.metrics.point import read_done
from netsim.reading import open_regular


def compact(points: Sequence[Path], tables: Path) -> None:
    """Write one file per table into `tables`, from the directories `points` in their order."""
    with writing(tables):
        make_folder(tables)
    for name in _file_names(points):
        files = [point / name for point in points if is_file(point / name)]
        if len(files) == 1:
            _share(files[0], tables / name)
        else:
            _concatenate(files, tables / name)
    flush_directory(tables)


def _file_names(points: Iterable[Path]) -> list[str]:
    names: dict[str, None] = {}
    for point in points:
        names.update(dict.fromkeys((read_done(point) or {"files": {}})["files"]))
    return sorted(names)


def _share(source: Path, target: Path) -> None:
    """Give a table's only file its second name; its bytes are copied only where links fail."""
    unpublished = temporary(target)
    with writing(target):
        unpublished.unlink(missing_ok=True)
        try:
            os.link(source, unpublished)
        except OSError:
            _copy(source, target)
        else:
            os.replace(unpublished, target)


def _copy(source: Path, target: Path) -> None:
    with open_regular(source) as rows, NewFile(target) as copy:
        shutil.copyfileobj(rows, copy, 1 << 20)
        copy.publish()


def _concatenate(sources: Sequence[Path], target: Path) -> None:
    schema = pq.read_schema(sources[0])
    file = TableFile(target, schema)
    groups = RowGroups(target.stem, (), lambda rows: file.write(_encoded(rows, schema)))
    try:
        for source in sources:
            _append(source, schema, groups)
        groups.finish()
        file.close()
        file.publish()
    except BaseException:
        file.abort()
        raise


def _append(source: Path, schema: pa.Schema, groups: RowGroups) -> None:
    with pq.ParquetFile(source) as parquet:
        if not parquet.schema_arrow.equals(schema):
            raise InvariantError(f"{source} has other columns than the same table of other points")
        for index in range(parquet.num_row_groups):
            for batch in _plain(parquet.read_row_group(index)).to_batches():
                groups.append(batch)


def _plain(rows: pa.Table) -> pa.Table:
    """Return `rows` with dictionaries written out, so that those of several files can be joined."""
    for index, field in enumerate(rows.schema):
        if pa.types.is_dictionary(field.type):
            rows = rows.set_column(index, field.name, rows.column(index).cast(pa.string()))
    return rows


def _encoded(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    arrays = [
        rows.column(field.name).combine_chunks().dictionary_encode()
        if pa.types.is_dictionary(field.type)
        else rows.column(field.name)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
