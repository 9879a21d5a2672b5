"""What misleads in a finished sweep: one warning a code, with the number of points it is about.

Some of it is known before a run, some shows in the rows of table `runs`. Both are asked of every
point when all are done, since a shard has looked at its own points alone, and earlier starts have
told theirs to nobody who is still there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from netsim.metrics.gathering import Order, gathered
from netsim.sweep.survey import Survey
from netsim.warnings import Caution, after

if TYPE_CHECKING:
    from netsim.sweep.points import Points

_RUNS = "runs"
_AT_ONCE = 512


def of_all(points: Points, order: Order, known: Sequence[Caution] | None) -> list[Caution]:
    """Return what misleads in the runs of `order`, in the order of the sweep.

    Parameters
    ----------
    points, order
        The sweep, and all its runs.
    known
        What was known of all its points before; None where it was of some only.
    """
    found = Survey()
    for index, rows in _by_point(order) if _asks(points, known) else ():
        scenario = points.scenario(index)
        before = scenario.warnings if known is None else known
        codes = {one.code for one in before}
        shown = after(scenario.family, scenario.model, rows)
        first = before if known is None else ()
        for caution in (*first, *(one for one in shown if one.code not in codes)):
            found.note(caution.code, caution)
    return [*(known or ()), *found.warnings]


def _asks(points: Points, known: Sequence[Caution] | None) -> bool:
    return known is None or hasattr(points.base.family, "warnings_after")


def _by_point(order: Order) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield each point with its rows of table `runs`."""
    if _RUNS not in order.tables:
        return
    # Rows as Python's objects take much memory, so few are there at once.
    rows = (
        row
        for group in gathered(order, _RUNS, size=1 << 14)
        for at in range(0, group.num_rows, _AT_ONCE)
        for row in group.slice(at, _AT_ONCE).to_pylist()
    )
    # Each run has one row, in the order of the runs.
    placed = zip((key.index for key in order.keys), rows, strict=True)
    for index, runs in groupby(placed, key=lambda entry: entry[0]):
        yield index, [row for _, row in runs]
