"""All parts of a finished study into one file per table, in the order of the study.

Rows come through `netsim.metrics.gathering`, a row group at a time, so memory does not grow with
the study. The fields that a sweep changes join table `runs` here; no part holds them, since what a
point is does not depend on what else is swept. The record of what a table came from is that of the
study. A table of very many rows goes on in ``<table>-1.parquet``, cut between points.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from netsim.metrics import layout
from netsim.metrics.atomic import NewFile, flush_directory, temporary, writing
from netsim.metrics.gathering import Order, encoded, gathered, schema_of
from netsim.metrics.ordering import ROW_GROUP
from netsim.metrics.own_places import make_folder
from netsim.metrics.parquet import TableFile
from netsim.metrics.provenance import with_provenance
from netsim.metrics.swept import Swept

#: Rows after which a table goes on in a further file.
LONGEST_FILE: Final = 64 << 20


def compact(
    order: Order,
    tables: Path,
    provenance: Mapping[str, Any],
    swept: Swept | None = None,
    *,
    longest: int = LONGEST_FILE,
) -> None:
    """Write the tables of all runs in `order` into folder `tables`.

    Parameters
    ----------
    order
        All runs of the study.
    tables
        Where the files go.
    provenance
        The study's record, which becomes that of every table.
    swept
        The swept fields by point, of a sweep.
    longest
        Rows of one file, about.
    """
    with writing(tables):
        make_folder(tables)
    written = set()
    for name in order.tables:
        schema = with_provenance(schema_of(order, name), provenance)
        for number, chosen in enumerate(_files(order, name, longest)):
            suffix = f"-{number}" if number else ""
            target = tables / f"{name}{suffix}.parquet"
            written.add(target.name)
            _write(order, name, chosen, target, schema, swept if name == "runs" else None)
    with writing(tables):
        for file in layout.table_files(tables):
            if file.name not in written:
                file.unlink()
    flush_directory(tables)


def _files(order: Order, name: str, longest: int) -> Iterator[slice]:
    """Yield which runs each file of a table holds; all runs of a point stand in one file."""
    rows = order.rows(name)
    if int(rows.sum()) <= longest:
        yield slice(0, len(rows))
        return
    ends = np.cumsum(rows)
    points = np.array([key.index for key in order.keys], np.int64)
    begin = 0
    while begin < len(rows):
        before = int(ends[begin - 1]) if begin else 0
        end = int(np.searchsorted(ends, before + longest, side="right"))
        # Back to where the point begins, unless that alone is more than a file.
        if end < len(rows):
            start = int(np.searchsorted(points, points[end], side="left"))
            end = start if start > begin else int(np.searchsorted(points, points[begin], "right"))
        yield slice(begin, end)
        begin = end


def _write(
    order: Order, name: str, chosen: slice, target: Path, schema: pa.Schema, swept: Swept | None
) -> None:
    whole = chosen == slice(0, len(order.keys))
    if swept is None and whole and _share(order, name, target, schema):
        return
    joined = swept.joined_schema(schema) if swept is not None else schema
    indices = _indices(order, name, chosen) if swept is not None else None
    file = TableFile(target, joined)
    try:
        at = 0
        for group in gathered(order, name, chosen=chosen, size=ROW_GROUP):
            if swept is not None and indices is not None:
                group = swept.joined(group, indices[at : at + group.num_rows], joined)
            at += group.num_rows
            file.write(encoded(group, joined))
            # Not to be held while the next one is read, neither here nor by the allocator.
            del group
            pa.default_memory_pool().release_unused()
        file.close()
        file.publish()
    except BaseException:
        file.abort()
        raise


def _indices(order: Order, name: str, chosen: slice) -> np.ndarray:
    """Return the index of the point of each row."""
    points = np.array([key.index for key in order.keys[chosen]], np.int64)
    return np.repeat(points, order.rows(name)[chosen])


def _share(order: Order, name: str, target: Path, schema: pa.Schema) -> bool:
    """Give a part's file its second name, if it holds just what the table is to be."""
    holders = [part for part in order.parts if name in part.rows]
    if len(holders) != 1 or len(order.parts) != 1:
        return False
    (part,) = holders
    if part.keys != order.keys:
        return False
    source = part.path / f"{name}.parquet"
    with pq.ParquetFile(source) as file:
        groups = file.metadata.num_row_groups
        sizes = [file.metadata.row_group(group).num_rows for group in range(groups)]
    if any(size != ROW_GROUP for size in sizes[:-1]):
        return False
    if not pq.read_schema(source).equals(schema, check_metadata=True):
        return False
    unpublished = temporary(target)
    with writing(target):
        unpublished.unlink(missing_ok=True)
        try:
            os.link(source, unpublished)
        except OSError:
            _copy(source, target)
        else:
            os.replace(unpublished, target)
    return True


def _copy(source: Path, target: Path) -> None:
    import shutil

    from netsim.reading import open_regular

    with open_regular(source) as rows, NewFile(target) as copy:
        shutil.copyfileobj(rows, copy, 1 << 20)
        copy.publish()
