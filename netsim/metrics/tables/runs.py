"""Table `runs`: one row per replication, with the figures that stand for the whole of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from netsim.metrics.schema import Column, Table
from netsim.registry import register

RUNS: Final = Table(
    name="runs",
    version=1,
    row="one row per run (a point and a replication)",
    columns=(
        Column("scenario", "string", "", "name of the scenario"),
        Column("workload", "enum", "", "family of the simulation"),
        Column("seed", "int64", "1", "seed of all random streams"),
        Column("status", "enum", "", "how the run ended: done, or unfinished at its time limit"),
        Column("t_end", "int64", "ps", "simulated time at which the run ended"),
        Column("events", "int64", "1", "events handled"),
    ),
    key=(),
)
register("table", "runs")(RUNS)


def runs_table(family_columns: Iterable[Column] = (), swept: Iterable[Column] = ()) -> Table:
    """Return `runs` with columns of swept fields and of the family behind the common ones."""
    return Table(
        RUNS.name, RUNS.version, RUNS.row, (*RUNS.columns, *swept, *family_columns), RUNS.key
    )
