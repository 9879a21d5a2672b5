"""What is typed behind ``--set``: paths, indices, quantities, and who is told of it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import netsim
from netsim.cli.main import main
from netsim.errors import ScenarioError

SCENARIO = """\
netsim: 1
workload: fabric
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2}
traffic: [{pattern: permutation, size: 1 MB}]
"""
FLOWS = "src,dst,size,start\n0,2,1 MB,0\n"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    for name in ("studies", "data", "here"):
        (tmp_path / name).mkdir()
    (tmp_path / "studies" / "s.yaml").write_text(SCENARIO)
    (tmp_path / "data" / "flows.csv").write_text(FLOWS)
    (tmp_path / "here" / "flows.csv").write_text(FLOWS)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def test_a_path_is_from_the_working_directory_and_may_lead_anywhere(folders):
    for path, where in (("flows.csv", "here"), ("../data/flows.csv", "data")):
        scenario = netsim.load("../studies/s.yaml", [f"traffic=[{{file: {path}}}]"])

        assert scenario.inputs[0].path == folders / where / "flows.csv"


def test_what_it_resolves_to_loads_again_in_the_folder_of_the_scenario(folders):
    scenario = netsim.load("../studies/s.yaml", ["traffic=[{file: ../data/flows.csv}]"])

    assert netsim.load(scenario.resolved, folder=folders / "studies") == scenario


def test_a_path_that_a_program_sets_is_from_the_folder_of_the_scenario(folders):
    with pytest.raises(ScenarioError, match=r"there is no file 'flows\.csv'"):
        netsim.load("../studies/s.yaml", {"traffic": [{"file": "flows.csv"}]})


def test_an_index_may_be_written_as_a_key(folders):
    by_key = netsim.load("../studies/s.yaml", ["traffic.0.size=2 MB"])

    assert by_key == netsim.load("../studies/s.yaml", ["traffic[0].size=2 MB"])
    assert by_key.model.traffic[0].size == 2_000_000


@pytest.mark.parametrize("command", ["run", "validate", "describe"])
def test_a_quantity_that_the_shell_cuts_in_two_is_told_to_be_quoted(folders, command):
    words = [command, "../studies/s.yaml", "--set", "topology.host_link.rate=400", "Gbps"]

    done = CliRunner().invoke(main, words)

    assert done.exit_code == 2
    assert "quote a value that has a blank: --set 'topology.host_link.rate=400 Gbps'" in done.stderr


def test_errors_from_python_do_not_speak_of_the_command_line(folders):
    with pytest.raises(ScenarioError) as caught:
        netsim.load("../studies/s.yaml", {"routing.policy": "rsp"})

    assert str(caught.value).startswith("routing.policy: error[unknown-name]")
    assert "--set" not in str(caught.value)
