"""Arrow arrays straight from numpy's memory.

`pyarrow.array` imports pandas at its first call, whatever it is given: 0.3 s of processor time
that a small run does not have. These functions describe the memory that is there already, so
numbers are not copied either.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

_LONGEST_TEXT = 2**31 - 1


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
    offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(value) for value in encoded], out=offsets[1:])
    if offsets[-1] > _LONGEST_TEXT:
        raise ValueError("more than 2 GiB of text in one batch")
    missing = np.fromiter((value is None for value in values), bool, len(encoded))
    buffers = [
        _validity(missing if missing.any() else None),
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


def _validity(missing: np.ndarray | None) -> pa.Buffer | None:
    return None if missing is None else _bits(~missing)


def _bits(flags: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))
