"""A newcomer's policy in a package of its own, found by its entry point, is one file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

DOCUMENTED = Path(__file__).parents[2] / "docs" / "add_a_policy.md"

SCENARIO = """\
netsim: 1
workload: fabric
seed: 4
topology:
  kind: leaf_spine
  leaves: 2
  spines: 4
  hosts_per_leaf: 4
  host_link: {rate: 100 Gbps, delay: 1 us}
routing: {policy: two_choices}
transport: {kind: fixed_window}
traffic: [{pattern: permutation, size: 200 kB, inter_leaf: true}]
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """Install the documented policy as a distribution on a path of its own; return that path."""
    source = re.search(r"```python\n(.*?)```", DOCUMENTED.read_text(), re.DOTALL)
    assert source is not None
    site = tmp_path / "site"
    information = site / "two_choices-1.0.dist-info"
    information.mkdir(parents=True)
    (site / "two_choices.py").write_text(source[1])
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: two-choices\nVersion: 1.0\n"
    )
    (information / "entry_points.txt").write_text("[netsim.plugins]\ntwo_choices = two_choices\n")
    return site


def netsim(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with `site` on the module path."""
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "netsim", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def makespan(directory: Path) -> int:
    """Return the makespan of the run in `directory`."""
    table = pyarrow.parquet.read_table(directory / "tables" / "runs.parquet")
    return int(table["makespan"][0].as_py())


def test_the_documented_policy_runs_from_a_package_of_its_own(plugin: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO)

    listed = netsim(plugin, "list", "policies")
    run = netsim(plugin, "run", str(scenario), "-o", str(tmp_path / "out"))

    assert "two_choices" in listed.stdout
    assert run.returncode == 0, run.stderr
    assert makespan(tmp_path / "out") > 0


def test_an_edited_policy_file_changes_the_next_run(plugin: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO)
    module = plugin / "two_choices.py"

    netsim(plugin, "run", str(scenario), "-o", str(tmp_path / "before"))
    # Every packet through the first spine: four times the load on one uplink.
    module.write_text(
        module.read_text().replace(
            "        return other\n    return one", "        return first\n    return first"
        )
    )
    netsim(plugin, "run", str(scenario), "-o", str(tmp_path / "after"))

    assert makespan(tmp_path / "after") > 2 * makespan(tmp_path / "before")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return first + unknown", "'unknown'"),
        ("return first + len([1, 2][: n - 1])", "of numba's runtime"),
    ],
)
def test_a_policy_that_cannot_be_compiled_is_an_error_that_says_why(plugin, tmp_path, line, said):
    source = plugin / "two_choices.py"
    text = source.read_text()
    source.write_text(re.sub(r"(def choose.*?:\n)", rf"\1    {line}\n", text, count=1, flags=re.S))
    scenario = tmp_path / "two.yaml"
    scenario.write_text(SCENARIO)

    done = netsim(plugin, "run", str(scenario), "-o", str(tmp_path / "out"))

    assert done.returncode == 1, done.stderr
    assert said in done.stderr
    assert "no allocation, no exceptions" in done.stderr
    assert "Traceback" not in done.stderr
