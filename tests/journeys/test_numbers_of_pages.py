"""The tables of the page on stragglers are what the scripts that it names print."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "stragglers.md").read_text(encoding="utf-8")

PRESETS = re.findall(r"^\| `(\w+)` \| (\w+), (\w+) \| (.*?) \| (.*?) \| (.*?) \|$", PAGE, re.M)
OPTIONS = re.findall(r"^\| `(--[^`]*)` \| ([\d.]+) s \|(.*?)\|(.*?)\|$", PAGE, re.M)


def compared(*words):
    """Return total and change, both as printed, of each code that the script compares."""
    script = ROOT / "analysis" / "stragglers_comparison.py"
    done = subprocess.run(
        [sys.executable, script, *words], capture_output=True, text=True, check=True
    )
    rows = re.findall(
        r"^(\S+) +([\d.]+)(?: \+-[\d.]+)? +([+-][\d.]+)(?: \+-([\d.]+))?", done.stdout, re.M
    )
    return {name: (total, change, width) for name, total, change, width in rows}


def shown(change, width):
    return f"{change} +- {width} %"


@pytest.mark.slow
@pytest.mark.parametrize("row", PRESETS, ids=lambda row: "-".join(row[:3]))
def test_a_row_of_the_presets_is_what_the_script_prints(row):
    preset, policy, rule, *changes = row

    found = compared("--preset", preset, "--policy", policy, "--rule", rule)

    names = ("uncoded", "SR-SGC(2,3,23)", "M-SGC(1,2,27)")
    assert [shown(*found[name][1:]) for name in names] == changes


@pytest.mark.slow
@pytest.mark.parametrize("row", OPTIONS, ids=lambda row: row[0])
def test_a_row_of_the_rule_decodable_is_what_the_script_prints(row):
    options, total, *changes = row

    found = compared("--rule", "decodable", *shlex.split(options))

    (base,) = [one[0] for name, one in found.items() if name.startswith("GC")]
    assert base == total
    told = [shown(*one[1:]) for name, one in found.items() if name.startswith("M-SGC")]
    assert told == [change.strip() for change in changes if change.strip()]


def test_there_are_rows_to_look_at():
    assert len(PRESETS) >= 7
    assert len(OPTIONS) == 4
