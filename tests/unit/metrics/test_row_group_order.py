"""What leaves the gatherer is sorted, complete, and does not depend on how the batches were cut."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.errors import InvariantError
from netsim.metrics.ordering import MANY, RowGroups, in_order


def batch(t, name=None):
    columns = {"t": pa.array(t, pa.int64())}
    if name is not None:
        columns["name"] = pa.array(name, pa.string())
    return pa.RecordBatch.from_pydict(columns)


def gathered(batches, key=("t",), size=8):
    groups = []
    rows = RowGroups("things", key, groups.append, size)
    for one in batches:
        rows.append(one)
    rows.finish()
    return [group.to_pydict() for group in groups]


@given(
    values=st.lists(st.integers(-50, 50), max_size=8),
    cuts=st.lists(st.integers(0, 8), max_size=3),
)
def test_a_table_that_fits_into_one_row_group_may_come_in_any_order(values, cuts):
    edges = [0, *sorted(min(cut, len(values)) for cut in cuts), len(values)]
    batches = [batch(values[a:b]) for a, b in pairwise(edges)]

    groups = gathered(batches)

    assert [value for group in groups for value in group["t"]] == sorted(values)


@given(length=st.integers(0, 100), step=st.integers(1, 30))
def test_row_groups_are_full_and_do_not_depend_on_the_cut(length, step):
    batches = [batch(range(at, min(at + step, length))) for at in range(0, length, step)]

    groups = gathered(batches)

    assert [len(group["t"]) for group in groups] == [8] * (length // 8) + (
        [length % 8] if length % 8 else []
    )
    assert [value for group in groups for value in group["t"]] == list(range(length))


def test_rows_of_one_instant_may_come_in_any_order_in_a_long_table():
    batches = [batch([t] * 3, ["c", "a", "b"]) for t in range(20)]

    groups = gathered(batches, key=("t", "name"))

    rows = [pair for group in groups for pair in zip(group["t"], group["name"], strict=True)]
    assert rows == [(t, name) for t in range(20) for name in "abc"]


def test_a_row_that_comes_after_its_place_was_handed_on_is_refused():
    late = [batch(range(20)), batch([3])]

    with pytest.raises(InvariantError, match=r"table 'things'.*order of \(t\).*\(3,\) came after"):
        gathered(late)


def test_one_instant_longer_than_many_row_groups_stays_in_order():
    batches = [batch([7] * 5, [f"{at + i:03d}" for i in range(5)]) for at in range(0, 100, 5)]

    groups = gathered(batches, key=("t", "name"))

    assert [name for group in groups for name in group["name"]] == [f"{i:03d}" for i in range(100)]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), max_size=12))
def test_the_order_check_agrees_with_sorting(pairs):
    rows = pa.Table.from_batches([batch([t for t, _ in pairs], [name for _, name in pairs])])

    assert in_order(rows, ("t", "name")) == (pairs == sorted(pairs))


def test_rows_that_come_one_by_one_take_no_more_memory_than_their_values():
    rows = RowGroups("things", ("t",), lambda group: None)
    count, before = 20_000, pa.total_allocated_bytes()

    for t in range(count):
        rows.append(batch([t]))

    # Arrow keeps 64 B or more for every array of one number of 8 B.
    assert pa.total_allocated_bytes() - before < 2 * 8 * count + 64 * 2 * MANY
