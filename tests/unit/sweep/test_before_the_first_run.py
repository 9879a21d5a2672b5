"""Before anything is simulated all points are looked at, and each kernel is compiled once."""

from __future__ import annotations

import json
import signal
import threading
from types import SimpleNamespace

import pytest
import toy_family

pytest.importorskip(
    "distributed", reason="the extra netsim-communication[cluster] is not installed"
)

from netsim.errors import ScenarioError
from netsim.sweep import on_worker, over_workers
from netsim.sweep.asked import Asked
from netsim.sweep.over_workers import OverWorkers, shape
from netsim.sweep.points import Points
from netsim.sweep.study import Study
from netsim.sweep.survey import Survey, survey
from netsim.sweep.worker import Job, Outcome


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    toy_family.install()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    toy_family.uninstall()


def points(block, **fields):
    content = {"netsim": 1, "workload": "toy", "ticks": 1, **fields, "sweep": block}
    with open("s.json", "w") as file:
        json.dump(content, file)
    return Points("s.json")


class Workers:
    """Two workers that do at once what they are handed, and note it."""

    def __init__(self, study, does):
        self.client = self
        self.addresses = ["a", "b"]
        self.done = []
        self._does = does

    def submit(self, what, setup, of, **options):
        self.done.append((what.__name__, of))
        result = self._does(what, of)
        return SimpleNamespace(
            status="finished", result=lambda: result, add_done_callback=lambda tell: tell(None)
        )


def over(study, does):
    how = OverWorkers(Asked(), jobs=2)
    how._pool = Workers(study, does)
    return how


def test_shares_of_workers_join_to_what_one_process_finds(monkeypatch):
    many = points({"grid": {"ticks": {"range": [1, 30, 1]}}})
    study = Study(many, many.base.path.parent / "out")
    monkeypatch.setattr(over_workers, "_FIRST_LOOK", 4)
    monkeypatch.setattr(over_workers, "_SHARE", 7)
    how = over(study, lambda what, of: survey(many, of))

    found = how.survey(study, range(0, 29))

    assert found == survey(many, range(29))
    assert [list(of) for _, of in how._pool.done] == [
        [*range(at, min(at + 7, 29))] for at in range(4, 29, 7)
    ]
    found.settle(many, range(29))


def test_what_a_worker_cannot_look_at_is_looked_at_here(monkeypatch):
    many = points({"grid": {"ticks": {"range": [1, 30, 1]}}})
    study = Study(many, many.base.path.parent / "out")
    monkeypatch.setattr(over_workers, "_FIRST_LOOK", 4)
    how = over(study, lambda what, of: None)
    monkeypatch.setattr(
        how._pool, "submit", lambda *words, **options: SimpleNamespace(status="error")
    )

    assert how.survey(study, range(29)) == survey(many, range(29))


def test_mistakes_at_the_first_points_are_told_without_starting_workers():
    many = points({"grid": {"ticks": {"range": [0, 2000, 1]}}})
    study = Study(many, many.base.path.parent / "out")
    how = over(study, lambda what, of: pytest.fail("a worker was asked"))

    with pytest.raises(ScenarioError, match=r"at point 0 \(ticks=0\)"):
        how.survey(study, range(2000)).settle(many, range(2000))


def test_surveys_join_with_each_fault_once_and_warnings_counted():
    many = points({"list": [{"ticks": 1}, {"ticks": "x"}, {"ticks": 2}, {"ticks": 0}]})
    joined = Survey()
    for indices in ([0, 1], [2, 3]):
        joined.add(survey(many, indices))

    whole = survey(many, range(4))
    assert joined == whole
    assert (len(whole.faults), whole.wrong, len(whole.ids)) == (2, 2, 2)
    with pytest.raises(ScenarioError) as told:
        whole.settle(many, range(4))
    assert "(at point 1 (ticks=x))" in str(told.value)
    assert "(at point 3 (ticks=0))" in str(told.value)


def test_a_look_that_nobody_waits_for_ends():
    with pytest.raises(KeyboardInterrupt):
        survey(points({"grid": {"ticks": [1, 2]}}), range(2), stopped=lambda: True)


def test_each_kernel_is_compiled_once_before_the_first_run():
    many = points(
        {"grid": {"trouble": ["model", "bug"], "every": ["1 us", "2 us"], "ticks": [1, 2, 3]}}
    )
    study = Study(many, many.base.path.parent / "out")
    how = over(study, lambda what, of: Outcome(done=1, seconds=1.0))

    how(study, [Job(index, (0,)) for index in range(12)])

    names = [name for name, _ in how._pool.done]
    assert names[:4] == [on_worker.prepare.__name__] * 4
    assert set(names[4:]) == {on_worker.simulate.__name__}
    # Both kernels once; then every worker loads what it needs.
    assert [of for _, of in how._pool.done[:4]] == [0, 6, 0, 0]


def test_a_worker_for_which_there_is_no_kernel_loads_the_rest_meanwhile():
    many = points({"grid": {"ticks": [1, 2, 3]}})
    study = Study(many, many.base.path.parent / "out")
    how = over(study, lambda what, of: Outcome(done=1, seconds=1.0))

    how(study, [Job(index, (0,)) for index in range(3)])

    assert how._pool.done[:4] == [("prepare", 0), ("look", [0]), ("prepare", 0), ("prepare", 0)]


def test_a_point_that_cannot_be_put_together_is_not_waited_for(monkeypatch):
    many = points({"grid": {"ticks": [1, 2, 3]}})
    study = Study(many, many.base.path.parent / "out")
    how = over(study, lambda what, of: Outcome(done=1, seconds=1.0))
    submit = how._pool.submit

    def stuck(what, setup, of, **options):
        future = submit(what, setup, of, **options)
        if what is on_worker.prepare and options["workers"] == ["a"]:
            future.status = "pending"
        return future

    monkeypatch.setattr(how._pool, "submit", stuck)
    monkeypatch.setattr(over_workers, "_PATIENCE", 0.1)

    assert how(study, [Job(index, (0,)) for index in range(3)]).done >= 2


def test_names_choose_code_and_numbers_do_not():
    here = {"routing.policy": "rps", "queue": {"capacity": "10 kB", "kind": "drop_tail"}, "seed": 1}
    there = {"routing.policy": "rps", "queue": {"capacity": "9 MB", "kind": "drop_tail"}, "seed": 7}
    other = {**here, "queue": {"capacity": "10 kB", "kind": "pfc"}}

    assert shape(here) == shape(there) != shape(other)
    assert shape([1, 2, "ecmp", "ecmp"]) == shape([5, "ecmp"])
    assert shape(True) != shape(False)


def test_a_thread_ends_a_process_whose_main_thread_does_not_obey(monkeypatch):
    asked, ended = Asked(), []
    asked.patience = 0.05
    asked.last_will = lambda: ended.append("committed")
    over = threading.Event()
    leave = lambda code: (ended.append(code), over.set())  # noqa: E731
    monkeypatch.setattr("netsim.sweep.asked.os._exit", leave)

    with asked.listening():
        signal.raise_signal(signal.SIGTERM)
        over.wait(60)

    assert ended == ["committed", 143]
    assert asked.now


def test_a_process_that_obeys_in_time_is_not_ended(monkeypatch):
    asked, ended = Asked(), []
    monkeypatch.setattr("netsim.sweep.asked.os._exit", ended.append)

    with asked.listening():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)

    assert (ended, asked.code) == ([], 143)
