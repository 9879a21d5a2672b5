"""Parts: committed by time and size, merged when many, gathered in order, and never half there."""

from __future__ import annotations

import random

import numpy as np
import pyarrow.parquet as pq
import pytest

from netsim.metrics import compaction, gathering, layout
from netsim.metrics.compaction import compact
from netsim.metrics.gathering import gathered, of_the_mark, ordered
from netsim.metrics.marks import Key, committed
from netsim.metrics.part_writer import MANY, PartWriter
from netsim.metrics.recorder import Recorder
from netsim.metrics.schema import Column, Table

STEPS = Table(
    "steps",
    1,
    "one row per step",
    (Column("step", "int64", "1", "index"), Column("kind", "enum", "", "what kind")),
    ("step",),
)
STUDY = "a" * 64


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def key(index, replication=0):
    return Key(index, f"{index:016x}", replication)


def record(writer, one, rows=3):
    recorder = Recorder([STEPS], writer.sink(one), point=one.point, replication=one.replication)
    kinds = [f"kind {one.index % 3}"] * rows
    steps = [100 * one.index + step for step in range(rows)]
    recorder.write("steps", {"step": steps, "kind": kinds})
    recorder.close()


def order_of(path):
    return ordered(committed(path), of_the_mark)


def steps(path):
    groups = list(gathered(order_of(path), "steps"))
    return [step for group in groups for step in group["step"].to_pylist()]


def expected(indices, rows=3):
    return [100 * index + step for index in sorted(indices) for step in range(rows)]


def test_runs_wait_in_memory_until_the_first_has_waited_long_enough(tmp_path):
    clock = Clock()
    writer = PartWriter(tmp_path, STUDY, wait=2.0, clock=clock)
    for index in range(3):
        clock.now = float(index) * 0.9
        record(writer, key(index))
    assert committed(tmp_path) == []

    clock.now = 2.0
    record(writer, key(3))

    (part,) = committed(tmp_path)
    assert part.keys == tuple(map(key, range(4)))
    assert part.rows == {"steps": [3, 3, 3, 3]}


def test_runs_are_committed_when_they_fill_the_buffer_and_a_large_one_has_a_part_of_its_own(
    tmp_path,
):
    writer = PartWriter(tmp_path, STUDY, buffer=1500, clock=Clock())
    record(writer, key(0), rows=200)
    assert [part.keys for part in committed(tmp_path)] == [(key(0),)]
    for index in range(1, 40):
        record(writer, key(index))
    writer.commit()

    assert len(committed(tmp_path)) > 2
    assert order_of(tmp_path).rows("steps").tolist() == [200, *[3] * 39]
    assert steps(tmp_path) == [*range(200), *expected(range(1, 40))]


def test_a_run_that_is_aborted_leaves_nothing(tmp_path):
    writer = PartWriter(tmp_path, STUDY, buffer=1500, clock=Clock())
    recorder = Recorder([STEPS], writer.sink(key(0)), row_group=100)
    recorder.write("steps", {"step": list(range(1000)), "kind": ["x"] * 1000})
    assert list(tmp_path.rglob(".tmp-*"))

    recorder.abort()
    writer.commit()

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_many_small_parts_become_one_in_order(tmp_path):
    writer = PartWriter(tmp_path, STUDY)
    indices = random.Random(5).sample(range(MANY), MANY)
    for index in indices:
        record(writer, key(index))
        writer.commit()

    (part,) = committed(tmp_path)
    assert part.keys == tuple(map(key, range(MANY)))
    assert steps(tmp_path) == expected(range(MANY))
    assert len(list(layout.parts(tmp_path))) == 1


@pytest.mark.parametrize("dies", range(12))
def test_a_writer_that_dies_while_it_merges_leaves_every_run_once(tmp_path, monkeypatch, dies):
    from netsim.metrics import marks, part_writer

    class Death(BaseException):
        pass

    calls = []

    def dying(real):
        def call(*words, **options):
            if merging:
                calls.append(real)
                if len(calls) > dies:
                    raise Death
            return real(*words, **options)

        return call

    merging = False
    monkeypatch.setattr(part_writer, "write_mark", dying(marks.write_mark))
    monkeypatch.setattr(layout, "remove_part", dying(layout.remove_part))
    writer = PartWriter(tmp_path, STUDY)
    for index in range(MANY):
        merging = index == MANY - 1
        record(writer, key(index))
        if not merging:
            writer.commit()
    with pytest.raises(Death):
        # The last commit is the first call, its merged part the second; then the old ones go.
        writer.commit()

    left = range(MANY if dies else MANY - 1)
    assert steps(tmp_path) == expected(left)
    assert len(order_of(tmp_path).keys) == len(left)


def test_a_run_that_two_parts_hold_counts_once(tmp_path):
    for indices in ([0, 2], [2, 1], [0]):
        writer = PartWriter(tmp_path, STUDY)
        for index in indices:
            record(writer, key(index))
        writer.commit()

    assert [one.index for one in order_of(tmp_path).keys] == [0, 1, 2]
    assert steps(tmp_path) == expected([0, 1, 2])


@pytest.mark.parametrize("group", [2, 5, 1 << 20])
@pytest.mark.parametrize("size", [1, 4, 7, 1 << 20])
@pytest.mark.parametrize("at_once", [0, 5, 1 << 16], ids="{} rows whole".format)
def test_rows_come_in_order_whatever_the_groups(tmp_path, monkeypatch, group, size, at_once):
    monkeypatch.setattr(gathering, "_AT_ONCE", at_once)
    generator = random.Random(7)
    keys = [key(index, replication) for index in range(9) for replication in range(2)]
    generator.shuffle(keys)
    rows = {one: generator.randrange(6) for one in keys}
    for start in range(0, 18, 5):
        writer = PartWriter(tmp_path, STUDY, row_group=group)
        for one in keys[start : start + 5]:
            record(writer, one, rows[one])
        writer.commit()

    groups = list(gathered(order_of(tmp_path), "steps", size=size))

    ordered_keys = sorted(keys, key=lambda one: (one.index, one.replication))
    wanted = [100 * one.index + step for one in ordered_keys for step in range(rows[one])]
    assert [step for part in groups for step in part["step"].to_pylist()] == wanted
    assert [part.num_rows for part in groups[:-1]] == [size] * (len(groups) - 1)
    assert {
        step: kind
        for part in groups
        for step, kind in zip(part["step"].to_pylist(), part["kind"].to_pylist(), strict=True)
    } == {step: f"kind {step // 100 % 3}" for step in wanted}


def test_a_long_table_goes_on_in_further_files_cut_between_points(tmp_path):
    writer = PartWriter(tmp_path, STUDY)
    for index in range(7):
        for replication in range(2):
            record(writer, key(index, replication))
    writer.commit()

    # Points of 6 rows: two fit into 15 rows.
    compact(order_of(tmp_path), tmp_path / "tables", {}, longest=15)

    files = sorted((tmp_path / "tables").iterdir(), key=layout.table_name)
    assert [file.name for file in files] == [
        "steps.parquet", "steps-1.parquet", "steps-2.parquet", "steps-3.parquet",
    ]  # fmt: skip
    assert [pq.read_metadata(file).num_rows for file in files] == [12, 12, 12, 6]
    points = [set(pq.ParquetFile(file).read()["point"].to_pylist()) for file in files]
    assert sum(map(len, points)) == len(set.union(*points)) == 7


def test_compaction_that_dies_leaves_parts_and_ends_when_it_is_repeated(tmp_path, monkeypatch):
    writer = PartWriter(tmp_path, STUDY, row_group=4)
    for index in range(5):
        record(writer, key(index))
    writer.commit()
    compact(order_of(tmp_path), tmp_path / "whole", {})
    expected_bytes = (tmp_path / "whole" / "steps.parquet").read_bytes()

    class Death(BaseException):
        pass

    def die(file):
        raise Death

    with monkeypatch.context() as patch:
        patch.setattr(compaction.TableFile, "publish", die)
        with pytest.raises(Death):
            compact(order_of(tmp_path), tmp_path / "tables", {})
    assert steps(tmp_path) == expected(range(5))

    compact(order_of(tmp_path), tmp_path / "tables", {})

    assert (tmp_path / "tables" / "steps.parquet").read_bytes() == expected_bytes


def test_the_order_of_runs_is_found_without_looking_into_their_tables(tmp_path):
    writer = PartWriter(tmp_path, STUDY)
    for index in (3, 1, 2):
        record(writer, key(index), rows=index)
    writer.commit()

    order = order_of(tmp_path)

    assert order.rows("steps").tolist() == [1, 2, 3]
    assert order.starts("steps").tolist() == [0, 1, 3]
    only = order.only(np.array([1, 3]))
    assert [one.index for one in only.keys] == [1, 3]
    assert [part["step"].to_pylist() for part in gathered(only, "steps")] == [[100, 300, 301, 302]]
