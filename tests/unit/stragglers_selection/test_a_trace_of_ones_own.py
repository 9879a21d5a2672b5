"""`probe: all` is the best on the whole trace, whose load may be declared."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

import netsim
from netsim.cli.main import main

ROUNDS, WORKERS, T_MAX = 25, 8, 3


@pytest.fixture
def scenario(tmp_path):
    source = np.random.default_rng(5)
    times = 0.5 + source.gamma(2, 0.07, (ROUNDS, WORKERS))
    times[source.random(times.shape) < 0.08] += 1.5
    rows = [f"{r},{w},{times[r, w]:.6f}" for r in range(ROUNDS) for w in range(WORKERS)]
    (tmp_path / "times.csv").write_text("round,worker,seconds\n" + "\n".join(rows) + "\n")
    path = tmp_path / "own.yaml"
    path.write_text(
        f"netsim: 1\nworkload: stragglers\nworkers: {WORKERS}\njobs: {ROUNDS - T_MAX}\n"
        "code: {scheme: auto, probe: all}\n"
        "delays: {kind: trace, file: times.csv, rounds: replay, load: 0.125}\n"
        "compute: {per_load: 2 s}\nrecord: {tables: [selection]}\n"
    )
    return path


def test_the_run_takes_what_the_search_found_and_no_set_takes_less(scenario):
    result = netsim.run(netsim.load(scenario))

    (row,) = result.runs
    ranking = result.table("selection").to_pandas()
    assert row["total_time"] == pytest.approx(ranking.time[0], rel=1e-9)
    assert ranking.time[0] == ranking.time.min()
    assert row["regret"] == pytest.approx(0, abs=1e-9)
    assert row["probe_time"] == 0
    assert row["jobs_decoded"] == ROUNDS - T_MAX


def test_every_other_code_run_by_itself_takes_as_long_as_the_table_says(scenario):
    ranking = netsim.run(netsim.load(scenario)).table("selection").to_pylist()
    gc = next(one for one in ranking if one["scheme"] == "gc")
    uncoded = next(one for one in ranking if one["scheme"] == "uncoded")

    for code, expected in (
        ({"scheme": "gc", "s": gc["s"]}, gc["time"]),
        ({"scheme": "uncoded"}, uncoded["time"]),
    ):
        alone = netsim.run(netsim.load(scenario, {"code": code, "record.tables": []}))
        assert alone.runs[0]["total_time"] == pytest.approx(expected, rel=1e-9)


def test_a_declared_load_is_taken_off_what_the_code_adds(scenario):
    uncoded = {"code": {"scheme": "uncoded"}, "record.tables": []}

    declared = netsim.run(netsim.load(scenario, uncoded)).runs[0]["total_time"]
    free = netsim.run(netsim.load(scenario, uncoded | {"delays.load": None})).runs[0]["total_time"]

    assert free - declared == pytest.approx((ROUNDS - T_MAX) * 2 * 0.125)


def test_an_undeclared_load_is_said(scenario):
    assert netsim.load(scenario).notes == ()
    (note,) = netsim.load(scenario, {"delays.load": None}).notes
    assert note == (
        "times.csv has no column load: its times are taken as measured at load 0, and the work of "
        "a code is added in full; delays.load declares another"
    )


def test_a_generated_process_is_judged_by_the_rounds_of_the_run(scenario):
    isolated = {"delays": {"kind": "isolated"}, "code.t_max": 0}

    (row,) = netsim.run(netsim.load(scenario, isolated)).runs

    assert row["regret"] == pytest.approx(0, abs=1e-9)


def test_a_finished_run_says_what_it_chose_and_the_time_before_and_after(scenario, tmp_path):
    def said(*changes):
        words = [word for change in changes for word in ("--set", change)]
        arguments = ["run", str(scenario), "-o", str(tmp_path / "out"), "--overwrite", *words]
        return CliRunner().invoke(main, arguments).stdout

    whole = said()
    probed = said("code.probe=10", "code.schemes=[uncoded]")

    assert "no probe: the sets were played on all that was measured; run " in whole
    assert "  chosen in 1 of 1 runs: uncoded, 0.0 % slower than the best in hindsight\n" in probed
    runs = netsim.open(tmp_path / "out").runs[0]
    before, total = runs["probe_time"], runs["total_time"]
    after = f"{total - before:.4g} s"
    assert f"  time before the choice (uncoded probe): {before:.4g} s; after it: {after}" in probed
    assert 0 < before < total


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("code.probe=every", "'probe' must be a whole number, not 'every'"),
        ("code.probe=every", "or one of: all"),
        ("code.probe=al", "did you mean 'all'?"),
        ("code.t_max=30", "25 measured rounds are too few for T up to 30"),
        ("code.t_max=30", "measure 31 rounds at least, or take t_max=24"),
    ],
)
def test_what_cannot_be_searched_is_said_with_a_remedy(scenario, change, told):
    done = CliRunner().invoke(main, ["validate", str(scenario), "--set", change])

    assert done.exit_code == 3
    assert told in done.output
