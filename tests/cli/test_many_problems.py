"""Of many problems of a file fifty are shown, then how many more there are."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from netsim.cli.main import main

HEAD = "netsim: 1\nworkload: fabric\n"
LEAF_SPINE = "topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2}\n"
TIMES = (
    "netsim: 1\nworkload: stragglers\nworkers: 2\njobs: 2\ncode: {scheme: uncoded}\n"
    "delays: {kind: matrix, file: wrong.csv}\n"
)
#: A scenario, the file in it that has 71 problems, and that file.
FILES = {
    "flows": (
        HEAD + LEAF_SPINE + "traffic: [{file: wrong.csv}]\n",
        "wrong.csv",
        "src,dst,size,start\n" + "0,9,1,0\n" * 71,
    ),
    "topology": (
        HEAD + "topology: {file: wrong.yaml}\ntraffic: [{pattern: permutation, size: 1 B}]\n",
        "wrong.yaml",
        "nodes: [{name: ok, kind: host}]\nlinks:\n" + "  - {a: ok, b: none}\n" * 71,
    ),
    "times": (TIMES, "wrong.csv", "round,worker,finish\n" + "0,0,x\n" * 71),
}


@pytest.mark.parametrize("which", FILES)
def test_fifty_problems_of_a_data_file_are_shown_and_all_are_counted(tmp_path, monkeypatch, which):
    scenario, name, content = FILES[which]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.yaml").write_text(scenario)
    (tmp_path / name).write_text(content)

    result = CliRunner().invoke(main, ["validate", "run.yaml"])

    assert result.exit_code == 3
    assert result.output.count("error[") == 50
    assert f"... and 21 more in {name}\n71 errors, 0 warnings in run.yaml\n" in result.output


def test_programs_are_told_how_many_problems_are_not_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.yaml").write_text(
        "workload: fabric\n" + "".join(f"x{number}: 1\n" for number in range(80))
    )

    result = CliRunner().invoke(main, ["validate", "--json", "run.yaml"])

    (facts,) = json.loads(result.output)
    assert len(facts["problems"]) == 50
    # 80 words that are no fields, and netsim, topology and traffic that are missing.
    assert facts["more"] == 33
