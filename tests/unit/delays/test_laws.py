"""Laws of one duration: their means, their prefix property, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from delay_blocks import LAWS
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from netsim.delays.lanes import WIDTH, generator
from netsim.delays.laws.law import LONGEST, Law, draw, mean
from netsim.delays.process import read, sample
from netsim.rng import Streams

LAW = TypeAdapter(Law)

BLOCKS = {name: block for name, block in LAWS.items() if name != "empirical"}
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


@pytest.mark.parametrize("name", BLOCKS)
def test_a_process_draws_a_law_from_one_generator_per_lane(name):
    law = LAW.validate_python(BLOCKS[name])
    rounds, workers = 1000, 3 * WIDTH
    expected_mean, expected_sd = MOMENTS[name]

    times = sample(
        read({"kind": "independent", "law": BLOCKS[name]}), Streams(7, 2), rounds, workers
    )

    # The same in the plainest way: lane after lane, each with numpy's own seed sequence.
    for lane in range(3):
        alone = draw(law, generator(Streams(7, 2), "compute.law", lane), rounds * WIDTH)
        found = times[:, lane * WIDTH : (lane + 1) * WIDTH]
        np.testing.assert_array_equal(found, alone.reshape(rounds, WIDTH))
    assert times.mean() == pytest.approx(expected_mean, abs=5 * expected_sd / 438 + 1e-12)
    assert times.std() == pytest.approx(expected_sd, rel=0.05, abs=1e-12)


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
        ({"dist": "gamma", "mean": "1e-300 s", "sd": "1 s"}, "must not be below 1 ps"),
        ({"dist": "lognormal", "mean": "1 s", "sd": "1e200 s"}, "must not exceed"),
        ({"dist": "constant", "value": "54 d"}, "must not exceed"),
        ({"dist": "pareto", "scale": "1 s", "shape": 0.01}, "greater than or equal to 0.1"),
        ({"dist": "weibull", "scale": "1 s", "shape": 0.001}, "greater than or equal to 0.1"),
        ({"dist": "expontial", "mean": "1 s"}, "no distribution named 'expontial'"),
        ({"mix": ({"weight": 0.0, "law": BLOCKS["constant"]},)}, "all weights are zero"),
        ({"mix": ({"weight": 1e308, "law": BLOCKS["constant"]},)}, "less than or equal to"),
        ({"mix": ()}, "at least 1 item"),
        ({"value": "1 s"}, "'dist' is missing"),
    ],
)
def test_a_wrong_law_is_refused_with_its_reason(block, words):
    with pytest.raises(ValidationError, match=words):
        LAW.validate_python(block)


# The smallest and the largest values that a block may hold.
LEAST, MOST = "1 ps", f"{LONGEST!r} s"
EXTREMES = [
    *({"dist": "gamma", "mean": mean, "sd": sd} for mean, sd in [(LEAST, MOST), (MOST, LEAST)]),
    *({"dist": "lognormal", "mean": mean, "sd": sd} for mean, sd in [(LEAST, MOST), (MOST, "0 s")]),
    *({"dist": "normal", "mean": mean, "sd": sd} for mean, sd in [("0 s", MOST), (MOST, "0 s")]),
    *(
        {"dist": law, "scale": MOST, "shape": s}
        for law in ("pareto", "weibull")
        for s in (0.1, 1e6)
    ),
    {"dist": "uniform", "low": MOST, "high": MOST},
    {"mix": ({"weight": 0.0, "law": BLOCKS["constant"]}, {"weight": 1e9, "law": BLOCKS["gamma"]})},
]


@pytest.mark.parametrize("block", EXTREMES, ids=str)
def test_a_law_at_the_edge_of_its_parameters_draws_finite_times(block):
    law = LAW.validate_python(block)

    values = draw(law, np.random.Generator(np.random.SFC64(1)), 10_000)

    assert np.isfinite(values).all()
    assert values.min() >= 0
    assert mean(law) >= 0


@pytest.mark.parametrize(
    ("block", "valid"),
    [
        ({"dist": "exponential", "mean": "1 s"}, True),
        ({"file": "times.csv"}, True),
        ({"mix": [{"weight": 1, "law": {"file": "times.csv"}}]}, True),
        ({"dist": "mix", "mix": [{"weight": 1, "law": {"dist": "exponential"}}]}, False),
        ({"mix": [{"weight": 1}]}, False),
        ({"file": "times.csv", "mean": "1 s"}, False),
        ({"mean": "1 s"}, False),
    ],
)
def test_the_json_schema_takes_what_validation_takes(block, valid):
    schema = Draft202012Validator(LAW.json_schema())

    assert schema.is_valid(block) == valid
