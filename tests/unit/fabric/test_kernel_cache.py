"""Where compiled kernels are kept, and what makes a kept one stale."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys

import pytest

from netsim.fabric.balancing.rps import RandomPacketSpraying
from netsim.fabric.kernel import builder
from netsim.fabric.kernel.compile import global_names, references
from netsim.fabric.kernel.host import deliver
from netsim.fabric.transports.open_loop import OpenLoop

POLICY = """
from shared import last

def choose(state, packet, switch, first, n, now):
    return last(first, n)

class Policy:
    choose = staticmethod(choose)
"""
SHARED = """
def last(first, n):
    return first + n - 1
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder of a plug-in policy that calls a function of another file."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "policy.py").write_text(POLICY)
    (tmp_path / "shared.py").write_text(SHARED)
    yield tmp_path
    for name in ("policy", "shared"):
        sys.modules.pop(name, None)


def fingerprint_in(folder):
    for name in ("policy", "shared"):
        sys.modules.pop(name, None)
    spec = importlib.util.spec_from_file_location("policy", folder / "policy.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    plugs = builder.plugs_of(module.Policy, OpenLoop, traced=False)
    return builder.fingerprint(plugs)


def test_the_fingerprint_is_the_same_for_the_same_sources(folder):
    assert fingerprint_in(folder) == fingerprint_in(folder)


def test_a_changed_policy_has_another_fingerprint(folder):
    before = fingerprint_in(folder)

    (folder / "policy.py").write_text(POLICY + "\n# edited\n")

    assert fingerprint_in(folder) != before


def test_a_change_in_a_file_that_a_policy_calls_has_another_fingerprint(folder):
    before = fingerprint_in(folder)

    (folder / "shared.py").write_text(SHARED.replace("first + n - 1", "first"))

    assert fingerprint_in(folder) != before


def test_options_are_part_of_the_fingerprint():
    plain = builder.plugs_of(RandomPacketSpraying, OpenLoop, traced=False)
    traced = builder.plugs_of(RandomPacketSpraying, OpenLoop, traced=True)

    assert builder.fingerprint(plain) != builder.fingerprint(traced)


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NETSIM_CACHE", str(tmp_path / "here"))
    assert builder.cache_folder() == tmp_path / "here"

    monkeypatch.delenv("NETSIM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert builder.cache_folder() == tmp_path / "netsim"


def test_machine_code_is_kept_and_read_back(tmp_path):
    builder.keep(tmp_path / "new", "abc", b"machine code")

    assert builder.load(tmp_path / "new", "abc") == b"machine code"
    assert builder.load(tmp_path / "new", "def") is None
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["abc.kernel"]


def test_damaged_machine_code_is_not_run(tmp_path):
    builder.keep(tmp_path, "abc", b"machine code")
    path = tmp_path / "abc.kernel"
    path.write_bytes(path.read_bytes()[:-1])

    assert builder.load(tmp_path, "abc") is None


def test_the_64_files_used_last_are_kept(tmp_path):
    for number in range(70):
        builder.keep(tmp_path, f"{number:03}", b"")
        os.utime(tmp_path / f"{number:03}.kernel", (number, number))
    builder.load(tmp_path, "006")
    builder.keep(tmp_path, "070", b"")

    kept = sorted(path.stem for path in tmp_path.iterdir())
    assert kept == ["006", *(f"{number:03}" for number in range(8, 71))]


def test_a_folder_that_cannot_be_written_is_one_warning(tmp_path, monkeypatch, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("NETSIM_CACHE", str(blocked))
    monkeypatch.setattr("netsim.fabric.kernel.codegen.object_file", lambda *_: b"code")
    builder._warn_unwritable.cache_clear()

    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            plugs = builder.plugs_of(RandomPacketSpraying, OpenLoop, traced=False)
            assert builder.machine_code(plugs, "rps") == b"code"

    assert len([r for r in caplog.records if "cannot be kept" in r.message]) == 1


def test_whoever_listens_is_told_that_a_kernel_is_compiled(monkeypatch):
    told = []
    monkeypatch.setattr(builder.Announcer, "tell", told.append)

    builder.Announcer.say("compiling kernel: rps with open_loop")

    assert told == ["compiling kernel: rps with open_loop"]


def test_attributes_are_not_taken_for_global_names():
    assert "packets" not in global_names(deliver.__code__)
    assert "flow_of" in global_names(deliver.__code__)


def test_plugs_bind_only_inside_the_kernel(folder):
    sys.modules.pop("policy", None)
    import policy

    plugs = {"last": 1, "sendable": 2}

    assert references(policy.choose, plugs)["last"] != 1
    assert references(deliver, {"acknowledge": 5})["acknowledge"] == 5
