"""A newcomer's policy in a package of its own, found by its entry point, is one file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

ROOT = Path(__file__).parents[2]

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
    """Install the policy of docs/add_a_policy.md."""
    return installed(tmp_path / "site", "two_choices", "docs/add_a_policy.md")


def installed(site: Path, name: str, page: str) -> Path:
    """Install the Python block of `page` as distribution `name` on the path `site`; return it."""
    source = re.search(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert source is not None
    information = site / f"{name}-1.0.dist-info"
    information.mkdir(parents=True)
    (site / f"{name}.py").write_text(source[1])
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[netsim.plugins]\n{name} = {name}\n")
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


def test_the_policy_of_the_contributors_guide_runs_as_it_is_written(tmp_path: Path) -> None:
    site = installed(tmp_path / "site", "by_index", "CONTRIBUTING.md")
    flows = "src,dst,size,start\n0,4,1 MB,0\n1,5,2 MB,0\n2,6,3 MB,0\n3,7,4 MB,0\n"
    (tmp_path / "flows.csv").write_text(flows)
    scenario = tmp_path / "scenario.yaml"
    text = re.sub(r"traffic: .*", "traffic: [{file: flows.csv}]", SCENARIO)
    scenario.write_text(text.replace("two_choices", "by_index, offset: 1"))

    run = netsim(site, "run", str(scenario), "-o", str(tmp_path / "out"))

    assert run.returncode == 0, run.stderr
    # Flow i has i + 1 MB and goes over spine i + 1 modulo 4.
    links = pyarrow.parquet.read_table(tmp_path / "out" / "tables" / "link_totals.parquet")
    sent = dict(zip(links["link"].to_pylist(), links["tx"].to_pylist(), strict=True))
    up = [sent[f"leaf0->spine{spine}"] for spine in range(4)]
    assert [round(count / up[1]) for count in up] == [4, 1, 2, 3]


def test_a_plug_in_with_a_syntax_error_blocks_nothing_but_scenarios_that_use_it(plugin, tmp_path):
    module = plugin / "two_choices.py"
    module.write_text("def choose(state:\n")
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO)
    said = f"plug-in 'two_choices' (two_choices) cannot be loaded: {module}:1:11: "

    used = netsim(plugin, "validate", str(scenario))
    scenario.write_text(SCENARIO.replace("two_choices", "rps"))
    other = netsim(plugin, "validate", str(scenario))

    assert used.returncode == 3
    assert "no routing policy named 'two_choices'" in used.stdout
    assert (used.stdout + used.stderr).count(said) == 2
    assert other.returncode == 0
    assert other.stderr.count(said) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return first + n", "'choose' of TwoChoices answered the position"),
        ("pass", "'choose' answers nothing: a 'return' is missing"),
    ],
)
def test_a_wrong_answer_of_choose_ends_the_run_with_its_file_and_line(plugin, tmp_path, line, said):
    module = plugin / "two_choices.py"
    text = module.read_text()
    text = re.sub(r"(def choose.*?:\n).*?(?=\n\n)", rf"\1    {line}", text, count=1, flags=re.S)
    module.write_text(text)
    scenario = tmp_path / "two.yaml"
    scenario.write_text(SCENARIO)

    done = netsim(plugin, "run", str(scenario), "-o", str(tmp_path / "out"))

    assert done.returncode == 1
    number = text[: text.index("def choose")].count("\n") + 1
    assert f"two_choices.py:{number}:1: {said}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr


def test_a_policy_without_choose_is_refused_by_name(plugin: Path, tmp_path: Path) -> None:
    module = plugin / "two_choices.py"
    module.write_text(module.read_text().replace("    choose = staticmethod(choose)\n", ""))
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO)

    run = netsim(plugin, "run", str(scenario), "-o", str(tmp_path / "out"))

    assert run.returncode != 0
    assert "routing 'two_choices' has no 'choose'" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("return other", "return othr", 15, "'choose' of routing policy TwoChoices reads 'othr'"),
        ("(state, packet, switch,", "(state, packet,", 9, "takes (state, packet, first, n, now)"),
    ],
)
def test_a_mistake_in_a_policy_is_shown_in_its_own_file(plugin, tmp_path, old, new, line, said):
    module = plugin / "two_choices.py"
    module.write_text(module.read_text().replace(old, new, 1))
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO)

    done = netsim(plugin, "validate", str(scenario))

    assert done.returncode == 3
    assert f"two_choices.py:{line}:" in done.stdout + done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return first + state.unknown", "'unknown'"),
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


PROGRAM = """\
import netsim
from netsim.fabric.balancing.policy import RoutingConfig
from netsim.registry import register

WHICH = 0

def choose(state, packet, switch, first, n, now):
    return first + WHICH

@register("routing", "fixed")
class Fixed:
    \'\'\'Take one of the ports.\'\'\'

    source = "an example"

    class Config(RoutingConfig):
        \'\'\'Nothing to set.\'\'\'

    choose = staticmethod(choose)

netsim.run("scenario.yaml", out=f"out{WHICH}")
"""


def test_a_policy_from_standard_input_runs_and_its_changed_constant_takes_effect(tmp_path):
    text = SCENARIO.replace("two_choices", "fixed").replace("fixed_window", "open_loop")
    (tmp_path / "scenario.yaml").write_text(text)

    for which in (0, 1):
        done = subprocess.run(
            [sys.executable, "-"],
            input=PROGRAM.replace("WHICH = 0", f"WHICH = {which}"),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        links = pyarrow.parquet.read_table(tmp_path / f"out{which}" / "tables/link_totals.parquet")
        sent = dict(zip(links["link"].to_pylist(), links["tx"].to_pylist(), strict=True))
        used = [spine for spine in range(4) if sent[f"leaf0->spine{spine}"] > 0]
        assert used == [which]
