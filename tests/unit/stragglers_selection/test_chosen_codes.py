"""Runs that choose their code: probe, choice, switch, and what the tables say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netsim
from netsim.cli.run_facts import facts
from netsim.errors import ScenarioError
from netsim.stragglers.selection import parameter_sets
from netsim.verify.scenarios import csv, simulate

ROOT = Path(__file__).parents[3]


def _run(**more: Any) -> Any:
    return simulate(
        {
            "workload": "stragglers",
            "workers": 24,
            "jobs": 60,
            "models": 4,
            "code": {"scheme": "auto", "probe": 20, "resamples": 3, **more.pop("code", {})},
            "delays": {"kind": "isolated"},
            "compute": {"per_load": "2.2 s"},
            "record": {"tables": ["selection", "tasks"]},
            **more,
        }
    )


def test_the_run_probes_chooses_and_goes_on_with_the_choice():
    result = _run()

    row = result.runs[0]
    ranking = result.table("selection")
    best = ranking.to_pylist()[0]
    assert row["chosen"] == f"{best['scheme']} {best['parameters']}".strip()
    assert ranking["chosen"].to_pylist() == [True] + [False] * (len(ranking) - 1)
    assert (np.diff(ranking["resampled_time"].drop_null().to_numpy()) >= -1e-9).all()
    assert row["regret"] >= 0
    assert row["load_numerator"] / row["load_denominator"] == pytest.approx(best["load"])


def test_the_table_holds_every_set_and_says_which_were_resampled():
    result = _run(code={"finalists": 7})

    ranking = result.table("selection").to_pandas()
    assert len(ranking) == len(parameter_sets(24, t_max=3))
    assert ranking["resampled_time"].notna().tolist() == [True] * 7 + [False] * (len(ranking) - 7)
    assert ranking["time_sd"].notna().equals(ranking["resampled_time"].notna())
    assert ranking["time"][7:].is_monotonic_increasing


def test_a_run_cut_by_its_time_limit_is_unfinished():
    assert _run(until="10 s").runs[0]["status"] == "unfinished"
    assert _run().runs[0]["status"] == "done"


def test_every_job_is_decoded_once_and_rounds_follow_one_another():
    result = _run()

    jobs, rounds = result.table("jobs"), result.table("rounds")
    assert jobs["job"].to_pylist() == list(range(60))
    assert all(jobs["decoded"].to_pylist())
    assert all(jobs["deadline_met"].to_pylist())
    assert rounds["round"].to_pylist() == list(range(len(rounds)))
    assert rounds["start"].to_pylist()[1:] == rounds["end"].to_pylist()[:-1]
    # The probe waits for everybody.
    assert rounds["stragglers"].to_pylist()[:20] == [0] * 20


def test_the_search_may_be_confined_to_a_scheme():
    assert _run(code={"schemes": ["gc"]}).runs[0]["chosen"].startswith("gc s=")


def test_without_stragglers_the_choice_is_uncoded_and_nothing_is_regretted():
    calm = {"kind": "independent", "law": {"dist": "constant", "value": "1 s"}}

    row = _run(delays=calm).runs[0]

    assert row["chosen"] == "uncoded"
    assert row["regret"] == 0
    assert row["total_time"] == pytest.approx(60 * (1 + 2.2 / 24))


def test_a_fitted_slope_leads_to_a_sensible_choice():
    calm = {"kind": "independent", "law": {"dist": "normal", "mean": "1 s", "sd": "0.01 s"}}

    assert _run(delays=calm, code={"calibrate": 5}).runs[0]["chosen"] == "uncoded"


def test_a_given_pattern_leaves_nothing_to_choose():
    with pytest.raises(ScenarioError, match="pattern"):
        simulate(
            {
                "workload": "stragglers",
                "workers": 4,
                "jobs": 3,
                "code": {"scheme": "auto"},
                "stragglers": {"kind": "pattern", "file": "p.csv"},
            },
            {"p.csv": csv(("round", "worker"), [(0, 0)])},
        )


def test_the_facts_of_a_run_directory_name_the_choice(tmp_path):
    overrides = ["workers=12", "jobs=30", "code.probe=15", "replications=2"]
    scenario = netsim.load(ROOT / "scenarios/stragglers/chosen_by_probe.yaml", overrides=overrides)
    result = netsim.run(scenario, out=tmp_path / "out")

    said = "\n".join(facts(tmp_path / "out")["explanation"])

    for row in result.runs:
        assert f"runs: {row['chosen']}, " in said


def test_a_trace_that_is_too_short_to_measure_the_load_is_refused_before_the_run(tmp_path):
    rows = [(r, w, 1 + w) for r in range(70) for w in range(24)]
    trace = tmp_path / "trace.csv"
    trace.write_text("round,worker,seconds\n" + "".join(f"{r},{w},{s}\n" for r, w, s in rows))
    delays = {"kind": "trace", "file": str(trace), "rounds": "replay"}

    with pytest.raises(ScenarioError, match="70 rounds, the run needs 500"):
        _run(delays=delays, code={"calibrate": 100})
