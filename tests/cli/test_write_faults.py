"""Whatever write of a run fails, the run ends with exit code 5, and no wrong result looks right.

Every open, write, flush, rename, second name and new folder of a small run is made to fail in turn,
as a disk that is full or broken would. Nothing here knows the names of files in a run directory.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest
import toy_family
from click.testing import CliRunner

from netsim.cli.main import main
from netsim.metrics.atomic import TEMPORARY, signature
from netsim.metrics.reader import ReadError, open_results

SCENARIO = "netsim: 1\nname: small\nworkload: toy\nticks: 40\nreplications: 2\nseed: {seed}\n"
#: The calls by which a file comes to be, with the place of the path or handle that they concern.
CALLS = {"open": 0, "write": 0, "fsync": 0, "replace": 1, "link": 1, "mkdir": 0}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    # That bytes reach the disk is not looked at, and takes most of the time.
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    toy_family.install()
    yield
    toy_family.uninstall()


class Shim:
    """Counts the calls that concern a folder, and lets the `fails`-th of one kind fail."""

    def __init__(self, monkeypatch, folder, kind="", fails=0):
        self._folder = str(folder)
        self._kind = kind
        self._fails = fails
        self._paths: dict[int, str] = {}
        self.count = 0
        self.failed = ""
        self.named: set[str] = set()
        for name, place in CALLS.items():
            monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name), place))

    def _wrapped(self, name, real, place):
        def call(*arguments, **options):
            subject = arguments[place]
            path = self._paths.get(subject, "") if isinstance(subject, int) else os.fspath(subject)
            if not str(path).startswith(self._folder):
                return real(*arguments, **options)
            # Files that are only read are none of this.
            counts = name == self._kind and (name != "open" or arguments[1] & WRITES)
            self.count += bool(counts)
            if counts and self.count == self._fails:
                self.failed = str(path)
                code = errno.ENOSPC if name == "write" else errno.EIO
                raise OSError(code, os.strerror(code), *arguments[:1][isinstance(subject, int) :])
            result = real(*arguments, **options)
            if name == "open":
                self._paths[result] = str(path)
            self.named.add(str(path))
            return result

        return call


def start(folder, seed, *options):
    scenario = folder / f"seed{seed}.yaml"
    scenario.write_text(SCENARIO.format(seed=seed))
    words = ["-q", "run", str(scenario), "-o", str(folder / "out"), *options]
    return CliRunner().invoke(main, words)


def tables(folder):
    """Return the finished tables, bytes of those that do not depend on the clock."""
    results = open_results(folder / "out")
    assert results.complete
    found = sorted((folder / "out" / "tables").glob("*.parquet"))
    return {file.name: file.read_bytes() for file in found if file.stem != "perf"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return what a run without faults leaves: bytes of its tables, and rows of its ticks."""
    folder = tmp_path_factory.mktemp("whole")
    toy_family.install()
    try:
        assert start(folder, 7).exit_code == 0
    finally:
        toy_family.uninstall()
    return tables(folder), open_results(folder / "out").table("ticks").to_pylist()


def assert_nothing_wrong_looks_right(folder, whole, before):
    """What can be read after a fault is what a run without faults holds, this one or the last."""
    try:
        results = open_results(folder / "out")
    except ReadError:
        return
    if results.manifest["seed"] == 8:
        assert tables(folder) == before
        return
    if results.complete:
        assert tables(folder) == whole[0]
    if "ticks" in results.tables():
        rows = results.table("ticks").to_pylist()
        present = {row["replication"] for row in rows}
        assert rows == [row for row in whole[1] if row["replication"] in present]


def assert_named(message, path):
    """The message names the file that failed first, whatever its name was until it is whole."""
    folder, name = os.path.split(path)
    name = name.removeprefix(f"{TEMPORARY}{signature()}-")
    assert f"{folder}/{name} " in message.replace(":", " "), (message, path)


@pytest.mark.parametrize("onto", ["nothing", "a finished run"])
@pytest.mark.parametrize("kind", CALLS)
def test_a_write_that_fails_ends_the_run_with_5_and_the_next_run_gives_the_same_bytes(
    tmp_path, monkeypatch, whole, kind, onto
):
    built = []
    build = toy_family.Toy.build
    monkeypatch.setattr(
        toy_family.Toy, "build", lambda *words: built.append(shim.failed) or build(*words)
    )
    fails, fired = 0, True
    while fired:
        fails += 1
        folder = tmp_path / str(fails)
        folder.mkdir()
        before = None
        shim = Shim(monkeypatch, "nowhere")
        if onto == "a finished run":
            assert start(folder, 8).exit_code == 0
            before = tables(folder)
        built.clear()
        with monkeypatch.context() as patch:
            shim = Shim(patch, folder / "out", kind, fails)
            result = start(folder, 7, "--overwrite")
        fired = bool(shim.failed)
        if fired:
            # Where second names fail, files are copied; a folder that is there need not be made.
            harmless = kind in ("link", "mkdir") and result.exit_code == 0
            assert result.exit_code == (0 if harmless else 5), (shim.failed, result.output)
            assert "Traceback" not in result.output
            assert result.output.count("error: ") == (not harmless)
            if not harmless:
                assert_named(result.stderr, shim.failed)
            # It ends at once: nothing is simulated after the fault.
            assert harmless or not any(built)
            assert_nothing_wrong_looks_right(folder, whole, before)
            if harmless:
                assert tables(folder) == whole[0]
            again = start(folder, 7, "--overwrite")
            assert again.exit_code == 0, again.output
        assert tables(folder) == whole[0]
        assert not list((folder / "out").rglob(".tmp-*"))
    assert fails > 1


opened: list[str] = []
sys.addaudithook(
    lambda event, arguments: (
        opened.append(os.fspath(arguments[0]))
        if event == "open" and isinstance(arguments[0], str | Path) and arguments[2] & WRITES
        else None
    )
)


def test_every_file_of_a_run_is_written_through_the_calls_that_are_made_to_fail(
    tmp_path, monkeypatch
):
    opened.clear()
    shim = Shim(monkeypatch, tmp_path / "out")

    assert start(tmp_path, 7).exit_code == 0

    left = {str(path) for path in (tmp_path / "out").rglob("*")}
    assert left <= shim.named
    assert {path for path in opened if path.startswith(str(tmp_path / "out"))} <= shim.named
