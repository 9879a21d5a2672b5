"""Expected headlines of a scenario: judged against the tables' columns, and against a run.

They stand in the block `expect`, outside the hash, so that stating one changes no result.
`netsim reproduce` runs a scenario and compares; whoever reviews an artifact runs that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from netsim import registry, units
from netsim.problems import Problem

if TYPE_CHECKING:
    from netsim.family import Family, ScenarioModel
    from netsim.metrics.schema import Column
    from netsim.simulate import RunResult

_NUMBERS: Final = ("int32", "int64", "float32", "float64", "bool")


@dataclass(frozen=True, slots=True)
class Compared:
    """One headline: what was expected, how far off it may be, and what came out.

    `measured` is None where no replication has a value.
    """

    headline: str
    unit: str
    expected: float
    tolerance: float
    measured: float | None

    @property
    def holds(self) -> bool:
        """Whether what came out is near enough."""
        return self.measured is not None and abs(self.measured - self.expected) <= self.tolerance

    def to_dict(self) -> dict[str, Any]:
        """Return everything for programs."""
        return {
            "headline": self.headline,
            "unit": self.unit,
            "expected": self.expected,
            "tolerance": self.tolerance,
            "measured": self.measured,
            "holds": self.holds,
        }


def problems(family: Family, model: ScenarioModel) -> list[Problem]:
    """Return which headlines are none of the scenario's, and which values have a wrong unit."""
    if not model.expect:
        return []
    found = []
    columns = _columns(family, model)
    for name, block in model.expect.items():
        if name not in columns:
            hint = registry.did_you_mean(name, columns) or "TABLE.COLUMN (see: netsim list metrics)"
            message = f"the run has no column '{name[:80]}' of numbers"
            found.append(Problem(message, ("expect", name), "unknown-name", hint))
            continue
        for key in ("value", "abs"):
            try:
                if (written := getattr(block, key)) is not None:
                    _number(written, columns[name].unit)
            except units.UnitError as bad:
                found.append(Problem(str(bad), ("expect", name, key), "bad-unit", bad.hint))
    return found


def stated(family: Family, model: ScenarioModel) -> list[Compared]:
    """Return the expected headlines, nothing measured."""
    columns = _columns(family, model)
    found = []
    for name, block in model.expect.items():
        unit = columns[name].unit
        value = _number(block.value, unit)
        off = abs(value) * block.rel if block.rel is not None else _number(block.abs, unit)
        found.append(Compared(name, unit, value, off, None))
    return found


def compare(result: RunResult) -> list[Compared]:
    """Return the expected headlines beside what came out."""
    scenario = result.scenario
    return [
        Compared(one.headline, one.unit, one.expected, one.tolerance, _mean(result, one.headline))
        for one in stated(scenario.family, scenario.model)
    ]


def _columns(family: Family, model: ScenarioModel) -> Mapping[str, Column]:
    """Return the columns of numbers that a run of the scenario has, by headline."""
    # The tables of all families come with it; most scenarios that are loaded state nothing.
    from netsim.metrics.tables import tables_of

    return {
        f"{table.name}.{column.name}": column
        for table in tables_of(family, model.record.asked_for())
        for column in table.columns
        if column.type in _NUMBERS and table.name != "perf"
    }


def _mean(result: RunResult, headline: str) -> float | None:
    """Return the mean over replications of the column's means; what is null counts nowhere."""
    table, _, column = headline.partition(".")
    rows = result.table(table).select(["replication", column])
    by_replication: dict[int, list[float]] = {}
    for replication, value in zip(
        *(rows[name].to_pylist() for name in rows.column_names), strict=True
    ):
        if value is not None:
            by_replication.setdefault(replication, []).append(float(value))
    means = [math.fsum(values) / len(values) for values in by_replication.values()]
    return math.fsum(means) / len(means) if means else None


def _number(written: Any, unit: str) -> float:
    """Return an expected value in the column's `unit`.

    Raises
    ------
    netsim.units.UnitError
        If it has another unit, or none where the column has one.
    """
    dimension = next((name for name, one in units.DIMENSIONS.items() if one.unit == unit), None)
    if not isinstance(written, str):
        if dimension is None:
            return float(written)
        known = units.DIMENSIONS[dimension]
        raise units.UnitError(f"{written!r} has no unit", known.hint)
    return float(
        units.parse_ratio(written) if dimension is None else units.parse(written, dimension)
    )
