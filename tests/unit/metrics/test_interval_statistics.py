"""Intervals, paired comparisons, bootstrap quantiles and batch means against theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from netsim.metrics.statistics import (
    batch_means,
    interval,
    paired_difference,
    quantile,
    ratio,
)
from netsim.metrics.student import t_quantile, upper_tail


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999])
def test_the_t_quantile_agrees_with_scipy_up_to_1000_degrees_of_freedom(confidence):
    dof = np.arange(1, 1001)

    ours = [t_quantile(confidence, int(n)) for n in dof]

    np.testing.assert_allclose(ours, scipy.stats.t.isf((1 - confidence) / 2, dof), rtol=1e-11)


@pytest.mark.parametrize("dof", [9_999, 10_001, 10**7])
def test_the_t_quantile_goes_over_into_the_normal_one(dof):
    assert t_quantile(0.95, dof) == pytest.approx(scipy.stats.t.isf(0.025, dof), rel=1e-9)


def test_the_t_quantile_of_one_degree_of_freedom_is_that_of_cauchy():
    # The Cauchy quantile at 0.75 is tan(pi / 4) = 1.
    assert t_quantile(0.5, 1) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize(("confidence", "dof"), [(0.0, 3), (1.0, 3), (0.95, 0)])
def test_a_quantile_outside_its_domain_is_refused(confidence, dof):
    with pytest.raises(ValueError, match="confidence must lie"):
        t_quantile(confidence, dof)


@given(t=st.floats(0, 50), dof=st.integers(1, 300))
def test_the_tail_agrees_with_scipy(t, dof):
    assert upper_tail(t, dof) == pytest.approx(float(scipy.stats.t.sf(t, dof)), rel=1e-9, abs=1e-15)


def test_the_interval_of_five_known_values():
    # Mean 3, s^2 = 10 / 4, half width t(0.975, 4) * sqrt(2.5 / 5) with t = 2.776445.
    found = interval([1, 2, 3, 4, 5])

    assert found.mean == 3
    assert found.half_width == pytest.approx(2.776445105 * math.sqrt(0.5), rel=1e-9)
    assert (found.low, found.high) == (3 - found.half_width, 3 + found.half_width)
    assert (found.minimum, found.maximum, found.n) == (1, 5, 5)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_fewer_than_five_values_give_no_interval(n):
    found = interval(range(n))

    assert found.mean == (n - 1) / 2
    assert (found.half_width, found.low, found.high) == (None, None, None)
    assert found.n == n


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_no_values_or_values_that_are_not_finite_are_refused(values):
    with pytest.raises(ValueError, match="finite"):
        interval(values)


@given(st.lists(st.floats(-1e9, 1e9), min_size=5, max_size=30), st.randoms())
def test_the_order_of_replications_does_not_reach_the_interval(values, shuffler):
    shuffled = list(values)
    shuffler.shuffle(shuffled)

    assert interval(shuffled) == interval(values)


def test_the_interval_covers_the_true_mean_as_often_as_it_says():
    generator = np.random.default_rng(5)
    samples = generator.normal(10.0, 2.0, size=(4000, 6))

    covered = sum(found.low <= 10.0 <= found.high for found in map(interval, samples))

    # Binomial with p = 0.95: five standard errors are 5 * sqrt(0.95 * 0.05 / 4000) = 0.0172.
    assert abs(covered / 4000 - 0.95) < 0.0172


def test_a_paired_difference_of_a_constant_shift_has_no_width():
    left, right = [5.0, 7.0, 9.0, 2.0, 4.0], [4.0, 6.0, 8.0, 1.0, 3.0]

    found = paired_difference(left, right)

    assert (found.mean, found.half_width) == (1.0, 0.0)


def test_a_ratio_of_proportional_pairs_has_no_width():
    right = [1.0, 2.0, 4.0, 8.0, 16.0]

    found = ratio([3 * value for value in right], right)

    assert found.mean == 3.0
    assert found.half_width == 0.0


def test_the_ratio_estimator_of_five_known_pairs():
    # r = 15 / 10 = 1.5; residuals a - 1.5 b = (-0.5, 0, 0.5, -0.5, 0.5), squares sum to 1;
    # standard error sqrt(1 / 4 / 5) / mean(b) with mean(b) = 2.
    found = ratio([1, 3, 5, 2.5, 3.5], [1, 2, 3, 2, 2])

    assert found.mean == 1.5
    assert found.half_width == pytest.approx(2.776445105 * math.sqrt(0.05) / 2, rel=1e-9)
    assert (found.minimum, found.maximum) == (1.0, 1.75)


def test_pairs_must_match_and_denominators_must_not_vanish():
    with pytest.raises(ValueError, match="same number"):
        paired_difference([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="other than zero"):
        ratio([1.0], [0.0])


def naive_quantile(parts, q):
    pool = sorted(value for part in parts for value in part)
    return pool[max(math.ceil(q * len(pool)) - 1, 0)]


@given(
    parts=st.lists(st.lists(st.integers(-20, 20), min_size=1, max_size=9), min_size=1, max_size=4),
    q=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
)
def test_the_pooled_quantile_is_that_of_the_sorted_pool(parts, q):
    found = quantile(parts, q, np.random.default_rng(1))

    assert found.mean == naive_quantile(parts, q)
    assert found.half_width is None
    assert found.minimum == min(naive_quantile([part], q) for part in parts)


def test_the_bootstrap_agrees_with_putting_every_resample_together():
    generator = np.random.default_rng(3)
    parts = [generator.exponential(size=size) for size in (5, 17, 9, 30, 2, 11)]

    found = quantile(parts, 0.75, np.random.default_rng(9), resamples=200)

    draws = np.random.default_rng(9).integers(0, 6, size=(200, 6))
    naive = sorted(naive_quantile([parts[i] for i in draw], 0.75) for draw in draws)
    # The 2.5 % and 97.5 % order statistics of 200 estimates: the 5th and the 195th.
    assert (found.low, found.high) == (naive[4], naive[194])


def test_a_quantile_needs_values_in_every_replication():
    with pytest.raises(ValueError, match="every replication"):
        quantile([[1.0], []], 0.5, np.random.default_rng(1))
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile([[1.0]], 1.5, np.random.default_rng(1))


def test_batch_means_of_a_ramp_leave_the_remainder_out_at_the_front():
    # 11 values in 5 batches of 2: the first is left out, the means are 1.5, 3.5, ... 9.5.
    found = batch_means(list(range(11)), batches=5)

    assert found.mean == 5.5
    assert (found.minimum, found.maximum, found.n) == (1.5, 9.5, 5)


@pytest.mark.parametrize(("count", "batches"), [(3, 5), (3, 0)])
def test_too_few_values_for_the_batches_are_refused(count, batches):
    with pytest.raises(ValueError, match="cannot be cut"):
        batch_means([1.0] * count, batches)
