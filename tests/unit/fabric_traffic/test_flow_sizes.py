"""Flow sizes: their means agree with the formulas, and files of them are checked."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from netsim import registry
from netsim.fabric.sizes.cumulative import Cumulative
from netsim.fabric.sizes.empirical import read_cumulative
from netsim.problems import ProblemsFound
from netsim.rng import Streams

BLOCKS = [
    ("constant", {"size": "3 kB"}),
    ("uniform", {"low": "10 B", "high": "20 kB"}),
    ("exponential", {"mean": "50 kB"}),
    ("lognormal", {"median": "20 kB", "sigma": 1.0}),
    ("pareto", {"minimum": "1 kB", "maximum": "1 MB", "shape": 1.3}),
    ("pareto", {"minimum": "1 kB", "maximum": "1 MB", "shape": 1.0}),
    ("web_search", {}),
]


def sizes(name, block):
    made = registry.lookup("sizes", name)
    return made, TypeAdapter(made.Config).validate_python(block)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_the_mean_of_many_draws_is_the_mean_that_the_formula_gives(name, block):
    made, config = sizes(name, block)

    drawn = made.draw(config, Streams(5).generator("traffic"), 200_000)

    # Six standard errors, and half a byte that rounding up adds on average, at most one.
    error = 6 * drawn.std() / math.sqrt(len(drawn)) + 1
    assert drawn.mean() == pytest.approx(made.mean(config), abs=error)
    assert drawn.min() >= 1
    assert drawn.dtype == np.int64


def test_pareto_sizes_stay_between_their_bounds_and_follow_the_power_law():
    made, config = sizes("pareto", {"minimum": "1 kB", "maximum": "1 GB", "shape": 1.0})

    drawn = made.draw(config, Streams(1).generator("traffic"), 100_000)

    assert drawn.min() >= 1000
    assert drawn.max() <= 10**9
    # P(X > 10 L) = 1/10 up to the bound's 1e-6; binomial deviation 0.1 %.
    assert np.mean(drawn > 10_000) == pytest.approx(0.1, abs=0.006)


def test_web_search_flows_are_small_in_number_and_large_in_bytes():
    made, config = sizes("web_search", {})

    drawn = made.draw(config, Streams(2).generator("traffic"), 100_000)

    # From the published table: 53 % of flows up to 80 kB, 30 % above 1 MB.
    assert np.mean(drawn <= 80_000) == pytest.approx(0.53, abs=0.01)
    assert np.mean(drawn > 1_000_000) == pytest.approx(0.30, abs=0.01)


def test_a_piecewise_linear_distribution_has_its_atom_and_its_mean():
    # Half of the flows have 100 B, the others lie evenly between 100 B and 300 B: mean 150 B.
    law = Cumulative((100.0, 300.0), (0.5, 1.0))

    drawn = law.draw(np.random.default_rng(1), 10_000)

    assert law.mean() == 150
    assert np.mean(drawn == 100) == pytest.approx(0.5, abs=0.03)
    assert drawn.max() <= 300


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("uniform", {"low": "2 B", "high": "1 B"}),
        ("pareto", {"minimum": "2 GB"}),
        ("pareto", {"minimum": "1 B", "shape": 0.0}),
        ("constant", {"size": "0 B"}),
        ("lognormal", {"median": "1 B", "sigma": -1.0}),
    ],
)
def test_distributions_that_are_none_are_refused(name, block):
    with pytest.raises(ValidationError):
        sizes(name, block)


def test_a_table_of_sizes_is_read_from_a_file(tmp_path):
    path = tmp_path / "sizes.csv"
    path.write_text("size,share\n100,0\n\n1 kB,0.5\n10 kB,1\n")

    assert read_cumulative(path) == Cumulative((100, 1000, 10_000), (0, 0.5, 1))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "header"),
        ("bytes,cdf\n", 1, "header"),
        ("size,share\n1,0\n", 2, "last share must be 1"),
        ("size,share\n2,0\n1,1\n", 3, "must not fall"),
        ("size,share\n1,0.5\n2,0.4\n", 3, "must not fall"),
        ("size,share\n1,2\n", 2, "out of range"),
        ("size,share\n1,nan\n", 2, "out of range"),
        ("size,share\n-1,1\n", 2, "out of range"),
        ("size,share\n1\n", 2, "a row has two cells, this one 1"),
        ("size,share\n1 us,1\n", 2, "is no point"),
    ],
)
def test_a_wrong_table_of_sizes_is_refused_with_its_line(tmp_path, text, line, message):
    path = tmp_path / "sizes.csv"
    path.write_text(text)

    with pytest.raises(ProblemsFound) as caught:
        read_cumulative(path)

    assert message in caught.value.problems[0].message
    assert caught.value.problems[0].line == line
