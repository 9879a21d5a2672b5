"""The tables that every run has: `runs` and `perf`. Families register their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from netsim import registry
from netsim.metrics.schema import Table
from netsim.metrics.tables.perf import PERF
from netsim.metrics.tables.runs import RUNS, runs_table

__all__ = ["PERF", "RUNS", "runs_table", "tables_of"]


def tables_of(family: Any, opt_in: Sequence[str] = ()) -> tuple[Table, ...]:
    """Return the tables of a run: `runs`, the family's own, those asked for, and `perf`.

    With a table come those that it brings.

    Parameters
    ----------
    family
        The registered family (`netsim.family.Family`).
    opt_in
        Names of the tables that the scenario's block `record` asks for.
    """
    asked: Iterable[str] = (*family.tables, *opt_in)
    own: dict[str, Table] = {}
    for name in asked:
        if name not in ("runs", "perf"):
            table = registry.lookup("table", name)
            own[name] = table
            own |= {other: registry.lookup("table", other) for other in table.brings}
    return (runs_table(family.run_columns), *own.values(), PERF)
