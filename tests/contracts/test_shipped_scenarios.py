"""Every scenario that comes with netsim states a headline, and its header what it warns of."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import netsim
from netsim import resources

NAMES = resources.scenario_names()


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_scenario_states_a_headline(name):
    stated = netsim.load(name).model.expect

    assert stated, f"add to {name}.yaml what `netsim reproduce` compares with: expect: {{...}}"


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_gives_no_warning_that_its_header_does_not_name(name):
    path = resources.scenario_file(Path(name))
    header = path.read_text(encoding="utf-8").split("\nnetsim:")[0]

    codes = {one.code for one in netsim.load(path).warnings}

    assert codes <= set(re.findall(r"`([a-z-]+)`", header))


def test_the_first_scenario_gives_no_warning():
    assert netsim.load("quickstart").warnings == ()


#: A change that a comment proposes.
SET = re.compile(r"""--set ((?:'[^']+'|"[^"]+"|[^\s,;()`'"])+)""")


def proposed(text):
    """Yield the changes that comments propose: those of one command together, others alone."""
    comments = "\n".join(re.findall(r"#(.*)", text)).replace("\\\n", " ")
    for line in comments.splitlines():
        changes = [shlex.split(word)[0].rstrip(".:") for word in SET.findall(line)]
        # A loop of the shell stands for its values.
        changes = [change.replace("$c", "10") for change in changes]
        if line.strip().startswith("netsim "):
            yield from [changes] if changes else []
        else:
            yield from ([change] for change in changes)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_header_proposes_to_change_can_be_changed(name):
    path = resources.scenario_file(Path(name))
    scenario = netsim.load(path)

    for changes in proposed(path.read_text(encoding="utf-8")):
        assert scenario.resolve(changes).hash != scenario.hash, changes


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_shows_nothing_that_its_header_does_not_name(name):
    path = resources.scenario_file(Path(name))
    header = path.read_text(encoding="utf-8").split("\nnetsim:")[0]
    scenario = netsim.load(path)

    shown = {one.code for one in netsim.run(scenario.with_(replications=1)).warnings}

    assert shown <= set(re.findall(r"`([a-z-]+)`", header))
