"""When adaptive replications stop."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.sweep.stopping import Rule, judge


def test_looks_come_after_the_least_number_and_then_half_as_many_more() -> None:
    # 10, ceil(15), ceil(22.5), ceil(34.5), ceil(52.5), then at most 60.
    assert list(Rule(10, 60, 0.05).looks()) == [10, 15, 23, 35, 53, 60]


def test_equal_values_stop_at_the_first_look_and_fewer_ask_for_it() -> None:
    rule = Rule(5, 50, relative=0.01)

    assert judge(rule, [3.0] * 4).needed == 5
    verdict = judge(rule, [3.0] * 50)
    assert (verdict.needed, verdict.decided, verdict.converged) == (5, True, True)


def test_the_verdict_depends_on_the_first_replications_alone() -> None:
    values = np.random.default_rng(1).normal(10, 2, 200).tolist()
    rule = Rule(10, 200, relative=0.05)
    final = judge(rule, values)

    assert final.decided
    assert final.converged
    for extra in (0, 1, 17):
        assert judge(rule, values[: final.needed + extra]) == final
    assert not judge(rule, values[: final.needed - 1]).decided


def test_a_mean_of_zero_meets_no_relative_width_and_an_absolute_one_does() -> None:
    values = [-1.0, 1.0] * 10

    assert not judge(Rule(5, 20, relative=0.5), values).converged
    # t(0.975, 4) = 2.776 and s = sqrt(6 / 5) at n = 5: half width 1.36.
    assert judge(Rule(5, 20, absolute=1.4), values).needed == 5


@pytest.mark.slow
def test_intervals_of_normal_values_cover_the_mean_in_at_least_93_of_100_sweeps() -> None:
    generator = np.random.default_rng(7)
    rule, covered = Rule(10, 400, relative=0.05), 0
    for _ in range(2000):
        found = judge(rule, generator.normal(1.0, 0.2, 400).tolist()).interval
        assert found is not None
        covered += abs(found.mean - 1.0) <= float(found.half_width or 0)

    assert covered / 2000 >= 0.93


def test_intervals_of_skewed_values_cover_the_mean_less_often_as_the_docs_say() -> None:
    # Lognormal with sigma 0.5 has the mean exp(0.125). Of 2,000 sweeps the share that covers it has
    # a standard deviation of 0.0064, so five of them lie within 0.91 +- 0.032.
    generator, covered = np.random.default_rng(1), 0
    rule = Rule(10, 1000, relative=0.2)
    for _ in range(2000):
        values = generator.lognormal(0, 0.5, 1000)
        verdict = judge(rule, values[:10])
        while not verdict.decided:
            verdict = judge(rule, values[: verdict.needed])
        assert verdict.interval is not None
        half = verdict.interval.half_width
        covered += half is not None and abs(verdict.interval.mean - np.exp(0.125)) <= half

    assert 0.878 <= covered / 2000 <= 0.942
