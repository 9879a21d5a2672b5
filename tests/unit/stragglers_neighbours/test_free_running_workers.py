"""Asynchronous updates and partial results: by hand on small cases, by theory on large ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from netsim import registry
from netsim.errors import SimulationError
from netsim.fields import OneOf
from netsim.verify.checks.order_statistics import Asynchronous, OrderStatistics
from netsim.verify.scenarios import csv, simulate


def _matrix(rows: list[list[float]]) -> dict[str, str]:
    cells = [(r, w, time) for r, finish in enumerate(rows) for w, time in enumerate(finish)]
    # Later tasks that are started and never looked at.
    last = len(rows)
    more = [(r, w, 100) for r in range(last, 64) for w in range(len(rows[0]))]
    return {"m.csv": csv(("round", "worker", "finish"), cells + more)}


def _run(code: dict[str, Any], rows: list[list[float]], jobs: int, **more: Any) -> Any:
    return simulate(
        {
            "workload": "stragglers",
            "workers": len(rows[0]),
            "jobs": jobs,
            "code": code,
            "delays": {"kind": "matrix", "file": "m.csv"},
            "record": {"tables": ["gradients"]},
            **more,
        },
        _matrix(rows),
    )


def _ends(result: Any) -> list[float]:
    return [end / 1e12 for end in result.table("rounds")["end"].to_pylist()]


def test_asynchronous_updates_by_hand():
    # Worker 0 takes 1, 1, 1, worker 1 takes 2.5: updates at 1, 2, 2.5 (two updates old), 3.
    result = _run({"scheme": "async_sgd"}, [[1, 2.5], [1, 9], [1, 9]], jobs=4)

    assert _ends(result) == [1, 2, 2.5, 3]
    assert result.table("gradients")["staleness"].to_pylist() == [0, 0, 2, 1]
    assert result.runs[0]["staleness_max"] == 2


def test_k_async_waits_with_those_that_have_returned():
    # Workers 0, 1 return at 1 and 2: update at 2, both start anew; worker 2 returns at 2.5 with
    # a gradient that is one update old, worker 0 at 3: update at 3.
    result = _run({"scheme": "k_async", "k": 2}, [[1, 2, 2.5], [1, 5, 9]], jobs=2)

    assert _ends(result) == [2, 3]
    assert result.table("gradients").select(["worker", "staleness"]).to_pylist() == [
        {"worker": 0, "staleness": 0},
        {"worker": 1, "staleness": 0},
        {"worker": 0, "staleness": 0},
        {"worker": 2, "staleness": 1},
    ]


def test_k_batch_sync_takes_two_gradients_of_the_fastest_worker():
    # Worker 0 returns at 1 and 2 before worker 1 does at 5; then all start anew.
    result = _run({"scheme": "k_batch_sync", "k": 2}, [[1, 5], [1, 1.5], [4, 0.5]], jobs=2)

    assert _ends(result) == [2, 4]
    assert result.table("gradients")["worker"].to_pylist() == [0, 0, 1, 1]


def test_delays_that_do_not_suffice_end_the_run_with_a_reason():
    with pytest.raises(SimulationError, match="the delays do not suffice"):
        _run({"scheme": "async_sgd"}, [[0.001, 1]] * 64, jobs=64)


def _make(name: str, workers: int, **parameters: Any) -> Any:
    model = OneOf("code", key="scheme").models()[name]
    return registry.lookup("code", name)(
        model.model_validate({"scheme": name, **parameters}), workers
    )


def test_cyclic_parts_follow_the_worker():
    scheme = _make("multi_message", 4, d=3)

    np.testing.assert_array_equal(scheme.parts, [[0, 1, 2], [1, 2, 3], [2, 3, 0], [3, 0, 1]])


def test_a_staircase_goes_up_and_down():
    scheme = _make("multi_message", 4, d=3, order="staircase")

    np.testing.assert_array_equal(scheme.parts, [[0, 1, 2], [3, 2, 1], [2, 3, 0], [1, 0, 3]])


def test_partial_results_of_neighbours_end_a_round_by_hand():
    # Worker 0 is dead slow; worker 2 does part 2 at 1 and part 0 at 2.
    scheme = _make("multi_message", 3, d=2)

    first = scheme.first_results(np.array([50, 3, 1]), 0)

    np.testing.assert_array_equal(first, [2, 3, 1])


def test_partial_results_may_end_before_every_part_is_in():
    result = _run({"scheme": "multi_message", "d": 2, "k": 2}, [[50, 3, 1]], jobs=1)

    assert _ends(result) == [2]


def test_a_delay_that_passes_once_precedes_all_parts():
    scheme = _make("multi_message", 3, d=2, delay="once")

    np.testing.assert_array_equal(
        scheme.results(np.array([5, 0, 1]), 10), [[15, 25], [10, 20], [11, 21]]
    )


def test_a_copy_saves_a_round_from_its_slowest_task():
    # Three of four are in at 2 s; median 1, so the copy on worker 0 starts at 2 and takes 1.5 s.
    scheme = _make("speculative", 4, quantile=0.75, multiplier=1.5)

    done = scheme.finish(np.array([1, 1, 2, 50]), np.array([3, 9, 9, 9]))

    np.testing.assert_array_equal(done, [1, 1, 2, 5])


def test_no_copy_is_made_of_a_task_that_is_soon_done():
    scheme = _make("speculative", 4, quantile=0.75, multiplier=3.0)

    np.testing.assert_array_equal(
        scheme.finish(np.array([1, 1, 2, 3]), np.array([0, 0, 0, 0])), [1, 1, 2, 3]
    )


@pytest.mark.parametrize(("d", "expected"), [(1, 2.8719), (2, 2.25), (4, 2.08), (8, 2.08)])
def test_partial_results_of_persistently_slow_workers(d, expected):
    # n = 64, speed 0.5 + Exp(mean 0.5) s per part; d = 1 is the slowest of 64, the others come
    # from an independent simulation.
    result = simulate(
        {
            "workload": "stragglers",
            "workers": 64,
            "jobs": 3000,
            "code": {"scheme": "multi_message", "d": d},
            "delays": {
                "kind": "independent",
                "law": {"dist": "shifted_exponential", "shift": "0.5 s", "mean": "0.5 s"},
            },
        }
    )

    # The slowest of 64 has a standard deviation of 0.64 s: 5 standard errors are 0.06.
    assert result.runs[0]["total_time"] / 3000 == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("check", [OrderStatistics, Asynchronous])
def test_the_verify_checks_pass(check):
    for measurement in check().run():
        assert measurement.passed, measurement
        assert math.isfinite(measurement.measured)
