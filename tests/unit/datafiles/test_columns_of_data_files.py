"""Columns of numbers and words, from CSV and Parquet alike, faults with their places."""

from __future__ import annotations

import math
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.datafiles import INDEX, NUMBER, RATIO, Number, Words, read
from netsim.problems import ProblemsFound

STATE = Words(("up", "down"))
WANTED = {"node": INDEX, "x": NUMBER, "state": STATE}
TEXT = "node,x,state,note\n0,-1.5,up,a\n3,2e3, down,b\n"


def refused(path, wanted=WANTED):
    with pytest.raises(ProblemsFound) as raised:
        read(path, wanted)
    return [(p.line, p.column, p.message) for p in raised.value.problems]


def test_numbers_and_words_are_read_from_csv(tmp_path):
    (tmp_path / "moves.csv").write_text(TEXT)

    found = read(tmp_path / "moves.csv", WANTED)

    assert found["node"].tolist() == [0, 3]
    assert found["node"].dtype == np.int64
    assert found["x"].tolist() == [-1.5, 2000.0]
    assert (found["state"] == "down").tolist() == [False, True]
    assert found.lines.tolist() == [2, 3]


@pytest.mark.parametrize("texts", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), "str")])
def test_parquet_gives_the_same_as_csv(tmp_path, texts):
    states = pa.array(["up", "down"], pa.string()).cast(texts)
    table = pa.table({"node": [0, 3], "x": [-1.5, 2000.0], "state": states})
    pq.write_table(table, tmp_path / "moves.parquet")
    (tmp_path / "moves.csv").write_text(TEXT)

    parquet = read(tmp_path / "moves.parquet", WANTED)

    csv = read(tmp_path / "moves.csv", WANTED)
    for name in WANTED:
        np.testing.assert_array_equal(parquet[name], csv[name])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("node,x,state\n0,nan,up\n", (2, 3, "x: 'nan' is not a finite number")),
        ("node,x,state\n0,inf,up\n", (2, 3, "x: 'inf' is not a finite number")),
        ("node,x,state\n0,1,UP\n", (2, 5, "state: 'UP' is not one of: up, down")),
        ("node,x,state\n0,1,\n", (2, 5, "state: '' is not one of: up, down")),
        ("node,x,state\n0,1_0,up\n", (2, 3, "x: '1_0' is not a finite number")),
        ("node,x,state\n0,1\n", (2, 1, "2 fields where the header has 3")),
        ("node,x\n0,1\n", (1, 1, "column 'state' is missing")),
    ],
)
def test_a_fault_in_csv_has_line_and_column(tmp_path, text, found):
    (tmp_path / "moves.csv").write_text(text)

    assert refused(tmp_path / "moves.csv") == [found]


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        ("state", ["up", "off"], (2, 0, "state: row 2 holds off, not one of: up, down")),
        ("state", ["up", None], (2, 0, "state: row 2 holds None, not one of: up, down")),
        ("state", [1, 2], (0, 0, "state: type int64 does not hold one of: up, down")),
        ("x", [0.5, math.inf], (2, 0, "x: row 2 holds inf, not a finite number")),
        ("x", ["0.5", "1"], (0, 0, "x: type string does not hold a finite number")),
    ],
)
def test_a_fault_in_parquet_has_its_row(tmp_path, column, values, found):
    whole = {"node": [0, 1], "x": [0.5, 1.5], "state": ["up", "up"], column: values}
    pq.write_table(pa.table(whole), tmp_path / "moves.parquet")

    assert refused(tmp_path / "moves.parquet") == [found]


def test_a_pipe_under_the_name_of_a_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "moves.csv")

    ((_, _, message),) = refused(tmp_path / "moves.csv")

    assert message == "'moves.csv' is not a file"


KINDS = [INDEX, RATIO, NUMBER, Number("seconds", least=0, most=10, endless=True)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.wanted)
@given(value=st.floats() | st.integers(-5, 2**60).map(float))
def test_a_number_is_right_in_text_if_it_is_right_in_an_array(kind, value):
    held = kind.of_text(repr(value))

    assert (held is None) == bool(kind.wrong(np.array([value]))[0])
    assert held is None or held == value
