"""A run directory stands alone: what it records gives the same bytes again, anywhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import netsim
from netsim.cli.main import main

SHIPPED = Path(__file__).parents[2] / "scenarios"

FABRIC = {
    "run.yaml": """\
netsim: 1
name: fabric
include: parts/base.yaml
topology: {file: pod.yaml}
replications: 2
record: {tables: [links, packets]}
""",
    "parts/base.yaml": """\
workload: fabric
traffic:
  - {file: flows.csv}
  - {file: ../flows.csv}
  - {pattern: random_pairs, rate: 400 kHz, count: 9, size: {dist: empirical, file: sizes.csv}}
""",
    "parts/flows.csv": "src,dst,size,start\nwest,east,64 kB,0\n",
    "flows.csv": "src,dst,size,start\neast,west,32 kB,1 us\n",
    "parts/sizes.csv": "size,share\n1 kB,0.5\n20 kB,1\n",
    "pod.yaml": """\
nodes: [{name: west, kind: host}, {name: east, kind: host}, {name: middle, kind: switch}]
links:
  - {a: west, b: middle, rate: 100 Gbps, delay: 1 us}
  - {a: east, b: middle, rate: 40 Gbps, delay: 1 us}
""",
}
TIMES = {
    "run.yaml": (SHIPPED / "stragglers" / "given_finish_times.yaml").read_text(),
    "finish_times.csv": (SHIPPED / "stragglers" / "finish_times.csv").read_text(),
}
STRAGGLERS = {
    "run.yaml": (SHIPPED / "stragglers" / "replay_m_sgc.yaml").read_text(),
    "bursts_of_one_round.csv": (SHIPPED / "stragglers" / "bursts_of_one_round.csv").read_text(),
}


def run(folder, file, *options):
    """Run a scenario with the command line in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "netsim", "-q", "run", file, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert not done.returncode, done.stderr


def tables(out):
    """Return the bytes of all tables whose bytes do not depend on the clock."""
    return {
        file.name: file.read_bytes()
        for file in sorted((out / "tables").iterdir())
        if file.stem != "perf"
    }


@pytest.fixture(params=[FABRIC, TIMES, STRAGGLERS], ids=["fabric", "times", "stragglers"])
def moved(request, tmp_path):
    """Return the directory of a run that was moved away, whose data files are gone."""
    study = tmp_path / "study"
    for name, text in request.param.items():
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_text(text)
    run(study, "run.yaml", "-o", "out")
    moved = tmp_path / "elsewhere"
    (study / "out").rename(moved)
    shutil.rmtree(study)
    return moved


def test_what_a_run_directory_records_gives_the_same_tables_again(moved):
    first = tables(moved)

    run(moved, "resolved.json", "-o", "../again")
    run(moved.parent, "again/resolved.json", "-o", "and_again")
    run(moved, "resolved.json", "-o", ".", "--overwrite")

    assert len(first) > 1
    for again in ("again", "and_again", "elsewhere"):
        assert tables(moved.parent / again) == first
        recorded = (moved.parent / again / "resolved.json").read_bytes()
        assert recorded == (moved / "resolved.json").read_bytes()


def test_a_run_is_named_by_its_directory_and_repeated_as_often_as_it_holds(moved):
    folder = moved.parent
    run(folder, "elsewhere", "--replications", "3")
    longer = tables(moved)

    run(folder, "elsewhere", "-o", "again")
    run(folder, "elsewhere", "--overwrite")

    for directory in (folder / "again", moved):
        assert tables(directory) == longer
        assert netsim.open(directory).scenario.model.replications == 3


def test_without_a_place_to_write_to_a_directory_is_shown_again(moved):
    before = {file: file.stat().st_mtime_ns for file in moved.rglob("*.parquet")}

    run(moved.parent, "elsewhere")

    assert {file: file.stat().st_mtime_ns for file in moved.rglob("*.parquet")} == before
    assert [entry.name for entry in moved.parent.iterdir()] == ["elsewhere"]


def test_a_folder_without_a_run_is_told_what_one_holds(tmp_path):
    (tmp_path / "empty").mkdir()

    done = CliRunner().invoke(main, ["run", str(tmp_path / "empty")])

    assert done.exit_code == 3
    assert "is a folder, not a file" in done.stderr
    assert "no run is in it: the directory of one holds resolved.json" in done.stderr


def test_the_recorded_text_says_at_its_top_what_was_changed_on_the_way(tmp_path):
    (tmp_path / "run.yaml").write_text(TIMES["run.yaml"])
    (tmp_path / "finish_times.csv").write_text(TIMES["finish_times.csv"])

    run(tmp_path, "run.yaml", "--set", "decode_time=1 s", "--seed", "7", "-o", "out")
    run(tmp_path, "run.yaml", "-o", "plain")

    lines = (tmp_path / "out" / "scenario.yaml").read_text().split("\n", 2)
    assert lines == ["# changed by: decode_time=1 s", "# changed by: seed=7", TIMES["run.yaml"]]
    assert (tmp_path / "plain" / "scenario.yaml").read_text() == TIMES["run.yaml"]


def test_changes_on_changes_stand_one_below_the_other_and_on_one_line_each():
    scenario = netsim.load("quickstart", ["seed=2"])

    changed = scenario.resolve({"name": "other"}).with_(replications=9)

    assert changed.text.splitlines()[:4] == [
        "# changed by: seed=2",
        "# changed by: name='other'",
        "# changed by: replications=9",
        scenario.text.splitlines()[1],
    ]
