"""What a figure is: a function that draws runs into one panel, registered with what it needs.

A family's module, in netsim or in a package of its own, writes::

    @figure("fabric", "flows")
    def completion_times(axes: Any, runs: Runs) -> Data:
        \"\"\"Show the share of flows that are complete, over completion time.\"\"\"

From then on the report, `netsim list figures` and `netsim describe completion_times` know it. The
function draws and returns what it drew, as columns that can be printed as a table.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from netsim.registry import register

if TYPE_CHECKING:
    import pyarrow as pa

    from netsim.figures.scale import Floats

#: Most points of a curve: more make a file large, and no difference that can be seen.
MOST_POINTS = 512


class HasTables(Protocol):
    """What holds the tables of a run: a result in memory, or one that was opened."""

    def table(self, name: str) -> pa.Table:
        """Return the table called `name`."""
        ...


#: Runs by the label of their curve, which also decides its colour.
Runs = Mapping[str, HasTables]
#: What was drawn: columns by name, one row per point.
Data = dict[str, NDArray[Any]]
Draw = Callable[[Any, Runs], Data]


@dataclass(frozen=True, slots=True)
class Figure:
    """A registered figure."""

    name: str
    workload: str
    tables: tuple[str, ...]
    summary: str
    draw: Draw

    @property
    def title(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ")


def figure(workload: str, *tables: str) -> Callable[[Draw], Draw]:
    """Return a decorator that registers a drawing function of a family.

    Parameters
    ----------
    workload
        Name of the family.
    tables
        Tables that it reads.
    """

    def keep(draw: Draw) -> Draw:
        name = draw.__name__
        summary = (inspect.getdoc(draw) or "").split("\n\n")[0]
        register("figure", name)(Figure(name, workload, tables, " ".join(summary.split()), draw))
        return draw

    return keep


def distribution(values: Floats, most: int = MOST_POINTS) -> tuple[Floats, Floats]:
    """Return points (value, share at or below it) of the distribution of finite `values`.

    Up to `most` values all are points; of more, `most` evenly spread ranks, the first and the last
    among them.
    """
    kept = np.sort(values[np.isfinite(values)])
    share = np.arange(1, len(kept) + 1) / max(1, len(kept))
    if len(kept) > most:
        ranks = np.linspace(0, len(kept) - 1, most).round().astype(np.int64)
        kept, share = kept[ranks], share[ranks]
    return kept, share


def long_data(
    label: str, parts: Mapping[str, tuple[Floats, ...]], columns: tuple[str, ...]
) -> Data:
    """Return curves as one table: a row per point, with the curve's name in column `label`."""
    found: Data = {
        label: np.concatenate([np.full(len(part[0]), name) for name, part in parts.items()])
    }
    for index, column in enumerate(columns):
        found[column] = np.concatenate([part[index] for part in parts.values()])
    return found
