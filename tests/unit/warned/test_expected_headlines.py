"""Scenarios state headlines, outside the hash; `netsim reproduce` says which hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import netsim
from netsim.cli.main import main
from netsim.errors import ScenarioError
from netsim.expected import compare

#: One flow alone: 1 packet of 4096 + 64 B at 100 Gb/s takes 332.8 ns a link, and each link 1 us.
LONE = {
    "netsim": 1,
    "name": "lone",
    "workload": "fabric",
    "replications": 2,
    "topology": {"kind": "leaf_spine", "leaves": 1, "spines": 1, "hosts_per_leaf": 2},
    "traffic": [{"pattern": "incast", "fan_in": 1, "receiver": 0, "size": "4096 B"}],
}
MAKESPAN = 2 * (332_800 + 1_000_000)


def expecting(**blocks):
    return {**LONE, "expect": {name.replace("__", "."): block for name, block in blocks.items()}}


def test_what_is_expected_is_compared_with_the_mean_over_replications():
    block = expecting(
        runs__makespan={"value": "2.6 us", "rel": "5 %"},
        flows__fct={"value": "2.5 us", "abs": "10 ns"},
        runs__drops={"value": 0, "abs": 0},
    )

    makespan, fct, drops = compare(netsim.run(netsim.load(block)))

    assert (makespan.measured, makespan.tolerance, makespan.holds) == (MAKESPAN, 130_000, True)
    assert fct.measured == pytest.approx(MAKESPAN * 1e-12)
    assert not fct.holds
    assert drops.holds


def test_expectations_are_outside_the_hash_and_kept_in_what_is_resolved():
    stated = netsim.load(expecting(runs__makespan={"value": "2.6 us", "rel": "5 %"}))

    assert stated.hash == netsim.load(LONE).hash
    assert netsim.load(stated.resolved).model.expect == stated.model.expect


@pytest.mark.parametrize(
    ("name", "block", "words"),
    [
        ("runs.makspan", {"value": "1 us", "rel": 0.1}, "did you mean 'runs.makespan'"),
        ("perf.wall_time", {"value": "1 s", "rel": 0.1}, "no column 'perf.wall_time'"),
        ("runs.makespan", {"value": 3, "rel": 0.1}, "3 has no unit"),
        ("runs.makespan", {"value": "3 kB", "rel": 0.1}, "'3 kB' is not a time"),
        ("runs.makespan", {"value": "3 us"}, "either 'rel' or 'abs'"),
        ("runs.makespan", {"value": "3 us", "rel": 0.1, "abs": "1 us"}, "either 'rel' or 'abs'"),
        ("runs.makespan", {"value": "3 us", "abs": "1 B"}, "'1 B' is not a time"),
    ],
)
def test_a_headline_that_cannot_be_compared_is_refused_before_the_run(name, block, words):
    with pytest.raises(ScenarioError, match=words):
        netsim.load({**LONE, "expect": {name: block}})


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    right = expecting(runs__makespan={"value": f"{MAKESPAN} ps", "abs": "0 ps"})
    wrong = expecting(runs__makespan={"value": f"{MAKESPAN + 1} ps", "abs": "0 ps"})
    for name, content in (("right", right), ("wrong", wrong), ("silent", LONE)):
        Path(f"{name}.json").write_text(json.dumps(content))
    return tmp_path


def command(*words):
    return CliRunner().invoke(main, words)


def test_a_scenario_that_is_as_expected_ends_well(files):
    done = command("reproduce", "right.json")

    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "pass  right.json"
    assert done.stdout.splitlines()[-1] == "1 of 1 scenarios reproduced"


def test_a_headline_beyond_its_tolerance_ends_with_7(files):
    done = command("reproduce", "wrong.json")
    facts = json.loads(command("reproduce", "wrong.json", "--json").stdout)

    assert done.exit_code == 7
    assert "BEYOND" in done.stdout
    assert facts[0]["headlines"][0]["measured"] == MAKESPAN
    assert facts[0]["holds"] is False


def test_headlines_and_cost_are_listed_without_a_run(files):
    done = command("reproduce", "right.json", "--list")

    assert done.exit_code == 0
    assert "runs.makespan" in done.stdout
    assert "about" in done.stdout


@pytest.mark.parametrize("words", [("silent.json",), (), ("right.json", "--all")])
def test_what_cannot_be_reproduced_is_a_wrong_use(files, words):
    assert command("reproduce", *words).exit_code == 2


@pytest.mark.parametrize(
    "name", ["stragglers/given_finish_times", "stragglers/replay_m_sgc", "stragglers/replay_sr_sgc"]
)
def test_scenarios_worked_by_hand_are_reproduced(name):
    done = command("reproduce", name)

    assert done.exit_code == 0, done.output


@pytest.mark.slow
def test_all_shipped_scenarios_are_reproduced():
    done = command("reproduce", "--all")

    assert done.exit_code == 0, done.output
