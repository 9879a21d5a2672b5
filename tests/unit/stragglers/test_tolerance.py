"""The tolerance theorems: every conforming pattern is decoded, and some other pattern is not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from reference import stragglers as naive
from reference.coded_run import make

from netsim.errors import ScenarioError, UsageError
from netsim.stragglers import patterns
from netsim.stragglers.tolerance import exhaustive, sampled

#: Workers and rounds: few enough patterns for every run, and all that is worth playing.
SMALL = {1: 6, 2: 4, 3: 3}
LARGE = {1: 9, 2: 7, 3: 5, 4: 5}


def parameter_sets(n):
    for s in range(n):
        yield "gc", {"s": s}
        yield "gc_rep", {"s": s}
    for B, W, lam in itertools.product((1, 2, 3), (1, 2, 3, 4), range(n + 1)):
        for name in ("sr_sgc", "sr_sgc_rep", "m_sgc", "m_sgc_rep"):
            yield name, {"B": B, "W": W, "lam": lam}


def possible(n):
    for name, parameters in parameter_sets(n):
        try:
            yield name, parameters, make(name, n, **parameters)
        except ScenarioError:
            continue


def assert_promises_are_kept(n, rounds):
    judged = 0
    for name, parameters, scheme in possible(n):
        # A window must fit for a violation of it to show.
        if parameters.get("W", 1) > rounds - (n > 2):
            continue

        found = exhaustive(scheme, rounds)

        assert found.broken == 0, (name, parameters)
        everything = found.conforming == found.patterns
        assert found.failing > 0 or everything, (name, parameters)
        judged += 1
    assert judged > 0


@pytest.mark.parametrize("n", SMALL)
def test_every_conforming_pattern_is_decoded_and_some_other_is_not(n):
    assert_promises_are_kept(n, SMALL[n])


@pytest.mark.slow
@pytest.mark.parametrize("n", LARGE)
def test_every_conforming_pattern_of_more_rounds_is_decoded_and_some_other_is_not(n):
    assert_promises_are_kept(n, LARGE[n])


@pytest.mark.parametrize("seed", range(3))
def test_random_full_patterns_of_up_to_12_workers_are_decoded(seed):
    generator = np.random.default_rng(seed)
    tried = 0
    while tried < 12:
        n = int(generator.integers(5, 13))
        B, W = int(generator.integers(1, 4)), int(generator.integers(1, 6))
        lam = int(generator.integers(0, n + 1))
        name = str(generator.choice(["sr_sgc", "sr_sgc_rep", "m_sgc", "m_sgc_rep"]))
        try:
            scheme = make(name, n, B=B, W=W, lam=lam)
        except ScenarioError:
            continue
        window = W - 1 + B if name.startswith("m_") else W

        assert sampled(scheme, 10, 20, window, generator).broken == 0, (name, n, B, W, lam)

        tried += 1


def test_for_bursts_of_one_round_multiplexed_coding_tolerates_exactly_its_model():
    for n, lam in ((2, 1), (3, 1), (3, 2), (4, 2)):
        found = exhaustive(make("m_sgc", n, B=1, W=2, lam=lam), 4)

        assert found.failing == found.patterns - found.conforming


def test_too_many_patterns_are_refused():
    with pytest.raises(UsageError, match="patterns"):
        exhaustive(make("gc", 8, s=1), 8)


def sets(pattern):
    return [set(np.flatnonzero(late).tolist()) for late in pattern]


@pytest.mark.parametrize("seed", range(4))
def test_conformity_agrees_with_the_definitions(seed):
    generator = np.random.default_rng(seed)
    many = generator.random((60, 6, 4)) < generator.choice([0.1, 0.2, 0.4], size=(60, 1, 1))
    for B, W, lam, s in ((1, 2, 2, 1), (2, 3, 3, 2), (2, 4, 1, 1), (3, 3, 4, 1), (1, 8, 2, 0)):
        bursty = patterns.bursty(many, B, W, lam)
        arbitrary = patterns.arbitrary(many, B, W, lam)
        per_round = patterns.per_round(many, s)

        for row, pattern in enumerate(many):
            assert bursty[row] == naive.bursty(sets(pattern), B, W, lam)
            assert arbitrary[row] == naive.arbitrary(sets(pattern), B, W, lam)
            assert per_round[row] == naive.per_round(sets(pattern), s)


def test_samplers_return_conforming_patterns_that_no_straggler_can_be_added_to():
    generator = np.random.default_rng(1)

    many = patterns.sample_bursty((10, 6, 5), 2, 3, 3, generator, density=1.0)

    assert patterns.bursty(many, 2, 3, 3).all()
    for pattern in many:
        for r in range(6):
            for worker in np.flatnonzero(~pattern[r]):
                more = pattern[: r + 1].copy()
                more[r, worker] = True
                assert not patterns.bursty(more, 2, 3, 3)


def test_samplers_keep_their_model():
    generator = np.random.default_rng(2)

    assert patterns.per_round(patterns.sample_per_round((9, 5, 6), 2, generator), 2).all()
    many = patterns.sample_arbitrary((9, 8, 6), 2, 4, 3, generator)
    assert patterns.arbitrary(many, 2, 4, 3).all()
    assert many.any()
