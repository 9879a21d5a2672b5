"""Tables of relay races."""

from __future__ import annotations

from netsim.metrics.schema import Column, Table
from netsim.registry import register

HANDOVERS = Table(
    name="handovers",
    version=1,
    row="one row per hand-over",
    key=("handover",),
    columns=(
        Column("handover", "int64", "1", "index of the hand-over"),
        Column("runner", "int64", "1", "who gives the baton on"),
        Column("t", "int64", "ps", "when the next runner has it"),
    ),
)
HOLDINGS = Table(
    name="holdings",
    version=1,
    row="one row per stretch that a chosen runner ran",
    key=("handover",),
    columns=(
        Column("handover", "int64", "1", "index of the hand-over that ends it"),
        Column("runner", "int64", "1", "who held the baton"),
        Column("held", "float64", "s", "for how long"),
    ),
)
for _table in (HANDOVERS, HOLDINGS):
    register("table", _table.name)(_table)
