"""Workers that die, loop or hog memory harm their own point alone; tables are those of one process.

Each test starts processes, so there are few.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy_family

import netsim

pytest.importorskip(
    "distributed", reason="the extra netsim-communication[cluster] is not installed"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    site = toy_family.write_plugin(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(block, **fields):
    content = {"netsim": 1, "workload": "toy", "ticks": 1, "replications": 2, **fields}
    with open("count.yaml", "w") as file:
        json.dump({**content, "sweep": block}, file)


def command(*words):
    return [sys.executable, "-m", "netsim", "-q", "sweep", "count.yaml", *words]


def run(*words):
    return subprocess.run(command(*words), capture_output=True, text=True, check=False, timeout=600)


def tables(folder):
    found = sorted((folder / "tables").glob("*.parquet"))
    return {file.name: file.read_bytes() for file in found if file.stem != "perf"}


def test_workers_give_the_bytes_of_one_process(folder):
    write({"grid": {"ticks": [1, 2, 3, 4], "every": ["1 us", "2 us"]}})

    for name, number in (("one", "1"), ("two", "2")):
        done = run("-o", name, "-j", number)
        assert done.returncode == 0, done.stderr

    assert tables(folder / "two") == tables(folder / "one")
    assert netsim.open("two").complete


def test_a_point_that_kills_its_worker_loops_or_raises_fails_alone_and_is_repeated_alone(
    folder, monkeypatch
):
    write({"list": [{"ticks": 2}, {"ticks": 3}, {"ticks": 4, "fail_in": 0, "trouble": "die"},
                    {"ticks": 5, "fail_in": 1, "trouble": "loop"}, {"ticks": 6},
                    {"ticks": 7, "fail_in": 0, "trouble": "bug"}]})  # fmt: skip

    done = run("-o", "out", "-j", "2", "--point-timeout", "1 s")

    assert done.returncode == 4, done.stderr
    assert "point 2 (ticks=4, fail_in=0, trouble=die, replication 0): died 3 times" in done.stderr
    assert "point 3 (ticks=5, fail_in=1, trouble=loop, replication 1): died 3 times" in done.stderr
    assert "it took more than 1 s (--point-timeout)" in done.stderr
    runs = netsim.open("out").table("runs")
    have = list(zip(runs["ticks"].to_pylist(), runs["replication"].to_pylist(), strict=True))
    assert have == [(2, 0), (2, 1), (3, 0), (3, 1), (4, 1), (5, 0), (6, 0), (6, 1), (7, 1)]
    assert "point 5 (ticks=7, fail_in=0, trouble=bug, replication 0): " in done.stderr
    assert "3 runs of the sweep failed; the other 9 are complete" in done.stderr
    known = json.loads(
        subprocess.run(
            [sys.executable, "-m", "netsim", "status", "out", "--json"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    assert (known["failed"], known["done"], known["todo"]) == (3, 9, 0)
    # What failed is left alone, and repeated alone where that is asked for.
    again = run("-o", "out", "-j", "1", "--resume", "--json")
    assert again.returncode == 4
    assert len(netsim.open("out").table("runs")) == 9
    monkeypatch.setenv(toy_family.WELL, "1")
    again = run("-o", "out", "-j", "1", "--resume", "--retry-failed", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["simulated"] == 3
    assert netsim.open("out").complete


def test_a_point_that_hogs_memory_fails_alone_in_one_process_too(folder):
    write({"list": [{"ticks": 2}, {"ticks": 4, "fail_in": 0, "trouble": "hog"}, {"ticks": 6}]})

    done = run("-o", "out", "-j", "1", "--memory", "300 MB")

    assert done.returncode == 4, done.stderr
    assert "point 1 (ticks=4, fail_in=0, trouble=hog, replication 0): " in done.stderr
    assert "it needs more memory than 300 MB (--memory)" in done.stderr
    assert len(netsim.open("out").table("runs")) == 5


@pytest.mark.slow
def test_a_point_that_hogs_memory_fails_alone(folder):
    write({"list": [{"ticks": 2}, {"ticks": 4, "fail_in": 0, "trouble": "hog"}, {"ticks": 6}]})

    done = run("-o", "out", "-j", "2", "--memory", "700 MB")

    assert done.returncode == 4, done.stderr
    assert "point 1 (ticks=4, fail_in=0, trouble=hog, replication 0): died 3 times" in done.stderr
    assert len(netsim.open("out").table("runs")) == 5


def terminated(words, out):
    """Return the exit code of a command that hears TERM once a run of it has fallen asleep."""
    with open("log", "w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    try:
        while "asleep" not in Path("log").read_text() and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert json.loads((out / "manifest.json").read_text())["status"] == "stopped"
    return process.returncode


@pytest.mark.parametrize("trouble", ["sleep", "library"])
def test_term_commits_what_is_finished_though_a_library_does_not_come_back(folder, trouble):
    write({"list": [{"ticks": 1}, {"ticks": 2, "fail_in": 1, "trouble": trouble}, {"ticks": 3}]})

    assert terminated(command("-o", "out", "-j", "1"), folder / "out") == 143

    assert netsim.open("out").table("runs")["ticks"].to_pylist() == [1, 1, 2]


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["sleep", "library", "deaf"])
@pytest.mark.parametrize("what", ["sweep", "run"])
def test_term_ends_workers_that_hang_and_what_they_committed_stays(folder, trouble, what):
    write({"list": [{"ticks": 1}, {"ticks": 2, "fail_in": 1, "trouble": trouble}, {"ticks": 3}]})
    words = command("-o", "out", "-j", "2")
    if what == "run":
        write({"list": [{"seed": 1}]}, fail_in=3, trouble=trouble, replications=4)
        words = [sys.executable, "-m", "netsim", "-q", "run", "count.yaml", "-o", "out", "-j", "2"]

    assert terminated(words, folder / "out") == 143

    assert len(netsim.open("out").table("runs")) >= 1


@pytest.mark.slow
def test_a_killed_group_of_processes_loses_nothing_that_is_committed(folder):
    write({"grid": {"ticks": {"range": [1, 41, 1]}, "every": ["1 us", "2 us"]}})
    assert run("-o", "whole", "-j", "1").returncode == 0
    expected = tables(folder / "whole")
    for wait in (0.3, 0.8, 1.5, 3.0):
        words = command("-o", "out", "-j", "2", "--resume")
        process = subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL)
        time.sleep(wait + 3)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    done = run("-o", "out", "-j", "2", "--resume")

    assert done.returncode == 0, done.stderr
    assert tables(folder / "out") == expected
