"""Batches of columns to Arrow, strictly: a value has the declared type or the batch is refused.

Nothing is rounded, truncated or guessed: a float never becomes an integer, a bool never a number,
text is never parsed. Widening that loses nothing (int32 to int64, float32 to float64, exact
integers to float64) is done. Missing values are ``None`` in a list, masked in a `numpy.ma` array,
or NaN in a nullable float column; all become nulls.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from netsim.errors import InvariantError
from netsim.metrics import buffers
from netsim.metrics.arrow import TYPES
from netsim.metrics.schema import Column, Table

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

#: Largest magnitude up to which every integer is a double.
EXACT: Final = 2**53


@dataclass(frozen=True, slots=True)
class Coded:
    """Text as codes into a list of names, cheap for millions of rows. -1 stands for null."""

    codes: np.ndarray
    names: Sequence[str]


class _RefusedError(Exception):
    """Why the values of one column cannot be taken."""


def to_batch(table: Table, columns: Mapping[str, Any]) -> pa.RecordBatch:
    """Return `columns` as a record batch of `table`, without the identity columns.

    A nullable column that is left out is null throughout. Arrays may be kept without copying, so
    the caller must not write to them again.

    Raises
    ------
    InvariantError
        If the batch does not fit the table: the message names table, column and reason.
    """
    _check_names(table, columns)
    length = _common_length(table, columns)
    arrays = []
    for column in table.columns:
        try:
            arrays.append(_converted(column, columns.get(column.name), length))
        except _RefusedError as reason:
            raise InvariantError(
                f"table '{table.name}', column '{column.name}': {reason}"
            ) from None
    batch = pa.RecordBatch.from_arrays(arrays, names=[column.name for column in table.columns])
    _check_intervals(table, batch)
    return batch


def _buffer_type(column: Column) -> pa.DataType:
    """Return the type that rows have until their row group is written: plain text for enums."""
    return pa.string() if column.type == "enum" else TYPES[column.type]


def _check_names(table: Table, columns: Mapping[str, Any]) -> None:
    known = {column.name for column in table.columns}
    if unknown := sorted(columns.keys() - known):
        raise InvariantError(f"table '{table.name}' has no column {', '.join(map(repr, unknown))}")
    needed = [column.name for column in table.columns if not column.nullable]
    if missing := [name for name in needed if columns.get(name) is None]:
        raise InvariantError(f"table '{table.name}' needs column {', '.join(map(repr, missing))}")


def _common_length(table: Table, columns: Mapping[str, Any]) -> int:
    lengths = {name: _length(values) for name, values in columns.items() if values is not None}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InvariantError(f"table '{table.name}': columns differ in length: {listed}")
    return next(iter(lengths.values()), 0)


def _length(values: Any) -> int:
    return len(values.codes if isinstance(values, Coded) else values)


def _converted(column: Column, values: Any, length: int) -> pa.Array:
    if values is None:
        return pa.nulls(length, _buffer_type(column))
    if length == 0:
        return pa.nulls(0, _buffer_type(column))
    if isinstance(values, list | tuple) and all(value is None for value in values):
        array = pa.nulls(length, _buffer_type(column))
    else:
        array = _CONVERTERS[column.type](values)
    if array.null_count and not column.nullable:
        row = np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False))[0]
        raise _RefusedError(f"no value in row {row} of the batch, and the column is not nullable")
    return array


def _integers(values: Any, kind: str) -> pa.Array:
    data, mask = _separated(values)
    if data.dtype.kind not in "iu":
        raise _RefusedError(f"wants {kind}, got {_told(data)}")
    if data.dtype != kind:
        limits = np.iinfo(kind)
        kept = data if mask is None else data[~mask]
        if kept.size and (int(kept.min()) < limits.min or int(kept.max()) > limits.max):
            raise _RefusedError(f"a value lies outside the range of {kind}")
    return buffers.numbers(np.ascontiguousarray(data, dtype=kind), TYPES[kind], mask)


def _floats(values: Any) -> pa.Array:
    data, mask = _separated(values)
    if data.dtype.kind not in "iuf" or data.dtype.itemsize > 8:
        raise _RefusedError(f"wants float64, got {_told(data)}")
    if data.dtype.kind in "iu":
        kept = data if mask is None else data[~mask]
        if kept.size and max(abs(int(kept.min())), abs(int(kept.max()))) > EXACT:
            raise _RefusedError(f"an integer beyond {EXACT} has no exact float64")
    exact = np.ascontiguousarray(data, dtype=np.float64)
    absent = np.isnan(exact) if mask is None else mask | np.isnan(exact)
    return buffers.numbers(exact, TYPES["float64"], absent if absent.any() else None)


def _booleans(values: Any) -> pa.Array:
    data, mask = _separated(values)
    if data.dtype.kind != "b":
        raise _RefusedError(f"wants bool, got {_told(data)}")
    return buffers.booleans(data, mask)


def _text(values: Any) -> pa.Array:
    if isinstance(values, Coded):
        return _decoded(values)
    try:
        return buffers.text(values.tolist() if isinstance(values, np.ndarray) else values)
    except (TypeError, ValueError) as bad:
        raise _RefusedError(f"wants text: {bad}") from None


def _decoded(values: Coded) -> pa.Array:
    codes = np.asarray(values.codes)
    if codes.dtype.kind not in "iu":
        raise _RefusedError(f"codes must be integers, got {_told(codes)}")
    if codes.max() >= len(values.names) or codes.min() < -1:
        raise _RefusedError(f"a code lies outside the {len(values.names)} names")
    missing = codes < 0
    coded = buffers.dictionary(codes, values.names, missing if missing.any() else None)
    return coded.dictionary_decode()


def _timestamps(values: Any) -> pa.Array:
    missing = np.fromiter((value is None for value in values), bool, len(values))
    since = [_EPOCH if value is None else value for value in values]
    if not all(isinstance(value, datetime.datetime) and value.tzinfo for value in since):
        raise _RefusedError("wants wall-clock times with their time zone")
    micros = [(value - _EPOCH) // datetime.timedelta(microseconds=1) for value in since]
    data = np.array(micros, dtype=np.int64)
    return buffers.numbers(data, TYPES["timestamp"], missing if missing.any() else None)


_CONVERTERS: Final[dict[str, Any]] = {
    "int64": lambda values: _integers(values, "int64"),
    "int32": lambda values: _integers(values, "int32"),
    "float64": _floats,
    "bool": _booleans,
    "string": _text,
    "enum": _text,
    "timestamp": _timestamps,
}


def _separated(values: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return numbers and the mask of missing ones (None where none is missing)."""
    if isinstance(values, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(values)
        return np.asarray(values.data), (mask if mask.any() else None)
    if isinstance(values, np.ndarray) and values.dtype != object:
        if values.ndim != 1:
            raise _RefusedError(f"wants one dimension, got {values.ndim}")
        return values, None
    return _from_objects(list(values))


def _from_objects(items: list[Any]) -> tuple[np.ndarray, np.ndarray | None]:
    present = [item for item in items if item is not None]
    flags = sum(isinstance(item, bool | np.bool_) for item in present)
    if 0 < flags < len(present):
        raise _RefusedError("mixes bool and numbers")
    try:
        numbers = np.asarray(present)
    except (ValueError, OverflowError) as bad:
        raise _RefusedError(str(bad)) from None
    if numbers.ndim != 1:
        raise _RefusedError(f"wants one dimension, got {numbers.ndim}")
    if len(present) == len(items):
        return numbers, None
    mask = np.array([item is None for item in items])
    data = np.zeros(len(items), numbers.dtype)
    data[~mask] = numbers
    return data, mask


def _told(data: np.ndarray) -> str:
    return "text or objects" if data.dtype.kind in "OUS" else str(data.dtype)


def _check_intervals(table: Table, batch: pa.RecordBatch) -> None:
    """Refuse a row that ends before it starts."""
    names = [column.name for column in table.columns if column.unit == "ps"]
    if "start" not in names or not batch.num_rows:
        return
    start = batch.column("start")
    for name in names:
        if name == "end" or name.startswith("end_"):
            end = batch.column(name)
            known = buffers.present(start) & buffers.present(end)
            late = known & (buffers.stored(start) > buffers.stored(end))
            if late.any():
                row = int(np.flatnonzero(late)[0])
                raise InvariantError(
                    f"table '{table.name}': {name} {end[row].as_py()} ps "
                    f"lies before start {start[row].as_py()} ps"
                )
