"""Wrong scenarios and the errors that they give, word by word.

Each `scenarios/NAME.yaml` is wrong in the way that its name says; `NAME.txt` holds what
`netsim validate` prints. A first line ``# set: PATH=VALUE`` is given as an override. Files whose
names start with an underscore are used by others. After a wanted change of wording run with
``NETSIM_UPDATE_GOLDEN=1`` and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netsim.scenario import check, render
from netsim.scenario.diagnostics import CODES

FOLDER = Path(__file__).parent / "scenarios"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.name.startswith("_"))
MARK = "# set: "


def overrides(path: Path) -> list[str]:
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    return [first.removeprefix(MARK)] if first.startswith(MARK) else []


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_scenario_gives_its_golden_errors(name, monkeypatch):
    monkeypatch.chdir(FOLDER)
    path, golden = Path(f"{name}.yaml"), Path(f"{name}.txt")

    scenario, diagnostics = check(path, overrides(path))
    text = render(diagnostics, str(path)) + "\n"

    assert scenario is None
    assert all(found.code in CODES for found in diagnostics)
    if os.environ.get("NETSIM_UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_there_are_more_than_forty_wrong_scenarios():
    assert len(NAMES) > 40


def test_no_golden_text_is_left_without_its_scenario():
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == NAMES
