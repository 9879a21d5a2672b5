"""Labels and ticks of axes: units from the metadata of columns, at a size that people read.

A column knows its unit (`fct` is in s); a picture shows the multiple in which its largest value is
a small number (``fct [us]``). On a logarithmic axis matplotlib labels either decades alone, which
is one label or none on less than a decade, or all minor ticks, which then run into each other; here
the densest of some usual sets that still fits is taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

_TIMES: Final = (("ps", 1e-12), ("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0))
_BYTES: Final = (("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12))
_RATES: Final = (("bps", 1.0), ("kbps", 1e3), ("Mbps", 1e6), ("Gbps", 1e9), ("Tbps", 1e12))
_SPEEDS: Final = tuple((f"{unit}/s", size) for unit, size in _BYTES)
_LENGTHS: Final = (("mm", 1e-3), ("m", 1.0), ("km", 1e3))
#: By unit of a column: what one of it is, and the multiples that are shown.
_SHOWN: Final = {
    "s": (1.0, _TIMES),
    "ps": (1e-12, _TIMES),
    "B": (1.0, _BYTES),
    "bit/s": (1.0, _RATES),
    "B/s": (1.0, _SPEEDS),
    "m": (1.0, _LENGTHS),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """What values are multiplied by before they are drawn, and what the axis is called."""

    factor: float
    label: str

    def __call__(self, values: ArrayLike) -> Floats:
        """Return `values` as they are drawn."""
        return np.asarray(values, np.float64) * self.factor


def scale_of(name: str, unit: str, values: ArrayLike, *, log: bool = False) -> Scale:
    """Return the scale of a column `name` in `unit` that holds `values`.

    The largest value decides the multiple; on a logarithmic axis the middle of the values does.

    >>> scale_of("fct", "s", [2e-6, 9e-5]).label
    'fct [us]'
    """
    if unit not in _SHOWN:
        return Scale(1.0, name if unit in ("", "1") else f"{name} [{unit}]")
    one, multiples = _SHOWN[unit]
    finite = np.asarray(values, np.float64)
    finite = np.abs(finite[np.isfinite(finite) & (finite != 0)]) * one
    largest = float(finite.max(initial=0))
    if log and largest:
        largest = math.sqrt(largest * float(finite.min()))
    shown, size = multiples[0]
    for word, amount in multiples:
        if largest >= amount:
            shown, size = word, amount
    if not largest:
        shown, size = next((word, amount) for word, amount in multiples if amount == 1)
    return Scale(one / size, f"{name} [{shown}]")


def column_scale(tables: Sequence[pa.Table], name: str, *, log: bool = False) -> Scale:
    """Return the scale of column `name` of tables that are drawn together, by its metadata."""
    field = tables[0].schema.field(name)
    unit = (field.metadata or {}).get(b"unit", b"").decode()
    values = np.concatenate([numbers(table, name) for table in tables])
    return scale_of(name, unit, values, log=log)


def numbers(table: pa.Table, name: str) -> Floats:
    """Return a numeric column as floats; null is NaN."""
    values: Floats = table.column(name).to_numpy().astype(np.float64)
    return values


def log_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return ticks for a logarithmic axis from `low` to `high`: round numbers, at most `most`.

    >>> log_ticks(80, 450)
    [80.0, 100.0, 200.0, 300.0, 400.0]
    >>> log_ticks(1e-3, 1e6, 5)
    [0.001, 0.1, 10.0, 1000.0, 100000.0]
    """
    if not 0 < low < high < math.inf:
        return []
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((*range(1, 10),), (1, 2, 3, 4, 6, 8), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{digit}e{power}") for power in range(first, last + 1) for digit in digits]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= most and _least_gap(ticks, low, high) * 2 * most > 1:
            return ticks if len(ticks) > 1 else _even_ticks(low, high, most)
    return [tick for number, tick in enumerate(ticks) if number % -(-len(ticks) // most) == 0]


def _least_gap(ticks: Sequence[float], low: float, high: float) -> float:
    """Return the least distance of two ticks, as a share of the logarithmic axis."""
    gaps = [math.log(later / tick) for tick, later in itertools.pairwise(ticks)]
    return min(gaps, default=math.inf) / math.log(high / low)


def _even_ticks(low: float, high: float, most: int) -> list[float]:
    """Return evenly spaced ticks, for a range too short to hold two of the usual ones."""
    rough = (high - low) / (most - 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * times for times in (1, 2, 5, 10) if size * times >= rough)
    places = max(0, -math.floor(math.log10(step)))
    ticks = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    return [round(float(tick), places) for tick in ticks]


def settle(axes: Any, most: int) -> None:
    """Give the logarithmic axes of a panel ticks that do not overlap."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    for axis, (low, high), kind in (
        (axes.xaxis, sorted(axes.get_xlim()), axes.get_xscale()),
        (axes.yaxis, sorted(axes.get_ylim()), axes.get_yscale()),
    ):
        if kind in ("log", "symlog"):
            # Up to 1, a symmetric axis is linear, and starts at 0.
            ticks = log_ticks(low, high, most) if kind == "log" else [0, *log_ticks(1, high, most)]
            axis.set_major_locator(FixedLocator(ticks))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
