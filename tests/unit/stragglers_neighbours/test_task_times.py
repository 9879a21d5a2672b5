"""Where schemes with engines of their own take their times from: as few rows as they need."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netsim.errors import ScenarioError, SimulationError
from netsim.rng import Streams
from netsim.scenario import load
from netsim.stragglers.task_times import TaskTimes
from netsim.verify.scenarios import csv, simulate

ROUND_BY_ROUND = (
    {"scheme": "multi_message", "d": 2},
    {"scheme": "multi_message", "d": 2, "delay": "once"},
    {"scheme": "speculative"},
)
FREE = (
    # With a code the tasks that the busiest of 4 workers begins for 8 updates if all are alike.
    ({"scheme": "async_sgd"}, 3),
    ({"scheme": "k_async", "k": 2}, 5),
    ({"scheme": "k_async", "k": 4}, 8),
    ({"scheme": "k_async", "k": 2, "batch": True}, 5),
    ({"scheme": "k_batch_sync", "k": 1}, 8),
)


def _scenario(code: dict[str, Any], jobs: int, **more: Any) -> dict[str, Any]:
    return {
        "workload": "stragglers",
        "workers": 4,
        "jobs": jobs,
        "code": code,
        "delays": {"kind": "matrix", "file": "m.csv"},
        **more,
    }


def _matrix(rows: Any) -> dict[str, str]:
    cells = [(r, i, time) for r, row in enumerate(rows) for i, time in enumerate(row)]
    return {"m.csv": csv(("round", "worker", "finish"), cells)}


@pytest.mark.parametrize("code", ROUND_BY_ROUND)
def test_a_round_for_every_job_is_enough(code):
    result = simulate(_scenario(code, 60), _matrix([[1, 1, 1, 1]] * 60))

    assert result.runs[0]["total_time"] == 60


@pytest.mark.parametrize("code", ROUND_BY_ROUND)
def test_one_round_less_is_refused_beforehand(code):
    with pytest.raises(ScenarioError, match="no finish time for round 59, worker 0"):
        simulate(_scenario(code, 60), _matrix([[1, 1, 1, 1]] * 59))


@pytest.mark.parametrize(("code", "rows"), FREE)
def test_a_file_holds_as_many_rounds_as_the_busiest_worker_has_tasks(code, rows):
    result = simulate(_scenario(code, 8), _matrix([[1, 1, 1, 1]] * rows))

    assert result.runs[0]["jobs_decoded"] == 8


@pytest.mark.parametrize(("code", "rows"), FREE)
def test_fewer_rounds_than_any_run_needs_are_refused_beforehand(code, rows):
    with pytest.raises(ScenarioError, match=f"no finish time for round {rows - 1}, worker 0"):
        simulate(_scenario(code, 8), _matrix([[1, 1, 1, 1]] * (rows - 1)))


def test_a_worker_that_needs_more_than_the_file_holds_ends_the_run_with_a_remedy():
    # Worker 0 returns at 1, 2 and 3 and begins a fourth task; there are three.
    rows = [[1, 9, 9, 9]] * 3

    with pytest.raises(SimulationError) as failure:
        simulate(_scenario({"scheme": "async_sgd"}, 5), _matrix(rows))

    assert str(failure.value) == (
        "a worker starts its task 3, counted from 0, and the delays give no time for it: m.csv: no "
        "finish time for round 3, worker 0 (the run needs rounds 0 to 3, the file ends with round "
        "2); give delays of more rounds, or run fewer jobs"
    )


def test_a_file_between_two_drawings_is_used_to_its_last_row():
    # 64 tasks are drawn at first and twice as many then; the file has 100, and one update begins
    # one task more.
    scenario = _scenario({"scheme": "async_sgd"}, 100, workers=1)

    assert simulate(scenario, _matrix([[1]] * 100)).runs[0]["total_time"] == 100


@pytest.mark.parametrize(
    "code", [*ROUND_BY_ROUND, *(code for code, _ in FREE), {"scheme": "k_batch_sync", "k": 2}]
)
def test_a_trace_is_replayed_without_more_rounds_than_it_has(code):
    # The first of 4 equal workers begins two tasks for every k-batch-sync update with k = 2.
    delays = {"kind": "trace", "file": "t.csv", "rounds": "replay"}
    cells = [(r, i, 1) for r in range(16) for i in range(4)]

    result = simulate(
        _scenario(code, 8, delays=delays), {"t.csv": csv(("round", "worker", "seconds"), cells)}
    )

    assert result.runs[0]["jobs_decoded"] == 8


def test_times_do_not_depend_on_how_many_are_drawn_at_once():
    scenario = load(
        {
            "netsim": 1,
            "workload": "stragglers",
            "workers": 5,
            "jobs": 3,
            "code": {"scheme": "async_sgd"},
            "delays": {"kind": "gilbert_elliott"},
            "compute": {"per_load": "2 s"},
        }
    ).model

    one_by_one = TaskTimes(scenario, Streams(7), 0.2, rows=1)
    at_once = TaskTimes(scenario, Streams(7), 0.2, rows=200)

    for task in (0, 1, 5, 90, 199):
        np.testing.assert_array_equal(one_by_one.row(task), at_once.row(task))


# -- the load of a task

SAME_AS_UNCODED = (
    {"scheme": "multi_message", "d": 1},
    {"scheme": "multi_message", "d": 1, "order": "staircase", "delay": "once"},
    {"scheme": "speculative", "quantile": 1.0},
    {"scheme": "k_async", "k": 4},
)


@pytest.mark.parametrize("code", SAME_AS_UNCODED)
@pytest.mark.parametrize("load", [0.0, 0.3])
def test_work_without_redundancy_lasts_as_long_as_uncoded_work(code, load):
    # Measured at load 0.3, an uncoded worker does 0.25: 0.1 s less than measured at 2 s a set.
    seconds = np.random.default_rng(9).integers(1000, 9000, (20, 4)) / 1000
    cells = [(load, r, i, seconds[r, i]) for r in range(20) for i in range(4)]
    files = {"t.csv": csv(("load", "round", "worker", "seconds"), cells)}
    more = {
        "delays": {"kind": "trace", "file": "t.csv", "rounds": "replay"},
        "compute": {"per_load": "2 s"},
    }

    found = simulate(_scenario(code, 20, **more), files)
    uncoded = simulate(_scenario({"scheme": "uncoded"}, 20, **more), files)

    assert found.table("rounds")["end"] == uncoded.table("rounds")["end"]
    expected = seconds.max(axis=1).sum() + 20 * 2 * (0.25 - load)
    assert found.runs[0]["total_time"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("code", SAME_AS_UNCODED[:3])
def test_decoding_takes_the_time_that_it_takes_in_uncoded_rounds(code):
    delays = {"kind": "independent", "law": {"dist": "exponential", "mean": "1 s"}}
    more = {"delays": delays, "decode_time": "300 ms"}

    found = simulate(_scenario(code, 10, **more))
    uncoded = simulate(_scenario({"scheme": "uncoded"}, 10, **more))

    for column in ("end", "decode_time"):
        assert found.table("rounds")[column] == uncoded.table("rounds")[column]


@pytest.mark.parametrize(
    ("code", "end"),
    [
        # Measured at load 0.5 and 2 s a data set, a worker takes 0.5 s less for its quarter: 1 s
        # and 4.5 s in place of 1.5 s and 5 s; a further part takes 0.5 s after a delay that
        # passes once. Workers 0 to 2 are quick and worker 3 is slow.
        ({"scheme": "multi_message", "d": 2}, 2.0),
        ({"scheme": "multi_message", "d": 2, "delay": "once"}, 1.5),
        # The copy starts at 1.5 times the median, and takes 1 s.
        ({"scheme": "speculative"}, 2.5),
        ({"scheme": "async_sgd"}, 1.0),
        ({"scheme": "k_async", "k": 3}, 1.0),
        ({"scheme": "k_batch_sync", "k": 5}, 2.0),
    ],
)
def test_times_measured_at_a_load_are_shifted_to_that_of_a_task(code, end):
    cells = [(0.5, r, i, 5.0 if i == 3 else 1.5) for r in range(5) for i in range(4)]
    more = {
        "delays": {"kind": "trace", "file": "t.csv", "rounds": "replay"},
        "compute": {"per_load": "2 s"},
    }

    result = simulate(
        _scenario(code, 1, **more), {"t.csv": csv(("load", "round", "worker", "seconds"), cells)}
    )

    assert result.runs[0]["total_time"] == end
