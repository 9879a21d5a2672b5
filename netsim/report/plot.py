"""One figure of runs and sweeps, written as a picture.

Each run is a curve; so is each point of a sweep, by its swept values. More curves than colours can
tell apart are refused rather than drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from netsim import registry
from netsim.errors import UsageError
from netsim.figures.page import FORMATS, SCREEN, Size, page
from netsim.metrics.tables import runs_table
from netsim.opened import OpenedRun, open_run

if TYPE_CHECKING:
    import pyarrow as pa

    from netsim.figures.figure import Data, Figure, Runs

#: Most curves of one figure.
MOST: Final = 8
#: Fields whose value is a name by itself.
_NAMING: Final = ("policy", "scheme", "algorithm", "kind")


@dataclass(frozen=True, slots=True)
class _Point:
    """The tables of one point of a sweep."""

    sweep: OpenedRun
    values: Mapping[str, Any]

    def table(self, name: str) -> pa.Table:
        return self.sweep.table(name, dict(self.values))


def plot(
    directories: Sequence[str], name: str, path: Path, *, where: Mapping[str, Any] | None = None,
    size: Size = SCREEN,
) -> Data:  # fmt: skip
    """Draw the figure `name` of results into the file `path`; return what was drawn, as columns.

    Parameters
    ----------
    directories
        Of runs or sweeps, finished or not.
    name
        Of a registered figure.
    path
        The picture; its suffix says which kind.
    where
        Values of swept fields: only the points that have them.
    size
        Of the page.

    Raises
    ------
    UsageError
        If there is no such figure, it is of another workload, a table that it is drawn from is
        missing, or there are more than `MOST` curves.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"'{path}' is no picture by its suffix; known: {', '.join(FORMATS)}")
    figure = _figure(name)
    runs: dict[str, Any] = {}
    for directory in directories:
        for label, one in _curves(directory, figure, where or {}).items():
            runs[label if label not in runs else f"{directory}: {label}"] = one
    if len(runs) > MOST:
        raise UsageError(
            f"{len(runs)} curves are more than the {MOST} that colours tell apart; choose points "
            "with --where PATH=VALUE"
        )
    return _drawn(figure, runs, path, size)


def _drawn(figure: Figure, runs: Runs, path: Path, size: Size) -> Data:
    path.parent.mkdir(parents=True, exist_ok=True)
    with page(path, size=size) as (axes,):
        data = figure.draw(axes, runs)
        axes.set_title(figure.title)
    return data


def _figure(name: str) -> Figure:
    known = registry.names("figure")
    canonical = registry.canonical(name)
    if canonical not in known:
        hint = registry.did_you_mean(name, known) or "see: netsim list figures"
        raise UsageError(f"there is no figure '{name}'; {hint}")
    found: Figure = registry.lookup("figure", canonical)
    return found


def _curves(directory: str, figure: Figure, where: Mapping[str, Any]) -> dict[str, Any]:
    """Return the curves of a directory by their labels."""
    opened = open_run(directory)
    workload = opened.manifest["workload"]
    if workload != figure.workload:
        every = [registry.lookup("figure", name) for name in registry.names("figure")]
        own = ", ".join(one.name for one in every if one.workload == workload)
        raise UsageError(
            f"figure '{figure.name}' is of workload {figure.workload}, and {directory} of "
            f"{workload}; its figures: {own or 'none'}"
        )
    if lacking := [name for name in figure.tables if name not in opened.tables()]:
        raise UsageError(
            f"figure '{figure.name}' is drawn from table {lacking[0]}, which {directory} does not "
            f"have; run it with --set record.tables=[{lacking[0]}]"
        )
    label = Path(directory).resolve().name
    family = registry.lookup("workload", workload)
    own_columns = {column.name for column in runs_table(family.run_columns).columns}
    table = opened.table("runs", dict(where))
    fields = [n for n in table.column_names if n not in own_columns | {"point", "replication"}]
    if not fields:
        return {label: opened}
    points = {tuple(row.values()): row for row in table.select(fields).to_pylist()}
    return {_label(row): _Point(opened, row) for row in points.values()}


def _label(values: Mapping[str, Any]) -> str:
    """Return what a point is called: its policies first, whose colours are those of all figures."""
    words: tuple[list[str], list[str]] = ([], [])
    for field, value in values.items():
        name = field.rpartition(".")[2]
        words[name not in _NAMING].append(str(value) if name in _NAMING else f"{name}={value}")
    return ", ".join([*words[0], *words[1]])
