"""Batches are taken strictly: the declared type or an error that names table, column and reason."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from netsim.errors import InvariantError
from netsim.metrics.conversion import Coded, to_batch
from netsim.metrics.schema import Column, Table


def table_of(kind, unit="1", nullable=False):
    unit = "" if kind in ("string", "enum", "timestamp") else unit
    column = Column("x", kind, unit, "a value", nullable)
    return Table("things", 1, "one row per thing", (column,), ())


def taken(kind, values, nullable=False):
    return to_batch(table_of(kind, nullable=nullable), {"x": values}).column("x").to_pylist()


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("int64", np.array([1.0, 2.0]), "wants int64, got float64"),
        ("int64", [1, 2.0], "wants int64, got float64"),
        ("int64", [True, False], "wants int64, got bool"),
        ("int64", [True, 1], "mixes bool and numbers"),
        ("int64", ["1"], "wants int64, got text"),
        ("int64", np.array([2**63], dtype=np.uint64), "outside the range of int64"),
        ("int64", [2**70], "wants int64"),
        ("int32", np.array([2**31]), "outside the range of int32"),
        ("int64", np.zeros((2, 2), dtype=np.int64), "one dimension"),
        ("float64", [True], "wants float64, got bool"),
        ("float64", ["1.5"], "wants float64, got text"),
        ("float64", [2**53 + 1], "no exact float64"),
        ("bool", [0, 1], "wants bool, got int64"),
        ("string", [1], "wants text"),
        ("string", [float("nan")], "wants text"),
        ("enum", Coded(np.array([0, 2]), ["a", "b"]), "outside the 2 names"),
        ("enum", Coded(np.array([0.0]), ["a", "b"]), "codes must be integers"),
        ("timestamp", ["yesterday"], "wants wall-clock times"),
        ("timestamp", [datetime.datetime(2026, 1, 1)], "with their time zone"),
        ("string", ["\ud800"], "wants text"),
    ],
)
def test_a_value_of_another_type_is_refused(kind, values, message):
    with pytest.raises(InvariantError, match=f"table 'things', column 'x': .*{message}"):
        taken(kind, values)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("int64", [1, None]),
        ("int64", [None, None]),
        ("int64", np.ma.masked_array([1, 2], [False, True])),
        ("float64", np.array([1.0, np.nan])),
        ("float64", [0.5, None]),
        ("bool", [True, None]),
        ("string", ["a", None]),
        ("enum", Coded(np.array([0, -1]), ["a"])),
    ],
)
def test_a_missing_value_is_refused_unless_the_column_is_nullable(kind, values):
    with pytest.raises(InvariantError, match=r"no value in row [01] .* not nullable"):
        taken(kind, values)

    assert taken(kind, values, nullable=True)[1] is None


def test_widening_that_loses_nothing_is_done():
    assert taken("int64", np.array([-1, 7], dtype=np.int32)) == [-1, 7]
    assert taken("float64", np.array([0.5], dtype=np.float32)) == [0.5]
    assert taken("float64", [2**53, -3]) == [2.0**53, -3.0]


def test_what_lies_under_a_mask_is_never_looked_at():
    hidden = np.ma.masked_array([2**62, 3], [True, False])

    assert taken("int32", hidden, nullable=True) == [None, 3]


def test_coded_text_is_spelt_out():
    assert taken("enum", Coded(np.array([1, 0, 1]), ["done", "failed"])) == [
        "failed",
        "done",
        "failed",
    ]


def test_numpy_text_is_taken():
    assert taken("string", np.array(["a", "bc"])) == ["a", "bc"]
    assert taken("string", np.array(["a", "bc"], dtype=object)) == ["a", "bc"]


def test_wall_clock_times_keep_their_instant():
    noon = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)

    assert taken("timestamp", [noon]) == [noon]


def test_an_empty_batch_is_taken():
    assert taken("int64", []) == []
    assert taken("float64", np.array([], dtype=np.int64)) == []


PAIR = Table(
    "pairs",
    1,
    "one row per pair",
    (Column("a", "int64", "1", "first"), Column("b", "float64", "s", "second", nullable=True)),
    ("a",),
)


def test_unknown_missing_and_unequal_columns_are_refused():
    with pytest.raises(InvariantError, match="has no column 'c'"):
        to_batch(PAIR, {"a": [1], "c": [1]})
    with pytest.raises(InvariantError, match="needs column 'a'"):
        to_batch(PAIR, {"b": [1.0]})
    with pytest.raises(InvariantError, match="differ in length: a 2, b 1"):
        to_batch(PAIR, {"a": [1, 2], "b": [1.0]})


def test_a_nullable_column_that_is_left_out_is_null():
    assert to_batch(PAIR, {"a": [1, 2]}).column("b").to_pylist() == [None, None]


SPAN = Table(
    "spans",
    1,
    "one row per span",
    (
        Column("start", "int64", "ps", "start"),
        Column("end_rx", "int64", "ps", "end", nullable=True),
    ),
    ("start",),
)


def test_a_row_that_ends_before_it_starts_is_refused():
    with pytest.raises(InvariantError, match="end_rx 4 ps lies before start 5 ps"):
        to_batch(SPAN, {"start": [1, 5], "end_rx": [1, 4]})


def test_a_row_that_never_ended_is_taken():
    assert to_batch(SPAN, {"start": [5], "end_rx": [None]}).num_rows == 1
