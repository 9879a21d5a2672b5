from __future__ import annotations

import math

import pytest

from netsim.verify.measurement import Measurement


@pytest.mark.parametrize(
    ("measurement", "passed"),
    [
        (Measurement("m", 5, 5), True),
        (Measurement("m", 5, 6), False),
        (Measurement("m", 10, 11, 1, kind="absolute"), True),
        (Measurement("m", 10, 11.5, 1, kind="absolute"), False),
        (Measurement("m", 96, 100, 0.05, kind="relative"), True),
        (Measurement("m", -96, -100, 0.05, kind="relative"), True),
        (Measurement("m", 94, 100, 0.05, kind="relative"), False),
        (Measurement("m", 1.0, (1.0, 2.0), kind="interval"), True),
        (Measurement("m", 2.5, (1.0, 2.0), kind="interval"), False),
    ],
)
def test_a_measurement_passes_within_its_tolerance_only(measurement, passed):
    assert measurement.passed is passed


def test_not_a_number_never_passes():
    for kind in ("exact", "absolute", "relative"):
        assert not Measurement("m", math.nan, math.nan, math.inf, kind=kind).passed
    assert not Measurement("m", math.nan, (-math.inf, math.inf), kind="interval").passed


def test_the_tolerance_reads_as_people_write_it():
    assert Measurement("m", 1, 1).allowed == "exact"
    assert Measurement("m", 1, 1, 1, kind="absolute").allowed == "+-1"
    assert Measurement("m", 1, 1, 0.05, kind="relative").allowed == "+-5 %"
    assert Measurement("m", 1, (0, 2), kind="interval").allowed == "within"
