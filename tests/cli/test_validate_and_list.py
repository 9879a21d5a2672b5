from __future__ import annotations

import json

import jsonschema
import pytest
from click.testing import CliRunner

from netsim import registry, units
from netsim.cli import init
from netsim.cli.main import main

GOOD = """\
netsim: 1
workload: fabric
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2}
traffic: [{pattern: permutation, size: 64 kB}]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(GOOD.replace("leaves", "leafs").replace("64 kB", "64 Gbps"))
    return tmp_path


def netsim(*words):
    return CliRunner().invoke(main, words)


def test_a_valid_scenario_is_said_to_be_so(folder):
    result = netsim("validate", "good.yaml")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "good.yaml: ok\n", "")


def test_quiet_validation_of_a_valid_scenario_says_nothing(folder):
    assert netsim("-q", "validate", "good.yaml").stdout == ""


def test_all_problems_of_all_files_are_printed_and_the_command_ends_with_3(folder):
    result = netsim("validate", "bad.yaml", "good.yaml")

    assert result.exit_code == 3
    assert "bad.yaml:3:30: error[unknown-field]" in result.stdout
    assert "did you mean 'leaves'?" in result.stdout
    assert "bad.yaml:4:40: error[bad-unit]" in result.stdout
    assert "errors, 0 warnings in bad.yaml" in result.stdout
    assert "good.yaml: ok" in result.stdout


def test_problems_come_as_json(folder):
    bad, good = json.loads(netsim("validate", "bad.yaml", "good.yaml", "--json").stdout)

    assert (bad["valid"], good["valid"]) == (False, True)
    assert {"unknown-field", "bad-unit"} <= {problem["code"] for problem in bad["problems"]}
    assert good["problems"] == []


def test_the_resolved_scenario_is_a_scenario_of_the_same_identity(folder):
    text = netsim("validate", "good.yaml", "--resolved", "--set", "seed=9").stdout
    (folder / "resolved.yaml").write_text(text)

    again = netsim("validate", "resolved.yaml", "--resolved")

    assert again.exit_code == 0, again.stdout
    assert again.stdout == text
    assert "seed: 9\n" in text
    assert "size: 64000 B" in text


@pytest.mark.parametrize(
    "subject", ["workloads", "topologies", "policies", "metrics", "scenarios", "units"]
)
def test_each_subject_is_listed_for_people_and_for_programs(subject):
    text = netsim("list", subject)
    entries = json.loads(netsim("list", subject, "--json").stdout)

    assert text.exit_code == 0
    assert entries
    for entry in entries:
        assert entry["name"] in text.stdout


def test_without_a_subject_everything_is_listed():
    everything = json.loads(netsim("list", "--json").stdout)

    assert list(everything) == [
        "workloads",
        "topologies",
        "policies",
        "metrics",
        "scenarios",
        "units",
    ]
    text = netsim("list").stdout
    assert all(f"{subject}\n" in text for subject in everything)


def test_policies_are_every_registered_implementation_by_kind():
    listed = {
        (entry["kind"], entry["name"])
        for entry in json.loads(netsim("list", "policies", "--json").stdout)
    }

    assert listed == {
        (kind, name)
        for kind in set(registry.kinds()) - {"workload", "table", "check"}
        for name in registry.names(kind)
    }


def test_every_unit_is_listed():
    listed = json.loads(netsim("list", "units", "--json").stdout)

    assert {e["name"]: e["units"] for e in listed} == {
        name: list(dimension.units) for name, dimension in units.DIMENSIONS.items()
    }


def test_the_schema_is_json_schema_and_accepts_what_validation_accepts(folder):
    result = netsim("schema", "-o", "netsim.schema.json")

    assert (result.exit_code, result.stdout) == (0, "wrote netsim.schema.json\n")
    schema = json.loads((folder / "netsim.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    scenario = {
        "netsim": 1,
        "workload": "fabric",
        "topology": {"kind": "leaf_spine", "leaves": 2, "spines": 2, "hosts_per_leaf": 2},
        "traffic": [{"pattern": "permutation", "size": "64 kB"}],
    }
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(scenario)
    assert not validator.is_valid(scenario | {"topologie": {}})


def test_the_schema_goes_to_standard_output_without_a_file():
    assert json.loads(netsim("schema").stdout)


@pytest.mark.parametrize("workload", registry.names("workload"))
def test_the_example_of_every_workload_is_valid(folder, workload):
    made = netsim("init", "demo", "--workload", workload)

    assert made.exit_code == 0, made.stderr
    assert made.stdout.endswith("try: netsim run demo/scenario.yaml\n")
    checked = netsim("validate", "demo/scenario.yaml")
    assert (checked.exit_code, checked.stdout) == (0, "demo/scenario.yaml: ok\n")
    first = (folder / "demo" / "scenario.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema=./{init.SCHEMA_FILE}"
    assert json.loads((folder / "demo" / init.SCHEMA_FILE).read_text())


def test_an_example_does_not_replace_a_scenario_unless_told_to(folder):
    netsim("init", "demo")
    (folder / "demo" / "scenario.yaml").write_text("mine")

    refused = netsim("init", "demo")

    assert refused.exit_code == 5
    assert refused.stderr == (
        "error: demo/scenario.yaml is already there; choose another DIR or --force\n"
    )
    assert (folder / "demo" / "scenario.yaml").read_text() == "mine"
    assert netsim("init", "demo", "--force").exit_code == 0
    assert (folder / "demo" / "scenario.yaml").read_text() != "mine"


def test_an_unknown_workload_is_answered_with_the_nearest(folder):
    result = netsim("init", "demo", "--workload", "fabrik")

    assert result.exit_code == 2
    assert "did you mean 'fabric'?" in result.stderr
    assert not (folder / "demo").exists()
