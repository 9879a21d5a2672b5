"""Rounds that end by rules of their own: partial results, and copies of late tasks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import neighbours as twin

from netsim import registry
from netsim.engine.clock import NEVER
from netsim.errors import SimulationError
from netsim.fields import OneOf
from netsim.verify.scenarios import csv, simulate

SECOND = 10**12
ORDERS = ("cyclic", "staircase")


def _make(name: str, workers: int, **parameters: Any) -> Any:
    model = OneOf("code", key="scheme").models()[name]
    return registry.lookup("code", name)(
        model.model_validate({"scheme": name, **parameters}), workers
    )


def _run(code: dict[str, Any], rows: Any, **more: Any) -> Any:
    """Play given times, seconds by round and worker, one job for each row."""
    cells = [(r, i, time) for r, row in enumerate(rows) for i, time in enumerate(row)]
    scenario = {
        "workload": "stragglers",
        "workers": len(rows[0]),
        "jobs": len(rows),
        "code": code,
        "delays": {"kind": "matrix", "file": "m.csv"},
        **more,
    }
    return simulate(scenario, {"m.csv": csv(("round", "worker", "finish"), cells)})


def _column(result: Any, table: str, name: str) -> list[Any]:
    return result.table(table)[name].to_pylist()


def _ends(result: Any) -> list[float]:
    return [end / SECOND for end in _column(result, "rounds", "end")]


# -- who does what


def test_cyclic_parts_follow_the_worker():
    scheme = _make("multi_message", 4, d=3)

    np.testing.assert_array_equal(scheme.parts, [[0, 1, 2], [1, 2, 3], [2, 3, 0], [3, 0, 1]])


def test_a_staircase_goes_up_from_even_workers_and_down_from_odd_ones():
    # The example of Amiri and Gunduz, 2019, numbered from 0: 123, 214, 341, 432.
    scheme = _make("multi_message", 4, d=3, order="staircase")

    np.testing.assert_array_equal(scheme.parts, [[0, 1, 2], [1, 0, 3], [2, 3, 0], [3, 2, 1]])


def test_what_may_be_lost_is_one_less_than_the_holders_of_the_rarest_part():
    # Of 3 workers in staircase order 0 and 1 hold parts 0 and 1, and only 2 holds part 2.
    assert _make("multi_message", 3, d=2, order="staircase").allowed() == 0
    assert _make("multi_message", 4, d=2, order="staircase").allowed() == 1
    assert _make("multi_message", 5, d=3).allowed() == 2


# -- how a round of partial results ends


def test_partial_results_of_neighbours_end_a_round_by_hand():
    # Worker 0 is dead slow; worker 2 does part 2 at 1 and part 0 at 2.
    scheme = _make("multi_message", 3, d=2)

    first = scheme.first_results(scheme.results(np.array([50, 3, 1])))

    np.testing.assert_array_equal(first, [2, 3, 1])


def test_partial_results_may_end_before_every_part_is_in():
    result = _run({"scheme": "multi_message", "d": 2, "k": 2}, [[50, 3, 1]])

    assert _ends(result) == [2]


def test_a_delay_that_passes_once_precedes_all_parts():
    # First parts at 15, 10 and 11, of which the last 10 are computing.
    scheme = _make("multi_message", 3, d=2, delay="once")

    np.testing.assert_array_equal(
        scheme.results(np.array([15, 10, 11]), 10), [[15, 25], [10, 20], [11, 21]]
    )


@pytest.mark.parametrize("delay", ["per_part", "once"])
def test_what_never_ends_stays_so_however_many_parts_follow(delay):
    scheme = _make("multi_message", 3, d=3, delay=delay)

    results = scheme.results(np.array([1, NEVER, NEVER // 2]), NEVER // 3)

    assert results[1].tolist() == [NEVER] * 3
    assert results[2, 2] == NEVER
    assert (results[:, 0] == [1, NEVER, NEVER // 2]).all()


@pytest.mark.parametrize("order", ORDERS)
def test_more_parts_never_make_a_round_longer(order):
    # Whoever holds d+1 parts does the first d of them as one who holds d.
    times = 5 + np.random.default_rng(1).exponential(5, (200, 16)).astype(np.int64)
    schemes = [_make("multi_message", 16, d=d, order=order) for d in (1, 2, 3, 5, 8, 16)]

    ends = [[scheme.end(scheme.results(row)).duration for row in times] for scheme in schemes]

    np.testing.assert_array_equal(ends[0], times.max(axis=1))
    assert (np.diff(ends, axis=0) <= 0).all()


def _shifted_exponential(rounds: int) -> np.ndarray:
    seconds = 0.5 + np.random.default_rng(2).exponential(0.5, (rounds, 64))
    return (seconds * 1e9).astype(np.int64)


def _mean_end(times: np.ndarray, **parameters: Any) -> tuple[float, float]:
    """Return the mean end of rounds in seconds, and five standard errors."""
    scheme = _make("multi_message", times.shape[1], **parameters)
    ends = np.array([scheme.end(scheme.results(row)).duration / 1e9 for row in times])
    return float(ends.mean()), 5 * float(ends.std()) / len(ends) ** 0.5


def test_pairs_of_a_staircase_last_as_their_closed_form():
    # With d = 2 workers 2j and 2j+1 share parts 2j and 2j+1. Part 2j is out at time t if a > t
    # and 2b > t, the other one if b > t and 2a > t; both if a, b > t. With G = P(a > t):
    # P(round <= t) = (1 - 2 G(t) G(t/2) + G(t)^2)^32.
    t = np.linspace(0, 20, 200_001)

    def out(at: np.ndarray) -> np.ndarray:
        return np.exp(-np.maximum(at - 0.5, 0) / 0.5)

    over = 1 - (1 - 2 * out(t) * out(t / 2) + out(t) ** 2) ** 32
    expected = float(np.trapezoid(over, t))

    mean, error = _mean_end(_shifted_exponential(4000), d=2, order="staircase")

    assert mean == pytest.approx(expected, abs=error)


@pytest.mark.parametrize("d", [2, 4, 8])
def test_a_staircase_is_about_as_fast_as_a_cycle(d):
    times = _shifted_exponential(1000)

    cyclic, _ = _mean_end(times, d=d)
    staircase, _ = _mean_end(times, d=d, order="staircase")

    assert staircase == pytest.approx(cyclic, rel=0.03)


@pytest.mark.parametrize("order", ORDERS)
def test_with_all_parts_everywhere_the_first_is_that_of_the_fastest_worker(order):
    times = np.random.default_rng(3).integers(1, 100, (50, 6))
    scheme = _make("multi_message", 6, d=6, k=1, order=order)

    ends = [scheme.end(scheme.results(row)).duration for row in times]

    np.testing.assert_array_equal(ends, times.min(axis=1))


@pytest.mark.parametrize("order", ORDERS)
def test_one_delay_for_all_parts_everywhere_lasts_as_the_fastest_worker(order):
    rows = np.random.default_rng(4).integers(1, 100, (20, 5))

    result = _run({"scheme": "multi_message", "d": 5, "delay": "once", "order": order}, rows)

    np.testing.assert_array_equal(_ends(result), np.cumsum(rows.min(axis=1)))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("delay", ["per_part", "once"])
def test_rounds_of_partial_results_equal_their_twin(order, delay):
    generator = np.random.default_rng([5, ORDERS.index(order), delay == "once"])
    for _ in range(300):
        n = int(generator.integers(1, 9))
        d, k = int(generator.integers(1, n + 1)), int(generator.integers(1, n + 1))
        # Few values, so that many results come together.
        times = generator.integers(0, 6, n)
        more = int(generator.integers(0, 3))
        scheme = _make("multi_message", n, d=d, k=k, order=order, delay=delay)

        found = scheme.end(scheme.results(times, more))

        expected = twin.partial_round(
            times.tolist(), d, order, k, more if delay == "once" else None
        )
        assert (found.duration, found.unused, found.begun, found.given_up) == expected


# -- what is given up


def test_parts_that_are_late_or_come_twice_are_given_up_by_hand():
    # Returns (part at time): worker 0: 0 at 3, 1 at 6; 1: 1 at 2, 2 at 4; 2: 2 at 9, 0 at 18.
    # The round ends at 4 with 0, 1 and 2. Worker 0 works on part 1 and worker 2 on part 2 then,
    # and worker 2 has been of no use. Begun: 2 + 2 + 1; given up: 1 + 0 + 1.
    result = _run({"scheme": "multi_message", "d": 2}, [[3, 2, 9]])

    assert _ends(result) == [4]
    assert _column(result, "rounds", "stragglers") == [1]
    assert result.runs[0]["wasted_share"] == 2 / 5


def test_nothing_is_given_up_without_redundancy():
    result = _run({"scheme": "multi_message", "d": 1}, [[3, 2, 9], [1, 1, 2]])

    assert _column(result, "rounds", "stragglers") == [0, 0]
    assert result.runs[0]["wasted_share"] == 0


def test_one_part_each_is_k_sync():
    rows = np.random.default_rng(6).integers(1, 6, (30, 8))

    parts = _run({"scheme": "multi_message", "d": 1, "k": 5}, rows)
    whole = _run({"scheme": "k_sync", "k": 5}, rows)

    assert _ends(parts) == _ends(whole)
    assert _column(parts, "rounds", "stragglers") == _column(whole, "rounds", "stragglers")
    assert parts.runs[0]["wasted_share"] == pytest.approx(whole.runs[0]["wasted_share"], rel=1e-12)


# -- copies


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


def test_rounds_with_copies_equal_their_twin():
    generator = np.random.default_rng(7)
    rows = np.where(generator.random((60, 8)) < 0.3, 20, 0) + generator.integers(2, 9, (60, 8))
    for quantile, multiplier in [(0.75, 1.5), (0.5, 1.0), (0.2, 2.0), (1.0, 1.5)]:
        code = {"scheme": "speculative", "quantile": quantile, "multiplier": multiplier}

        result = _run(code, rows)

        # A file gives a copy the time that its worker needs in this round.
        expected = [twin.speculative_round(row, row, quantile, multiplier) for row in rows.tolist()]
        ends, beaten, begun, given_up = zip(*expected, strict=True)
        assert _ends(result) == np.cumsum(ends).tolist()
        assert _column(result, "rounds", "stragglers") == list(beaten)
        assert result.runs[0]["wasted_share"] == sum(given_up) / sum(begun)


# -- workers that never answer


@pytest.mark.parametrize(
    ("code", "end"),
    [
        # Worker 2 does part 3 in second place, at 6; the first copy starts at 3 and takes 1.
        ({"scheme": "multi_message", "d": 2}, 6),
        ({"scheme": "multi_message", "d": 2, "order": "staircase"}, 6),
        ({"scheme": "multi_message", "d": 1, "k": 3}, 3),
        ({"scheme": "multi_message", "d": 2, "delay": "once"}, 3),
        ({"scheme": "speculative"}, 4),
    ],
)
def test_a_dead_worker_is_not_missed_where_others_do_its_work(code, end):
    result = _run(code, [[1, 2, 3, "inf"]] * 3)

    assert _ends(result) == [end, 2 * end, 3 * end]


@pytest.mark.parametrize(
    "code",
    [
        {"scheme": "multi_message", "d": 1},
        {"scheme": "speculative", "quantile": 1.0},
        {"scheme": "multi_message", "d": 1, "delay": "once"},
    ],
)
def test_a_round_that_can_never_end_names_the_dead(code):
    with pytest.raises(SimulationError, match=r"round 1 \(t=6 s\) can never end: worker 3 will"):
        _run(code, [[1, 2, 3, 3], [1, 2, 3, "inf"]])


def test_a_run_that_is_stopped_before_does_not_fail_for_a_dead_worker():
    result = _run({"scheme": "multi_message", "d": 1}, [[1, 2], [1, "inf"]], until="2.5 s")

    assert result.runs[0]["status"] == "unfinished"
    assert _column(result, "jobs", "decoded") == [True, False]
    assert _column(result, "jobs", "start") == [0, 2 * SECOND]
    assert _column(result, "jobs", "completion") == [2 * SECOND, None]
    assert _column(result, "jobs", "deadline_met") == [True, None]
    assert _ends(result) == [2]


# -- long runs


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
