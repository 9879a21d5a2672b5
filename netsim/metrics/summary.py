"""The printed summary: one row per headline, with mean, interval and a unit that reads well."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from netsim.metrics.statistics import ENOUGH, Interval, interval

if TYPE_CHECKING:
    from netsim.metrics.schema import Column, Headline

#: How values in a table's unit are shown: (unit, its size in the table's unit), largest first.
_SCALES: Final[dict[str, tuple[tuple[str, float], ...]]] = {
    "ps": (("s", 1e12), ("ms", 1e9), ("us", 1e6), ("ns", 1e3), ("ps", 1.0)),
    "s": (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("ps", 1e-12)),
    "B": (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0)),
    "B/s": (("TB/s", 1e12), ("GB/s", 1e9), ("MB/s", 1e6), ("kB/s", 1e3), ("B/s", 1.0)),
    "bit/s": (("Tbps", 1e12), ("Gbps", 1e9), ("Mbps", 1e6), ("kbps", 1e3), ("bps", 1.0)),
    "1/s": (("GHz", 1e9), ("MHz", 1e6), ("kHz", 1e3), ("1/s", 1.0)),
}

#: Significant digits where no interval says how many mean something.
_DIGITS: Final = 4

_HEAD: Final = ("mean", "95% CI", "min", "max", "unit")


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One headline over all replications.

    Parameters
    ----------
    column
        Its column in table `runs`.
    label
        What it is called in print.
    unit
        Of the column, and of `value`.
    value
        Mean and interval; None where no replication has a value.
    """

    column: str
    label: str
    unit: str
    value: Interval | None

    def cells(self) -> tuple[str, ...]:
        """Return label, mean, interval, minimum, maximum and unit as printed."""
        if self.value is None:
            return (self.label, "-", "-", "-", "-", self.unit)
        unit, size = _scale(self.unit, self.value)
        digits = _decimals(self.value, size)
        mean, low, high = (
            _number(number / size, digits)
            for number in (self.value.mean, self.value.minimum, self.value.maximum)
        )
        half = self.value.half_width
        width = f"n<{ENOUGH}" if half is None else f"+-{_number(half / size, digits)}"
        return (self.label, mean, width, low, high, unit)


def summary_rows(
    runs: Iterable[Mapping[str, Any]], headlines: Sequence[Headline], columns: Sequence[Column]
) -> list[SummaryRow]:
    """Return one row per headline.

    Parameters
    ----------
    runs
        Rows of table `runs`, one per replication.
    headlines
        The family's headlines, in the order of printing.
    columns
        The family's columns of `runs`, for the units.
    """
    units = {column.name: column.unit for column in columns}
    rows = list(runs)
    return [
        SummaryRow(
            headline.column,
            headline.label,
            units.get(headline.column, "1"),
            _interval_of(rows, headline.column),
        )
        for headline in headlines
    ]


def render(rows: Sequence[SummaryRow]) -> str:
    """Return `rows` as an aligned table, headed, two spaces in front."""
    cells = [("", *_HEAD), *(row.cells() for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(cells[0]))]
    lines = []
    for label, *numbers, unit in cells:
        shown = (number.rjust(width) for number, width in zip(numbers, widths[1:-1], strict=True))
        lines.append("  ".join(("  " + label.ljust(widths[0]), *shown, unit)).rstrip())
    return "\n".join(lines)


def render_html(rows: Sequence[SummaryRow], caption: str) -> str:
    """Return `rows` as an HTML table, as notebooks show it."""
    head = "".join(f"<th>{html.escape(word)}</th>" for word in ("", *_HEAD))
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row.cells()) + "</tr>"
        for row in rows
    )
    title = f"<caption>{html.escape(caption)}</caption>"
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def reading(
    unit: str, first: Interval, second: Interval, difference: Interval
) -> tuple[str, float, int]:
    """Return how two values and their difference are shown: unit, its size, and decimals.

    The unit is that of the larger value; decimals are those that mean something in the difference.
    """
    larger = max(first, second, key=lambda one: abs(one.mean))
    shown, size = _scale(unit, larger)
    if not difference.half_width:
        return shown, size, max(_decimals(first, size), _decimals(second, size))
    whole = all(_whole(one, size) for one in (first, second))
    return shown, size, _decimals(difference, size) if not whole else 1


def number(value: float, decimals: int) -> str:
    """Return a number with so many decimals, its thousands parted where it is long."""
    return _number(value, decimals)


def _interval_of(rows: Sequence[Mapping[str, Any]], column: str) -> Interval | None:
    values = [row.get(column) for row in rows]
    finite = [float(value) for value in values if value is not None and math.isfinite(value)]
    return interval(finite) if finite else None


def _scale(unit: str, value: Interval) -> tuple[str, float]:
    """Return the largest unit in which the mean is at least 1."""
    scales = _SCALES.get(unit, ((unit, 1.0),))
    size = abs(value.mean)
    if size == 0:
        return unit, 1.0
    return next(((name, factor) for name, factor in scales if size >= factor), scales[-1])


def _decimals(value: Interval, size: float) -> int:
    """Return how many decimals mean something: those down to the first digit of the half width."""
    mean = abs(value.mean) / size
    leading = math.floor(math.log10(mean)) if mean > 0 else 0
    decimals = _DIGITS - 1 - leading
    half = value.half_width
    if half:
        decimals = min(max(-math.floor(math.log10(half / size)), decimals - 2), decimals + 2)
    elif _whole(value, size):
        decimals = 0
    return max(decimals, 0)


def _whole(value: Interval, size: float) -> bool:
    """Return whether all that is shown are counts, which have no decimals."""
    return size == 1.0 and all(
        float(number).is_integer() for number in (value.mean, value.minimum, value.maximum)
    )


def _number(number: float, decimals: int) -> str:
    if abs(number) >= 1e15 or 0 < abs(number) < 1e-6:
        return f"{number:.3e}"
    return f"{number:,.{decimals}f}" if abs(number) >= 1e5 else f"{number:.{decimals}f}"
