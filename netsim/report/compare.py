"""Two runs or sweeps side by side: differences of their metrics, pair by pair.

Points are paired by the fields that either of them sweeps; where the other does not sweep a field,
it is read from its scenario. Within a pair of points replications are paired by their index: equal
seeds draw equal random numbers there, so a difference is far more certain than either value. What
has no partner is listed, and never compared with something else.

Rejected: an interval of two independent samples, which throws the common random numbers away; a
test with a p-value, which says nothing of how large a difference is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from netsim import registry
from netsim.errors import UsageError
from netsim.metrics.statistics import Interval, interval, paired_difference
from netsim.metrics.tables import runs_table, tables_of
from netsim.opened import OpenedRun, open_run
from netsim.registry import did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

Key = tuple[Any, ...]
#: What a metric may be: its mean over the rows of a replication is taken.
_NUMBERS: Final = ("int64", "int32", "float64")


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric at one pair of points.

    Parameters
    ----------
    point
        The fields by which the points were paired, with their values.
    metric
        ``TABLE.COLUMN``.
    label, unit
        What it is called in print, and the unit of all values.
    first, second
        Means of either side over the pairs.
    difference
        Of the second less the first, over the pairs.
    relative
        The difference as a share of the first; None where that is 0.
    beyond
        Whether it is larger than the tolerance.
    """

    point: Mapping[str, Any]
    metric: str
    label: str
    unit: str
    first: Interval
    second: Interval
    difference: Interval
    relative: float | None
    beyond: bool

    def facts(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences, and what could not be paired.

    Parameters
    ----------
    workload
        The family of both sides.
    fields
        By which points were paired.
    seeds
        Of either side.
    differences
        In the order of the first side's points.
    unpaired
        In words, by side: points, and replications of paired points.
    """

    workload: str
    fields: tuple[str, ...]
    seeds: tuple[Any, Any]
    differences: tuple[Difference, ...]
    unpaired: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def beyond(self) -> int:
        """How many differences are beyond the tolerance."""
        return sum(one.beyond for one in self.differences)


def compare(
    first: str, second: str, metrics: Sequence[str] = (), by: Sequence[str] = (),
    rtol: float | None = None,
) -> Comparison:  # fmt: skip
    """Return how the results in directory `second` differ from those in `first`.

    Parameters
    ----------
    first, second
        Directories of runs or sweeps of one workload, finished or not.
    metrics
        ``TABLE.COLUMN``; default: the family's headlines. Of a replication the mean of the column
        counts.
    by
        Dotted paths of the fields to pair points by; default: those that either side sweeps.
    rtol
        The largest difference that is tolerated, as a share of the first side's mean.

    Raises
    ------
    UsageError
        If they are of different workloads, a metric or field is not there, two points of a side
        agree in all fields, or nothing can be paired.
    """
    sides = (open_run(first), open_run(second))
    names = (str(first), str(second))
    workloads = [side.manifest["workload"] for side in sides]
    if workloads[0] != workloads[1]:
        raise UsageError(
            f"{first} is of workload {workloads[0]}, {second} of {workloads[1]}; results of one "
            "workload can be compared"
        )
    family = registry.lookup("workload", workloads[0])
    chosen = [_metric(family, sides[0], metric) for metric in metrics] or _headlines(family)
    fields = tuple(by) or tuple(
        dict.fromkeys((*_swept(family, sides[0]), *_swept(family, sides[1])))
    )
    points = [_points(side, fields, name) for side, name in zip(sides, names, strict=True)]
    shared = [key for key in points[0] if key in points[1]]
    unpaired: tuple[list[str], list[str]] = ([], [])
    for own, other, told in ((0, 1, unpaired[0]), (1, 0, unpaired[1])):
        told += [_words(fields, key) for key in points[own] if key not in points[other]]
    found = []
    for metric, label, unit in chosen:
        values = [_values(side, metric) for side in sides]
        for key in shared:
            pair = [known.get(place[key], {}) for known, place in zip(values, points, strict=True)]
            one = _difference(fields, key, (metric, label, unit), pair, rtol)
            if one is not None:
                found.append(one)
    order = {key: place for place, key in enumerate(shared)}
    found.sort(key=lambda one: order[tuple(one.point.values())])
    if not found:
        raise UsageError(
            f"nothing in {second} has a partner in {first}: "
            + (f"no point agrees in {', '.join(fields)}" if fields else "no replication is in both")
        )
    for side, alone in enumerate(_alone(sides, points, shared, fields)):
        unpaired[side].extend(alone)
    seeds = (sides[0].manifest.get("seed"), sides[1].manifest.get("seed"))
    listed = (tuple(unpaired[0]), tuple(unpaired[1]))
    return Comparison(workloads[0], fields, seeds, tuple(found), listed)


def _alone(
    sides: Sequence[OpenedRun],
    points: Sequence[Mapping[Key, str]],
    shared: Sequence[Key],
    fields: Sequence[str],
) -> tuple[list[str], list[str]]:
    """Return, by side, the replications of paired points that the other side does not have."""
    told: tuple[list[str], list[str]] = ([], [])
    runs = [_replications(side) for side in sides]
    for key in shared:
        held = [known[place[key]] for known, place in zip(runs, points, strict=True)]
        for side in (0, 1):
            if alone := sorted(held[side] - held[1 - side]):
                which = _words(fields, key)
                told[side].append(
                    f"replications {_spans(alone)}" + (f" of {which}" if which else "")
                )
    return told


def _headlines(family: Any) -> list[tuple[str, str, str]]:
    """Return metric, label and unit of each headline."""
    units = {column.name: column.unit for column in family.run_columns}
    return [
        (f"runs.{one.column}", one.label, units.get(one.column, "1")) for one in family.headlines
    ]


def _metric(family: Any, side: OpenedRun, text: str) -> tuple[str, str, str]:
    """Return the metric `text` with its label and unit, or raise what there is."""
    table, _, column = text.partition(".")
    known = {one.name: one for one in tables_of(family, side.tables())}
    if table not in known or not column:
        hint = did_you_mean(table, known) or f"tables: {', '.join(known)}"
        raise UsageError(f"'{text}' is no metric: TABLE.COLUMN, and no table '{table}'; {hint}")
    numbers = {one.name: one for one in known[table].columns if one.type in _NUMBERS}
    if column not in numbers:
        hint = did_you_mean(column, numbers) or f"numbers: {', '.join(numbers)}"
        raise UsageError(f"table '{table}' has no column of numbers '{column}'; {hint}")
    return text, text, numbers[column].unit


def _swept(family: Any, side: OpenedRun) -> list[str]:
    """Return the fields that a side sweeps: the columns of `runs` that its family does not have."""
    own = {column.name for column in runs_table(family.run_columns).columns} | {
        "point",
        "replication",
    }
    return [name for name in side.table("runs").column_names if name not in own]


def _points(side: OpenedRun, fields: Sequence[str], name: str) -> dict[Key, str]:
    """Return the id of each point by its values of `fields`, in the order of the results."""
    rows = side.table("runs", parameters=list(fields)).select(["point", *fields]).to_pylist()
    found: dict[Key, str] = {}
    for row in rows:
        key = tuple(row[field] for field in fields)
        if found.setdefault(key, row["point"]) != row["point"]:
            where = f"agree in {_words(fields, key)}" if fields else "are not told apart"
            raise UsageError(
                f"several points of {name} {where}; name the fields that they differ in with --by"
            )
    return found


def _replications(side: OpenedRun) -> dict[str, set[int]]:
    """Return the replications of each point."""
    table = side.table("runs")
    found: dict[str, set[int]] = {}
    pairs = (table.column(name).to_pylist() for name in ("point", "replication"))
    for point, replication in zip(*pairs, strict=True):
        found.setdefault(point, set()).add(replication)
    return found


def _values(side: OpenedRun, metric: str) -> dict[str, dict[int, float]]:
    """Return the mean of a column, by point and replication; those without a value are left out."""
    name, _, column = metric.partition(".")
    table: pa.Table = side.table(name).select(["point", "replication", column])
    if name != "runs":
        table = table.group_by(["point", "replication"]).aggregate([(column, "mean")])
        column = f"{column}_mean"
    found: dict[str, dict[int, float]] = {}
    columns = (table.column(one).to_pylist() for one in ("point", "replication", column))
    for point, replication, value in zip(*columns, strict=True):
        if value is not None and math.isfinite(value):
            found.setdefault(point, {})[replication] = float(value)
    return found


def _difference(
    fields: Sequence[str], key: Key, metric: tuple[str, str, str],
    pair: Sequence[Mapping[int, float]], rtol: float | None,
) -> Difference | None:  # fmt: skip
    """Return a metric's difference over the replications that both sides have a value of."""
    both = sorted(pair[0].keys() & pair[1].keys())
    if not both:
        return None
    first, second = ([side[replication] for replication in both] for side in pair)
    found = paired_difference(second, first)
    base = interval(first)
    beyond = rtol is not None and abs(found.mean) > rtol * abs(base.mean)
    relative = found.mean / abs(base.mean) if base.mean else None
    point = dict(zip(fields, key, strict=True))
    return Difference(point, *metric, base, interval(second), found, relative, beyond)


def _words(fields: Sequence[str], key: Key) -> str:
    return ", ".join(f"{field}={value}" for field, value in zip(fields, key, strict=True))


def _spans(numbers: Sequence[int]) -> str:
    """Return ascending numbers in words: ``0 to 4, 7``."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(f"{low} to {high}" if low != high else str(low) for low, high in spans)
