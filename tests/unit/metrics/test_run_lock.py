"""While one process fills a run directory nobody else touches it; a dead one blocks nobody."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys

import pytest

from netsim.errors import OutputError
from netsim.metrics import lock
from netsim.metrics.manifest import RunIdentity, read_manifest
from netsim.metrics.rundir import check, filling

#: Starts a run in the directory argv[1], says so, and waits for its end.
HOLDER = (
    "import runpy, sys\n"
    f"names = runpy.run_path({__file__!r})\n"
    "with names['filling'](sys.argv[1], names['identity']('a')):\n"
    "    print('filling', flush=True)\n"
    "    sys.stdin.read()\n"
)


def identity(letter):
    hash_ = letter * 64
    return RunIdentity("x", "fabric", hash_, 7, "netsim: 1\n", {}, {"hash": hash_})


@pytest.fixture
def holder(tmp_path):
    """Return a process that fills the directory ``x``."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "x")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "filling\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("start", [filling, check])
def test_a_live_run_is_left_alone_and_named(tmp_path, holder, start, overwrite):
    before = sorted(entry.name for entry in (tmp_path / "x").iterdir())

    with (
        pytest.raises(OutputError) as refused,
        start(tmp_path / "x", identity("b"), overwrite=overwrite),
    ):
        pass

    assert str(refused.value) == (
        f"{tmp_path / 'x'} is being filled by process {holder.pid} on {platform.node()}; "
        "wait for it, stop it, or choose another -o"
    )
    assert refused.value.exit_code == 5
    assert read_manifest(tmp_path / "x")["hash"] == "a" * 64
    assert sorted(entry.name for entry in (tmp_path / "x").iterdir()) == before


def test_a_killed_run_blocks_nobody(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert json.loads((tmp_path / "x" / "lock").read_text())["pid"] == holder.pid

    check(tmp_path / "x", identity("b"), overwrite=True)
    with filling(tmp_path / "x", identity("b"), overwrite=True):
        assert json.loads((tmp_path / "x" / "lock").read_text())["pid"] == os.getpid()

    assert read_manifest(tmp_path / "x")["hash"] == "b" * 64


def test_the_lock_goes_with_the_run_however_that_ends(tmp_path):
    with pytest.raises(ZeroDivisionError), filling(tmp_path / "x", identity("a")):
        raise ZeroDivisionError

    assert not (tmp_path / "x" / "lock").exists()


def test_a_lock_that_was_removed_before_it_was_taken_is_none(tmp_path, monkeypatch):
    real, calls = lock._lock, []

    def lock_late(handle, **options):
        if not calls:
            (tmp_path / "lock").unlink()  # the holder before leaves
        calls.append(handle)
        return real(handle, **options)

    monkeypatch.setattr(lock, "_lock", lock_late)
    with lock.locked(tmp_path), pytest.raises(OutputError, match="is being filled"):
        lock.check_unlocked(tmp_path)

    assert len(calls) == 3


def occupied(kind, place):
    """Return a path that a run of scenario `b` cannot have, for the reason `kind`."""
    path = place / "x"
    if kind == "a run":
        with filling(path, identity("a")):
            pass
    elif kind == "files of others":
        path.mkdir()
        (path / "thesis.tex").write_text("years of work")
    elif kind == "a damaged run":
        path.mkdir()
        (path / "manifest.json").write_text('{"netsim_')
    else:
        path.write_text("a file")
    return path / "y" if kind == "under a file" else path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("a run", "another scenario"),
        ("files of others", "not netsim's; choose"),
        ("a damaged run", r"manifest\.json is damaged"),
        ("a file", "is a file"),
        ("under a file", "cannot make .*y: Not a directory"),
    ],
)
def test_the_check_refuses_what_the_run_refuses(tmp_path, kind, words):
    path = occupied(kind, tmp_path)

    with pytest.raises(OutputError, match=words) as checked:
        check(path, identity("b"))
    with pytest.raises(OutputError) as started, filling(path, identity("b")):
        pass

    assert str(checked.value) == str(started.value)


def test_the_check_changes_nothing(tmp_path):
    check(tmp_path / "new" / "x", identity("a"))
    with filling(tmp_path / "x", identity("a")):
        pass
    before = sorted(tmp_path.rglob("*"))

    check(tmp_path / "x", identity("b"), overwrite=True)

    assert sorted(tmp_path.rglob("*")) == before
    assert not (tmp_path / "new").exists()
