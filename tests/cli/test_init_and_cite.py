"""Shipped scenarios and scripts can be copied, and what was used can be cited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import netsim
from netsim import resources
from netsim.citations import works
from netsim.cli.main import main
from netsim.version import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*words):
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize("name", resources.scenario_names())
def test_a_copied_scenario_is_the_same_scenario(folder, name):
    assert command("init", "copy", "--from", name).exit_code == 0

    assert netsim.load("copy/scenario.yaml").hash == netsim.load(name).hash


def test_the_scripts_are_copied_whole(folder):
    assert command("init", "scripts", "--from", "analysis").exit_code == 0

    copied = {path.name: path.read_bytes() for path in Path("scripts").glob("*")}
    assert copied == {path.name: path.read_bytes() for path in (ROOT / "analysis").glob("*.py")}


def test_what_is_there_is_replaced_only_if_asked(folder):
    command("init", "copy", "--from", "quickstart")
    Path("copy/scenario.yaml").write_text("mine")

    assert command("init", "copy", "--from", "quickstart").exit_code == 5
    assert Path("copy/scenario.yaml").read_text() == "mine"
    assert command("init", "copy", "--from", "quickstart", "--force").exit_code == 0


def test_a_misspelt_name_is_told_the_nearest(folder):
    done = command("init", "copy", "--from", "quikstart")

    assert done.exit_code == 2
    assert "did you mean 'quickstart'?" in done.stderr


def test_the_citation_has_the_version_of_the_package():
    known = json.loads(command("cite", "--json").stdout)["software"]

    assert known["version"] == __version__
    assert known["date"]
    assert known["repository"].startswith("https://")


def test_the_works_of_a_scenario_are_those_of_what_it_chooses():
    chosen = {(work["kind"], work["name"]) for work in works(netsim.load("quickstart"))}

    assert chosen == {
        ("workload", "fabric"),
        ("topology", "leaf_spine"),
        ("routing", "rps"),
        ("transport", "fixed_window"),
        ("traffic", "permutation"),
        ("fidelity", "packet"),
    }


def test_blocks_within_blocks_are_cited_too():
    scenario = netsim.load("stragglers/coded_leaf_spine")

    chosen = {(work["kind"], work["name"]) for work in works(scenario)}

    assert {("code", "gc"), ("delay", "gilbert_elliott"), ("transport", "dctcp")} <= chosen
    assert ("sizes", "web_search") in chosen
