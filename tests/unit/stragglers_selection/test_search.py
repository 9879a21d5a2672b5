"""Choice of parameters: all sets are tried, played as the round engine would, and ranked."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim import registry
from netsim.delays.process import read, sample
from netsim.errors import UsageError
from netsim.fields import OneOf
from netsim.rng import Streams
from netsim.stragglers.batch import simulate
from netsim.stragglers.selection import (
    bootstrap,
    fit_load_slope,
    measured_slope,
    parameter_sets,
    regret,
    search,
)
from netsim.stragglers.waiting import WaitConfig


def test_every_possible_set_is_listed_once_for_three_workers():
    sets = parameter_sets(3, t_max=1, w_max=3)

    # T = 1: SR-SGC (1,1,l) with s = l < 3, (1,2,l) with s = ceil(l/2), (1,3,l) with s = ceil(l/3),
    # l = 0..3; M-SGC (1,2,l).
    assert len(sets) == len(set(sets)) == 1 + 3 + (3 + 4 + 4) + 4
    assert all(candidate.T <= 1 for candidate in sets)


def test_the_listed_loads_are_those_of_the_schemes():
    models = OneOf("code", key="scheme").models()
    for candidate in parameter_sets(6, t_max=3, w_max=5):
        scheme = registry.lookup("code", candidate.scheme)(
            models[candidate.scheme].model_validate(candidate.block), 6
        )
        assert scheme.load() == candidate.load, candidate
        assert scheme.T == candidate.T, candidate


def test_there_are_five_thousand_sets_for_256_workers_and_four_models():
    assert 5000 <= len(parameter_sets(256, t_max=3)) <= 5200


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    workers=st.integers(2, 7),
    mu=st.sampled_from([0.0, 0.3, 1.0]),
    policy=st.sampled_from(["all", "minimal"]),
    ties=st.booleans(),
)
def test_the_search_in_step_agrees_with_playing_each_set(seed, workers, mu, policy, ties):
    generator = np.random.default_rng(seed)
    measured = 0.25 + generator.exponential(1.0, (16, workers))
    if ties:
        measured = np.ceil(measured * 2) / 2
    wait = WaitConfig(mu=mu, policy=policy)

    ranking = search(
        measured, per_load=2.0, reference_load=1 / workers, wait=wait, t_max=3, w_max=5
    )

    models = OneOf("code", key="scheme").models()
    for candidate, total in zip(ranking.candidates, ranking.time, strict=True):
        code = models[candidate.scheme].model_validate(candidate.block)
        shift = 2.0 * (float(candidate.load) - 1 / workers)
        played = simulate(code, measured[None] + shift, ranking.jobs, wait)
        assert total == pytest.approx(played.total_time[0], rel=1e-9), candidate


@pytest.mark.parametrize("rule", ["model", "decodable"])
def test_the_ranking_is_sorted_and_ties_go_to_the_smaller_load(rule):
    calm = np.ones((12, 4))

    ranking = search(calm, per_load=0.0, wait=WaitConfig(rule=rule))

    assert (np.diff(ranking.time) >= -1e-12).all()
    # Nobody straggles: all codes without trailing rounds take 9 s, and uncoded has the least load.
    assert ranking.best.scheme == "uncoded"
    assert ranking.best.load == Fraction(1, 4)


def test_a_decodable_search_ranks_as_playing_each_set_does():
    measured = 0.25 + np.random.default_rng(5).exponential(1.0, (14, 4))
    wait = WaitConfig(rule="decodable")

    ranking = search(measured, per_load=1.0, wait=wait, t_max=3, w_max=4)

    models = OneOf("code", key="scheme").models()
    for candidate, total in zip(ranking.candidates, ranking.time, strict=True):
        code = models[candidate.scheme].model_validate(candidate.block)
        played = simulate(code, measured[None], ranking.jobs, wait, per_load=1.0)
        assert total == pytest.approx(played.total_time[0], rel=1e-9), candidate


def test_resampling_ranks_by_the_mean_and_reports_the_spread():
    measured = sample(read({"kind": "isolated"}), Streams(1), 40, 16)

    ranking = search(measured, per_load=1.0, resamples=6, finalists=20)

    assert (np.diff(ranking.resampled[:20]) >= -1e-12).all()
    assert (ranking.deviation[:20] > 0).all()


def test_only_the_finalists_have_a_resampled_time_and_the_probes_own_stands_apart():
    measured = sample(read({"kind": "isolated"}), Streams(1), 40, 16)
    on_probe = search(measured, per_load=1.0)

    ranking = search(measured, per_load=1.0, resamples=6, finalists=20)

    assert np.isnan(ranking.resampled[20:]).all()
    assert np.isnan(ranking.deviation[20:]).all()
    # The other sets keep their order by the probe, behind the finalists, who keep their times.
    assert ranking.candidates[20:] == on_probe.candidates[20:]
    times = dict(zip(on_probe.candidates, on_probe.time, strict=True))
    assert ranking.time.tolist() == [times[candidate] for candidate in ranking.candidates]


def test_a_probe_that_is_too_short_is_refused():
    with pytest.raises(UsageError, match="a probe of 3 rounds is too short"):
        search(np.ones((3, 4)), per_load=0.0, t_max=3)


def test_regret_is_nothing_for_the_best_and_positive_for_another():
    measured = sample(read({"kind": "isolated"}), Streams(2), 60, 16)
    ranking = search(measured, per_load=1.0)

    assert regret(ranking.best, measured, per_load=1.0)[0] == 0
    cost, best = regret(ranking.candidates[-1], measured, per_load=1.0)
    assert cost == pytest.approx(ranking.time[-1] / ranking.time[0] - 1)
    assert best == ranking.best


def test_the_slope_is_that_of_the_least_squares_line():
    # By hand: loads 0, 1, 2 (centred -1, 0, 1), means 1, 2, 6: slope (6-1)/2, intercept 3 - 2.5.
    assert fit_load_slope([0, 1, 2], [1, 2, 6]) == pytest.approx((2.5, 0.5))


def test_the_slope_of_a_trace_comes_from_its_mean_times(tmp_path):
    rows = [(load, r, w, 1 + 2 * load) for load in (0, 0.5, 1) for r in range(3) for w in (0, 1)]
    text = "load,round,worker,seconds\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows)
    (tmp_path / "t.csv").write_text(text)

    assert measured_slope(tmp_path / "t.csv") == pytest.approx((2.0, 1.0))


def test_a_block_bootstrap_keeps_consecutive_rounds_together():
    measured = np.arange(10.0)[:, None]

    resampled = bootstrap(measured, 5, 7, np.random.default_rng(1))

    assert resampled.shape == (7, 10, 1)
    steps = np.diff(resampled[:, :, 0].reshape(7, 2, 5), axis=2) % 10
    assert (steps == 1).all()


def test_thousands_of_sets_on_eighty_rounds_of_256_workers_are_ranked():
    measured = sample(read({"kind": "isolated"}), Streams(3), 80, 256)

    ranking = search(measured, per_load=2.2013)

    assert len(ranking.candidates) > 5000
    assert (np.diff(ranking.time) >= -1e-12).all()
