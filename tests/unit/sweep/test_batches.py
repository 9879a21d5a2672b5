"""How many runs a batch takes: two seconds of work, less towards the end, never a commit a run."""

from __future__ import annotations

import pytest

pytest.importorskip(
    "distributed", reason="the extra netsim-communication[cluster] is not installed"
)

from collections import deque
from types import SimpleNamespace

from netsim.sweep import over_workers
from netsim.sweep.asked import Asked
from netsim.sweep.over_workers import LARGEST, OverWorkers, room_of
from netsim.sweep.worker import Job, Outcome


def test_the_first_batch_is_one_run_since_nothing_is_measured():
    assert room_of(20_000, 2, 0.0) == 1


@pytest.mark.parametrize(("seconds", "room"), [(0.01, 200), (0.004, 500), (0.5, 4), (3.0, 1)])
def test_a_batch_is_two_seconds_of_work_while_much_is_left(seconds, room):
    assert room_of(20_000, 2, seconds) == room


def test_no_batch_holds_more_than_the_largest():
    assert room_of(10**6, 2, 1e-5) == LARGEST


def test_long_runs_are_shared_out_towards_the_end():
    assert [room_of(left, 2, 0.5) for left in (40, 12, 8, 4, 1)] == [4, 3, 2, 1, 1]


def test_short_runs_end_in_few_batches():
    """A share that is halved each time would end in some ten batches of one or two runs."""
    left, batches = 3000, []
    while left:
        batches.append(min(left, room_of(left, 2, 0.005)))
        left -= batches[-1]
    assert batches[0] == 400
    assert min(batches[:-1]) == 50
    assert len(batches) == 15


def test_a_worker_that_is_free_is_handed_work_before_anything_is_waited_for(monkeypatch):
    """Work that ends within each wait takes as many waits as there are batches."""
    handed, waits = [], []

    def submit(*_, **__):
        handed.append(SimpleNamespace(status="pending", result=lambda: Outcome(done=1, seconds=1)))
        handed[-1].add_done_callback = lambda told: None
        return handed[-1]

    def wait(_):
        waits.append(len(handed))
        for one in handed:
            one.status = "finished"

    monkeypatch.setattr(over_workers._Driver, "_wait", wait)
    monkeypatch.setattr(over_workers._Driver, "prepare", lambda _: None)
    pool = SimpleNamespace(addresses=["a worker"], client=SimpleNamespace(submit=submit))
    jobs = deque(Job(index, (0,)) for index in range(4))
    how = OverWorkers(Asked(), batch=1)

    outcome = over_workers._Driver(how, None, pool, None, jobs, []).drive()

    assert outcome.done == 4
    assert waits == [1, 2, 3, 4]
