"""The neighbours of gradient coding: what they return, tolerate and refuse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from netsim import registry
from netsim.errors import ScenarioError
from netsim.fields import OneOf
from netsim.rng import Streams
from netsim.stragglers.codes.scheme import History
from netsim.verify.scenarios import csv, simulate

BLOCKS: dict[str, dict[str, Any]] = {
    "k_sync": {"k": 6},
    "backup_workers": {"b": 2},
    "approximate_gc": {"d": 3},
    "stochastic_gc": {"d": 3},
    "heterogeneous_gc": {"s": 2, "speeds": (1.0, 1.0, 1.0, 2.0, 2.0, 4.0, 0.5, 0.5)},
    "communication_efficient_gc": {"s": 2, "m": 2},
    "dynamic_clustering": {"clusters": 2, "s": 1},
    "adaptive_gc": {"s": 2},
}
N = 8


def _make(name: str, workers: int = N, **more: Any) -> Any:
    model = OneOf("code", key="scheme").models()[name]
    config = model.model_validate({"scheme": name, **BLOCKS[name], **more})
    return registry.lookup("code", name)(config, workers, streams=Streams(4))


def _gradient(scheme: Any, late: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return the gradient that the master combines when `late` do not return."""
    scheme.begin(1)
    scheme.assign(0, History())
    assert scheme.admits(late)
    assert scheme.settle(late) == [0]
    if hasattr(scheme, "combine"):
        return scheme.combine(parts, ~late)
    decoding = scheme.decode(0)
    total = np.zeros(parts.shape[1])
    for worker, weight in zip(decoding.worker, decoding.weight, strict=True):
        assert not late[worker]
        message = scheme.message(int(worker), 0, -1)
        total += weight * (message.coefficients @ parts[message.partitions])
    return total


@pytest.mark.parametrize("name", ["heterogeneous_gc", "communication_efficient_gc", "adaptive_gc"])
def test_exact_neighbours_decode_the_full_gradient_without_any_two_workers(name):
    scheme = _make(name)
    parts = np.random.default_rng(1).standard_normal((len(scheme.partitions()), 5))
    full = parts.sum(axis=0)

    for first in range(N):
        for second in range(first):
            late = np.isin(np.arange(N), [first, second])
            np.testing.assert_allclose(_gradient(scheme, late, parts), full, rtol=1e-9, atol=1e-9)


def test_dynamic_clusters_bear_one_straggler_each_and_no_two_in_one():
    scheme = _make("dynamic_clustering")
    parts = np.random.default_rng(1).standard_normal((N, 5))
    late = np.isin(np.arange(N), [0, 7])

    np.testing.assert_allclose(_gradient(scheme, late, parts), parts.sum(axis=0), rtol=1e-9)
    assert not scheme.admits(np.isin(np.arange(N), [0, 1]))


def test_dynamic_clusters_deal_the_slow_workers_of_the_last_round_to_different_clusters():
    scheme = _make("dynamic_clustering")
    scheme.begin(2)
    history = History(finish=[np.array([9.0, 8.0, 1, 1, 1, 1, 1, 1])], late=[np.zeros(N, bool)])

    scheme.assign(1, history)

    assert scheme.admits(np.isin(np.arange(N), [0, 1]))


def test_fixed_clusters_stay():
    scheme = _make("dynamic_clustering", dynamic=False)
    scheme.begin(2)
    history = History(finish=[np.arange(8.0)[::-1]], late=[np.zeros(N, bool)])

    scheme.assign(1, history)

    np.testing.assert_array_equal(scheme.members, [[0, 1, 2, 3], [4, 5, 6, 7]])


@pytest.mark.parametrize("name", ["k_sync", "backup_workers", "approximate_gc"])
def test_approximate_neighbours_are_exact_without_stragglers(name):
    scheme = _make(name)
    parts = np.random.default_rng(1).standard_normal((len(scheme.partitions()), 5))

    gradient = _gradient(scheme, np.zeros(N, dtype=bool), parts)

    np.testing.assert_allclose(gradient, parts.sum(axis=0), rtol=1e-9)


def test_stochastic_coding_is_unbiased_over_random_stragglers():
    scheme = _make("stochastic_gc", straggling=0.3)
    generator = np.random.default_rng(2)
    patterns = generator.random((20_000, N)) >= 0.3

    sums = (patterns / 0.7) @ scheme.coefficients

    # Variance p / ((1-p) d) = 1/7 per part.
    np.testing.assert_allclose(sums.mean(axis=0), 1, atol=5 * np.sqrt(1 / 7 / 20_000))
    assert sums.var(axis=0).mean() == pytest.approx(1 / 7, rel=0.05)


def test_k_sync_scales_what_is_in():
    scheme = _make("k_sync", k=2)
    parts = np.arange(8.0)[:, None]

    gradient = _gradient(scheme, np.arange(N) < 6, parts)

    assert gradient[0] == pytest.approx((6 + 7) * 8 / 2)


def test_loads_are_what_the_papers_say():
    assert _make("k_sync").load() == Fraction(1, 8)
    assert _make("backup_workers").load() == Fraction(1, 6)
    assert _make("approximate_gc", assignment="repetition", d=4).load() == Fraction(1, 2)
    assert _make("communication_efficient_gc").load() == Fraction(4, 8)
    assert _make("communication_efficient_gc").message_share == Fraction(1, 2)
    assert _make("dynamic_clustering").load() == Fraction(2, 8)
    assert _make("adaptive_gc").load() == Fraction(3, 8)


def _load_explained(name: str, **more: Any) -> str:
    scheme = registry.lookup("code", name)
    return scheme.explain(scheme.Config(**more), 64)[1]


def test_a_load_that_is_drawn_is_not_explained_as_a_fact():
    mean = "1/32 = 0.031250 of the data set on average; the largest"

    assert mean in _load_explained("stochastic_gc", d=2)
    assert mean in _load_explained("approximate_gc", d=2, assignment="bernoulli")
    assert "at most 1/32" in _load_explained("approximate_gc", d=2, assignment="regular")
    assert _load_explained("approximate_gc", d=2, assignment="repetition").endswith(
        "round: 1/32 = 0.031250 of the data set"
    )
    assert "1/32 = 0.031250 of the data set at first" in _load_explained("adaptive_gc", s=1)


def test_the_squared_error_of_a_round_is_in_its_row():
    rows = [(0, w, 10 if w < 2 else 1) for w in range(4)] + [(1, w, 1) for w in range(4)]
    scenario = {
        "workload": "stragglers",
        "workers": 4,
        "jobs": 2,
        "code": {"scheme": "approximate_gc", "d": 2, "assignment": "repetition"},
        "delays": {"kind": "matrix", "file": "m.csv"},
    }

    result = simulate(scenario, {"m.csv": csv(("round", "worker", "finish"), rows)})

    # Without workers 0 and 1 the first group's two parts are lost: errors 1, 1, 0, 0.
    assert result.table("rounds")["squared_error"].to_pylist() == pytest.approx([2, 0], abs=1e-25)


def test_heterogeneous_loads_follow_the_speeds():
    scheme = _make("heterogeneous_gc")

    # Speeds sum to 12, copies to 3 x 32 parts: 8 parts per unit of speed.
    assert scheme.copies() == [8, 8, 8, 16, 16, 32, 4, 4]
    np.testing.assert_allclose(scheme.loads() * 32, [8, 8, 8, 16, 16, 32, 4, 4])


def test_a_worker_that_is_too_fast_holds_everything_once():
    scheme = _make("heterogeneous_gc", speeds=(1000.0, 1, 1, 1, 1, 1, 1, 1))

    copies = scheme.copies()

    assert copies[0] == 32
    assert sum(copies) == 96


def test_adaptive_s_follows_the_stragglers_of_the_window():
    scheme = _make("adaptive_gc", window=2, quantile=1.0)
    scheme.begin(3)
    times = np.array([1.0, 1, 1, 1, 1, 3, 3, np.inf])

    scheme.assign(1, History(finish=[times], late=[times > 4]))
    assert scheme.s == 3

    calm = np.ones(N)
    scheme.assign(2, History(finish=[times, calm, calm], late=[calm > 4] * 3))
    assert scheme.s == 0


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("k_sync", {"k": 9}, "k=9 results are wanted of 8 workers"),
        ("backup_workers", {"b": 8}, "all 8 workers are backups"),
        ("approximate_gc", {"d": 3, "assignment": "repetition"}, "d=3 does not divide 8"),
        ("approximate_gc", {"most_late": 8}, "may be empty"),
        ("stochastic_gc", {"d": 9}, "d=9 results are wanted"),
        ("heterogeneous_gc", {"speeds": (1.0, 2.0)}, "2 speeds for 8 workers"),
        ("heterogeneous_gc", {"speeds": (0.0,) * 8}, "a speed must be positive"),
        ("communication_efficient_gc", {"s": 7}, r"every worker would hold s\+m=9"),
        ("dynamic_clustering", {"clusters": 3}, "8 workers do not fall into 3 equal clusters"),
        ("dynamic_clustering", {"clusters": 4, "s": 2}, "in a cluster of 2"),
        ("adaptive_gc", {"s": 8}, "s < n"),
        ("adaptive_gc", {"least": 3, "most": 2}, "'most' is below 'least'"),
    ],
)
def test_impossible_parameters_are_refused(name, wrong, words):
    with pytest.raises(ScenarioError, match=words):
        _make(name, **wrong)
