"""The worked scenarios and analysis scripts of the family run, and say what their headers claim."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import netsim

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "scenarios" / "stragglers"
SMALL: dict[str, list[str]] = {
    "paper_comparison": ["jobs=12", "replications=1"],
    "chosen_by_probe": ["jobs=40", "code.probe=20", "code.resamples=1", "code.hindsight=false"],
    "coded_leaf_spine": ["jobs=2", "network.traffic=[]"],
    "loss_against_time": ["jobs=40"],
    "asynchronous": ["jobs=200"],
    "partial_results": ["jobs=50"],
    "llm_trace": ["replications=1"],
    "aws_lambda": ["jobs=10", "replications=1"],
}


def _run(name: str, *overrides: str) -> Any:
    return netsim.run(netsim.load(FOLDER / f"{name}.yaml", overrides=list(overrides)))


@pytest.mark.parametrize("name", SMALL)
def test_a_scenario_runs_in_small(name):
    result = _run(name, *SMALL[name])

    assert result.runs[0]["status"] == "done"
    assert result.runs[0]["total_time"] > 0


def test_exact_codes_learn_alike_whatever_their_clock():
    coded = _run("loss_against_time", "jobs=40")
    plain = _run("loss_against_time", "jobs=40", "code={scheme: uncoded}")

    assert coded.runs[0]["final_loss"] == pytest.approx(plain.runs[0]["final_loss"], rel=1e-9)
    assert coded.runs[0]["total_time"] < plain.runs[0]["total_time"]


def test_the_slow_stage_of_the_trace_straggles_in_every_round():
    result = _run("llm_trace", "replications=1", "record.tables=[worker_rounds]")

    rows = result.table("worker_rounds").to_pandas()
    late = rows[rows.straggler].groupby("round").worker.apply(lambda workers: sorted(workers))
    assert all(workers == [6, 7] for workers in late)


SCRIPTS = {
    "stragglers_comparison": ["--replications", "6", "--jobs", "40"],
    "stragglers_probe_length": ["--workers", "12", "--lengths", "10", "--replications", "1"],
    "stragglers_map": ["--workers", "12", "--jobs", "20", "--bursts", "1", "--slopes", "0", "2",
                       "--replications", "2", "--probe", "20"],
    "stragglers_llm_training": [],
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_analysis_script_runs_in_small(name):
    done = subprocess.run(
        [sys.executable, ROOT / "analysis" / f"{name}.py", *SCRIPTS[name]],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_map_can_be_drawn(tmp_path):
    picture = tmp_path / "map.png"
    script = ROOT / "analysis" / "stragglers_map.py"
    done = subprocess.run(
        [sys.executable, script, *SCRIPTS["stragglers_map"], "-o", picture],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert picture.stat().st_size > 1000


def test_the_replayed_training_run_is_slowed_down_as_published():
    done = subprocess.run(
        [sys.executable, ROOT / "analysis" / "stragglers_llm_training.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {line.split()[0]: line.split()[-2:] for line in done.stdout.splitlines() if line}

    for name in ("actual", "ideal", "slow-down"):
        ours, published = map(float, rows[name])
        assert ours == pytest.approx(published, rel=0.02)
