"""Closed forms of round times and of the errors of approximate codes, within Monte-Carlo error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from netsim.fields import OneOf
from netsim.rng import Streams
from netsim.stragglers.codes.approximate_gc import ApproximateGradientCode
from netsim.stragglers.codes.gc import GradientCode
from netsim.stragglers.codes.k_sync import KSync
from netsim.stragglers.codes.scheme import Scheme
from netsim.verify.checks.approximate_codes import ApproximateCodes

N = 64
ROUNDS = 20_000


def _config(scheme: str, **parameters: Any) -> Any:
    model = OneOf("code", key="scheme").models()[scheme]
    return model.model_validate({"scheme": scheme, **parameters})


def _mean_round(scheme: Scheme, finish: np.ndarray) -> tuple[float, float]:
    """Return the mean end of a round that stops once the rule holds, and 5 standard errors."""
    scheme.begin(len(finish))
    limits = scheme.limits()[0]
    allowed = limits[0].allowed
    ends = np.sort(finish, axis=1)[:, N - 1 - allowed]
    for row in range(20):
        assert scheme.earliest(finish[row]) == ends[row]
    return float(ends.mean()), 5 * float(ends.std()) / math.sqrt(len(ends))


def _harmonic(n: int) -> float:
    return sum(1 / i for i in range(1, n + 1))


@pytest.mark.parametrize(("k", "value"), [(64, 2.8719), (60, 1.8303), (48, 1.1816)])
def test_k_sync_lasts_as_long_as_an_order_statistic_of_shifted_exponentials(k, value):
    # E = c + (H_n - H_{n-k}) / rate (Renyi 1953).
    expected = 0.5 + (_harmonic(N) - _harmonic(N - k)) / 2
    finish = 0.5 + np.random.default_rng(1).exponential(0.5, (ROUNDS, N))

    mean, error = _mean_round(KSync(_config("k_sync", k=k), N), finish)

    assert expected == pytest.approx(value, abs=5e-5)
    assert mean == pytest.approx(expected, abs=error)


@pytest.mark.parametrize(("k", "value"), [(60, 2.9483), (48, 1.7314)])
def test_gradient_coding_lasts_as_long_as_an_order_statistic_of_paretos(k, value):
    # With a = 2.5 and x_m = 1: Gamma(n+1) Gamma(n-k+1-1/a) / (Gamma(n-k+1) Gamma(n+1-1/a)).
    a = 2.5
    expected = math.exp(
        math.lgamma(N + 1)
        + math.lgamma(N - k + 1 - 1 / a)
        - math.lgamma(N - k + 1)
        - math.lgamma(N + 1 - 1 / a)
    )
    finish = 1 + np.random.default_rng(2).pareto(a, (ROUNDS, N))

    mean, error = _mean_round(GradientCode(_config("gc", s=N - k), N), finish)

    assert expected == pytest.approx(value, abs=5e-5)
    assert mean == pytest.approx(expected, abs=error)


def _error_per_part(scheme: Any, p: float, patterns: int, seed: int = 3) -> tuple[float, float]:
    generator = np.random.default_rng(seed)
    errors = np.empty(patterns)
    for pattern in range(patterns):
        error = scheme.weights(generator.random(N) >= p) @ scheme.coefficients - 1
        errors[pattern] = error @ error / N
    return float(errors.mean()), 5 * float(errors.std()) / math.sqrt(patterns)


@pytest.mark.parametrize(("d", "expected"), [(2, 0.04), (4, 0.0016)])
def test_approximate_repetition_loses_a_part_with_all_its_copies(d, expected):
    config = _config("approximate_gc", d=d, assignment="repetition")

    mean, error = _error_per_part(ApproximateGradientCode(config, N), 0.2, 2000)

    assert mean == pytest.approx(expected, abs=error)


def _over_codes(d: int, **decode: Any) -> float:
    """Return the mean error per part over random regular codes and straggler sets, p = 0.2."""
    config = _config("approximate_gc", d=d, assignment="regular", **decode)
    codes = [ApproximateGradientCode(config, N, streams=Streams(k)) for k in range(20)]
    return float(
        np.mean([_error_per_part(code, 0.2, 60, seed)[0] for seed, code in enumerate(codes)])
    )


@pytest.mark.parametrize(("d", "expected"), [(2, 0.125), (4, 0.0625)])
def test_one_step_decoding_of_a_regular_code_has_the_variance_of_its_survivors(d, expected):
    # The d copies of a part survive independently (but for a share 1/n of double copies):
    # variance p / ((1-p) d) = 0.25 / d, and a little more for the double copies.
    error = _over_codes(d, decode="one_step", straggling=0.2)

    assert error == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize(("d", "expected"), [(2, 0.057), (4, 0.019)])
def test_optimal_decoding_of_a_regular_code_beats_one_step(d, expected):
    # For d = 2 parts and surviving workers form paths; one with k workers and k+1 parts leaves an
    # error of 1/(k+1) if k is even: p^2 artanh(1-p) / (1-p) = 0.055 for long cycles, and a little
    # more for short ones. The references come from an independent simulation of the ensemble.
    assert _over_codes(d) == pytest.approx(expected, rel=0.08)


def test_ignoring_stragglers_unscaled_errs_by_their_share():
    scheme = KSync(_config("k_sync", k=1), N)
    returned = np.arange(N) >= 16

    unscaled = returned @ scheme.coefficients - 1

    assert unscaled @ unscaled / N == 16 / 64


def test_errors_of_simulated_rounds_agree_with_their_closed_forms():
    for measurement in ApproximateCodes().run():
        assert measurement.passed, measurement
        assert measurement.tolerance < 0.3 * measurement.expected
