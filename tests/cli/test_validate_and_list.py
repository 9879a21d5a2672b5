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
    "subject", ["workloads", "topologies", "policies", "metrics", "figures", "scenarios", "units"]
)
def test_each_subject_is_listed_for_people_and_for_programs(subject):
    text = netsim("list", subject)
    entries = json.loads(netsim("list", subject, "--json").stdout)

    assert text.exit_code == 0
    assert entries
    for entry in entries:
        assert entry["name"] in text.stdout


def test_topologies_are_packet_networks_graphs_and_files():
    listed = {
        (entry["kind"], entry["name"])
        for entry in json.loads(netsim("list", "topologies", "--json").stdout)
    }

    for kind in ("topology", "graph"):
        assert {name for k, name in listed if k == kind} == set(registry.names(kind))
    assert ("file", "topologies/dumbbell.yaml") in listed


def test_without_a_subject_everything_is_listed():
    everything = json.loads(netsim("list", "--json").stdout)

    assert list(everything) == [
        "workloads",
        "topologies",
        "policies",
        "metrics",
        "figures",
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
        for kind in set(registry.kinds()) - {"workload", "table", "check", "figure"}
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


SMALL = (
    "netsim: 1\nworkload: fabric\n"
    "topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2,\n"
    "  host_link: {rate: 100 Gbps, delay: 1 us}}\n"
)


def test_a_planner_of_leaf_spines_is_refused_on_another_topology_before_anything_runs(tmp_path):
    path = tmp_path / "ring.yaml"
    path.write_text(
        "netsim: 1\nworkload: fabric\ntopology: {file: topologies/ring.graphml}\n"
        "routing: {policy: equitable}\ntraffic: [{pattern: permutation, size: 1 kB}]\n"
    )

    result = CliRunner().invoke(main, ["validate", str(path)])

    assert result.exit_code == 3
    assert "ring.yaml:4:19: error[unsatisfiable]: 'equitable' plans for leaf-spine" in result.output


def test_a_queue_without_room_for_one_packet_is_refused(tmp_path):
    path = tmp_path / "narrow.yaml"
    path.write_text(
        f"{SMALL}queue: {{kind: drop_tail, capacity: 4 kB}}\n"
        "traffic: [{pattern: permutation, size: 1 kB}]\n"
    )

    result = CliRunner().invoke(main, ["validate", str(path)])

    assert result.exit_code == 3
    assert "error[out-of-range]: a queue of 4000 B has no room for a full packet" in result.output
    assert "at least payload + header = 4160 B" in result.output


def test_under_single_only_flows_between_leaves_need_a_path(tmp_path):
    path = tmp_path / "single.yaml"
    path.write_text(f"{SMALL}routing: {{policy: single}}\ntraffic: [{{file: flows.csv}}]\n")
    # Hosts 0 and 1 share a leaf.
    (tmp_path / "flows.csv").write_text("src,dst,size,start,spine\n0,1,1 kB,0,\n0,2,1 kB,0,1\n")
    assert CliRunner().invoke(main, ["validate", str(path)]).exit_code == 0

    (tmp_path / "flows.csv").write_text("src,dst,size,start,spine\n0,2,1 kB,0,1\n1,3,1 kB,0,\n")
    result = CliRunner().invoke(main, ["validate", str(path)])

    assert result.exit_code == 3
    assert "needs a path for each flow; flow 1 of these, from host1 to host3" in result.output


def test_problems_in_a_data_file_come_in_the_order_of_its_lines(tmp_path):
    path = tmp_path / "flows.yaml"
    path.write_text(f"{SMALL}traffic: [{{file: flows.csv}}]\n")
    (tmp_path / "flows.csv").write_text(
        "src,dst,size,start\n0,1,-5,0\n77,1,5,0\n0,1,5,soon\n0,1,1 Gbps,0\n"
    )

    result = CliRunner().invoke(main, ["validate", str(path)])

    places = [line.split(": error")[0] for line in result.output.splitlines() if ": error" in line]
    assert [place.split(":")[-2] for place in places] == ["2", "3", "4", "5"]


def test_a_scenario_that_comes_with_netsim_is_known_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("quickstart", "fabric/flows_from_file", "scenarios/quickstart.yaml"):
        result = CliRunner().invoke(main, ["validate", name])

        assert result.exit_code == 0, result.output
