"""Loads, bounds and delays as exact fractions, and the parameters that make a code impossible."""

from __future__ import annotations

from fractions import Fraction

import pytest
from reference.coded_run import make

from netsim.errors import ScenarioError
from netsim.registry import lookup, names
from netsim.stragglers.bounds import arbitrary_bound, bursty_bound, per_round_bound

PUBLISHED = [
    ("uncoded", 256, {}, Fraction(1, 256)),
    ("gc", 256, {"s": 15}, Fraction(1, 16)),
    ("gc_rep", 256, {"s": 15}, Fraction(1, 16)),
    ("sr_sgc", 256, {"B": 2, "W": 3, "lam": 23}, Fraction(13, 256)),
    ("sr_sgc", 256, {"B": 1, "W": 2, "lam": 6}, Fraction(1, 64)),
    ("sr_sgc", 256, {"B": 4, "W": 9, "lam": 22}, Fraction(9, 256)),
    ("sr_sgc", 256, {"B": 1, "W": 3, "lam": 52}, Fraction(19, 256)),
    ("m_sgc", 256, {"B": 1, "W": 2, "lam": 27}, Fraction(7, 928)),
    ("m_sgc", 256, {"B": 1, "W": 2, "lam": 9}, Fraction(5, 704)),
    ("m_sgc", 256, {"B": 1, "W": 2, "lam": 24}, Fraction(25, 3328)),
    ("m_sgc", 256, {"B": 1, "W": 2, "lam": 52}, Fraction(53, 6912)),
    ("m_sgc", 4, {"B": 1, "W": 2, "lam": 2}, Fraction(3, 8)),
    ("m_sgc", 4, {"B": 1, "W": 2, "lam": 3}, Fraction(2, 5)),
    ("m_sgc", 4, {"B": 1, "W": 2, "lam": 4}, Fraction(1, 2)),
    ("m_sgc", 20, {"B": 1, "W": 4, "lam": 10}, Fraction(11, 170)),
]


@pytest.mark.parametrize(("name", "workers", "parameters", "load"), PUBLISHED)
def test_loads_are_the_published_fractions(name, workers, parameters, load):
    assert make(name, workers, **parameters).load() == load


@pytest.mark.parametrize(
    ("n", "B", "W", "lam", "bound"),
    [
        (256, 1, 2, 27, Fraction(2, 485)),
        (4, 1, 2, 2, Fraction(1, 3)),
        (4, 1, 2, 3, Fraction(2, 5)),
        (4, 1, 2, 4, Fraction(1, 2)),
        (20, 1, 4, 10, Fraction(2, 35)),
        (8, 3, 3, 2, Fraction(1, 6)),
        (8, 3, 3, 8, None),
    ],
)
def test_the_bursty_bound_is_the_share_of_useful_rounds(n, B, W, lam, bound):
    assert bursty_bound(n, B, W, lam) == bound


def test_the_arbitrary_bound_with_one_straggling_round_is_the_bursty_one():
    # N=1 and B=1 both allow one straggling round in W-1+B = W rounds.
    assert arbitrary_bound(20, 1, 4, 10) == bursty_bound(20, 1, 4, 10)
    assert arbitrary_bound(8, 2, 2, 3) == Fraction(1, 5)
    assert arbitrary_bound(8, 2, 2, 8) is None
    assert per_round_bound(8, 3) == Fraction(1, 5)


@pytest.mark.parametrize("B", [1, 2, 3])
@pytest.mark.parametrize("W", [4, 5, 8])
@pytest.mark.parametrize("n", [2, 5, 12])
def test_multiplexed_coding_meets_the_bound_for_lambda_n_minus_1_and_n(n, B, W):
    for lam in (n - 1, n):
        scheme = make("m_sgc", n, B=B, W=W, lam=lam)

        assert scheme.load() == scheme.bound()


@pytest.mark.parametrize("name", ["sr_sgc", "m_sgc"])
def test_no_straggler_tolerated_costs_no_load(name):
    assert make(name, 12, B=2, W=5, lam=0).load() == Fraction(1, 12)


@pytest.mark.parametrize("name", ["m_sgc", "sr_sgc"])
def test_no_load_is_below_the_bound(name):
    for n in range(1, 9):
        for B in range(1, 4):
            for W in range(B + 1, 7):
                for lam in range(n + 1):
                    try:
                        scheme = make(name, n, B=B, W=W, lam=lam)
                    except ScenarioError:
                        continue
                    assert scheme.load() >= scheme.bound()


def test_delays_are_0_for_one_round_codes_B_for_repeat_and_W_minus_2_plus_B_for_multiplexed():
    assert make("uncoded", 4).T == 0
    assert make("gc", 4, s=1).T == 0
    assert make("sr_sgc", 8, B=2, W=5, lam=3).T == 2
    assert make("m_sgc", 8, B=2, W=5, lam=3).T == 5


IMPOSSIBLE = [
    ("gc", 8, {"s": 8}, "s < n"),
    ("gc_rep", 8, {"s": 2}, "does not divide"),
    ("gc_rep", 8, {"s": 8}, "s < n"),
    ("sr_sgc", 8, {"B": 3, "W": 2, "lam": 1}, "fits into its window"),
    ("sr_sgc", 8, {"B": 2, "W": 4, "lam": 1}, "divide W-1"),
    ("sr_sgc", 8, {"B": 2, "W": 2, "lam": 1}, "divide W-1"),
    ("sr_sgc", 4, {"B": 1, "W": 1, "lam": 4}, "s < n"),
    ("sr_sgc", 4, {"B": 1, "W": 2, "lam": 5}, "distinct stragglers"),
    ("sr_sgc_rep", 8, {"B": 1, "W": 2, "lam": 4}, "does not divide"),
    ("m_sgc", 8, {"B": 1, "W": 1, "lam": 1}, "B < W"),
    ("m_sgc", 8, {"B": 3, "W": 3, "lam": 1}, "B < W"),
    ("m_sgc", 8, {"B": 1, "W": 2, "lam": 9}, "distinct stragglers"),
    ("m_sgc_rep", 8, {"B": 1, "W": 2, "lam": 2}, "does not divide"),
    ("m_sgc_rep", 8, {"B": 1, "W": 2, "lam": 8}, "does not divide"),
]


@pytest.mark.parametrize(("name", "workers", "parameters", "words"), IMPOSSIBLE)
def test_impossible_parameters_are_refused_with_a_remedy(name, workers, parameters, words):
    with pytest.raises(ScenarioError, match=words) as refused:
        make(name, workers, **parameters)

    problem = refused.value.diagnostics[0]
    assert problem.hint
    assert problem.at[0] == "code"


def test_the_edges_of_what_is_possible_are_possible():
    assert make("sr_sgc", 4, B=1, W=1, lam=3).s == 3
    assert make("gc", 1, s=0).load() == 1
    assert make("m_sgc", 1, B=1, W=2, lam=1).load() == 2
    assert make("m_sgc", 1, B=1, W=2, lam=0).load() == 1
    assert make("m_sgc_rep", 6, B=1, W=2, lam=5).load() == Fraction(12, 42)
    assert make("sr_sgc_rep", 8, B=1, W=2, lam=6).s == 3


@pytest.mark.parametrize("name", ["gc", "m_sgc", "m_sgc_rep", "sr_sgc", "gc_rep", "sr_sgc_rep"])
def test_a_code_explains_load_bound_delay_and_tolerance(name):
    scheme = lookup("code", name)
    said = "\n".join(scheme.explain(scheme.Config(), 8))

    assert str(make(name, 8).load()) in said
    assert str(make(name, 8).bound()) in said
    assert "T: " in said
    assert "tolerates: " in said


@pytest.mark.parametrize(("workers", "t_max"), [(None, None), (8, None), (8, 2)])
def test_a_chosen_code_explains_that_load_and_bound_follow_from_the_choice(workers, t_max):
    scheme = lookup("code", "auto")
    said = "\n".join(scheme.explain(scheme.Config(t_max=t_max), workers))

    assert "are those of the code that is chosen" in said
    assert "uncoded, gc, sr_sgc, m_sgc" in said
    assert f"at most {2 if t_max else 'models - 1'}" in said
    assert "undefined" not in said


def test_lambda_is_written_lambda_and_nothing_else():
    config = lookup("code", "m_sgc").Config

    assert config.model_validate({"B": 1, "W": 2, "lambda": 3}).lam == 3
    with pytest.raises(ValueError, match="lam"):
        config.model_validate({"B": 1, "W": 2, "lam": 3})


def test_the_shares_of_the_partitions_sum_to_1():
    for name in ("uncoded", "gc", "gc_rep", "sr_sgc", "m_sgc", "m_sgc_rep", "sr_sgc_rep"):
        assert name in names("code")
        assert sum(make(name, 8).partitions()) == 1
    assert sum(make("m_sgc", 8, B=2, W=4, lam=8).partitions()) == 1
