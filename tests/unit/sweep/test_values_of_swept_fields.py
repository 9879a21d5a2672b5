"""Lists and ranges of swept fields, and samples of them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from evenly import assert_uniform
from scipy.stats import qmc

from netsim import units
from netsim.rng import Streams
from netsim.sweep import sobol
from netsim.sweep.designs import axis, sample
from netsim.sweep.values import ValuesError, expand


@pytest.mark.parametrize(
    ("written", "values"),
    [
        (["ecmp", "rps"], ("ecmp", "rps")),
        ({"range": [1, 11, 1]}, tuple(range(1, 11))),
        ({"range": [8, 64, 8]}, tuple(range(8, 64, 8))),
        ({"range": [3, 0, -1]}, (3, 2, 1)),
        ({"range": [0.1, 0.4, 0.1]}, (0.1, 0.2, 0.3)),
        ({"range": ["10 kB", "50 kB", "10 kB"]}, ("10 kB", "20 kB", "30 kB", "40 kB")),
        ({"range": ["900 kB", "1.1 MB", "100 kB"]}, ("900 kB", "1000 kB")),
        ({"linspace": [0, 1, 3]}, (0.0, 0.5, 1.0)),
        ({"linspace": [0, 10, 3]}, (0, 5, 10)),
        ({"linspace": ["1 %", "5 %", 3]}, ("1 %", "3 %", "5 %")),
        ({"linspace": ["1 us", "2 us", 1]}, ("1 us",)),
        ({"logspace": ["1 kB", "1 MB", 4]}, ("1 kB", "10 kB", "100 kB", "1000 kB")),
        ({"logspace": [1, 100, 3]}, (1.0, 10.0, 100.0)),
    ],
)
def test_a_range_is_written_out(written: Any, values: tuple[Any, ...]) -> None:
    assert tuple(expand(written)) == values


def test_eleven_steps_from_zero_to_one_are_exact_tenths() -> None:
    assert list(expand({"linspace": [0, 1, 11]})) == [tenth / 10 for tenth in range(11)]


def test_a_long_range_is_counted_without_being_written_out() -> None:
    values = expand({"range": [0, 9_000_000, 1]})

    assert (len(values), values[-1], values[5:7]) == (9_000_000, 8_999_999, (5, 6))


def test_bytes_between_two_ends_in_equal_ratios_are_whole() -> None:
    sizes = [units.parse(text, "data") for text in expand({"logspace": ["1 kB", "1 GB", 8]})]

    # 1000 * 10^(6 i / 7), to the nearest byte.
    assert sizes == [round(1000 * 10 ** (6 * i / 7)) for i in range(8)]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ([], "an empty list sweeps nothing"),
        ("ecmp", "this is no list of values"),
        ({"rnage": [1, 2, 3]}, "'rnage' is no kind of range"),
        ({"range": [1, 2]}, "'range' takes three values"),
        ({"range": [1, 5, 0]}, "the step of a range must not be zero"),
        ({"range": [5, 1, 1]}, "the range from 5 to 1 by 1 is empty"),
        (
            {"range": ["1 kB", "1 ms", "1 kB"]},
            "'1 kB' and '1 ms' are quantities of different kinds",
        ),
        ({"range": ["1 kB", 5, 1]}, "'1 kB' and 5 differ in kind"),
        ({"linspace": [0, 1, 0]}, "the number of values must be a whole number above zero"),
        ({"linspace": [0, 1, 2.5]}, "the number of values must be a whole number above zero"),
        ({"logspace": [0, 1, 3]}, "the ends of a logspace must be above zero"),
        ({"linspace": ["x", 1, 3]}, "'x' is neither a number nor a quantity"),
        ({"linspace": ["3 furlongs", "4 furlongs", 3]}, "'3 furlongs' has no unit of netsim"),
        ({"range": [0, 1_000_000_000, 1]}, "1,000,000,000 values of one field are more than"),
    ],
)
def test_what_is_no_range_is_refused(written: Any, message: str) -> None:
    with pytest.raises(ValuesError) as refused:
        expand(written)

    assert message in str(refused.value)


@pytest.mark.filterwarnings("ignore:The balance properties")
@pytest.mark.parametrize("dimensions", [1, 2, 7, sobol.DIMENSIONS])
def test_sobol_points_are_those_of_an_independent_program(dimensions: int) -> None:
    expected = qmc.Sobol(dimensions, scramble=False).random(300)

    assert np.array_equal(sobol.points(300, dimensions), expected)


def test_a_latin_sample_has_one_value_in_each_part_of_each_range() -> None:
    at = sample("latin", 20, [axis([0.0, 1.0]), axis(["0 B", "20 kB"])], Streams(5))

    shares = sorted(int(at(index)[0] * 20) for index in range(20))
    sizes = sorted(units.parse(at(index)[1], "data") // 1000 for index in range(20))
    assert shares == list(range(20))
    assert [min(size, 19) for size in sizes] == list(range(20))


def test_a_sample_depends_on_the_seed_alone_and_whole_numbers_reach_both_ends() -> None:
    def drawn(seed: int) -> list[Any]:
        at = sample("random", 200, [axis([1, 4]), axis({"choice": ["a", "b"]})], Streams(seed))
        return [at(index) for index in range(200)]

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)
    assert {whole for whole, _ in drawn(3)} == {1, 2, 3, 4}
    assert {word for _, word in drawn(3)} == {"a", "b"}


def test_a_logarithmic_axis_has_its_middle_at_the_geometric_mean() -> None:
    one = axis({"log": ["10 kB", "1 MB"]})

    assert units.parse(one.value(0.5), "data") == 100_000
    assert one.value(0.0) == "10 kB"


@pytest.mark.parametrize(
    "written", [[1], [2, 1], {"log": [0, 1]}, {"choice": []}, "10 kB", {"log": ["1 kB"]}]
)
def test_what_is_no_axis_is_refused(written: Any) -> None:
    with pytest.raises(ValuesError):
        axis(written)


def test_every_order_of_a_latin_design_comes_equally_often() -> None:
    orders = []
    for seed in range(600):
        at = sample("latin", 3, [axis([0.0, 1.0])], Streams(seed))
        orders.append(tuple(int(at(index)[0] * 3) for index in range(3)))

    assert_uniform(orders, list(itertools.permutations(range(3))))
