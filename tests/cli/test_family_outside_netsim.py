"""A family in a package outside netsim is one entry point: no file of netsim knows of it."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

OUTSIDE = Path(__file__).parents[1] / "outside"

RACE = """\
netsim: 1
workload: relay
runners: 4
laps: 2
hold: 3 us
order: {kind: strided, stride: 2}
course: {kind: wheel}
network:
  topology:
    kind: leaf_spine
    leaves: 2
    spines: 1
    hosts_per_leaf: 2
    host_link: {rate: 100 Gbps, delay: 1 us}
  transport: {kind: open_loop}
record: {runners: [1, 3], tables: [flows]}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder of the module path in which the family is installed."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(OUTSIDE / "relay", folder / "relay")
    information = folder / "relay-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: relay\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[netsim.plugins]\nrelay = relay\n")
    return folder


@pytest.fixture
def netsim(site, tmp_path):
    """Return a function that runs the command line where the family is installed."""
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*words, code=0):
        command = [sys.executable, "-m", "netsim", *words]
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return run


def test_the_lists_know_the_family_its_models_and_its_tables(netsim):
    assert "relay" in [entry["name"] for entry in json.loads(netsim("list", "workloads", "--json"))]
    policies = json.loads(netsim("list", "policies", "--json"))
    assert ("order", "strided") in [(entry["kind"], entry["name"]) for entry in policies]
    tables = {entry["name"]: entry for entry in json.loads(netsim("list", "metrics", "--json"))}
    assert tables["handovers"]["written_by"] == ["relay"]
    assert tables["holdings"]["optional_in"] == ["relay"]
    topologies = json.loads(netsim("list", "topologies", "--json"))
    assert ("graph", "wheel") in [(entry["kind"], entry["name"]) for entry in topologies]
    figures = json.loads(netsim("list", "figures", "--json"))
    assert ("relay", "baton_over_time") in [(one["workload"], one["name"]) for one in figures]


def test_describe_knows_the_family_and_its_models(netsim):
    family = netsim("describe", "relay")

    assert "workload relay: a baton handed on through a network" in family
    assert "{kind: forward | strided} or a name alone" in family
    assert "weibull} or duration" in family
    assert "tables: runs, handovers, perf; on request: holdings, flows, " in family
    assert "written: order: strided" in netsim("describe", "strided")
    assert "R. Diestel" in netsim("describe", "wheel")
    assert "of: relay; drawn from: handovers" in netsim("describe", "baton_over_time")


def test_an_example_of_the_family_is_written_and_valid_by_its_schema(netsim, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    netsim("init", "race", "--workload", "relay")
    netsim("validate", "race/scenario.yaml")

    validator = jsonschema.Draft202012Validator(
        json.loads((tmp_path / "race" / "netsim.schema.json").read_text())
    )
    whole = {"netsim": 1, "workload": "relay", "runners": 4}
    for right in ({}, {"order": "forward"}, {"order": {"kind": "forward"}}, {"hold": "2 us"}):
        validator.validate(whole | right)
    for wrong in ({"order": "backward"}, {"hold": "2 kB"}, {"hold": 2}, {"record": {"runner": 1}}):
        assert not validator.is_valid(whole | wrong)


@pytest.mark.parametrize("fidelity", ["packet", "ideal"])
def test_the_family_runs_over_a_network_and_writes_its_tables(netsim, tmp_path, fidelity):
    (tmp_path / "race.yaml").write_text(RACE)

    netsim("run", "race.yaml", "-o", "out", "--set", f"network.fidelity={fidelity}")

    tables = tmp_path / "out" / "tables"
    handed = pyarrow.parquet.read_table(tables / "handovers.parquet").to_pydict()
    assert handed["runner"] == [0, 2, 1, 3, 0, 2, 1, 3]
    # A packet of 1,000 B and 64 B of header takes 85,120 ps a link. Every hand-over crosses two
    # links to a host of the same leaf and four to one of the other, 1 us each.
    near, far = (hops * (85_120 + 1_000_000) for hops in (2, 4))
    leaf = [0, 0, 1, 1]
    order = [0, 2, 1, 3, 0, 2, 1, 3, 0]
    now, expected = 0, []
    for runner, following in itertools.pairwise(order):
        now += 3_000_000 + (near if leaf[runner] == leaf[following] else far)
        expected.append(now)
    assert handed["t"] == expected
    held = pyarrow.parquet.read_table(tables / "holdings.parquet").to_pydict()
    assert held["runner"] == [1, 3, 1, 3]
    assert held["held"] == [3e-6] * 4
    flows = pyarrow.parquet.read_table(tables / "flows.parquet").to_pydict()
    assert flows["src"] == order[:-1]
    assert flows["dst"] == order[1:]
    assert flows["end_rx"] == expected
    runs = pyarrow.parquet.read_table(tables / "runs.parquet").to_pydict()
    # A wheel of four: three spokes and three edges of the rim.
    assert runs["roads"] == [6]


DRAWING = """\
from pathlib import Path
import netsim
from netsim import registry
from netsim.figures.page import page

drawn = registry.lookup("figure", "baton_over_time")
with page(Path("baton.svg")) as (axes,):
    drawn.draw(axes, {"race": netsim.open("out")})
print(axes.get_xlabel())
"""


def test_the_figure_of_the_family_is_drawn(netsim, site, tmp_path):
    (tmp_path / "race.yaml").write_text(RACE)
    netsim("run", "race.yaml", "-o", "out")

    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", DRAWING],
        capture_output=True, text=True, env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip

    assert done.stdout == "t [us]\n", done.stderr
    assert "runner" in (tmp_path / "baton.svg").read_text()


def hash_of(netsim, tmp_path, **fields):
    text = {"netsim": 1, "workload": "relay", "runners": 4, **fields}
    (tmp_path / "race.json").write_text(json.dumps(text))
    return json.loads(netsim("describe", "race.json", "--json"))["hash"]


def test_short_forms_are_the_same_scenario_as_what_they_stand_for(netsim, tmp_path):
    whole = {"hold": {"dist": "constant", "value": "2 us"}, "order": {"kind": "forward"}}

    long = hash_of(netsim, tmp_path, **whole)

    assert hash_of(netsim, tmp_path, hold="2 us", order="forward") == long
    assert hash_of(netsim, tmp_path, hold="3 us", order="forward") != long


MISTAKES = {
    "order: backward": ":4:8: error[unknown-name]: no order of runners named 'backward'",
    "order: strided": ":4:1: error[missing-field]: order of runners 'strided' needs 'stride'",
    "course: {kind: whel}": ":4:16: error[unknown-name]: no graph named 'whel'",
    "course: {kind: ring, nodes: 3}": ":4:1: error[unsatisfiable]: the graph 'ring' has 3",
    "order: 3": ":4:8: error[bad-type]: 3 is not an order block",
    "hold: 3 kB": ":4:7: error[bad-unit]: '3 kB' is not a duration",
    "hold: 3": ":4:7: error[bad-unit]: 3 has no unit",
    "hold: {dist: exponential}": ":4:1: error[missing-field]: distribution 'exponential' needs",
    "record: {tables: [laps]}": ":4:19: error[unknown-name]: workload 'relay' has no table named",
    "record: {runner: [1]}": ":4:10: error[unknown-field]: 'runner' is not a field of 'record'",
    "network: {topology: {kind: leaf_spin}}": ":4:28: error[unknown-name]: no topology named",
}


def test_mistakes_are_told_as_in_any_family(netsim, tmp_path):
    for number, line in enumerate(MISTAKES):
        text = f"netsim: 1\nworkload: relay\nrunners: 4\n{line}\n"
        (tmp_path / f"{number}.yaml").write_text(text)

    told = netsim("validate", *(f"{number}.yaml" for number in range(len(MISTAKES))), code=3)

    assert not [line for n, line in enumerate(MISTAKES) if f"{n}.yaml{MISTAKES[line]}" not in told]
