"""A sweep that is killed, doubled or torn gives the bytes of one that nobody disturbed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import toy_family

import netsim
from netsim.metrics.marks import committed, done_runs

POINTS = 500


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(toy_family.write_plugin(tmp_path / "site")))
    monkeypatch.chdir(tmp_path)
    content = {"netsim": 1, "workload": "toy", "ticks": 40}
    content["sweep"] = {"grid": {"seed": {"range": [0, POINTS, 1]}}, "replications": 2}
    (tmp_path / "s.json").write_text(json.dumps(content))
    return tmp_path


def command(out, *words):
    return [sys.executable, "-m", "netsim", "-q", "sweep", "s.json", "-o", out, *words]


def run(out, *words):
    done = subprocess.run(
        command(out, *words), capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr


def tables(out):
    assert netsim.open(out).complete
    return {
        file.name: file.read_bytes()
        for file in sorted((out / "tables").glob("*.parquet"))
        if file.stem != "perf"
    }


def killed(out, *words):
    """Start a sweep and kill its group once it has committed something more."""
    before = len(committed(out))
    process = subprocess.Popen(
        command(out.name, *words),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and len(committed(out)) == before:
        time.sleep(0.02)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_sweep_that_is_killed_goes_on_behind_what_is_committed_to_the_same_bytes(folder):
    run("whole", "-j", "1")
    out = folder / "out"
    killed(out, "-j", "1", "--resume")
    first = done_runs(committed(out))
    assert first

    killed(out, "-j", "1", "--resume")
    assert done_runs(committed(out)) >= first
    run("out", "-j", "1", "--resume")

    runs = [(k.point, k.replication) for part in committed(out) for k in part.keys]
    assert len(runs) == len(set(runs)) == 2 * POINTS
    assert tables(out) == tables(folder / "whole")


def test_two_drivers_that_no_lock_keeps_apart_give_the_same_bytes(folder):
    run("whole", "-j", "1")
    run("out", "-j", "1", "--shard", "1/2")
    # All that a second driver would have written beside the first.
    shutil.copytree(folder / "whole" / "parts", folder / "out" / "parts", dirs_exist_ok=True)

    run("out", "-j", "1", "--resume")

    assert tables(folder / "out") == tables(folder / "whole")
