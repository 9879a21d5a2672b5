"""The analysis scripts answer wrong arguments plainly, and write readably."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ANALYSIS = Path(__file__).parents[3] / "analysis"

WRONG = {
    "no such run": ("compare_fabrics", ["nowhere"], "nowhere"),
    "too many runs": ("compare_fabrics", list("abcdefg"), "at most 6"),
    "no picture": ("compare_fabrics", ["a", "-o", "figure.xyz"], ".png, .pdf, .svg"),
    "no such preset": ("stragglers_comparison", ["--preset", "nosuch"], "isolated"),
    "no such code": ("stragglers_comparison", ["--codes", "M-SGC(1)"], "M-SGC(1,2,27)"),
    "parameters that do not fit": (
        "stragglers_comparison", ["--codes", "GC(3)", "M-SGC(2,2,4)"], "B < W"
    ),
    "nothing to compare with": ("stragglers_comparison", ["--codes", "uncoded"], "GC(15)"),
    "no such trace": ("stragglers_comparison", ["--file", "t.csv"], "there is no file 't.csv'"),
    "no share": ("stragglers_comparison", ["--load", "2"], "a share from 0 to 1"),
    "a negative seed": ("stragglers_comparison", ["--seed", "-1"], "at least 0"),
    "no workers": ("stragglers_map", ["--workers", "0"], "at least 1"),
    "a preset of the probe": ("stragglers_probe_length", ["--preset", "x"], "isolated"),
    "no victims' rule": ("decentralized_disaster", ["--nodes", "0"], "at least 1"),
    "no such rule": ("decentralized_disaster_grid", ["--replications", "0"], "at least 1"),
    "no rounds": ("decentralized_initialisation", ["--rounds", "0"], "at least 1"),
    "no clique": ("decentralized_methods", ["--clique", "0"], "at least 1"),
    "nobody who waits": ("decentralized_in_time", ["--nodes", "0"], "at least 1"),
    "no trace": ("stragglers_llm_training", ["nowhere.parquet"], "nowhere.parquet"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_argument_gets_a_plain_answer(case, tmp_path):
    name, arguments, told = WRONG[case]

    done = subprocess.run(
        [sys.executable, ANALYSIS / f"{name}.py", *arguments],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip

    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_codes_are_compared_on_a_trace_of_ones_own(tmp_path):
    rows = [(r, w, 1 + 2 * (w == r % 6 and r % 3 == 0)) for r in range(12) for w in range(6)]
    lines = "".join(f"{r},{w},{s}\n" for r, w, s in rows)
    (tmp_path / "own.csv").write_text("round,worker,seconds\n" + lines)

    done = subprocess.run(
        [sys.executable, ANALYSIS / "stragglers_comparison.py", "--file", "own.csv",
         "--per-load", "0", "--jobs", "9", "--replications", "3"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip

    # One of six is late every third round. A round ends at twice the fastest worker's time, so 9
    # jobs take 6 rounds of 1 s and 3 of 2 s with s = 1, where load costs nothing; uncoded 3 of 3 s.
    names = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert [name.split("(")[0] for name in names] == ["uncoded", "GC", "SR-SGC", "M-SGC"]
    coded = next(line for line in done.stdout.splitlines() if line.startswith("GC("))
    assert coded.split()[1] == "12.0"
    assert done.stdout.splitlines()[1].split()[1] == "15.0"


def test_a_wrong_line_of_a_trace_is_named(tmp_path):
    (tmp_path / "own.csv").write_text("round,worker,seconds\n0,0,soon\n")

    done = subprocess.run(
        [sys.executable, ANALYSIS / "stragglers_comparison.py", "--file", "own.csv"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip

    assert done.returncode == 2
    assert "own.csv:2: seconds: 'soon' is not a number of seconds" in done.stderr


SMALL = {
    "decentralized_disaster_grid": [
        *("--shares", "0.3", "--at", "0", "2", "--select", "degree", "--nodes", "10"),
        *("--rounds", "3", "--replications", "5"),
    ],
    "decentralized_initialisation": ["--nodes", "10", "--rounds", "4", "--replications", "1"],
    "decentralized_methods": ["--clique", "3", "--dims", "2", "--rounds", "40"],
}


@pytest.mark.parametrize("name", SMALL)
def test_a_study_of_peers_prints_a_table_and_draws(name, tmp_path):
    done = subprocess.run(
        [sys.executable, ANALYSIS / f"{name}.py", *SMALL[name], "-o", "study.png"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip

    assert len(done.stdout.splitlines()) >= 5
    assert (tmp_path / "study.png").stat().st_size > 5000
    if name == "decentralized_methods":
        # Of 40 rounds; D-PSGD stops short of the optimum, EF21 does not.
        away = {line[:22].strip(): float(line.split()[-1]) for line in done.stdout.splitlines()
                if "e-" in line or "e+" in line}  # fmt: skip
        assert away["EF21"] < away["D-PSGD"]
