"""Laws of one duration: their means, their prefix property, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from netsim import registry
from netsim.delays.laws.law import Law, draw, mean

LAW = TypeAdapter(Law)

BLOCKS = {
    "constant": {"dist": "constant", "value": "2 s"},
    "uniform": {"dist": "uniform", "low": "1 s", "high": "3 s"},
    "exponential": {"dist": "exponential", "mean": "500 ms"},
    "shifted_exponential": {"dist": "shifted_exponential", "shift": "0.5 s", "mean": "0.5 s"},
    "normal": {"dist": "normal", "mean": "1 s", "sd": "1 s"},
    "lognormal": {"dist": "lognormal", "mean": "2 s", "sd": "1 s"},
    "pareto": {"dist": "pareto", "scale": "1 s", "shape": 4.0},
    "weibull": {"dist": "weibull", "scale": "1 s", "shape": 2.0},
    "gamma": {"dist": "gamma", "shift": "0.5 s", "mean": "0.14 s", "sd": "0.094 s"},
    "mix": {
        "mix": (
            {"weight": 3.0, "law": {"dist": "constant", "value": "1 s"}},
            {"weight": 1.0, "law": {"dist": "exponential", "mean": "5 s"}},
        )
    },
}
# By hand: mean and standard deviation, from the formulas of any table of distributions. The normal
# law with mean = sd = 1 truncated at zero has mean m = 1 + phi(1) / Phi(1), variance 1 - m (m - 1).
_TRUNCATED = 1 + math.exp(-0.5) / math.sqrt(2 * math.pi) / 0.8413447460685429
MOMENTS = {
    "constant": (2, 0),
    "uniform": (2, 2 / math.sqrt(12)),
    "exponential": (0.5, 0.5),
    "shifted_exponential": (1.0, 0.5),
    "normal": (_TRUNCATED, math.sqrt(1 - _TRUNCATED * (_TRUNCATED - 1))),
    "lognormal": (2, 1),
    "pareto": (4 / 3, math.sqrt(4 / (9 * 2))),
    "weibull": (math.sqrt(math.pi) / 2, math.sqrt(1 - math.pi / 4)),
    "gamma": (0.64, 0.094),
    "mix": (2.0, math.sqrt(0.75 * 1 + 0.25 * 50 - 4)),
}


def test_every_registered_law_is_tested_here_but_for_the_empirical_one():
    assert {*BLOCKS, "empirical"} == set(registry.names("law"))


@pytest.mark.parametrize("name", BLOCKS)
def test_sample_mean_and_deviation_match_the_formulas(name):
    law = LAW.validate_python(BLOCKS[name])
    expected_mean, expected_sd = MOMENTS[name]

    values = draw(law, np.random.Generator(np.random.SFC64(7)), 400_000)

    # 5 standard errors of the mean: one false alarm in two million.
    assert values.mean() == pytest.approx(expected_mean, abs=5 * expected_sd / 632 + 1e-12)
    assert values.std() == pytest.approx(expected_sd, rel=0.05, abs=1e-12)
    assert mean(law) == pytest.approx(expected_mean, rel=1e-12)
    assert values.min() >= 0


@pytest.mark.parametrize("name", BLOCKS)
def test_the_first_draws_do_not_depend_on_how_many_follow(name):
    law = LAW.validate_python(BLOCKS[name])

    few = draw(law, np.random.Generator(np.random.SFC64(np.random.SeedSequence(3))), 100)
    many = draw(law, np.random.Generator(np.random.SFC64(np.random.SeedSequence(3))), 1000)

    np.testing.assert_array_equal(few, many[:100])


def test_a_pareto_law_without_a_mean_says_infinity():
    assert mean(LAW.validate_python({"dist": "pareto", "scale": "1 s", "shape": 1.0})) == math.inf


def test_a_normal_law_around_zero_is_the_half_normal():
    law = LAW.validate_python({"dist": "normal", "mean": "0 s", "sd": "1 s"})

    assert mean(law) == pytest.approx(math.sqrt(2 / math.pi))
    assert draw(law, np.random.Generator(np.random.SFC64(1)), 10_000).min() >= 0


def test_an_empirical_law_draws_only_what_was_measured(tmp_path):
    file = tmp_path / "times.csv"
    file.write_text("seconds\n1.5\n2.5\n4\n")
    law = LAW.validate_python({"file": str(file)})

    values = draw(law, np.random.Generator(np.random.SFC64(1)), 1000)

    assert set(values) == {1.5, 2.5, 4.0}
    assert mean(law) == pytest.approx(8 / 3)


def test_a_mixture_may_hold_a_mixture():
    inner = {"mix": ({"weight": 1.0, "law": BLOCKS["constant"]},)}
    law = LAW.validate_python({"mix": ({"weight": 1.0, "law": inner},)})

    assert mean(law) == 2.0


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"dist": "exponential", "mean": 3.0}, "has no unit"),
        ({"dist": "exponential", "mean": "-3 s"}, "must not be below"),
        ({"dist": "uniform", "low": "3 s", "high": "1 s"}, "'high' is below 'low'"),
        ({"dist": "gamma", "mean": "0 s", "sd": "1 s"}, "must be positive"),
        ({"dist": "expontial", "mean": "1 s"}, "no distribution named 'expontial'"),
        ({"mix": ({"weight": 0.0, "law": BLOCKS["constant"]},)}, "all weights are zero"),
        ({"mix": ()}, "at least 1 item"),
        ({"value": "1 s"}, "'dist' is missing"),
    ],
)
def test_a_wrong_law_is_refused_with_its_reason(block, words):
    with pytest.raises(ValidationError, match=words):
        LAW.validate_python(block)
