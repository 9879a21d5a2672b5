"""Whatever write of a sweep fails: exit code 5, complete points are readable, resume ends it."""

from __future__ import annotations

import errno
import json
import os
import subprocess

import pytest
import toy_family
from click.testing import CliRunner

import netsim
from netsim.cli.main import main
from netsim.metrics.part_writer import PartWriter
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


def failing(monkeypatch, out, kind, fails, lasting=False):
    """Let the `fails`-th call of one kind fail that concerns `out`, and `lasting` all behind it.

    Returns the list of failures.
    """
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
        if concerns and (count == fails or (lasting and count > fails)):
            fired.append(path)
            code = errno.EROFS if lasting else errno.ENOSPC
            raise OSError(code, os.strerror(code))
        result = real(*words, **options)
        if kind == "open":
            paths[result] = os.fspath(words[0])
        return result

    if kind != "open":
        monkeypatch.setattr(os, "open", noted)
    monkeypatch.setattr(os, kind, call)
    return fired


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("kind", CALLS)
def test_a_write_that_fails_ends_a_sweep_with_5_and_resume_ends_it_right(
    folder, monkeypatch, kind, lasting
):
    assert sweep("whole").exit_code == 0
    whole = tables(folder / "whole")
    rows = netsim.open("whole").table("runs").to_pylist()
    fails, fired = 0, ["first"]
    while fired:
        fails += 1
        out = folder / f"out{fails}"
        with monkeypatch.context() as patch:
            # That bytes reach the disk is not looked at, and takes most of the time.
            if kind != "fsync":
                patch.setattr(os, "fsync", lambda handle: None)
            fired = failing(patch, out, kind, fails, lasting)
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


@pytest.fixture
def small_disk(folder):
    """Return a function that gives a disk of some size, the same one again where it is larger."""
    disk = folder / "disk"
    disk.mkdir()

    def mount(size):
        ways = "remount," if os.path.ismount(disk) else ""
        words = ["mount", "-t", "tmpfs", "-o", f"{ways}size={size}", "tmpfs", str(disk)]
        try:
            subprocess.run(words, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this user may not mount a small disk")
        return disk

    yield mount
    if os.path.ismount(disk):
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_that_is_full_ends_a_sweep_with_5_and_more_room_ends_it_right(
    folder, small_disk, monkeypatch
):
    # A part for each run, so that some are committed before the disk is full.
    monkeypatch.setattr("netsim.metrics.part_writer.LARGEST_BUFFER", 1)
    monkeypatch.setattr(PartWriter.__init__, "__kwdefaults__",
                        {**PartWriter.__init__.__kwdefaults__, "wait": 0.0})  # fmt: skip
    content = {"netsim": 1, "workload": "toy", "ticks": 900}
    content["sweep"] = {"grid": {"seed": list(range(12))}}
    (folder / "s.json").write_text(json.dumps(content))
    assert sweep("whole").exit_code == 0
    out = small_disk("256k") / "out"

    full = sweep(str(out))

    assert full.exit_code == 5, full.output
    assert "No space left on device; finished runs in this directory are kept" in full.output
    done = netsim.open(out).table("runs").to_pylist()
    assert 0 < len(done) < 12
    assert done == netsim.open("whole").table("runs").to_pylist()[: len(done)]
    small_disk("64m")
    assert sweep(str(out), "--resume").exit_code == 0
    assert tables(out) == tables(folder / "whole")
