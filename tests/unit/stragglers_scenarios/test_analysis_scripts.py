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
    "a negative seed": ("stragglers_comparison", ["--seed", "-1"], "at least 0"),
    "no workers": ("stragglers_map", ["--workers", "0"], "at least 1"),
    "a preset of the probe": ("stragglers_probe_length", ["--preset", "x"], "isolated"),
    "no victims' rule": ("decentralized_disaster", ["--nodes", "0"], "at least 1"),
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
