"""A policy of one's own, from the page: written, installed, listed, described, run, compared.

Nothing but what stands in docs/add_a_policy.md is used: the file, and the entry point that names
it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import netsim

PAGE = Path(__file__).parents[2] / "docs" / "add_a_policy.md"

SCENARIO = """\
netsim: 1
workload: fabric
seed: 2
replications: 3
topology:
  kind: leaf_spine
  leaves: 4
  spines: 4
  hosts_per_leaf: 4
  host_link: {rate: 100 Gbps, delay: 1 us}
routing: {policy: two_choices}
traffic: [{pattern: permutation, size: 400 kB, inter_leaf: true}]
"""


@pytest.fixture
def site(tmp_path):
    """Write the page's module and install it as `pip install` would; return the folder."""
    text = PAGE.read_text(encoding="utf-8")
    module = re.search(r"```python\n(.*?)```", text, re.S)[1]
    group = re.search(r'\[project.entry-points."(.*?)"\]', text)[1]
    site = tmp_path / "site"
    information = site / "my_package-1.0.dist-info"
    information.mkdir(parents=True)
    (site / "my_package").mkdir()
    (site / "my_package" / "__init__.py").touch()
    (site / "my_package" / "two_choices.py").write_text(module)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 1.0\n")
    entry = f"[{group}]\ntwo_choices = my_package.two_choices\n"
    (information / "entry_points.txt").write_text(entry)
    (tmp_path / "study.yaml").write_text(SCENARIO)
    return site


def command(site, *words):
    done = subprocess.run(
        [sys.executable, "-m", "netsim", *words],
        cwd=site.parent, env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_policy_from_the_page_is_listed_described_checked_run_and_compared(site):
    listed = json.loads(command(site, "list", "routing", "--json"))
    described = command(site, "describe", "two_choices")
    command(site, "validate", "study.yaml")
    command(site, "run", "study.yaml", "-o", "two_choices")
    command(site, "run", "study.yaml", "--set", "routing.policy=rps", "-o", "rps")

    assert "two_choices" in {one["name"] for one in listed}
    assert "Mitzenmacher" in described
    makespans = {
        name: [row["makespan"] for row in netsim.open(site.parent / name).runs]
        for name in ("two_choices", "rps")
    }
    # 16 hosts at full rate over as many uplinks: the shorter of two queues beats a blind draw.
    assert sum(makespans["two_choices"]) < sum(makespans["rps"])
    # No flow is faster than the wire: 400 kB at 100 Gbps.
    assert min(makespans["two_choices"]) > 400_000 * 8 / 100e9 * 1e12
