"""Which gradient code suits our cluster? Measure it, compare codes on it, take the best.

The workers' times come from a trace: 24 workers over 60 uncoded rounds, in which single workers are
slow for a round now and then. The published code for such stragglers is compared with others, then
every parameter set is searched on the whole trace, and the answer is checked by playing it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import netsim

ROOT = Path(__file__).parents[2]
WORKERS, ROUNDS = 24, 60
#: Jobs that fit into the trace with the delay T of any code that is searched.
JOBS = ROUNDS - 3

SCENARIO = f"""\
netsim: 1
name: ours
workload: stragglers
workers: {WORKERS}
jobs: {JOBS}
code: {{scheme: uncoded}}
# Measured without a code, so each worker had a {WORKERS}th of the data.
delays: {{kind: trace, file: times.csv, rounds: replay, load: {1 / WORKERS}}}
compute: {{per_load: 2 s}}
"""


@pytest.fixture
def cluster(tmp_path):
    """Write what was measured, and the scenario; return the folder."""
    source = np.random.default_rng(7)
    seconds = 0.6 + source.gamma(4, 0.02, (ROUNDS, WORKERS))
    slow = source.random(seconds.shape) < 0.04
    seconds[slow] += 1.0 + source.exponential(0.8, slow.sum())
    lines = [f"{r},{w},{seconds[r, w]:.4f}" for r in range(ROUNDS) for w in range(WORKERS)]
    (tmp_path / "times.csv").write_text("round,worker,seconds\n" + "\n".join(lines) + "\n")
    (tmp_path / "ours.yaml").write_text(SCENARIO)
    return tmp_path


def total(cluster, **changes):
    """Return how long the jobs take under some changes, and the whole row of the run."""
    scenario = netsim.load(cluster / "ours.yaml", changes)
    (row,) = netsim.run(scenario).runs
    return row["total_time"], row


def test_the_codes_are_compared_and_the_best_is_found_and_is_the_best(cluster):
    uncoded, _ = total(cluster)
    gc, _ = total(cluster, code={"scheme": "gc", "s": 4})
    m_sgc, _ = total(cluster, code={"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 6})
    best, row = total(cluster, code={"scheme": "auto", "probe": "all"})

    # Any of the two codes beats waiting for the slowest; neither beats the best that there is.
    assert best <= min(gc, m_sgc) < max(gc, m_sgc) < uncoded
    assert row["regret"] == pytest.approx(0, abs=1e-9)
    name, *parameters = row["chosen"].split()
    numbers = {key: int(value) for key, _, value in (one.partition("=") for one in parameters)}
    assert total(cluster, code={"scheme": name, **numbers})[0] == pytest.approx(best, rel=1e-9)


def test_a_probe_of_a_third_of_the_trace_costs_its_uncoded_rounds(cluster):
    probed, row = total(cluster, code={"scheme": "auto", "probe": 20})
    best, _ = total(cluster, code={"scheme": "auto", "probe": "all"})

    assert 0 < row["probe_time"] < probed
    assert best < probed


def test_the_script_compares_the_best_code_of_each_kind_over_many_replications(cluster):
    done = subprocess.run(
        [sys.executable, ROOT / "analysis" / "stragglers_comparison.py", "--file", "times.csv",
         "--load", str(1 / WORKERS), "--per-load", "2", "--jobs", str(JOBS),
         "--replications", "20"],
        cwd=cluster, capture_output=True, text=True, check=True,
    )  # fmt: skip

    rows = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()[1:]}
    kinds = {name.split("(")[0]: value for name, value in rows.items()}
    assert set(kinds) == {"uncoded", "GC", "SR-SGC", "M-SGC"}
    assert max(kinds, key=kinds.get) == "uncoded"
