"""Asynchronous updates: by hand on small cases, against a twin, by theory on large ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from reference import neighbours as twin

from netsim.errors import SimulationError
from netsim.verify.checks.order_statistics import Asynchronous, OrderStatistics
from netsim.verify.scenarios import csv, simulate


def _run(code: dict[str, Any], rows: Any, jobs: int, **more: Any) -> Any:
    """Play given times, seconds by task and worker."""
    cells = [(r, i, time) for r, row in enumerate(rows) for i, time in enumerate(row)]
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
        {"m.csv": csv(("round", "worker", "finish"), cells)},
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


@pytest.mark.parametrize(
    ("code", "k", "kind"),
    [
        ({"scheme": "async_sgd"}, 1, "wait"),
        ({"scheme": "k_async", "k": 3}, 3, "wait"),
        ({"scheme": "k_async", "k": 3, "batch": True}, 3, "again"),
        ({"scheme": "k_batch_sync", "k": 3}, 3, "restart"),
        ({"scheme": "k_batch_sync", "k": 9}, 9, "restart"),
    ],
)
def test_updates_equal_those_of_the_twin(code, k, kind):
    # Few values, so that many gradients come together.
    rows = np.random.default_rng(k).integers(1, 8, (250, 5))

    result = _run(code, rows, jobs=40)

    ends, ages, dropped = twin.asynchronous(rows.tolist(), k, 40, kind)
    run = result.runs[0]
    assert _ends(result) == ends
    assert run["staleness_mean"] == pytest.approx(sum(ages) / len(ages), rel=1e-12)
    assert run["staleness_max"] == max(ages)
    assert run["wasted_share"] == dropped / (dropped + 40 * k)


def test_k_batch_sync_gives_up_what_the_others_have_begun():
    # With every update n + k - 1 tasks are begun, of which k are used.
    result = _run({"scheme": "k_batch_sync", "k": 3}, [[1, 2, 3, 4]] * 40, jobs=5)

    assert result.runs[0]["wasted_share"] == 3 / 6


@pytest.mark.parametrize("scheme", ["k_async", "k_batch_sync", "async_sgd"])
def test_a_dead_worker_is_as_good_as_none(scheme):
    code = {"scheme": scheme} if scheme == "async_sgd" else {"scheme": scheme, "k": 2}
    rows = np.random.default_rng(8).integers(1, 9, (60, 3)).tolist()

    with_dead = _run(code, [[*row, "inf"] for row in rows], jobs=15)
    without = _run(code, rows, jobs=15)

    assert _ends(with_dead) == _ends(without)


@pytest.mark.parametrize("scheme", ["k_async", "async_sgd"])
def test_a_worker_that_dies_later_is_missed_when_nobody_else_is_left(scheme):
    code = {"scheme": scheme} if scheme == "async_sgd" else {"scheme": scheme, "k": 1}

    with pytest.raises(SimulationError, match=r"update 2 \(t=3 s\) can never be made: 0 of its 1"):
        _run(code, [[1, 3], ["inf", "inf"]], jobs=3)


def test_the_dead_are_named_where_an_update_needs_them():
    with pytest.raises(SimulationError, match=r"3 of its 4 .* worker 1 will never answer"):
        _run({"scheme": "k_async", "k": 4}, [[1, "inf", 1, 2]] * 3, jobs=2)


def test_a_run_that_is_stopped_before_does_not_fail_for_the_dead():
    # The first gradient comes at 2 s, and no other one.
    rows = [[2, "inf"], ["inf", "inf"]]

    result = _run({"scheme": "k_async", "k": 2}, rows, jobs=1, until="1.5 s")

    assert result.runs[0]["status"] == "unfinished"
    assert result.runs[0]["rounds"] == 0


@pytest.mark.parametrize("check", [OrderStatistics, Asynchronous])
def test_the_verify_checks_pass(check):
    for measurement in check().run():
        assert measurement.passed, measurement
        assert math.isfinite(measurement.measured)
