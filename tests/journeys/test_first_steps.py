"""The page of first steps, typed line by line: what it prints is what it says.

Its console blocks hold commands behind ``$``, each with its output. Wall-clock time, memory and the
size of files differ between machines, so they are compared as any number. After a wanted change of
output run with ``NETSIM_UPDATE_DOCS=1`` and read the difference.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from netsim.cli.main import main

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"

#: What depends on the machine.
VARYING = re.compile(r"about [0-9.]+ \w+|[0-9.]+ [kMG]?B( of memory|\))")
MISTAKES = {"leaves:": "leafs:", "100 Gbps": "100 Gb", "policy: rps": "policy: rsp"}


def blocks(text):
    """Yield command and expected output of every ``$ netsim`` line in the console blocks."""
    for block in re.findall(r"^```\n(\$ .*?)^```$", text, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith("netsim "):
                yield command, output.rstrip("\n")


def alike(text):
    return VARYING.sub("#", text)


@pytest.mark.slow
def test_every_command_of_the_first_steps_prints_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = text = PAGE.read_text(encoding="utf-8")
    for command, output in blocks(text):
        if "mistakes.yaml" in command:
            right = Path("my_study/scenario.yaml").read_text()
            for word, slip in MISTAKES.items():
                right = right.replace(word, slip, 1)
            Path("my_study/mistakes.yaml").write_text(right)

        printed = CliRunner().invoke(main, shlex.split(command)[1:]).stdout.rstrip("\n")

        if os.environ.get("NETSIM_UPDATE_DOCS"):
            page = page.replace(output, printed, 1) if output else page
        else:
            assert alike(printed) == alike(output), command
    if os.environ.get("NETSIM_UPDATE_DOCS"):
        PAGE.write_text(page, encoding="utf-8")
