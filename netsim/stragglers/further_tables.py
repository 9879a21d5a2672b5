"""Tables of what coded rounds are for: applied gradients, updates, choice of parameters."""

from __future__ import annotations

from typing import Final

from netsim.metrics.schema import Column, Table
from netsim.registry import register

GRADIENTS: Final = Table(
    name="gradients",
    version=1,
    row="one row per gradient that an asynchronous master applied",
    key=("round", "worker", "start"),
    columns=(
        Column("round", "int64", "1", "update in which it was applied"),
        Column("worker", "int64", "1", "worker that computed it"),
        Column("start", "int64", "ps", "when the worker read the model"),
        Column("staleness", "int64", "1", "updates between reading the model and being applied"),
    ),
)

UPDATES: Final = Table(
    name="updates",
    version=2,
    row="one row per update of a model",
    key=("round", "job"),
    columns=(
        Column("round", "int64", "1", "round at whose end the update was made"),
        Column("t", "int64", "ps", "when it was made"),
        Column("job", "int64", "1", "job whose gradient was applied"),
        Column("model", "int64", "1", "which of the models trained in turn"),
        Column("loss", "float64", "1", "loss of the model on all data after the update"),
        Column("accuracy", "float64", "1", "share of the data classified rightly after it"),
        Column(
            "gradient_error",
            "float64",
            "1",
            "norm of the decoded gradient's difference from the full one, over the latter's norm",
        ),
    ),
)

SELECTION: Final = Table(
    name="selection",
    version=2,
    row="one row per parameter set that the search played on the probe",
    key=("rank",),
    columns=(
        Column(
            "rank",
            "int64",
            "1",
            "place from 0: those played on resamplings by resampled_time, then the others by time",
        ),
        Column("scheme", "string", "", "coding scheme"),
        Column("parameters", "string", "", "its parameters"),
        Column("s", "int64", "1", "stragglers that a round bears; null without one", nullable=True),
        Column("B", "int64", "1", "rounds of a burst; null without one", nullable=True),
        Column("W", "int64", "1", "rounds of its window; null without one", nullable=True),
        Column("lambda", "int64", "1", "stragglers of a window; null without one", nullable=True),
        Column("load", "float64", "1", "its load"),
        Column("time", "float64", "s", "total time on the probe itself"),
        Column(
            "resampled_time",
            "float64",
            "s",
            "mean total time on the probe and its resamplings; null if it was not played on these",
            nullable=True,
        ),
        Column(
            "time_sd",
            "float64",
            "s",
            "standard deviation of the times that resampled_time is the mean of",
            nullable=True,
        ),
        Column("chosen", "bool", "1", "whether the run used it"),
    ),
)

for _table in (GRADIENTS, UPDATES, SELECTION):
    register("table", _table.name)(_table)
