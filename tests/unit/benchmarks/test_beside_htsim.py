"""The comparison with htsim, which is not here: a program that reads its files stands for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
#: Reads a connection matrix and a topology by their rules, and tells that flows finish.
STAND_IN = """#!{python}
import sys
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
head, *rows = open(options["-tm"]).read().splitlines()
nodes, (count, *rows) = int(head.split()[1]), rows
assert head.split()[0] == "Nodes" and count.split() == ["Connections", str(len(rows))]
for number, row in enumerate(rows, 1):
    ends, *rest = row.split()
    source, target = map(int, ends.split("->"))
    assert 0 <= source < nodes and 0 <= target < nodes and source != target
    assert rest == ["id", str(number), "start", "0", "size", "20000"], rest
    print(f"Flow Uec_{{source}}_{{target}} flowId {{number}} finished at {{10 + number}}.5 total")
words = open(options["-topo"]).read().split()
topo = dict(zip(words[::2], words[1::2]))
assert topo["Nodes"] == str(nodes) and topo["Tiers"] == "2"
assert words.count("Radix_Up") == 1 and words.count("Radix_Down") == 2
assert options.get("-end", "77") == "77"
"""


def compared(program, *more):
    command = [sys.executable, "-m", "benchmarks.htsim", str(program), "--leaves", "2"]
    command += ["--hosts", "2", "--size", "20000", "--repeats", "1", *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture
def stand_in(tmp_path):
    def make(text=STAND_IN):
        program = tmp_path / "htsim_uec"
        program.write_text(text.format(python=sys.executable))
        program.chmod(0o755)
        return program

    return make


def test_both_run_the_same_flows_and_the_ratio_is_printed(stand_in):
    done = compared(stand_in(), "--", "-end", "77")

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0].split("  ")[0] for line in lines] == [
        "htsim",
        "htsim",
        "netsim",
        "netsim",
        "htsim / netsim",
    ]
    # The stand-in says so of its fourth flow; five packets over four links and back take 4.8 us for
    # the last two hops each way at least, and less than 14 us.
    assert "htsim: last flow ends at its sender at 14.500 us" in lines
    own = float(next(line for line in lines if line.startswith("netsim: last")).split()[-2])
    assert 8 < own < 14
    assert float(lines[-1].split()[3]) > 0


def test_a_program_that_is_not_there_is_named_with_what_to_give(tmp_path):
    done = compared(tmp_path / "htsim_uec")

    assert done.returncode == 2
    assert done.stderr.startswith(f"no program {tmp_path / 'htsim_uec'}; give the path of an htsim")


def test_what_the_other_program_says_when_it_fails_is_passed_on(stand_in):
    done = compared(stand_in("#!{python}\nraise SystemExit('unknown option -tm')\n"))

    assert done.returncode == 1
    assert "htsim_uec ended with status 1:\n  unknown option -tm" in done.stderr
