"""The table of what to edit for what names files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
TABLE = TEXT.split("edit these files:")[1].split("A whole")[0]
ROWS = re.findall(r"^\| ([^|]+?) \| (.*`.*) \|$", TABLE, re.M)


@pytest.mark.parametrize(("what", "files"), ROWS, ids=[what for what, _ in ROWS])
def test_files_to_edit_are_there(what, files):
    named = re.findall(r"`((?:netsim|tests|docs)/[\w/.]+)`", files)
    missing = [name for name in named if "NAME" not in name and not (ROOT / name).exists()]

    assert named, what
    assert missing == []


def test_the_table_says_how_to_add_each_kind_of_thing():
    assert {what for what, _ in ROWS} >= {
        "a balancer that hears acknowledgements",
        "a transport",
        "a transport that paces",
        "a queue",
        "a new hook",
        "a column of `flows`",
        "what packets carry",
    }
