"""Table `perf`: what each replication cost. It alone may differ between two equal runs."""

from __future__ import annotations

from typing import Final

from netsim.metrics.schema import Column, Table
from netsim.registry import register

PERF: Final = Table(
    name="perf",
    version=2,
    row="one row per run (a point and a replication)",
    columns=(
        Column("wall_time", "float64", "s", "elapsed time of the replication"),
        Column("cpu_time", "float64", "s", "processor time of the replication, all threads"),
        Column("events_per_second", "float64", "1/s", "events handled per second of elapsed time"),
        Column(
            "peak_rss",
            "int64",
            "B",
            "peak resident memory of the process during the replication; null where the system "
            "does not tell it",
            nullable=True,
        ),
        Column("host", "string", "", "machine that ran it"),
        Column("started", "timestamp", "", "wall-clock time at which the replication started"),
    ),
    key=(),
)
register("table", "perf")(PERF)
