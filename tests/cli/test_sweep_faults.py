"""Whatever write of a sweep fails: exit code 5, complete points are readable, resume ends it."""

from __future__ import annotations

import errno
import json
import os

import pytest
import toy_family
from click.testing import CliRunner

import netsim
from netsim.cli.main import main
from netsim.metrics.reader import ReadError

CALLS = ("open", "write", "fsync", "replace", "mkdir")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    toy_family.install()
    content = {"netsim": 1, "workload": "toy", "ticks": 1}
    content["sweep"] = {"grid": {"ticks": [1, 2, 3]}}
    (tmp_path / "s.json").write_text(json.dumps(content))
    yield tmp_path
    toy_family.uninstall()


def sweep(out, *words):
    return CliRunner().invoke(main, ["-q", "sweep", "s.json", "-j", "1", "-o", out, *words])


def tables(out):
    assert netsim.open(out).complete
    return {
        file.name: file.read_bytes()
        for file in sorted((out / "tables").glob("*.parquet"))
        if file.stem != "perf"
    }


def failing(monkeypatch, out, kind, fails):
    """Let the `fails`-th call of one kind fail that concerns `out`; return the list of failures."""
    real, count, fired = getattr(os, kind), 0, []
    paths, opened = {}, os.open

    def noted(path, flags, *rest, **options):
        handle = opened(path, flags, *rest, **options)
        paths[handle] = os.fspath(path)
        return handle

    def call(*words, **options):
        nonlocal count
        subject = words[1] if kind == "replace" else words[0]
        path = paths.get(subject, "") if isinstance(subject, int) else os.fspath(subject)
        concerns = str(out) in os.path.abspath(path) and (kind != "open" or words[1] & WRITES)
        count += bool(concerns)
        if concerns and count == fails:
            fired.append(path)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        result = real(*words, **options)
        if kind == "open":
            paths[result] = os.fspath(words[0])
        return result

    if kind != "open":
        monkeypatch.setattr(os, "open", noted)
    monkeypatch.setattr(os, kind, call)
    return fired


@pytest.mark.parametrize("kind", CALLS)
def test_a_write_that_fails_ends_a_sweep_with_5_and_resume_ends_it_right(folder, monkeypatch, kind):
    assert sweep("whole").exit_code == 0
    whole = tables(folder / "whole")
    rows = netsim.open("whole").table("runs").to_pylist()
    fails, fired = 0, ["first"]
    while fired:
        fails += 1
        out = folder / f"out{fails}"
        with monkeypatch.context() as patch:
            fired = failing(patch, out, kind, fails)
            result = sweep(out.name)
        # A folder that is there already need not be made.
        harmless = kind == "mkdir" and result.exit_code == 0
        assert result.exit_code == (5 if fired and not harmless else 0), (fired, result.output)
        assert "Traceback" not in result.output
        if fired and not harmless:
            try:
                left = netsim.open(out)
                readable = left.table("runs").to_pylist() if "runs" in left.tables() else []
            except ReadError:
                readable = []
            assert all(row in rows for row in readable)
            again = sweep(out.name, "--resume")
            assert again.exit_code == 0, again.output
        assert tables(out) == whole
    assert fails > 1
