"""Units against pint, an independent library, over every unit that may be written."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim import units

REGISTRY = pint.UnitRegistry(non_int_type=Fraction)
# pint's own names where it writes a unit in another way, and the unit that netsim holds.
PINT = {
    "bps": (1, "bit/s"), "kbps": (1, "kbit/s"), "Mbps": (1, "Mbit/s"), "Gbps": (1, "Gbit/s"),
    "Tbps": (1, "Tbit/s"), "/s": (1, "1/s"), "/h": (1, "1/hour"), "Hz": (1, "1/s"),
    "kHz": (10**3, "1/s"), "MHz": (10**6, "1/s"), "GHz": (10**9, "1/s"),
    "FLOP": (1, "count"), "GFLOP": (10**9, "count"), "TFLOP": (10**12, "count"),
    "FLOPS": (1, "count/s"), "GFLOPS": (10**9, "count/s"), "TFLOPS": (10**12, "count/s"),
    "dB/km": (1, "count/km"), "nJ/bit": (1, "nJ/bit"), "J/B": (1, "J/byte"),
    "d": (1, "day"), "min": (1, "minute"), "h": (1, "hour"),
}  # fmt: skip
HELD = {
    "ps": "ps", "s": "s", "B": "byte", "bit/s": "bit/s", "m": "m", "m/s": "m/s",
    "dB/km": "count/km", "1/s": "1/s", "FLOP": "count", "FLOP/s": "count/s", "rad": "rad",
    "J": "J", "W": "W", "J/B": "J/byte",
}  # fmt: skip
EVERY_UNIT = [
    (dimension, unit) for dimension, known in units.DIMENSIONS.items() for unit in known.units
]


def oracle(number: Fraction, unit: str, held: str) -> Fraction:
    """Return `number` of `unit` in `held`, converted by pint."""
    factor, name = PINT.get(unit, (1, unit))
    return REGISTRY.Quantity(number * factor, name).to(HELD[held]).magnitude


@pytest.mark.parametrize(("dimension", "unit"), EVERY_UNIT)
@settings(max_examples=20)
@given(number=st.integers(1, 2000))
def test_every_unit_converts_as_pint_does(dimension, unit, number):
    # Eight of each, so that bits are whole bytes; thousandths of the units beyond 2^62 ps.
    number = Fraction(8 * number, 1000 if unit in ("h", "d") else 1)
    expected = oracle(number, unit, units.DIMENSIONS[dimension].unit)

    value = units.parse(f"{Decimal(number.numerator) / number.denominator} {unit}", dimension)

    assert value == (expected if expected.denominator == 1 else float(expected))


@given(st.integers(0, 10**12), st.integers(0, 999))
def test_decimal_times_are_exact(whole, thousandths):
    text = f"{whole}.{thousandths:03} ns"

    assert units.parse(text, "time") == 1000 * whole + thousandths


def test_a_sum_that_binary_floats_miss_is_exact():
    # 0.1 + 0.2 ns in binary floats is 300.00000000000006 ps.
    assert units.parse("0.3 ns", "time") == 300
    assert units.parse("1.1 Tbps", "rate") == 1_100_000_000_000


def test_half_a_turn_is_pi_as_a_double_holds_it():
    assert units.parse("180 deg", "angle") == math.pi
    assert units.parse("-90 deg", "angle") == -math.pi / 2


def test_conversion_rounds_once_and_to_even():
    assert units.parse("1.5 ps", "time") == 2
    assert units.parse("2.5 ps", "time") == 2


@pytest.mark.parametrize("dimension", [n for n, d in units.DIMENSIONS.items() if d.whole])
@given(value=st.integers(0, 2**61))
def test_the_canonical_text_of_a_whole_value_reads_back(dimension, value):
    assert units.parse(units.canonical(value, dimension), dimension) == value


@pytest.mark.parametrize("dimension", [n for n, d in units.DIMENSIONS.items() if not d.whole])
@given(value=st.floats(0, 1e290))
def test_the_canonical_text_of_a_float_reads_back(dimension, value):
    assert units.parse(units.canonical(value, dimension), dimension) == value


@given(st.text(max_size=80), st.sampled_from(sorted(units.DIMENSIONS)))
def test_any_text_is_a_finite_quantity_or_a_unit_error(text, dimension):
    try:
        value = units.parse(text, dimension)
    except units.UnitError:
        return
    assert math.isfinite(value)


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (10**11, "rate", "100 Gbps"),
        (1_500_000, "time", "1.5 us"),
        (4096, "data", "4.096 kB"),
        (20_000, "length", "20 km"),
        (0.1, "frequency", "0.1 Hz"),
        (0, "rate", "0 bps"),
        (-3000, "time", "-3 ns"),
        (312e12, "compute", "312 TFLOPS"),
        (7200.0, "energy", "7.2 kJ"),
        (4e-7, "energy_per_data", "50 nJ/bit"),
        (0.002, "length", "2 mm"),
        (0.005, "power", "5 mW"),
    ],
)
def test_readable_takes_the_largest_unit_that_keeps_it_above_one(value, dimension, text):
    assert units.readable(value, dimension) == text


@pytest.mark.parametrize(
    ("text", "dimension", "hint"),
    [
        ("5 GBps", "rate", "did you mean 'GB/s'?"),
        ("5 Gb/s", "rate", "did you mean 'Gbps'?"),
        ("5 Gb", "data", "write 'Gbit' (bits) or 'GB' (bytes)"),
        ("1 bit", "data", "give whole bytes: '4096 B'"),
        ("0.1 ps", "time", "the smallest step is 1 ps"),
    ],
)
def test_mixed_up_units_get_their_own_hint(text, dimension, hint):
    with pytest.raises(units.UnitError) as raised:
        units.parse(text, dimension)

    assert raised.value.hint == hint


@pytest.mark.parametrize(
    "text", ["", "5", "ns", "5 ns ns", "nan s", "inf s", "1e9999 s", "٣ ns", "1e999 s", "5\nx"]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(units.UnitError):
        units.parse(text, "time")


def test_a_ratio_is_written_in_per_cent():
    assert units.parse_ratio("12 %") == 0.12
    with pytest.raises(units.UnitError):
        units.parse_ratio("12 s")
