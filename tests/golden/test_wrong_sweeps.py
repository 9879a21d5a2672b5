"""What is said of ordinary mistakes in a sweep: the text is part of the contract."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from netsim.cli.main import main

BASE = """\
netsim: 1
workload: fabric
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2, \
host_link: {rate: 1 Gbps, delay: 1 us}}
routing: {policy: ecmp}
traffic: [{pattern: permutation, size: 64 kB}]
sweep:
"""

WRONG = {
    "a misspelt key": (
        "  gird: {topology.spines: [1, 2]}",
        """\
s.yaml:7:3: error[unknown-field]: 'gird' is not a field of 'sweep'
  7 |   gird: {topology.spines: [1, 2]}
    |   ^^^^ did you mean 'grid'?
1 error, 0 warnings in s.yaml
""",
    ),
    "a misspelt path": (
        "  grid: {topology.spnes: [1, 2]}",
        """\
s.yaml:7:10: error[unknown-field]: 'spnes' is not a field of topology 'leaf_spine' \
(at point 0 (topology.spnes=1))
  7 |   grid: {topology.spnes: [1, 2]}
    |          ^^^^^^^^^^^^^^ did you mean 'spines'?
1 error, 0 warnings in s.yaml
""",
    ),
    "a value of the wrong unit at some points": (
        "  grid: {topology.spines: [1, 2], 'traffic[0].size': [4 kB, 5 ms]}",
        """\
s.yaml:7:61: error[bad-unit]: '5 ms' is not an amount of data \
(at point 1 (topology.spines=1, traffic[0].size=5 ms))
  7 |   grid: {topology.spines: [1, 2], 'traffic[0].size': [4 kB, 5 ms]}
    |                                                             ^^^^ data needs bytes or bits: \
'4096 B', '1 MiB', '8 kbit'; 'ms' is a unit of time
1 error, 0 warnings in s.yaml
""",
    ),
    "fields in step of unequal length": (
        "  zip: {topology.spines: [1, 2], routing.policy: [ecmp]}",
        """\
s.yaml:7:3: error[unsatisfiable]: fields of 'zip' change in step, so they need equally many \
values: topology.spines has 2, routing.policy has 1
    |   or put one into grid
1 error, 0 warnings in s.yaml
""",
    ),
    "an empty grid": (
        "  grid: {}",
        """\
s.yaml:6:1: error[missing-field]: 'sweep' has no points
    | give grid, zip, sample or list: grid: {routing.policy: [ecmp, rps]}
1 error, 0 warnings in s.yaml
""",
    ),
    "a condition that drops all": (
        "  grid: {topology.spines: [1, 2]}\n  where: topology.spines > 5",
        """\
s.yaml:8:10: error[unsatisfiable]: none of the 2 points meets the condition
    |          widen the condition, or sweep other values
1 error, 0 warnings in s.yaml
""",
    ),
    "too many points": (
        "  grid: {seed: {range: [0, 10000, 1]}, topology.spines: {range: [1, 2001, 1]}}",
        """\
s.yaml:6:1: error[too-large]: the sweep has 20,000,000 points, more than the 10,000,000 of one sweep
  6 | sweep:
    | ^^^^^ sweep in parts, or sample: {n: ...}
1 error, 0 warnings in s.yaml
""",
    ),
    "points that are the same scenario": (
        "  grid: {routing.policy: [ecmp, rps, ecmp]}",
        """\
error: sweep points 0 and 2 resolve to the same scenario (routing.policy=ecmp): leave one out
""",
    ),
    "a field that names the study": (
        "  grid: {name: [a, b]}",
        """\
s.yaml:7:17: error[unsatisfiable]: 'name' cannot be swept
1 error, 0 warnings in s.yaml
""",
    ),
    "a metric that is not written": (
        "  grid: {topology.spines: [1, 2]}\n"
        "  replications: {max: 20, until: {metric: flow.fct, rel_half_width: 0.1}}",
        """\
s.yaml:8:43: error[unknown-name]: no table 'flow' is written
    |                                           did you mean 'flows'?
1 error, 0 warnings in s.yaml
""",
    ),
    "a metric that is no number": (
        "  grid: {topology.spines: [1, 2]}\n"
        "  replications: {max: 20, until: {metric: flows.status, rel_half_width: 0.1}}",
        """\
s.yaml:8:43: error[unknown-name]: table 'flows' has no column of numbers named 'status'
""",
    ),
}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(block):
    with open("s.yaml", "w") as file:
        file.write(BASE + block + "\n")


DESIGNS = {
    "a wrong value": (
        "topology.spines, routing.policy\n2, ecmp\nfour, rp\n",
        """\
d.csv:3:1: error[bad-type]: 'spines' must be a whole number, not 'four' \
(at point 1 (topology.spines=four, routing.policy=rp))
  3 | four, rp
    | ^^^^
    | named at s.yaml:7:16
d.csv:3:7: error[unknown-name]: no routing policy named 'rp' \
(at point 1 (topology.spines=four, routing.policy=rp))
    |       did you mean 'rps'? (see: netsim list policies)
    | named at s.yaml:7:16
2 errors, 0 warnings in s.yaml
""",
    ),
    "a misspelt field": (
        "routing.policy,topology.spnes\necmp,2\nrps,4\n",
        """\
d.csv:1:16: error[unknown-field]: 'spnes' is not a field of topology 'leaf_spine' \
(at point 0 (routing.policy=ecmp, topology.spnes=2))
  1 | routing.policy,topology.spnes
    |                ^^^^^^^^^^^^^^ did you mean 'spines'?
    | named at s.yaml:7:16
1 error, 0 warnings in s.yaml
""",
    ),
}


@pytest.mark.parametrize(("design", "text"), DESIGNS.values(), ids=DESIGNS)
def test_a_mistake_in_a_file_of_points_is_told_at_its_place_in_that_file(design, text):
    write("  list: {file: d.csv}")
    with open("d.csv", "w") as file:
        file.write(design)

    result = CliRunner().invoke(main, ["validate", "s.yaml"])

    assert result.exit_code == 3
    assert result.stdout == text


@pytest.mark.parametrize(("block", "text"), WRONG.values(), ids=WRONG)
def test_a_mistake_in_a_sweep_is_told_at_its_place_before_anything_is_simulated(block, text):
    write(block)

    result = CliRunner().invoke(main, ["-q", "sweep", "s.yaml", "-j", "1", "-o", "out"])

    assert result.exit_code == 3
    assert result.stderr[: len(text)] == text
    assert CliRunner().invoke(main, ["validate", "s.yaml"]).exit_code == 3


def test_a_scenario_without_a_sweep_is_told_so():
    with open("s.yaml", "w") as file:
        file.write(BASE.removesuffix("sweep:\n"))

    result = CliRunner().invoke(main, ["sweep", "s.yaml"])

    assert result.exit_code == 3
    assert result.stderr == (
        "error: s.yaml has no block 'sweep', so there is nothing to sweep; netsim run simulates it "
        "as it is\n"
    )


@pytest.mark.parametrize("shard", ["4/3", "0/3", "1", "a/b", "1/0", "-1/3"])
def test_a_shard_that_is_none_is_wrong_usage(shard):
    write("  grid: {topology.spines: [1, 2]}")

    result = CliRunner().invoke(main, ["sweep", "s.yaml", "--shard", shard])

    assert result.exit_code == 2
    assert f"'{shard}' is no shard; write I/N with I from 1 to N: 1/3, 2/3, 3/3" in result.stderr


@pytest.mark.parametrize(
    "words", [("--cluster", "c.yaml"), ("--scheduler", "tcp://x:1"), ("-j", "2")]
)
def test_workers_without_their_extra_end_with_6_and_the_line_that_installs_it(words, monkeypatch):
    write("  grid: {topology.spines: [1, 2]}")
    monkeypatch.setattr("netsim.cli.sweep_execution.installed", lambda package: False)

    result = CliRunner().invoke(main, ["-q", "sweep", "s.yaml", "-o", "out", *words])

    option = " ".join(words) if words[0] == "-j" else words[0]
    assert result.exit_code == 6
    assert result.stderr == f'error: {option} needs: pip install "netsim-communication[cluster]"\n'


def test_without_the_extra_the_default_is_one_point_at_a_time_with_one_line(monkeypatch):
    write("  grid: {topology.spines: [1, 2]}")
    monkeypatch.setattr("netsim.cli.sweep_execution.cores", lambda: 8)
    monkeypatch.setattr("netsim.cli.sweep_execution.installed", lambda package: False)

    result = CliRunner().invoke(main, ["sweep", "s.yaml", "-o", "out"])

    assert result.exit_code == 0, result.output
    assert (
        'note: one point at a time; for 8: pip install "netsim-communication[cluster]"\n'
        in result.stderr
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: slrum\njobs: 2", "'kind' is one of slurm, pbs, lsf, sge, htcondor, not 'slrum'"),
        ("kind: slurm\njobs: none", "'jobs' is the number of jobs, from 1, not 'none'"),
        ("kind: slurm\njobs: 2\nqueue: cpu", "'queue' is not known; write kind: slurm"),
        ("- a", "does not hold a block; write kind: slurm"),
        ("kind: [", "is not YAML: "),
    ],
)
def test_a_cluster_file_that_is_wrong_is_told_of(text, words, tmp_path):
    from netsim.errors import UsageError
    from netsim.sweep.cluster_file import read_cluster_file

    (tmp_path / "c.yaml").write_text(text)

    with pytest.raises(UsageError) as refused:
        read_cluster_file(tmp_path / "c.yaml")

    assert words in str(refused.value)
