"""Data files that a sweep chooses among are kept with it, and are part of what it is."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

import netsim
from netsim.cli.main import main
from netsim.sweep.points import Points

SCENARIO = """\
netsim: 1
workload: fabric
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2, \
host_link: {rate: 1 Gbps, delay: 1 us}}
traffic: [{file: flows/near.csv}]
sweep:
"""
GRID = "  grid: {'traffic[0].file': [flows/near.csv, flows/far.csv], seed: [1, 2]}\n"
BLOCK = "  grid: {'traffic[0]': [{file: flows/near.csv}, {file: flows/far.csv}], seed: [1, 2]}\n"
ZIP = "  zip: {'traffic[0].file': [flows/near.csv, flows/far.csv], seed: [1, 2]}\n"
LIST = "  list: [{'traffic[0].file': flows/far.csv}, {seed: 3}]\n"
CHOICE = (
    "  sample: {n: 4, method: random, over: {seed: [1, 999], "
    "'traffic[0].file': {choice: [flows/near.csv, flows/far.csv]}}}\n"
)
DESIGN = "  list: {file: flows/design.csv}\n"
ALL = [GRID, BLOCK, ZIP, LIST, CHOICE, DESIGN]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    here = tmp_path / "here"
    (here / "flows").mkdir(parents=True)
    (here / "flows" / "near.csv").write_text("src,dst,size,start\n0,1,4 kB,0 us\n")
    (here / "flows" / "far.csv").write_text("src,dst,size,start\n0,3,9 kB,0 us\n")
    (here / "flows" / "design.csv").write_text(
        "seed,traffic[0].file\n1,flows/far.csv\n2,flows/near.csv\n3,\n"
    )
    monkeypatch.chdir(here)
    return tmp_path


def write(block):
    with open("s.yaml", "w") as file:
        file.write(SCENARIO + block)


def sweep(file, out, *words):
    done = CliRunner().invoke(main, ["-q", "sweep", file, "-j", "1", "-o", out, *words])
    assert done.exit_code == 0, done.output
    return done


def tables(out):
    return {
        file.name: file.read_bytes()
        for file in sorted((out / "tables").iterdir())
        if file.stem != "perf"
    }


@pytest.mark.parametrize("block", ALL)
def test_a_sweep_that_was_moved_gives_the_same_bytes_again_from_its_own_record(
    folder, block, monkeypatch
):
    write(block)
    sweep("s.yaml", "out")
    (folder / "there").mkdir()
    shutil.move("out", folder / "there" / "moved")
    shutil.rmtree("flows")
    monkeypatch.chdir(folder / "there")

    sweep("moved/resolved.json", "again")

    there = folder / "there"
    assert tables(there / "again") == tables(there / "moved")
    records = [(there / name / "resolved.json").read_text() for name in ("again", "moved")]
    assert records[0] == records[1]
    # What a design's cells stand for is told beside it.
    sweep_block = json.dumps(json.loads(records[0])["sweep"])
    assert ('"flows/' in sweep_block) == (block is DESIGN)
    assert Points("moved/resolved.json").identity == Points("again/resolved.json").identity
    # Any field of any point can be read there.
    column = netsim.open("moved").table("runs", parameters=["packet.payload"])
    assert set(column["packet.payload"].to_pylist()) == {4096}


@pytest.mark.parametrize("block", ALL)
def test_a_file_that_changed_makes_another_sweep(block):
    write(block)
    before = Points("s.yaml").identity

    with open("flows/far.csv", "a") as file:
        file.write("1,2,1 kB,0 us\n")

    assert Points("s.yaml").identity != before


def test_points_are_chosen_by_the_name_that_a_file_had():
    write(GRID)
    sweep("s.yaml", "out")

    chosen = netsim.open("out").table("runs", where={"traffic[0].file": "far.csv"})

    assert chosen["seed"].to_pylist() == [1, 2]
    assert set(netsim.open("out").table("flows", where={"traffic[0].file": "near.csv"})["size"]
               .to_pylist()) == {4000}  # fmt: skip
    lines = CliRunner().invoke(main, ["describe", "out"]).output
    assert "traffic[0].file=far.csv, seed=1" in lines


def test_a_text_that_is_no_path_stays_though_a_file_is_called_so():
    write("  grid: {routing.policy: [ecmp, rps]}\n")
    before = Points("s.yaml").identity

    with open("rps", "w") as file:
        file.write("no policy\n")

    assert Points("s.yaml").files.names == {}
    assert Points("s.yaml").identity == before
