"""Delay files: replay as measured, and faults located by line and column."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netsim.datafiles import INDEX
from netsim.datafiles import read as read_columns
from netsim.delays.laws.law import SECONDS
from netsim.delays.process import (
    problems,
    read,
    reference_load,
    sample,
    sample_many,
    taken_as_is,
)
from netsim.problems import ProblemsFound
from netsim.rng import Streams


def _write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def _table(rounds: int, workers: int, name: str = "finish") -> str:
    cells = itertools.product(range(rounds), range(workers))
    return f"round,worker,{name}\n" + "".join(f"{r},{w},{r + w / 10}\n" for r, w in cells)


def test_a_matrix_is_replayed_as_it_stands(tmp_path):
    config = read({"kind": "matrix", "file": _write(tmp_path / "m.csv", _table(5, 3))})

    times = sample_many(config, [Streams(1, 0), Streams(1, 1)], rounds=4, workers=3)

    np.testing.assert_array_equal(times[0], times[1])
    np.testing.assert_allclose(times[0], np.arange(4)[:, None] + np.arange(3) / 10)
    assert taken_as_is(config)
    assert problems(config, 4, 3) == []


def test_row_order_and_further_columns_do_not_matter(tmp_path):
    text = "note,finish,worker,round\nx,2.5,1,0\ny,inf,0,0\n"
    config = read({"kind": "matrix", "file": _write(tmp_path / "m.csv", text)})

    np.testing.assert_array_equal(sample(config, Streams(1), 1, 2), [[np.inf, 2.5]])


def test_parquet_and_csv_give_the_same(tmp_path):
    text = _table(3, 2)
    csv = read({"kind": "matrix", "file": _write(tmp_path / "m.csv", text)})
    rows = [row.split(",") for row in text.splitlines()[1:]]
    pq.write_table(
        pa.table(
            {
                "round": pa.array([int(row[0]) for row in rows], pa.int32()),
                "worker": pa.array([int(row[1]) for row in rows], pa.int16()),
                "finish": [float(row[2]) for row in rows],
            }
        ),
        tmp_path / "m.parquet",
    )
    parquet = read({"kind": "matrix", "file": str(tmp_path / "m.parquet")})

    np.testing.assert_array_equal(sample(csv, Streams(1), 3, 2), sample(parquet, Streams(1), 3, 2))


HOSTILE = {
    "nan": ("round,worker,finish\n0,0,1\n0,1,nan\n", 3, 5, "finish: 'nan' is not a number"),
    "negative": ("round,worker,finish\n0,0,-1\n", 2, 5, "finish: '-1' is not a number"),
    "too long": ("round,worker,finish\n0,0,4579201\n", 2, 5, "finish: '4579201' is not a number"),
    "text": ("round,worker,finish\nzero,0,1\n", 2, 1, "round: 'zero' is not a whole number"),
    "fraction": ("round,worker,finish\n0,0.5,1\n", 2, 3, "worker: '0.5' is not a whole number"),
    "huge index": ("round,worker,finish\n1e300,0,1\n", 2, 1, "round: '1e300' is not"),
    "stranger": ("round,worker,finish\n0,0,1\n0,2,1\n", 3, 1, "worker 2, but there are only"),
    "twice": ("round,worker,finish\n0,0,1\n0,0,2\n", 3, 1, "round 0, worker 0 is given twice"),
    "short row": ("round,worker,finish\n0,0\n", 2, 1, "2 fields where the header has 3"),
    "no column": ("round,worker,seconds\n0,0,1\n", 1, 1, "column 'finish' is missing"),
    "same column": ("round,round,worker,finish\n", 1, 1, "column 'round' stands twice"),
    "hole": ("round,worker,finish\n0,1,1\n", 0, 0, "no finish time for round 0, worker 0"),
    "too few rounds": ("round,worker,finish\n0,0,1\n0,1,1\n", 0, 0, "no finish time for round 1"),
    "empty": ("", 1, 1, "column 'round' is missing"),
    "header only": ("round,worker,finish\n", 0, 0, "has no rows"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_fault_of_a_matrix_is_located(tmp_path, case):
    text, line, column, words = HOSTILE[case]
    config = read({"kind": "matrix", "file": _write(tmp_path / "m.csv", text)})

    found = problems(config, rounds=2, workers=2)[0]

    assert found.message.startswith(words) or words in found.message
    assert (found.line, found.column) == (line, column)
    assert found.file == tmp_path / "m.csv"


def test_all_faults_of_a_file_are_reported_up_to_a_limit(tmp_path):
    text = "round,worker,finish\n" + "0,0,x\n" * 500
    config = read({"kind": "matrix", "file": _write(tmp_path / "m.csv", text)})

    found = problems(config, 2, 2)

    assert len(found) == 50
    assert [problem.more for problem in found] == [0] * 49 + [450]


@pytest.mark.parametrize("cell", ["0,7,1", "0,0,1"])
def test_rows_that_do_not_belong_into_a_matrix_are_counted_as_well(tmp_path, cell):
    text = "round,worker,finish\n" + f"{cell}\n" * 101
    config = read({"kind": "matrix", "file": _write(tmp_path / "m.csv", text)})

    found = problems(config, 2, 2)

    # Of 101 equal cells the first is right.
    assert sum(1 + problem.more for problem in found) == (101 if cell == "0,7,1" else 100)
    assert len(found) == 50


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("m.csv", b"\xff\xfe\x00round", "not UTF-8"),
        ("m.parquet", b"PAR1 but not really", "cannot read"),
        ("m.txt", b"round", "neither .csv nor .parquet"),
        ("m.csv", b'round,worker,finish\n"' + b"x" * 200_000, "field larger than"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    config = read({"kind": "matrix", "file": str(tmp_path / name)})

    (found,) = problems(config, 2, 2)

    assert words in found.message


@pytest.mark.parametrize("name", ["missing.csv", "folder.csv"])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(ProblemsFound, match=name):
        read_columns(tmp_path / name, {"round": INDEX})


def test_a_file_without_rows_is_read_where_it_means_something(tmp_path):
    (tmp_path / "none.csv").write_text("round,worker\n")

    assert len(read_columns(tmp_path / "none.csv", {"round": INDEX}, empty=True)) == 0


def test_a_parquet_column_of_the_wrong_type_is_refused(tmp_path):
    table = pa.table({"round": ["a"], "worker": [0], "finish": [1.0]})
    pq.write_table(table, tmp_path / "m.parquet")

    with pytest.raises(ProblemsFound, match="round: type string"):
        read_columns(tmp_path / "m.parquet", {"round": INDEX})


def test_a_parquet_null_is_refused_with_its_row(tmp_path):
    pq.write_table(pa.table({"finish": pa.array([1.0, None])}), tmp_path / "m.parquet")

    with pytest.raises(ProblemsFound) as caught:
        read_columns(tmp_path / "m.parquet", {"finish": SECONDS})

    assert caught.value.problems[0].line == 2


def test_a_changed_file_is_read_again(tmp_path):
    file = tmp_path / "m.csv"
    config = read({"kind": "matrix", "file": _write(file, "round,worker,finish\n0,0,1\n")})
    assert sample(config, Streams(1), 1, 1)[0, 0] == 1

    _write(file, "round,worker,finish\n0,0,22\n")

    assert sample(config, Streams(1), 1, 1)[0, 0] == 22


def test_a_trace_in_order_is_replayed_from_its_first_round(tmp_path):
    file = _write(tmp_path / "t.csv", _table(6, 3, "seconds"))
    config = read({"kind": "trace", "file": file, "rounds": "replay"})

    np.testing.assert_allclose(sample(config, Streams(1), 4, 2)[:, 1], np.arange(4) + 0.1)


def test_a_trace_that_is_too_short_for_a_replay_names_the_cure(tmp_path):
    file = _write(tmp_path / "t.csv", _table(3, 3, "seconds"))
    config = read({"kind": "trace", "file": file, "rounds": "replay"})

    (found,) = problems(config, rounds=5, workers=3)

    assert found.message == "the trace has 3 rounds, the run needs 5"
    assert "bootstrap" in found.hint


def test_a_trace_with_too_few_workers_is_refused(tmp_path):
    config = read({"kind": "trace", "file": _write(tmp_path / "t.csv", _table(3, 3, "seconds"))})

    (found,) = problems(config, 3, 9)

    assert found.message == "the trace has 3 workers, the run needs 9"
    assert found.hint == "simulate 3 workers at most, or take a file with more of them"


def test_a_cyclic_trace_turns_round_from_a_random_start(tmp_path):
    config = read({"kind": "trace", "file": _write(tmp_path / "t.csv", _table(7, 2, "seconds"))})

    starts = [sample(config, Streams(1, k), 20, 2)[:, 0] for k in range(20)]

    for rounds in starts:
        np.testing.assert_array_equal(np.diff(rounds) % 7, 1)
    assert len({rounds[0] for rounds in starts}) > 3


def test_a_bootstrap_keeps_rounds_and_blocks_together(tmp_path):
    file = _write(tmp_path / "t.csv", _table(9, 2, "seconds"))
    config = read({"kind": "trace", "file": file, "rounds": "bootstrap", "block": 3})

    times = sample(config, Streams(1), 30, 2)

    np.testing.assert_allclose(times[:, 1] - times[:, 0], 0.1)
    for block in times[:, 0].reshape(10, 3):
        np.testing.assert_array_equal(np.diff(block) % 9, 1)


def test_permuted_workers_keep_the_times_of_each_round(tmp_path):
    file = _write(tmp_path / "t.csv", _table(4, 9, "seconds"))
    block = {"kind": "trace", "file": file, "rounds": "replay"}

    plain = sample(read(block), Streams(1), 4, 9)
    mixed = sample(read({**block, "permute_workers": True}), Streams(1), 4, 9)

    assert not np.array_equal(plain, mixed)
    np.testing.assert_array_equal(np.sort(plain, axis=1), np.sort(mixed, axis=1))


def test_a_trace_of_several_loads_replays_one_and_says_which(tmp_path):
    text = "load,round,worker,seconds\n0,0,0,1\n0.25,0,0,2\n0.25,1,0,3\n"
    file = _write(tmp_path / "t.csv", text)
    lowest = read({"kind": "trace", "file": file})
    chosen = read({"kind": "trace", "file": file, "load": 0.25, "rounds": "replay"})

    assert reference_load(lowest) == 0
    assert reference_load(chosen) == 0.25
    np.testing.assert_array_equal(sample(chosen, Streams(1), 2, 1), [[2], [3]])


def test_a_load_that_was_not_measured_names_those_that_were(tmp_path):
    text = "load,round,worker,seconds\n0,0,0,1\n0.25,0,0,2\n"
    config = read({"kind": "trace", "file": _write(tmp_path / "t.csv", text), "load": 0.5})

    (found,) = problems(config, 1, 1)

    assert found.hint == "measured: 0, 0.25"


def test_a_load_in_single_precision_is_found_by_its_decimal_number(tmp_path):
    table = {"load": pa.array([0.1, 0.3], pa.float32()), "round": [0, 0], "worker": [0, 0]}
    pq.write_table(pa.table({**table, "seconds": [1.0, 2.0]}), tmp_path / "t.parquet")
    config = read({"kind": "trace", "file": str(tmp_path / "t.parquet"), "load": 0.3})

    assert problems(config, 1, 1) == []
    assert reference_load(config) == pytest.approx(0.3, abs=1e-7)
    np.testing.assert_array_equal(sample(config, Streams(1), 1, 1), [[2]])


def test_a_parquet_time_beyond_the_range_of_durations_is_refused_and_a_dead_worker_is_not(tmp_path):
    pq.write_table(pa.table({"finish": [1.0, np.inf, 1e9]}), tmp_path / "m.parquet")

    with pytest.raises(ProblemsFound, match=r"finish: row 3 holds 1e\+09"):
        read_columns(tmp_path / "m.parquet", {"finish": SECONDS})


def test_a_trace_with_a_hole_names_it(tmp_path):
    text = "round,worker,seconds\n5,0,1\n5,3,1\n6,3,1\n"
    config = read({"kind": "trace", "file": _write(tmp_path / "t.csv", text)})

    assert problems(config, 1, 1)[0].message == "no time for round 6, worker 0"
