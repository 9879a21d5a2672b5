"""Where compiled kernels are kept, and what makes a kept one stale."""

from __future__ import annotations

import errno
import importlib.util
import logging
import os
import shutil
import stat
import subprocess
import sys

import numpy as np
import pytest

from netsim.fabric.balancing.rps import RandomPacketSpraying
from netsim.fabric.kernel import builder, fingerprint, kept
from netsim.fabric.kernel import run as source
from netsim.fabric.kernel.compile import global_names, reached, references
from netsim.fabric.kernel.host import deliver
from netsim.fabric.kernel.state import State, dtypes
from netsim.fabric.transports.fixed_window import FixedWindow
from netsim.fabric.transports.open_loop import OpenLoop

POLICY = """
import levels
from consts import WHICH
from shared import last

def choose(state, packet, switch, first, n, now):
    return last(first, n) - WHICH * levels.inner.DEPTH

class Policy:
    choose = staticmethod(choose)
"""
FILES = {
    "policy": POLICY,
    "shared": "def last(first, n):\n    return first + n - 1\n",
    "consts": "WHICH = 0\n",
    "levels": "import consts as inner\ninner.DEPTH = 1\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder of a plug-in policy that reads other files of its own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name, text in FILES.items():
        (tmp_path / f"{name}.py").write_text(text)
    yield tmp_path
    for name in FILES:
        sys.modules.pop(name, None)


def fingerprint_in(folder):
    for name in FILES:
        sys.modules.pop(name, None)
    spec = importlib.util.spec_from_file_location("policy", folder / "policy.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return key_of(module.Policy)


def key_of(policy, transport=OpenLoop):
    return builder.fingerprint(builder.plugs_of(policy, transport, traced=False))


def test_the_fingerprint_is_the_same_for_the_same_sources(folder):
    assert fingerprint_in(folder) == fingerprint_in(folder)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("policy", "class Policy", "# edited\nclass Policy"),
        ("shared", "first + n - 1", "first"),
        ("consts", "WHICH = 0", "WHICH = 1"),
        ("levels", "DEPTH = 1", "DEPTH = 2"),
    ],
)
def test_whatever_a_policy_reads_of_other_files_is_part_of_the_fingerprint(folder, file, old, new):
    before = fingerprint_in(folder)

    (folder / f"{file}.py").write_text(FILES[file].replace(old, new))

    assert fingerprint_in(folder) != before


@pytest.mark.parametrize("name", ["FLOW", "HOST", "LINK", "PACKET", "NEVER", "SEQ_BITS"])
def test_every_constant_that_a_kernel_function_reads_is_part_of_the_fingerprint(monkeypatch, name):
    before = key_of(RandomPacketSpraying, FixedWindow)
    readers = [
        function
        for function in reached(
            [source.run], builder.plugs_of(RandomPacketSpraying, FixedWindow, traced=False)
        )
        if name in global_names(function.__code__)
    ]

    for reader in readers:
        with monkeypatch.context() as patch:
            patch.setitem(reader.__globals__, name, reader.__globals__[name] + 1)
            assert key_of(RandomPacketSpraying, FixedWindow) != before

    assert readers
    assert key_of(RandomPacketSpraying, FixedWindow) == before


def test_fields_and_types_of_the_state_are_part_of_the_fingerprint(monkeypatch):
    before = key_of(RandomPacketSpraying)
    fields = State._fields

    monkeypatch.setattr(State, "_fields", (*fields[1:], fields[0]))
    assert key_of(RandomPacketSpraying) != before

    monkeypatch.setattr(State, "_fields", fields)
    narrow = (*dtypes()[1:], np.dtype(np.int16))
    monkeypatch.setattr(fingerprint, "dtypes", lambda shape: narrow)
    assert key_of(RandomPacketSpraying) != before


def test_the_version_is_part_of_the_fingerprint(monkeypatch):
    before = key_of(RandomPacketSpraying)

    monkeypatch.setattr("netsim.version.__version__", "0.1.0.post1")

    assert key_of(RandomPacketSpraying) != before


def defined_without_a_file(text):
    """Return the class that `text` defines, as a notebook or standard input would."""
    names = {"__name__": "__main__"}
    exec(compile(text, "<stdin>", "exec"), names)
    return names["Policy"]


CELL = """
def choose(state, packet, switch, first, n, now):
    return first + n - 1

class Policy:
    choose = staticmethod(choose)
"""


@pytest.mark.parametrize(
    "edited",
    [
        CELL.replace("n - 1", "0"),
        CELL.replace("+ n - 1", "+ 0 * n"),
        CELL.replace("first + n - 1", "first - n + 1"),
    ],
)
def test_a_function_without_a_file_counts_by_its_code(edited):
    assert key_of(defined_without_a_file(CELL)) == key_of(defined_without_a_file("\n" + CELL))
    assert key_of(defined_without_a_file(CELL)) != key_of(defined_without_a_file(edited))


def fixed_at(position):
    def choose(state, packet, switch, first, n, now):
        return first + position

    return type("Policy", (), {"choose": staticmethod(choose)})


def test_what_a_function_closes_over_is_part_of_the_fingerprint():
    assert key_of(fixed_at(0)) == key_of(fixed_at(0))
    assert key_of(fixed_at(0)) != key_of(fixed_at(1))


def test_the_text_of_a_value_is_the_same_in_every_process():
    text = "from netsim.fabric.kernel.fingerprint import described as d; print("
    text += "d(frozenset('netsim')), d((lambda x: x in {'a', 'b', 'c'}).__code__))"
    said = [
        subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    ]

    assert said[0] == said[1]
    assert "frozenset" in said[0]


def test_options_are_part_of_the_fingerprint():
    plain = builder.plugs_of(RandomPacketSpraying, OpenLoop, traced=False)
    traced = builder.plugs_of(RandomPacketSpraying, OpenLoop, traced=True)

    assert builder.fingerprint(plain) != builder.fingerprint(traced)


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NETSIM_CACHE", str(tmp_path / "here"))
    assert kept.cache_folder() == tmp_path / "here"

    monkeypatch.delenv("NETSIM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept.cache_folder() == tmp_path / "netsim"


def test_machine_code_is_kept_and_read_back(tmp_path):
    kept.keep(tmp_path / "new", "abc", b"machine code")

    assert kept.load(tmp_path / "new", "abc") == b"machine code"
    assert kept.load(tmp_path / "new", "def") is None
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["abc.kernel"]


@pytest.mark.parametrize("cut", [slice(-1), slice(20), slice(0), slice(1, None)])
def test_damaged_machine_code_is_not_run(tmp_path, cut):
    kept.keep(tmp_path, "abc", b"machine code")
    path = tmp_path / "abc.kernel"
    path.write_bytes(path.read_bytes()[cut])

    assert kept.load(tmp_path, "abc") is None


def test_a_file_that_was_copied_over_another_is_not_run(tmp_path):
    kept.keep(tmp_path, "abc", b"ecmp")
    kept.keep(tmp_path, "def", b"rps")

    shutil.copy(tmp_path / "abc.kernel", tmp_path / "def.kernel")

    assert kept.load(tmp_path, "abc") == b"ecmp"
    assert kept.load(tmp_path, "def") is None


def test_the_64_files_used_last_are_kept(tmp_path):
    for number in range(70):
        kept.keep(tmp_path, f"{number:03}", b"")
        os.utime(tmp_path / f"{number:03}.kernel", (number, number))
    kept.load(tmp_path, "006")
    kept.keep(tmp_path, "070", b"")

    left = sorted(path.stem for path in tmp_path.iterdir())
    assert left == ["006", *(f"{number:03}" for number in range(8, 71))]


def test_what_a_killed_process_left_half_written_is_removed_after_an_hour(tmp_path):
    for name, age in (("new-old", 4000), ("new-young", 60)):
        (tmp_path / name).write_bytes(b"half")
        moment = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (moment, moment))

    kept.keep(tmp_path, "abc", b"")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["abc.kernel", "new-young"]


@pytest.mark.parametrize("call", ["fdopen", "replace"])
def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch, call):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(OSError, match="no space"):
            kept.keep(tmp_path, "abc", b"machine code")

    assert list(tmp_path.iterdir()) == []


def test_our_own_folder_is_for_the_user_alone_even_where_an_older_one_was_wider(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("NETSIM_CACHE", raising=False)
    kept.keep(tmp_path / "new", "abc", b"")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700

    for mode in (0o755, 0o775):
        (tmp_path / "new").chmod(mode)
        assert kept.load(tmp_path / "new", "abc") == b""
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_shared_folder_keeps_its_mode_and_its_files_can_be_read(tmp_path, monkeypatch):
    monkeypatch.setenv("NETSIM_CACHE", str(tmp_path))
    tmp_path.chmod(0o755)
    before = os.umask(0o022)
    try:
        kept.keep(tmp_path, "abc", b"code")
    finally:
        os.umask(before)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "abc.kernel").stat().st_mode) == 0o644


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
def test_a_named_folder_that_others_can_write_is_refused(tmp_path, monkeypatch, mode):
    monkeypatch.setenv("NETSIM_CACHE", str(tmp_path))
    kept.keep(tmp_path, "abc", b"code")
    tmp_path.chmod(mode)

    with pytest.raises(kept.DistrustError, match=f"others can write {tmp_path}; .* chmod go-w"):
        kept.load(tmp_path, "abc")
    with pytest.raises(kept.DistrustError):
        kept.keep(tmp_path, "def", b"code")
    assert [path.name for path in tmp_path.iterdir()] == ["abc.kernel"]


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_file_that_others_can_write_is_refused(tmp_path, mode):
    kept.keep(tmp_path, "abc", b"code")
    (tmp_path / "abc.kernel").chmod(mode)

    with pytest.raises(kept.DistrustError, match=r"others can write .*abc\.kernel"):
        kept.load(tmp_path, "abc")


def test_a_link_or_a_pipe_in_place_of_a_file_is_not_read(tmp_path):
    kept.keep(tmp_path, "abc", b"code")
    (tmp_path / "def.kernel").symlink_to(tmp_path / "abc.kernel")
    os.mkfifo(tmp_path / "pipe.kernel")

    assert kept.load(tmp_path, "def") is None
    with pytest.raises(kept.DistrustError, match="no regular file"):
        kept.load(tmp_path, "pipe")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("which", ["", "abc.kernel"])
def test_what_belongs_to_somebody_else_is_refused(tmp_path, which):
    kept.keep(tmp_path, "abc", b"code")
    os.chown(tmp_path / which, 12345, -1)

    with pytest.raises(kept.DistrustError, match=r"belongs to somebody else \(user 12345\)"):
        kept.load(tmp_path, "abc")


def test_what_belongs_to_root_is_taken_and_what_belongs_to_others_is_not(tmp_path, monkeypatch):
    kept.keep(tmp_path, "abc", b"code")
    owner = tmp_path.stat().st_uid
    monkeypatch.setenv("NETSIM_CACHE", str(tmp_path))

    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if owner == 0:
        assert kept.load(tmp_path, "abc") == b"code"
    else:
        with pytest.raises(kept.DistrustError, match="somebody else"):
            kept.load(tmp_path, "abc")


@pytest.mark.parametrize("kind", ["a file in the way", "others can write it"])
def test_a_folder_that_cannot_be_used_is_one_warning_and_kernels_stay_in_memory(
    tmp_path, monkeypatch, caplog, kind
):
    place = tmp_path / "place"
    if kind == "a file in the way":
        place.write_text("in the way")
    else:
        place.mkdir()
        place.chmod(0o777)
    monkeypatch.setenv("NETSIM_CACHE", str(place))
    monkeypatch.setattr("netsim.fabric.kernel.codegen.object_file", lambda *_: b"code")
    builder._warn_unkept.cache_clear()

    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            plugs = builder.plugs_of(RandomPacketSpraying, OpenLoop, traced=False)
            assert builder.machine_code(plugs, "rps") == b"code"

    assert len([r for r in caplog.records if "none are kept" in r.message]) == 1
    assert place.is_file() or list(place.iterdir()) == []


def test_it_is_logged_that_a_kernel_is_compiled(folder, monkeypatch, caplog):
    monkeypatch.setattr("netsim.fabric.kernel.codegen.object_file", lambda *_: b"code")
    monkeypatch.setenv("NETSIM_CACHE", str(folder / "empty"))
    caplog.set_level(logging.INFO, "netsim.fabric.kernel.builder")

    builder.machine_code(builder.plugs_of(RandomPacketSpraying, OpenLoop, traced=False), "rps")

    assert "compiling kernel: rps" in caplog.messages


def test_attributes_are_not_taken_for_global_names():
    assert "packets" not in global_names(deliver.__code__)
    assert "row_at" in global_names(deliver.__code__)


def test_plugs_bind_only_inside_the_kernel(folder):
    sys.modules.pop("policy", None)
    import policy

    plugs = {"last": 1, "sendable": 2}

    assert references(policy.choose, plugs)["last"] != 1
    assert references(deliver, {"acknowledge": 5})["acknowledge"] == 5


def levelled(depth):
    def choose(state, packet, switch, first, n, now):
        return first + depth * 0

    return type("Policy", (), {"choose": staticmethod(choose)})


def test_a_function_is_known_again_by_all_that_its_code_is_made_of(monkeypatch):
    def marks_of(policy, transport=OpenLoop):
        plugs = builder.plugs_of(policy, transport, traced=False)
        return {
            f"{function.__module__}.{function.__name__}": mark
            for function, mark in fingerprint.marks(source.run, plugs).items()
        }

    usual = marks_of(levelled(1))
    assert marks_of(levelled(1)) == usual

    # Another constant inside `choose` concerns those that call it, and nobody else.
    other = marks_of(levelled(2))
    changed = {name for name in usual if usual[name] != other[name]}
    kernel = "netsim.fabric.kernel"
    assert {f"{kernel}.run.run", f"{kernel}.switch.forward"} < changed
    assert not {f"{kernel}.port.accept", f"{kernel}.host.deliver"} & changed

    # So does a constant of a module, and a hook in place of another.
    from netsim.fabric.kernel import port

    monkeypatch.setattr(port, "PS_BITS", port.PS_BITS + 1)
    assert marks_of(levelled(1))[f"{kernel}.port.accept"] != usual[f"{kernel}.port.accept"]
    monkeypatch.undo()
    hosts = marks_of(levelled(1), FixedWindow)
    assert hosts[f"{kernel}.host.deliver"] != usual[f"{kernel}.host.deliver"]


def test_a_kernel_made_of_known_functions_is_the_one_made_of_new_ones(monkeypatch):
    from netsim.fabric.kernel import codegen

    plugs = builder.plugs_of(levelled(3), OpenLoop, traced=False)
    first = codegen.object_file(source.run, plugs)

    known = len(codegen._made)
    again = codegen.object_file(source.run, plugs)

    assert len(codegen._made) == known > 50
    assert len(again) == len(first)
