"""Whole scenarios of the family: from YAML to tables, and the mistakes that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from netsim.errors import SimulationError
from netsim.scenario import check, load
from netsim.simulate import run

SHIPPED = Path(__file__).parents[3] / "scenarios" / "stragglers"
BASE = """\
netsim: 1
workload: stragglers
workers: 4
jobs: 4
"""
DELAYS = "delays: {kind: gilbert_elliott, p: 0.05, q: 0.6}\n"


def written(folder, text, **files):
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content)
    path = folder / "scenario.yaml"
    path.write_text(BASE + text)
    return path


def problems(path):
    return [(d.code, d.message, d.hint) for d in check(path, ())[1]]


def test_a_replayed_pattern_gives_the_worked_jobs_and_tasks():
    result = run(load(SHIPPED / "replay_m_sgc.yaml"))

    jobs = result.table("jobs").to_pydict()
    assert jobs["completion_round"] == [1, 2, 3, 4, 5]
    assert jobs["decoded"] == [True] * 5
    assert jobs["deadline_met"] == [True] * 5
    rounds = result.table("rounds").to_pydict()
    assert rounds["duration"] == [0.0] * 6
    assert rounds["kappa"] == [None] * 6
    assert rounds["stragglers"] == [1, 0, 2, 0, 1, 0]
    tasks = result.pandas("tasks")
    first = tasks[(tasks["round"] == 1) & (tasks["job"] == 0)]
    assert first["kind"].tolist() == ["coded", "retry", "coded", "coded"]
    assert first["slot"].tolist() == [1] * 4
    assert first["chunk"].tolist() == [0] * 4


def test_a_replayed_selective_repeat_ends_idle():
    result = run(load(SHIPPED / "replay_sr_sgc.yaml"))

    assert result.table("jobs")["completion_round"].to_pylist() == [1, 1, 2, 3, 4]
    tasks = result.table("tasks").to_pylist()
    assert [(t["job"], t["kind"]) for t in tasks[-4:]] == [(None, "idle")] * 4


def test_given_finish_times_are_taken_as_they_are():
    result = run(
        load(SHIPPED / "given_finish_times.yaml", ["compute.per_load=9 s", "decode_time=1 s"])
    )

    rounds = result.table("rounds").to_pydict()
    assert rounds["duration"] == [2.0, 2.5, 2.0, 2.0, 1.3]
    assert rounds["waited"] == [False, True, False, False, False]
    assert rounds["kappa"] == [1.0] * 5
    assert rounds["threshold"] == [2.0] * 5
    assert rounds["candidates"] == [1, 1, 1, 1, 0]
    assert rounds["end"][-1] == 9_800_000_000_000
    (row,) = result.table("runs").to_pylist()
    assert row["total_time"] == pytest.approx(9.8)
    assert (row["load_numerator"], row["load_denominator"]) == (3, 8)
    assert (row["bound_numerator"], row["bound_denominator"]) == (1, 3)


def test_an_undecoded_job_of_a_replayed_pattern_is_a_result(tmp_path):
    text = "code: {scheme: gc, s: 1}\nstragglers: {kind: pattern, file: p.csv}\n"

    result = run(load(written(tmp_path, text, p="round,worker\n1,0\n1,2\n9,3\n")))

    jobs = result.table("jobs").to_pydict()
    assert jobs["decoded"] == [True, False, True, True]
    assert jobs["deadline_met"] == [True, False, True, True]
    assert jobs["completion"] == [0, None, 0, 0]
    assert jobs["completion_round"] == [0, None, 2, 3]


def test_an_empty_pattern_is_a_run_without_stragglers(tmp_path):
    text = "code: {scheme: gc, s: 1}\nstragglers: {kind: pattern, file: p.csv}\n"

    result = run(load(written(tmp_path, text, p="round,worker\n")))

    assert result.table("rounds")["stragglers"].to_pylist() == [0] * 4
    assert result.table("jobs")["decoded"].to_pylist() == [True] * 4


def test_strict_gradient_coding_waits_until_fewer_than_s_are_late(tmp_path):
    table = "round,worker,finish\n" + "".join(
        f"{r},{w},{t}\n" for r in range(4) for w, t in enumerate((1, 3, 4, 1))
    )
    path = written(tmp_path, "code: {scheme: gc, s: 2}\n" + MATRIX, f=table)

    plain = run(load(path)).table("rounds").to_pydict()
    strict = run(load(path, ["code.gc_strict=true"]))

    # Two of four are beyond 2 s: enough for s = 2, one too many for fewer than 2.
    assert (plain["duration"], plain["waited"]) == ([2.0] * 4, [False] * 4)
    rounds = strict.table("rounds").to_pydict()
    assert (rounds["duration"], rounds["waited"]) == ([3.0] * 4, [True] * 4)
    assert rounds["stragglers"] == [1] * 4
    (row,) = strict.table("runs").to_pylist()
    assert (row["load_numerator"], row["load_denominator"]) == (3, 4)


def test_uncoded_work_has_the_least_load_of_all(tmp_path):
    result = run(load(written(tmp_path, "code: {scheme: uncoded}\n" + DELAYS)))

    (row,) = result.table("runs").to_pylist()
    assert (row["load_numerator"], row["load_denominator"]) == (1, 4)
    assert (row["bound_numerator"], row["bound_denominator"]) == (1, 4)


def test_load_and_decode_time_are_added_to_drawn_delays(tmp_path):
    text = (
        "code: {scheme: gc, s: 1}\ncompute: {per_load: 2 s}\ndecode_time: 100 ms\n"
        "delays: {kind: independent, law: {dist: constant, value: 1 s}}\n"
    )

    result = run(load(written(tmp_path, text)))

    # 1 s + 2 s * 2/4 + 0.1 s
    rounds = result.table("rounds").to_pydict()
    assert rounds["duration"] == [2.1] * 4
    assert rounds["decode_time"] == [0.1] * 4
    assert rounds["load"] == [0.5] * 4


def test_exact_load_is_smaller_while_few_jobs_are_active(tmp_path):
    text = (
        "code: {scheme: m_sgc, B: 1, W: 2, lambda: 2}\nload_mode: exact\n"
        "compute: {per_load: 8 s}\n"
        "delays: {kind: independent, law: {dist: constant, value: 1 s}}\n"
    )

    rounds = run(load(written(tmp_path, text))).table("rounds").to_pydict()

    # A minitask is 3/16 of the data: one in the first and last round, two in between.
    assert rounds["load"] == [3 / 16, 3 / 8, 3 / 8, 3 / 8, 3 / 16]
    assert rounds["duration"] == [2.5, 4.0, 4.0, 4.0, 2.5]


def finish_times(rounds, dead=()):
    cells = [(r, w, "inf" if w in dead else 1 + w / 10) for r in range(rounds) for w in range(4)]
    return "round,worker,finish\n" + "".join(f"{r},{w},{t}\n" for r, w, t in cells)


MATRIX = "delays: {kind: matrix, file: f.csv}\n"


def test_a_dead_worker_is_tolerated_where_the_code_can_do_without(tmp_path):
    path = written(tmp_path, "code: {scheme: gc, s: 1}\n" + MATRIX, f=finish_times(4, dead=(3,)))

    assert run(load(path)).table("jobs")["decoded"].to_pylist() == [True] * 4


@pytest.mark.parametrize(
    "text",
    [
        "code: {scheme: uncoded}\n",
        "code: {scheme: m_sgc, B: 1, W: 2, lambda: 1}\n",
        "code: {scheme: gc, s: 0}\nwait: {policy: all}\n",
    ],
)
def test_a_dead_worker_that_must_be_waited_for_ends_the_run_with_its_name(tmp_path, text):
    path = written(tmp_path, text + MATRIX, f=finish_times(5, dead=(2,)))

    with pytest.raises(SimulationError, match=r"cannot decode without worker 2"):
        run(load(path))


def test_finish_times_that_are_too_few_are_refused(tmp_path):
    text = "code: {scheme: m_sgc, B: 1, W: 2, lambda: 1}\n" + MATRIX

    (found,) = problems(written(tmp_path, text, f=finish_times(4)))

    assert "round 4" in found[1]
    assert "rounds 0 to 4" in found[2]


def test_a_run_cut_by_its_time_limit_says_so_and_what_it_does_not_know(tmp_path):
    finish = "".join(f"{r},{w},1\n" for r in range(5) for w in range(4))
    path = written(
        tmp_path,
        "code: {scheme: m_sgc, B: 1, W: 2, lambda: 1}\ndelays: {kind: matrix, file: m.csv}\n",
        m=f"round,worker,finish\n{finish}",
    )

    cut = run(load(path, {"until": "2500 ms"}))
    whole = run(load(path))

    # Rounds of 1 s. T = 1: job 0 is decoded by the end of round 1, job 1 would be by that of round
    # 2, which was being played, and in which job 2 was started.
    assert (cut.runs[0]["status"], whole.runs[0]["status"]) == ("unfinished", "done")
    jobs = cut.table("jobs").to_pydict()
    assert jobs["job"] == [0, 1, 2]
    assert jobs["start"] == [0, 10**12, 2 * 10**12]
    assert jobs["decoded"] == [True, False, False]
    assert jobs["deadline_met"] == [True, None, None]
    assert whole.table("jobs")["deadline_met"].to_pylist() == [True] * 4


def test_further_rounds_of_given_finish_times_are_ignored(tmp_path):
    path = written(tmp_path, "code: {scheme: gc, s: 1}\n" + MATRIX, f=finish_times(9))

    assert len(run(load(path)).table("rounds")) == 4


def test_a_finish_time_that_is_not_a_number_is_refused(tmp_path):
    table = finish_times(4).replace("2,1,1.1", "2,1,nan")

    (found,) = problems(written(tmp_path, "code: {scheme: uncoded}\n" + MATRIX, f=table))

    assert found[0] == "bad-data"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code: {scheme: m_sgc, B: 1, W: 4, lambda: 1}\nmodels: 3\n" + DELAYS, "T=3"),
        ("code: {scheme: gc, s: 4}\n" + DELAYS, "s < n"),
        ("code: {scheme: m_sgc, B: 2, W: 2, lambda: 1}\n" + DELAYS, "B < W"),
        (
            "code: {scheme: sr_sgc, B: 1, W: 2, lambda: 1}\nwait: {stop: first_decodable}\n"
            + DELAYS,
            "without delay",
        ),
        ("code: {scheme: gc}\n", "'delays' is missing"),
        (
            "code: {scheme: gc}\nstragglers: {kind: pattern, file: p.csv}\n" + DELAYS,
            "takes the place",
        ),
        (
            "code: {scheme: gc}\nstragglers: {kind: pattern, file: q.csv}\n",
            "only workers 0 to 3",
        ),
    ],
)
def test_contradictions_are_refused_with_a_remedy(tmp_path, text, words):
    files = {"p": "round,worker\n0,1\n", "q": "round,worker\n0,7\n"}

    found = problems(written(tmp_path, text, **files))

    assert [words in message for _, message, _ in found] == [True]
    assert all(hint for _, message, hint in found if "only workers" not in message)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "code: {scheme: gc, s: 4}\n",
            "gradient code needs s < n: s=4 stragglers tolerated, n=4 workers (set at line 3)",
            "s=3",
        ),
        ("code: {scheme: gc_rep, s: 2}\n", "does not divide 4 workers (set at line 3)", "1 or 3"),
        (
            "code: {scheme: sr_sgc, B: 1, W: 1, lambda: 4}\n",
            "for lambda=4), n=4 workers (set at line 3)",
            "lambda=3",
        ),
        ("code: {scheme: sr_sgc, B: 3, W: 2}\n", "W=2 (set at line 5)", "B <= 2"),
        ("code: {scheme: sr_sgc, B: 3}\n", "W=2 (the default)", "B <= 2"),
        ("code: {scheme: sr_sgc, B: 2, W: 4}\n", "B=2 (set at line 5)", "W = 3 or 5"),
        (
            "code: {scheme: sr_sgc_rep, B: 1, W: 2, lambda: 4}\n",
            "s+1=3 (ceil(B*lambda/(W-1+B)) for lambda=4) does not divide 4 workers (set at line 3)",
            "s = 1 or 3",
        ),
        ("code: {scheme: m_sgc, B: 2, W: 2}\n", "W=2 (set at line 5)", "W >= 3"),
        ("code: {scheme: m_sgc, lambda: 5}\n", "there are 4 (set at line 3)", "lambda=4"),
        ("models: 1\ncode: {scheme: m_sgc}\n", "takes T=1 (set at line 6)", "at least 2"),
        ("code: {scheme: k_sync, k: 5}\n", "of 4 workers (set at line 3)", "k=4"),
    ],
)
def test_a_contradiction_names_both_places_and_a_remedy(tmp_path, text, message, hint):
    (found,) = problems(written(tmp_path, text + DELAYS))

    assert message in found[1]
    assert hint in found[2]


def test_a_probe_that_is_too_short_to_choose_from_is_refused(tmp_path):
    path = written(tmp_path, "code: {scheme: auto, probe: 3}\n" + DELAYS)

    (found,) = check(path, ["jobs=9"])[1]
    assert "too short for T up to 3" in found.message
    assert "t_max=2" in found.hint
    # Two models leave T = 1 to search.
    assert check(path, ["jobs=9", "models=2"])[1] == []


@pytest.mark.parametrize("probe", [9, 10])
def test_a_probe_that_leaves_no_job_to_choose_for_is_refused(tmp_path, probe):
    path = written(tmp_path, f"code: {{scheme: auto, probe: {probe}}}\n" + DELAYS)

    (found,) = check(path, ["jobs=9"])[1]
    assert f"a probe of {probe} rounds leaves none of 9 jobs to choose for" in found.message
    assert found.hint.endswith(f"jobs={probe + 1} at least, or code.probe=8 at most")
    assert check(path, [f"jobs={probe + 1}"])[1] == []
    assert check(path, ["jobs=9", "code.probe=8"])[1] == []
    # With 3 jobs no probe is both shorter than the run and longer than T = 3.
    assert "code.probe" not in check(path, ["jobs=3"])[1][0].hint


def test_given_finish_times_are_enough_for_the_longest_delay_that_is_searched(tmp_path):
    text = "code: {scheme: auto, probe: 2, t_max: 1}\n" + MATRIX

    (found,) = problems(written(tmp_path, text, f=finish_times(4)))

    assert "rounds 0 to 4" in found[2]
    assert problems(written(tmp_path, text, f=finish_times(5))) == []


def test_the_head_of_a_run_names_numbers_and_what_differs_from_the_defaults(tmp_path):
    path = written(tmp_path, "code: {scheme: gc, s: 2}\n" + DELAYS)

    plain, strict = load(path), load(path, ["code.gc_strict=true"])

    assert plain.family.describe(plain.model).startswith("gc s=2, 4 workers")
    assert strict.family.describe(strict.model).startswith("gc s=2 gc_strict=True, 4 workers")


def test_no_jobs_are_refused(tmp_path):
    path = written(tmp_path, DELAYS)

    assert problems_with(path, "jobs=0")[0][0] == "out-of-range"


def problems_with(path, *settings):
    return [(d.code, d.message) for d in check(path, settings)[1]]


def test_fewer_jobs_than_the_delay_run_all_rounds(tmp_path):
    text = "code: {scheme: m_sgc, B: 2, W: 4, lambda: 1}\n" + DELAYS

    result = run(load(written(tmp_path, text), ["jobs=2"]))

    assert len(result.table("rounds")) == 2 + 4
    assert result.table("jobs")["completion_round"].to_pylist() == [4, 5]


def test_kappa_0_makes_everybody_else_a_candidate(tmp_path):
    table = finish_times(4).replace(",0,1.0", ",0,0")

    path = written(tmp_path, "code: {scheme: gc, s: 1}\n" + MATRIX, f=table)
    rounds = run(load(path)).table("rounds").to_pydict()

    # The threshold is 0; three of four results are needed, the third comes at 1.2 s.
    assert rounds["candidates"] == [3] * 4
    assert rounds["duration"] == [1.2] * 4


def test_workers_tied_with_the_end_of_a_round_are_in_time(tmp_path):
    table = "round,worker,finish\n" + "".join(
        f"{r},{w},{t}\n" for r in range(4) for w, t in enumerate((1, 2, 3, 3))
    )

    path = written(tmp_path, "code: {scheme: gc, s: 1}\n" + MATRIX, f=table)
    rounds = run(load(path)).table("rounds").to_pydict()

    assert rounds["duration"] == [3.0] * 4
    assert rounds["stragglers"] == [0] * 4
    assert rounds["waited"] == [True] * 4


def test_worker_rounds_hold_a_row_per_worker_and_round(tmp_path):
    text = "code: {scheme: gc, s: 1}\nrecord: {tables: [worker_rounds]}\n" + MATRIX

    path = written(tmp_path, text, f=finish_times(4, dead=(3,)))
    rows = run(load(path)).table("worker_rounds").to_pylist()

    assert len(rows) == 16
    assert [row["finish"] for row in rows[:4]] == [1.0, 1.1, 1.2, None]
    assert [row["straggler"] for row in rows[:4]] == [False, False, False, True]
    assert not any(row["retry"] for row in rows)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_scenarios_are_valid(path):
    scenario, found = check(path, ())

    assert found == []
    assert scenario is not None
