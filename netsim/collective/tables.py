"""Tables of the family `collective`."""

from __future__ import annotations

from typing import Final

from netsim.metrics.schema import Column, Table
from netsim.registry import register

_COLLECTIVE = Column("collective", "int64", "1", "index of the collective, from 0")

COLLECTIVES: Final = Table(
    name="collectives",
    version=1,
    row="one row per collective operation",
    key=("collective",),
    columns=(
        _COLLECTIVE,
        Column("job", "int64", "1", "job that it belongs to; empty without jobs", nullable=True),
        Column("iteration", "int64", "1", "iteration that it belongs to, from 0"),
        Column("op", "enum", "", "the operation"),
        Column("algorithm", "enum", "", "the algorithm that performed it"),
        Column("ranks", "int64", "1", "ranks that took part"),
        Column("size", "int64", "B", "size as nccl-tests counts it"),
        Column("start", "int64", "ps", "when the first rank could begin"),
        Column("end", "int64", "ps", "when the last rank had ended", nullable=True),
        Column("completion_time", "float64", "s", "end - start", nullable=True),
        Column("algorithm_bandwidth", "float64", "B/s", "size / completion_time", nullable=True),
        Column(
            "bus_bandwidth",
            "float64",
            "B/s",
            "algorithm_bandwidth times the share of the size that a port must carry",
            nullable=True,
        ),
        Column("lower_bound", "float64", "s", "time that no algorithm can beat on these ports"),
        Column("slowdown", "float64", "1", "completion_time / lower_bound", nullable=True),
    ),
)

RANKS: Final = Table(
    name="ranks",
    version=1,
    row="one row per rank of a collective",
    key=("collective", "rank"),
    joins=(("collective", "collectives.collective"),),
    columns=(
        _COLLECTIVE,
        Column("rank", "int64", "1", "the rank"),
        Column("start", "int64", "ps", "when the rank began"),
        Column(
            "end",
            "int64",
            "ps",
            "when it had received and reduced everything, or, if it receives nothing, when its "
            "last message had arrived",
            nullable=True,
        ),
        Column("sent", "int64", "B", "bytes of its messages"),
        Column("received", "int64", "B", "bytes of the messages to it"),
        Column(
            "wait",
            "float64",
            "s",
            "time between start and end in which no message of its own, to it or from it, was "
            "under way or waiting for a port",
            nullable=True,
        ),
    ),
)

STEPS: Final = Table(
    name="collective_steps",
    version=1,
    row="one row per message of a collective",
    key=("collective", "rank", "step", "index"),
    joins=(("collective", "collectives.collective"),),
    columns=(
        _COLLECTIVE,
        Column("rank", "int64", "1", "the sender"),
        Column("step", "int64", "1", "round of the schedule"),
        Column("index", "int64", "1", "number of the operation in the schedule"),
        Column("chunk", "int64", "1", "first chunk that it carries"),
        Column("start", "int64", "ps", "when it could be sent", nullable=True),
        Column("end", "int64", "ps", "when the receiver had it", nullable=True),
        Column("bytes", "int64", "B", "bytes, rounded up"),
        Column("peer", "int64", "1", "the receiver"),
    ),
)

for _table in (COLLECTIVES, RANKS, STEPS):
    register("table", _table.name)(_table)
