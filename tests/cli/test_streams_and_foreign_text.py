"""Streams that fail, foreign text, and a broken surrounding: one clear line, never a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
import toy_family
from click.testing import CliRunner

from netsim.cli.main import main
from netsim.metrics.failures import Failure
from netsim.metrics.manifest import RunIdentity
from netsim.metrics.marks import Key
from netsim.metrics.rundir import filling

SCENARIO = "netsim: 1\nname: small\nworkload: toy\nticks: 3\n"
FABRIC = "netsim: 1\nworkload: fabric\ntraffic: [{pattern: permutation, size: 1 kB}]\n"
LEAF_SPINE = "topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2}\n"
#: Colours, a title of the window, a question that the terminal answers, and writing backwards.
ESCAPES = "\x1b[31mred \x1b]0;title\x07 \x1b[6n \u202ekcab \x9b1m"


@pytest.fixture
def toy():
    toy_family.install()
    yield
    toy_family.uninstall()


def netsim(*words, redirect="", folder=None, site=None):
    """Run the command in a shell; `redirect` says where its streams go."""
    command = f'exec "{sys.executable}" -m netsim "$@" {redirect}'
    return subprocess.run(
        ["/bin/sh", "-c", command, "sh", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | ({"PYTHONPATH": str(site)} if site else {}),
        timeout=300,
    )


def harmless(text):
    """Return whether nothing in `text` steers a terminal."""
    return all(letter.isprintable() or letter == "\n" for letter in text)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["list", "units"], ["run", "--help"]])
def test_standard_output_that_takes_no_more_ends_with_5(words):
    done = netsim(*words, redirect=">/dev/full")

    assert done.returncode == 5
    assert done.stderr == (
        "error: cannot write standard output: No space left on device; send it to another place\n"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
@pytest.mark.parametrize(("words", "code"), [(["list", "units"], 0), (["rum"], 2), (["run"], 2)])
@pytest.mark.parametrize("redirect", ["2>/dev/full", "2>&-"])
def test_messages_that_cannot_be_written_change_nothing(words, code, redirect):
    done = netsim(*words, redirect=redirect)

    assert (done.returncode, done.stderr) == (code, "")
    assert bool(done.stdout) == (code == 0)


@pytest.mark.parametrize("redirect", ["2>&-", ">&- 2>&-", "0<&- >&- 2>&-"])
def test_a_run_whose_streams_are_closed_writes_what_it_always_writes(tmp_path, redirect):
    site = toy_family.write_plugin(tmp_path / "site")
    (tmp_path / "run.yaml").write_text(SCENARIO)

    done = netsim("run", "run.yaml", "-o", "out", redirect=redirect, folder=tmp_path, site=site)
    again = netsim("run", "run.yaml", "-o", "open", folder=tmp_path, site=site)

    assert (done.returncode, again.returncode) == (0, 0)
    for name in ("runs", "ticks"):
        files = [tmp_path / out / "tables" / f"{name}.parquet" for out in ("out", "open")]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_working_directory_that_is_gone_is_said_to_be_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()

    command = f'rmdir "{gone}"; exec "{sys.executable}" -m netsim validate quickstart'
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=gone, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "error: the working directory was deleted; change into one that is there"
    )


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.yaml", None),
        ("base.yaml", f"include: base.yaml\n{FABRIC}"),
        ("net.yaml", FABRIC + "topology: {file: net.yaml}\n"),
        ("net.graphml", FABRIC + "topology: {file: net.graphml}\n"),
        ("f.csv", FABRIC.replace("pattern: permutation, size: 1 kB", "file: f.csv") + LEAF_SPINE),
        ("f.parquet", FABRIC.replace("pattern: permutation, size: 1 kB", "file: f.parquet")
         + LEAF_SPINE),
        ("t.csv", "netsim: 1\nworkload: stragglers\nworkers: 2\njobs: 2\ncode: {scheme: uncoded}\n"
         "delays: {kind: matrix, file: t.csv}\n"),
    ],
)  # fmt: skip
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, monkeypatch, kind, name, text):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "run.yaml").write_text(text)
    with socket.socket(socket.AF_UNIX) as bound:
        match kind:
            case "pipe":
                os.mkfifo(name)
            case "socket":
                bound.bind(name)
            case "device":
                os.symlink("/dev/zero", name)

        result = CliRunner().invoke(main, ["validate", "run.yaml"])

    assert result.exit_code == 3
    assert f"'{name}' is not a regular file" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["validate", f"{ESCAPES}.yaml"],
        ["describe", ESCAPES],
        ["run", ESCAPES],
        [ESCAPES],
        ["list", ESCAPES],
        ["validate", "quickstart", "--set", f"{ESCAPES}=1"],
        ["validate", "quickstart", "--set", f"topology.kind={ESCAPES}"],
        ["run", "quickstart", "-o", f"/proc/{ESCAPES}"],
        ["init", f"/proc/{ESCAPES}"],
        ["schema", "-o", f"/proc/{ESCAPES}/x"],
        ["validate", "bad\udcff.yaml"],
    ],
)
def test_no_word_of_the_command_line_reaches_the_terminal_as_an_escape_sequence(words):
    result = CliRunner().invoke(main, words)

    assert result.exit_code in (2, 3, 5)
    assert result.stderr or result.stdout
    assert harmless(result.output)


def test_a_manifest_is_shown_without_escape_sequences(tmp_path):
    identity = RunIdentity(
        ESCAPES, ESCAPES, "a" * 64, 7, "", {}, {"netsim": ESCAPES, "scenario": {ESCAPES: ESCAPES}},
    )  # fmt: skip
    with filling(tmp_path / "x", identity) as directory:
        directory.note(Failure(Key(0, "a" * 16, 0), ESCAPES))
        directory.fail()

    result = CliRunner().invoke(main, ["describe", str(tmp_path / "x")])

    assert result.exit_code == 0, result.output
    assert harmless(result.output)
    assert "?[31mred" in result.output


def test_names_of_nodes_and_files_are_shown_without_escape_sequences(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "\x1b[31mnet.yaml"
    (tmp_path / name).write_text('nodes: [{name: "\\e[31mred", kind: host}]\nlinks: []\n')
    (tmp_path / "run.yaml").write_text(FABRIC + 'topology: {file: "\\e[31mnet.yaml"}\n')

    result = CliRunner().invoke(main, ["validate", "run.yaml"])

    assert result.exit_code == 3
    assert "cannot name a node" in result.output
    assert harmless(result.output)


def test_a_run_that_was_killed_is_described_as_it_is_opened(tmp_path):
    from netsim.metrics.reader import open_results

    identity = RunIdentity("x", "fabric", "a" * 64, 7, "", {}, {}, 0)
    with filling(tmp_path / "x", identity):
        alive = CliRunner().invoke(main, ["describe", str(tmp_path / "x")])
    dead = CliRunner().invoke(main, ["describe", str(tmp_path / "x")])

    assert "status     running, 0 of 0" in alive.output
    assert "status     unfinished, 0 of 0" in dead.output
    assert "(unfinished, " in repr(open_results(tmp_path / "x"))


@pytest.mark.parametrize("value", ['"\\ud800"', '["\\udfff"]', '{"\\ud800": 1}'])
def test_half_of_a_surrogate_pair_in_an_override_is_refused(value):
    result = CliRunner().invoke(main, ["validate", "quickstart", "--set", f"name={value}"])

    assert result.exit_code == 3
    assert "half of a surrogate pair is no character" in result.output
