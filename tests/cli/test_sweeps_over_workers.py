"""Workers that die, loop or hog memory harm their own point alone; tables are those of one process.

Each test starts processes, so there are few.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

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


def test_a_point_that_kills_its_worker_or_loops_fails_alone_and_is_named(folder):
    write({"list": [{"ticks": 2}, {"ticks": 3}, {"ticks": 4, "fail_in": 0, "trouble": "die"},
                    {"ticks": 5, "fail_in": 1, "trouble": "loop"}, {"ticks": 6}]})  # fmt: skip

    done = run("-o", "out", "-j", "2", "--point-timeout", "1 s")

    assert done.returncode == 4, done.stderr
    assert "point 2 (ticks=4, fail_in=0, trouble=die, replication 0): died 3 times" in done.stderr
    assert "point 3 (ticks=5, fail_in=1, trouble=loop, replication 1): died 3 times" in done.stderr
    assert "it took more than 1 s (--point-timeout)" in done.stderr
    runs = netsim.open("out").table("runs")
    have = list(zip(runs["ticks"].to_pylist(), runs["replication"].to_pylist(), strict=True))
    assert have == [(2, 0), (2, 1), (3, 0), (3, 1), (4, 1), (5, 0), (6, 0), (6, 1)]
    known = json.loads(
        subprocess.run(
            [sys.executable, "-m", "netsim", "status", "out", "--json"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    assert (known["failed"], known["done"], known["todo"]) == (2, 8, 0)


@pytest.mark.slow
def test_a_point_that_hogs_memory_fails_alone(folder):
    write({"list": [{"ticks": 2}, {"ticks": 4, "fail_in": 0, "trouble": "hog"}, {"ticks": 6}]})

    done = run("-o", "out", "-j", "2", "--memory", "700 MB")

    assert done.returncode == 4, done.stderr
    assert "point 1 (ticks=4, fail_in=0, trouble=hog, replication 0): died 3 times" in done.stderr
    assert len(netsim.open("out").table("runs")) == 5


@pytest.mark.slow
@pytest.mark.parametrize("number", ["1", "2"])
def test_term_commits_what_is_finished_and_the_rest_goes_on(folder, number):
    write({"grid": {"ticks": [1, 2, 3], "fail_in": [None, 1], "trouble": ["sleep"]}})
    process = subprocess.Popen(command("-o", "out", "-j", number), stderr=subprocess.PIPE)
    while not (folder / "out" / "parts").exists() and process.poll() is None:
        time.sleep(0.1)

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)

    assert process.returncode == 143
    assert len(netsim.open("out").table("runs")) >= 1
    assert json.loads((folder / "out" / "manifest.json").read_text())["status"] == "stopped"


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
