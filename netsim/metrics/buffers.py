"""Arrow arrays straight from numpy's memory, and back.

`pyarrow.array` imports pandas at its first call, whatever it is given: 0.3 s of processor time
that a small run does not have. These functions describe the memory that is there already, so
numbers are not copied either.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import pyarrow as pa

_LONGEST_TEXT = 2**31 - 1
_SHORT = 10_000
"""Up to so many values a loop takes less time than loading arrow's compute module does."""


def numbers(values: np.ndarray, kind: pa.DataType, missing: np.ndarray | None = None) -> pa.Array:
    """Return a contiguous array of the width of `kind` as an Arrow array that shares its memory."""
    buffers = [_validity(missing), pa.py_buffer(values)]
    return pa.Array.from_buffers(kind, len(values), buffers)


def booleans(values: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Return an array of bools as an Arrow array, which has one bit per value."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [_validity(missing), _bits(values)])


def text(values: Sequence[str | None]) -> pa.Array:
    """Return text, with nulls for None, as an Arrow array.

    Raises
    ------
    TypeError
        If a value is no text.
    ValueError
        If a value cannot be encoded as UTF-8, or all together exceed 2 GiB.
    """
    strangers = [value for value in values if not isinstance(value, str) and value is not None]
    if strangers:
        raise TypeError(f"{strangers[0]!r} is {type(strangers[0]).__name__}")
    encoded = [b"" if value is None else value.encode() for value in values]
    ends = accumulate(map(len, encoded), initial=0)
    offsets = np.fromiter(ends, np.int64, len(encoded) + 1)
    if offsets[-1] > _LONGEST_TEXT:
        raise ValueError("more than 2 GiB of text in one batch")
    absent = [value is None for value in values]
    buffers = [
        _validity(np.array(absent) if any(absent) else None),
        pa.py_buffer(offsets.astype(np.int32)),
        pa.py_buffer(b"".join(encoded)),
    ]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def dictionary(
    codes: np.ndarray, names: Sequence[str], missing: np.ndarray | None = None
) -> pa.DictionaryArray:
    """Return text given as codes into `names`."""
    indices = numbers(np.ascontiguousarray(codes, dtype=np.int32), pa.int32(), missing)
    return pa.DictionaryArray.from_arrays(indices, text(names))


def encoded(column: pa.Array) -> pa.DictionaryArray:
    """Return text as codes into its distinct values, in the order of their appearance."""
    if len(column) > _SHORT:
        return column.dictionary_encode()
    known: dict[str, int] = {}
    values = column.to_pylist()
    codes = [0 if value is None else known.setdefault(value, len(known)) for value in values]
    missing = np.array([value is None for value in values]) if column.null_count else None
    return dictionary(np.array(codes, np.int32), list(known), missing)


def whole_numbers(column: pa.ChunkedArray) -> np.ndarray | None:
    """Return a column of integers without nulls as an array, None for any other column."""
    if column.null_count or not pa.types.is_integer(column.type):
        return None
    parts = [stored(chunk) for chunk in column.chunks if len(chunk)]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def stored(array: pa.Array) -> np.ndarray:
    """Return the integers of an array; where it has nulls they are anything."""
    kind = np.dtype(str(array.type))
    return np.frombuffer(array.buffers()[1], kind, len(array), array.offset * kind.itemsize)


def present(array: pa.Array) -> np.ndarray:
    """Return where an array has values."""
    bits = array.buffers()[0]
    if bits is None:
        return np.ones(len(array), np.bool_)
    flags = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
    return flags[array.offset : array.offset + len(array)].astype(np.bool_)


def _validity(missing: np.ndarray | None) -> pa.Buffer | None:
    return None if missing is None else _bits(~missing)


def _bits(flags: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))
