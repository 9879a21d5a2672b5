"""What a sweep came to, in a few lines: each point's first headline, or the extremes of many."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

from netsim import registry
from netsim.metrics.arrow import units
from netsim.metrics.inputs import written
from netsim.metrics.reader import RunFiles
from netsim.metrics.summary import SummaryRow, summary_rows
from netsim.units import DIMENSIONS, readable

#: Points of which each has a line; of more only the extremes have.
_MOST: Final = 24
_EXTREMES: Final = 3


def summary(path: Path) -> list[str]:
    """Return the lines for the sweep in `path`, finished or not."""
    run = RunFiles(path)
    if run.swept is None or "runs" not in run.tables:
        return []
    family = registry.lookup("workload", run.manifest["workload"])
    family = family() if isinstance(family, type) else family
    if not family.headlines:
        return []
    headline = family.headlines[0]
    by_point: dict[str, list[dict[str, Any]]] = {}
    for row in run.table("runs").to_pylist():
        by_point.setdefault(row["point"], []).append(row)
    index = {key.point: key.index for key in run.order.keys}
    rows = [
        (index[point], summary_rows(rows, [headline], family.run_columns)[0])
        for point, rows in by_point.items()
        if point in index
    ]
    shown = [(_words(run, at), row) for at, row in _chosen(rows)]
    return _lines(headline.label, shown, left_out=len(rows) - len(shown))


def _chosen(rows: list[tuple[int, SummaryRow]]) -> list[tuple[int, SummaryRow]]:
    """Return all points, or those with the least and the greatest means."""
    if len(rows) <= _MOST:
        return rows
    known = [(at, row) for at, row in rows if row.value is not None]
    ordered = sorted(known, key=lambda entry: entry[1].value.mean if entry[1].value else math.inf)
    return [*ordered[:_EXTREMES], *ordered[-_EXTREMES:]]


def _words(run: RunFiles, index: int) -> str:
    if run.swept is None:
        return ""
    units_of = units(run.swept.columns.schema)
    values = run.swept.at(index).items()
    return ", ".join(f"{name}={_shown(value, units_of[name])}" for name, value in values)


def _shown(value: Any, unit: str) -> str:
    """Return a swept value as a scenario would write it, about."""
    dimension = next((name for name, one in DIMENSIONS.items() if one.unit == unit), None)
    if dimension is not None and isinstance(value, int | float) and not isinstance(value, bool):
        return readable(value, dimension)
    return str(written(value))


def _lines(label: str, shown: list[tuple[str, SummaryRow]], *, left_out: int) -> list[str]:
    cells: list[tuple[str, ...]] = [(label, "mean", "95% CI", "min", "max", "unit")]
    cells += [(words, *row.cells()[1:]) for words, row in shown]
    widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]))]
    lines = []
    for words, *numbers, unit in cells:
        held = (text.rjust(width) for text, width in zip(numbers, widths[1:-1], strict=True))
        lines.append("  ".join(("  " + words.ljust(widths[0]), *held, unit)).rstrip())
    if left_out:
        lines.append(f"  (the extremes; {left_out} points lie between)")
    return lines
