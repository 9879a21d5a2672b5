"""The printed summary shows each headline in a unit and with digits that a reader can use."""

from __future__ import annotations

import pytest

from netsim.metrics.schema import Column, Headline
from netsim.metrics.summary import render, summary_rows


def cells(values, unit, kind="float64"):
    columns = [Column("x", kind, unit, "a value", nullable=True)]
    rows = summary_rows([{"x": value} for value in values], [Headline("x", "label")], columns)
    return rows[0].cells()


def test_picoseconds_are_shown_in_the_largest_unit_that_fits():
    # 10 ms +- t(4) * s / sqrt(5): s = 1e8 ps * sqrt(2.5), so 2.776 * 0.1 ms * sqrt(0.5) = 0.196 ms.
    values = [10_000_000_000 + step * 100_000_000 for step in (-2, -1, 0, 1, 2)]

    assert cells(values, "ps") == ("label", "10.0", "+-0.2", "9.8", "10.2", "ms")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (2.5e-6, "s", ("2.500", "us")),
        (48.9e9, "B/s", ("48.90", "GB/s")),
        (100e9, "bit/s", ("100.0", "Gbps")),
        (1.023, "1", ("1.023", "1")),
        (64e6, "B", ("64.00", "MB")),
        (2e3, "1/s", ("2.000", "kHz")),
        (0, "ps", ("0", "ps")),
        (15_687_680, "1", ("15,687,680", "1")),
        (17, "1", ("17", "1")),
        (3.0, "packets", ("3", "packets")),
    ],
)
def test_values_are_shown_with_readable_units(value, unit, shown):
    _, mean, _, low, high, named = cells([value], unit)

    assert (mean, named) == shown
    assert low == high == mean


def test_fewer_than_five_replications_are_said_to_be_too_few():
    assert cells([1.5, 2.5], "s")[2] == "n<5"


def test_equal_replications_have_an_interval_of_no_width():
    assert cells([3.25] * 5, "s")[1:3] == ("3.250", "+-0.000")


def test_missing_values_are_left_out_and_a_headline_without_any_is_a_dash():
    assert cells([None, 2.5], "s")[1] == "2.500"
    assert cells([None, None], "s") == ("label", "-", "-", "-", "-", "s")


def test_the_columns_of_the_table_are_aligned():
    columns = [Column("a", "int64", "ps", "a"), Column("b", "float64", "1", "b")]
    headlines = [Headline("a", "completion time"), Headline("b", "slowdown")]
    rows = summary_rows([{"a": 10_000_000, "b": 1.5}], headlines, columns)

    assert render(rows).splitlines() == [
        "                    mean  95% CI    min    max  unit",
        "  completion time  10.00     n<5  10.00  10.00  us",
        "  slowdown         1.500     n<5  1.500  1.500  1",
    ]
