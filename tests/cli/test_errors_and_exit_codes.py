"""What users see when something goes wrong: one text on standard error and a stable exit code."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import types

import click
import pytest
from click.testing import CliRunner

from netsim import errors
from netsim.cli import main as cli
from netsim.errors import WriteError
from netsim.metrics.reader import ReadError

CODES = [
    (errors.SimulationError("queue broke at t=1 ms"), 1, "error: queue broke at t=1 ms\n"),
    (errors.StalledError("stalled at t=1 ms"), 1, "error: stalled at t=1 ms\n"),
    (errors.UsageError("no such name"), 2, "error: no such name\n"),
    (errors.ScenarioError("a.yaml:1:1: error[x]: y"), 3, "a.yaml:1:1: error[x]: y\n"),
    (errors.RegistryError("no code named 'x'"), 3, "error: no code named 'x'\n"),
    (errors.OutputError("out/x is taken"), 5, "error: out/x is taken\n"),
    (ReadError("out holds no run"), 2, "error: out holds no run\n"),
    (WriteError("disk full"), 5, "error: disk full\n"),
    (errors.MissingExtraError("needs netsim[plot]"), 6, "error: needs netsim[plot]\n"),
    (errors.DifferenceError("beyond tolerance"), 7, "error: beyond tolerance\n"),
]


@pytest.fixture
def failing(monkeypatch):
    """Return a function that runs `netsim run` with a command that raises the given exception."""

    def invoke(failure, *options):
        @click.command("run")
        def command():
            raise failure

        module = types.SimpleNamespace(command=command)
        monkeypatch.setattr(cli.importlib, "import_module", lambda name: module)
        return CliRunner().invoke(cli.main, [*options, "run"])

    return invoke


@pytest.mark.parametrize(("failure", "code", "text"), CODES, ids=lambda v: type(v).__name__)
def test_each_kind_of_error_has_its_exit_code_and_no_traceback(failing, failure, code, text):
    result = failing(failure)

    assert (result.exit_code, result.stderr, result.stdout) == (code, text, "")


def test_ctrl_c_ends_with_130(failing):
    result = failing(KeyboardInterrupt())

    assert (result.exit_code, result.stderr) == (130, "error: stopped\n")


def test_an_unexpected_exception_is_called_a_bug(failing):
    result = failing(ZeroDivisionError("division by zero"))

    assert result.exit_code == 1
    assert result.stderr.startswith(
        "error: this is a bug in netsim: ZeroDivisionError: division by zero"
    )
    assert "Traceback" not in result.stderr


def test_verbose_shows_where_it_happened(failing):
    result = failing(ZeroDivisionError("division by zero"), "-v")

    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def test_a_refused_file_is_named(failing):
    result = failing(PermissionError(13, "Permission denied", "/root/out"))

    assert (result.exit_code, result.stderr) == (1, "error: /root/out: Permission denied\n")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_ends_with_5_wherever_something_was_written(failing, number):
    result = failing(OSError(number, os.strerror(number), "/tmp/scratch"))

    assert result.exit_code == 5
    assert result.stderr == f"error: /tmp/scratch: {os.strerror(number)}\n"


@pytest.mark.parametrize(
    "failure",
    [
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        ImportError("libarrow.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
    ],
    ids=["memory", "system", "library", "thread"],
)
def test_running_out_of_memory_says_so(failing, failure):
    result = failing(failure)

    assert result.exit_code == 1
    assert result.stderr.startswith("error: out of memory")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["rum"], "No such command 'rum'; did you mean 'run'?"),
        (["xyzzy"], "No such command 'xyzzy'; commands: init, validate, list"),
        (["-v", "-q", "list"], "-v and -q exclude each other"),
        (["list", "policy"], "nothing is listed under 'policy'; did you mean 'policies'?"),
        (["run"], "Missing argument"),
    ],
)
def test_wrong_usage_ends_with_2(words, text):
    result = CliRunner().invoke(cli.main, words)

    assert result.exit_code == 2
    assert text in result.stderr


@pytest.mark.parametrize("words", [["schema", "-o", "none/s.json"], ["init", "file/demo"]])
def test_a_file_that_cannot_be_written_ends_with_5(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way")

    result = CliRunner().invoke(cli.main, words)

    assert result.exit_code == 5
    assert result.stderr.startswith(f"error: cannot write {words[-1]}: ")


def test_too_little_address_space_is_called_by_its_name(tmp_path):
    code = (
        "import resource, sys;"
        "resource.setrlimit(resource.RLIMIT_AS, (100 << 20, resource.RLIM_INFINITY));"
        "from netsim.cli.main import main; main(['list', 'units'])"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )

    assert ran.returncode == 2
    assert "limited to 100 MiB" in ran.stderr
    assert "ulimit -v unlimited" in ran.stderr
    assert "Traceback" not in ran.stderr
