"""Swept values as columns with units, in the way that the fields hold them.

Values are written as a scenario has them: ``10 kB``, ``12 %``, ``fixed-window``. What the field
makes of them is asked of the first point that has each value; where a field has very many values,
as in a sample, they are converted by the unit that the first one came to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from netsim import units
from netsim.metrics import buffers
from netsim.metrics.arrow import canonical_json
from netsim.metrics.parameters import quantity, value_at
from netsim.metrics.swept import Swept
from netsim.sweep.points import Points

#: Values of one field up to which each is asked of its field.
_FEW: Final = 64


def swept(points: Points, ids: Sequence[str] | None = None) -> Swept:
    """Return the swept fields of `points` as columns; with `ids` where they are known."""
    assigned: list[Mapping[str, Any]] = [points.values(index) for index in range(len(points))]
    files = points.files
    if files.names:
        assigned = [
            {name: files.value(name, value) for name, value in values.items()}
            for values in assigned
        ]
    arrays, fields = [], []
    for name in points.fields:
        array, field = _column(name, assigned, points)
        arrays.append(array)
        fields.append(field)
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    return Swept(table, ids)


def _column(
    name: str, assigned: Sequence[Mapping[str, Any]], points: Points
) -> tuple[pa.Array, pa.Field]:
    """Return one field at all points."""
    first: dict[str, int] = {}
    written = []
    for index, values in enumerate(assigned):
        text = canonical_json(values[name]) if name in values else ""
        first.setdefault(text, index)
        written.append(text)
    few = len(first) <= _FEW
    asked = list(first.items()) if few else list(first.items())[:1]
    known = {text: _asked(points, index, name) for text, index in asked}
    if not few:
        convert = _converter(next(iter(known.values()))[1])
        known = {text: convert(assigned[index].get(name)) for text, index in first.items()}
    read = [known[text] for text in written]
    said = {unit for value, unit in known.values() if value is not None}
    if len(said) > 1 or any(_is_text(value) for value, _ in known.values()):
        return _text(name, [None if value is None else _as_text(value) for value, _ in read])
    return _numbers(name, [value for value, _ in read], next(iter(said), "1"))


def _asked(points: Points, index: int, name: str) -> tuple[Any, str]:
    """Return what the scenario of a point has in a field, with its unit."""
    there, value = value_at(points.scenario(index).recorded, name)
    return quantity(value) if there else (None, "")


def _converter(unit: str) -> Callable[[Any], tuple[Any, str]]:
    """Return what turns a written value into a number in `unit`."""
    dimension = next((one for one in units.DIMENSIONS.values() if one.unit == unit), None)

    def convert(written: Any) -> tuple[Any, str]:
        split = units.split(written) if isinstance(written, str) else None
        if split is None:
            return written, unit
        number, given = split
        if given == "%":
            return float(number / 100), unit
        if dimension is None or given not in dimension.units:
            return written, ""
        value = number * dimension.units[given]
        return (round(value) if dimension.whole else float(value)), unit

    return convert


def _is_text(value: Any) -> bool:
    return value is not None and not isinstance(value, bool | int | float)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _described(name: str, unit: str) -> dict[str, str]:
    return {"unit": unit, "description": f"field {name} of the scenario, swept"}


def _text(name: str, values: list[str | None]) -> tuple[pa.Array, pa.Field]:
    array = buffers.encoded(buffers.text(values))
    return array, pa.field(name, array.type, metadata=_described(name, ""))


def _numbers(name: str, values: list[Any], unit: str) -> tuple[pa.Array, pa.Field]:
    missing = np.array([value is None for value in values], np.bool_)
    mask = missing if missing.any() else None
    held = [0 if value is None else value for value in values]
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        array = buffers.booleans(np.array(held, np.bool_), mask)
        unit = ""
    elif kinds <= {int} and all(abs(value) < 2**63 for value in held):
        array = buffers.numbers(np.array(held, np.int64), pa.int64(), mask)
    else:
        array = buffers.numbers(np.array(held, np.float64), pa.float64(), mask)
    return array, pa.field(name, array.type, metadata=_described(name, unit))
