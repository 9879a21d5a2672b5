"""Diagnostics are coloured where a terminal reads them, and nowhere else; the text is the same."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import click
import pytest

from netsim.cli.colours import coloured

WRONG = """\
netsim: 1
workload: fabric
topology: {kind: leaf_spine, leafs: 4}
routing: {policy: stirpe}
"""
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(arguments, folder, **more):
    """Return what a command writes to a terminal, of both its streams."""
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    done = subprocess.Popen(
        [sys.executable, "-m", "netsim", *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment | more,
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not part:
            break
        written += part
    os.close(ours)
    done.wait()
    return written.decode().replace("\r\n", "\n")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "bad.yaml").write_text(WRONG)
    return tmp_path


def test_a_terminal_sees_colours_and_a_file_the_same_text_without(folder):
    for command in (["validate", "bad.yaml"], ["run", "bad.yaml"], ["rnu"]):
        seen = on_a_terminal(command, folder)
        plain = subprocess.run(
            [sys.executable, "-m", "netsim", *command],
            capture_output=True, text=True, check=False, cwd=folder,
        )  # fmt: skip

        assert "\x1b[31m" in seen, command
        assert "\x1b" not in plain.stdout + plain.stderr
        assert ESCAPES.sub("", seen) == plain.stdout + plain.stderr


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colours_gets_none(folder, setting):
    assert "\x1b" not in on_a_terminal(["validate", "bad.yaml"], folder, **setting)


def test_heads_are_red_places_bold_and_remedies_green():
    text = "a.yaml:3:5: error[bad-unit]: '100 Gb' is no rate\n"
    text += "  3 | r: 100 Gb\n    |    ^^^^^^ say Gbps"

    place, source, remedy = coloured(text).split("\n")

    red = click.style("error[bad-unit]:", fg="red", bold=True)
    assert place == click.style("a.yaml:3:5: ", bold=True) + red + " '100 Gb' is no rate"
    assert source == click.style("  3 | ", fg="blue") + "r: 100 Gb"
    assert click.style("^^^^^^", fg="green", bold=True) in remedy
    assert remedy.endswith(click.style(" say Gbps", fg="green"))


@pytest.mark.parametrize(
    "text", ["", "plain", "    | bar without a head", "1 error, 0 warnings in a", "x\n\n  12 | y"]
)
def test_colours_change_no_letter(text):
    assert ESCAPES.sub("", coloured(text)) == text
