"""Fields of a scenario as further columns of its tables: what was swept, or what one forgot to.

The recorded scenario of a run (`resolved.json`) holds every field, quantities in the unit that they
have inside netsim (``"4096 B"``). Of these the number becomes the column and the unit its metadata;
a block or a list is written as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netsim import units
from netsim.errors import UsageError
from netsim.registry import did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


def with_parameters(
    tables: Sequence[pa.Table], scenarios: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> list[pa.Table]:
    """Return `tables` with a column for each field of `names` that they do not have yet.

    Parameters
    ----------
    tables
        One per run.
    scenarios
        The recorded scenario of each.
    names
        Dotted paths: ``routing.policy``, ``traffic[0].size``.

    Raises
    ------
    UsageError
        If no scenario has such a field.
    """
    found = list(tables)
    for name in names:
        values, unit = _column([value_at(scenario, name) for scenario in scenarios], name)
        kind = _type(values)
        for place, (table, value) in enumerate(zip(found, values, strict=True)):
            if name not in table.column_names:
                found[place] = _appended(table, name, value, kind, unit)
    return found


def _column(held: Sequence[tuple[bool, Any]], name: str) -> tuple[list[Any], str]:
    """Return the values of a field, one per run, and their unit."""
    if not any(there for there, _ in held):
        known = sorted({path for _, scenario in held for path in _paths(scenario)})
        hint = did_you_mean(name, known) or "netsim describe RUN shows all"
        raise UsageError(f"no scenario has a field '{name}'; {hint}")
    read = [quantity(value) if there else (None, "") for there, value in held]
    said = {unit for value, unit in read if value is not None}
    if len(said) > 1:
        # A quantity here, a word or a block there: then the texts are kept.
        return [value if there else None for there, value in held], ""
    return [value for value, _ in read], next(iter(said), "")


def value_at(scenario: Mapping[str, Any], name: str) -> tuple[bool, Any]:
    """Return whether there is such a field, and its value; else the scenario itself."""
    value: Any = scenario
    for step in _STEP.findall(name):
        key = int(step[1:-1]) if step.startswith("[") else step
        inside = isinstance(value, list) and isinstance(key, int) and key < len(value)
        if not inside and not (isinstance(value, Mapping) and key in value):
            return False, scenario
        value = value[key]
    return True, value


def _paths(value: Any, path: str = "") -> Iterator[str]:
    if path:
        yield path
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _paths(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, f"{path}[{index}]")


def quantity(value: Any) -> tuple[Any, str]:
    """Return a recorded quantity as number and unit; anything else as it is, with its unit."""
    if isinstance(value, bool | int | float):
        return value, "1"
    if not isinstance(value, str) or (parts := units.split(value)) is None:
        return value, ""
    number, unit = parts
    for dimension in units.DIMENSIONS.values():
        # Recorded quantities are in the unit of their dimension: those of time and duration differ.
        if dimension.units.get(unit) == 1:
            return (int(number) if dimension.whole else float(number)), dimension.unit
    return value, ""


def _type(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int} and max(map(abs, filter(None, values)), default=0) < 2**63:
        return pa.int64()
    return pa.float64() if kinds and kinds <= {int, float} else pa.string()


def _appended(table: pa.Table, name: str, value: Any, kind: Any, unit: str) -> pa.Table:
    import pyarrow as pa

    from netsim.metrics.arrow import canonical_json, self_describing

    text = kind == pa.string()
    if text and value is not None and not isinstance(value, str):
        value = canonical_json(value)
    described = {"unit": "" if text else unit, "description": f"field {name} of the scenario"}
    field = pa.field(name, kind, metadata=described)
    column = pa.repeat(pa.scalar(value, kind), len(table))
    wider = table.append_column(field, column)
    return wider.replace_schema_metadata(self_describing(wider.schema).metadata)
