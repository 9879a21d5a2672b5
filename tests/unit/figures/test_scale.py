"""Units and ticks of axes."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.figures import scale
from netsim.figures.scale import log_ticks, scale_of


@pytest.mark.parametrize(
    ("unit", "values", "label", "drawn"),
    [
        ("s", [2e-6, 9e-5], "x [us]", [2, 90]),
        ("s", [0.2, 30], "x [s]", [0.2, 30]),
        ("ps", [0, 3_000_000], "x [us]", [0, 3]),
        ("B", [64_000], "x [kB]", [64]),
        ("bit/s", [1e11, 4e11], "x [Gbps]", [100, 400]),
        ("m", [20_000], "x [km]", [20]),
        ("1", [3], "x", [3]),
        ("J", [3], "x [J]", [3]),
        ("s", [0, 0], "x [s]", [0, 0]),
        ("s", [np.nan], "x [s]", [np.nan]),
        ("s", [1e-15], "x [ps]", [1e-3]),
    ],
)
def test_values_are_shown_in_a_multiple_that_people_read(unit, values, label, drawn):
    found = scale_of("x", unit, values)

    assert found.label == label
    assert found(values) == pytest.approx(drawn, nan_ok=True)


def test_a_logarithmic_axis_takes_the_multiple_of_the_middle():
    # Between 150 B and 20 MB, sqrt(150 * 2e7) = 55 kB.
    assert scale_of("size", "B", [150, 2e7], log=True).label == "size [kB]"


@given(st.floats(1e-12, 1e12), st.floats(1.0001, 1e9), st.integers(3, 9))
def test_ticks_lie_on_the_axis_and_are_few_and_round(low, factor, most):
    ticks = log_ticks(low, low * factor, most)

    assert ticks == sorted(set(ticks))
    assert len(ticks) <= most
    assert all(low <= tick <= low * factor for tick in ticks)
    # At least two, or nobody could read a value off.
    assert len(ticks) >= 2 or factor < 1.5


@pytest.mark.parametrize(("low", "high"), [(0, 1), (2, 2), (3, 1), (1, float("inf"))])
def test_no_ticks_where_there_is_no_axis(low, high):
    assert log_ticks(low, high) == []


def test_examples_say_what_comes_out():
    assert not doctest.testmod(scale).failed
