"""A run directory stands alone: what it records gives the same bytes again, anywhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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
