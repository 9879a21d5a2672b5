"""Delay processes: draws that stay in place, and the statistics that each process promises."""

from __future__ import annotations

import numpy as np
import pytest
from delay_blocks import PROCESSES

from netsim.delays.gilbert_elliott import states
from netsim.delays.process import blocks, problems, read, sample, sample_many
from netsim.rng import Streams

GOOD = {"dist": "constant", "value": "1 s"}
FLAT = {"kind": "independent", "law": GOOD}
EXAMPLES = {name: block for name, block in PROCESSES.items() if "file" not in block}


@pytest.mark.parametrize("name", EXAMPLES)
def test_adding_workers_or_rounds_shifts_no_draw(name):
    config = read(EXAMPLES[name])

    small = sample(config, Streams(5, 2), rounds=20, workers=10)
    large = sample(config, Streams(5, 2), rounds=50, workers=150)

    np.testing.assert_array_equal(small, large[:20, :10])


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_replication_is_the_same_alone_and_in_a_block(name):
    config = read(EXAMPLES[name])

    together = sample_many(config, [Streams(5, k) for k in range(4)], rounds=12, workers=70)
    alone = sample(config, Streams(5, 3), rounds=12, workers=70)

    np.testing.assert_array_equal(together[3], alone)
    assert not np.array_equal(together[0], together[1]) or name == "fixed_slow"


@pytest.mark.parametrize("name", EXAMPLES)
def test_times_are_finite_and_not_negative(name):
    times = sample(read(EXAMPLES[name]), Streams(1), rounds=30, workers=65)

    assert times.shape == (30, 65)
    assert times.dtype == np.float64
    assert np.isfinite(times).all()
    assert (times >= 0).all()


def test_the_cuts_between_blocks_change_nothing():
    config = read(EXAMPLES["lambda"])

    whole = np.concatenate([part.copy() for _, part in blocks(config, 3, 7, 10, 20)])
    cut = np.concatenate([part.copy() for _, part in blocks(config, 3, 7, 10, 20, cells=450)])

    np.testing.assert_array_equal(whole, cut)


def test_no_rounds_or_no_workers_give_empty_matrices():
    config = read(EXAMPLES["gilbert_elliott"])

    assert sample(config, Streams(1), rounds=0, workers=5).shape == (0, 5)
    assert sample(config, Streams(1), rounds=5, workers=0).shape == (5, 0)


@pytest.mark.parametrize(("p", "q"), [(0.02, 0.5), (0.3, 0.2), (0.04, 1.0), (0.9, 0.8)])
def test_gilbert_elliott_visits_its_states_as_the_chain_says(p, q):
    bad = states([Streams(11, k) for k in range(20)], "state", p, q, 200, 128)
    before, after = bad[:, :-1], bad[:, 1:]
    share = p / (p + q)

    # At least 10,000 transitions of either kind: 5 standard errors lie within these.
    assert after[~before].mean() == pytest.approx(p, abs=5 * np.sqrt(p * (1 - p) / 50_000))
    assert after[before].mean() == pytest.approx(1 - q, abs=5 * np.sqrt(q * (1 - q) / 10_000))
    assert bad[:, 0].mean() == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / 2560))
    assert bad.mean() == pytest.approx(share, rel=0.1)


@pytest.mark.parametrize(
    ("p", "q", "expected"), [(0.0, 0.5, 0.0), (0.5, 0.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 1.0)]
)
def test_gilbert_elliott_without_a_way_back_stays_where_it_starts(p, q, expected):
    assert states([Streams(1)], "state", p, q, 50, 64).mean() == expected


def test_gilbert_elliott_that_always_moves_alternates():
    bad = states([Streams(1)], "state", 1.0, 1.0, 10, 64)[0]

    assert (bad[1:] != bad[:-1]).all()


def test_the_state_does_not_depend_on_the_laws():
    smooth = {"dist": "gamma", "mean": "1 s", "sd": "0.1 s"}
    chain = {"kind": "gilbert_elliott", "p": 0.2}
    fast = read({**chain, "good": GOOD, "bad": {"dist": "constant", "value": "9 s"}})
    other = read({**chain, "good": smooth, "bad": {"dist": "constant", "value": "90 s"}})

    first = sample(fast, Streams(4), 40, 40) == 9
    second = sample(other, Streams(4), 40, 40) == 90

    np.testing.assert_array_equal(first, second)


def test_bernoulli_slowdown_multiplies_a_share_of_the_cells():
    config = read({"kind": "bernoulli_slowdown", "base": FLAT, "probability": 0.25, "factor": 4.0})

    times = sample(config, Streams(1), 400, 100)

    assert set(np.unique(times)) == {1.0, 4.0}
    assert (times == 4).mean() == pytest.approx(0.25, abs=5 * np.sqrt(0.1875 / 40_000))


def test_fixed_slow_workers_are_slow_in_every_round():
    config = read({"kind": "fixed_slow", "base": FLAT, "workers": (1, 3), "factor": 2.0})

    times = sample(config, Streams(1), 6, 5)

    np.testing.assert_array_equal(times, np.tile([1.0, 2.0, 1.0, 2.0, 1.0], (6, 1)))


def test_a_slow_worker_that_does_not_exist_is_a_problem_of_its_place():
    config = read({"kind": "fixed_slow", "workers": (1, 7)})

    (found,) = problems(config, rounds=3, workers=5)

    assert found.at == ("delays", "workers", 1)
    assert found.message == "worker 7 is slow, but there are only workers 0 to 4"


@pytest.mark.parametrize("probability", [0.001, 0.2])
def test_outliers_replace_or_add_at_the_asked_rate(probability):
    block = {"kind": "outlier", "base": FLAT, "probability": probability}

    replaced = sample(read(block), Streams(2), 500, 128)
    added = sample(read({**block, "effect": "add"}), Streams(2), 500, 128)

    spread = 5 * np.sqrt(probability / 64_000)
    assert (replaced > 1).mean() == pytest.approx(probability, abs=spread)
    assert replaced[replaced > 1].min() >= 25
    assert replaced.max() <= 40
    np.testing.assert_allclose(added - 1, np.where(replaced > 1, replaced, 0))


def test_a_round_shock_strikes_many_workers_in_few_rounds():
    config = read({"kind": "round_shock", "base": FLAT, "probability": 0.1, "fraction": 0.5})

    hit = sample(config, Streams(3), 2000, 64) == 2.0
    per_round = hit.mean(axis=1)

    assert (per_round > 0).mean() == pytest.approx(0.1, abs=5 * np.sqrt(0.09 / 2000))
    assert per_round[per_round > 0].mean() == pytest.approx(0.5, abs=0.03)


def test_a_rack_shock_strikes_whole_racks():
    config = read({"kind": "rack_shock", "base": FLAT, "probability": 0.2, "per_rack": 4})

    hit = (sample(config, Streams(3), 1000, 10) == 2.0).astype(int)

    for rack in (hit[:, :4], hit[:, 4:8], hit[:, 8:]):
        assert set(np.ptp(rack, axis=1)) == {0}
    assert hit[:, 0].mean() == pytest.approx(0.2, abs=5 * np.sqrt(0.16 / 1000))
    assert abs(np.corrcoef(hit[:, 0], hit[:, 4])[0, 1]) < 5 / np.sqrt(1000)


def test_racks_need_not_divide_the_workers_nor_the_lanes_that_share_a_stream():
    # Lanes of 64 workers: the rack of workers 63 to 69 lies in two of them.
    config = read({"kind": "rack_shock", "base": FLAT, "probability": 0.3, "per_rack": 7})

    hit = sample(config, Streams(3), 500, 100) == 2.0

    for first in range(0, 100, 7):
        rack = hit[:, first : first + 7]
        np.testing.assert_array_equal(rack, np.broadcast_to(rack[:, :1], rack.shape))
    assert len({rack.tobytes() for rack in hit[:, ::7].T}) == 15


@pytest.mark.parametrize("name", ["fixed_slow", "bernoulli_slowdown", "round_shock", "rack_shock"])
def test_a_factor_of_zero_does_not_bring_a_dead_worker_back(tmp_path, name):
    (tmp_path / "finish.csv").write_text("round,worker,finish\n0,0,2\n0,1,inf\n")
    matrix = {"kind": "matrix", "file": str(tmp_path / "finish.csv")}
    always = {
        "fixed_slow": {"workers": (0, 1)},
        "bernoulli_slowdown": {"probability": 1.0},
        "round_shock": {"probability": 1.0, "fraction": 1.0},
        "rack_shock": {"probability": 1.0},
    }
    config = read({"kind": name, "base": matrix, "factor": 0.0, **always[name]})

    times = sample(config, Streams(1), 1, 2)

    extra = 1.0 if "shock" in name else 0.0
    np.testing.assert_array_equal(times, [[extra, np.inf]])


def test_a_process_within_a_process_draws_apart_from_it():
    inner = {"kind": "outlier", "base": FLAT, "probability": 0.05, "effect": "add"}
    config = read({"kind": "outlier", "base": inner, "probability": 0.05, "effect": "add"})

    times = sample(config, Streams(1), 400, 128)

    # Both at once would hit the same cells if they shared draws: then no cell between 26 and 50 s.
    once = ((times > 2) & (times < 41.5)).mean()
    assert once == pytest.approx(2 * 0.05 * 0.95, abs=0.01)
