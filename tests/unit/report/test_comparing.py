"""Two runs or sweeps are compared pair by pair, and what has no partner is said."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

import netsim
from netsim.cli.main import main
from netsim.metrics.statistics import interval, paired_difference
from netsim.report.compare import compare

BASE = {
    "netsim": 1,
    "name": "coded",
    "workload": "stragglers",
    "workers": 4,
    "jobs": 6,
    "replications": 6,
    "code": {"scheme": "uncoded"},
    "delays": {"kind": "independent", "law": {"dist": "exponential", "mean": "1 s"}},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(name, **changes):
    netsim.run(netsim.load(BASE, changes), out=name)
    return name


def sweep(name, grid, **changes):
    """Sweep `grid` (path: values) and write it to the directory `name`."""
    fields = netsim.load(BASE, changes).resolved
    given = {key: value for key, value in fields.items() if value is not None}
    with open(f"{name}.json", "w") as file:
        json.dump(given | {"sweep": {"grid": grid, "replications": 3}}, file)
    done = command("-q", "sweep", f"{name}.json", "-o", name, "-j", "1")
    assert done.exit_code == 0, done.output
    return name


def command(*words):
    return CliRunner().invoke(main, words)


def test_differences_are_of_the_second_less_the_first_replication_by_replication(folder):
    a, b = run("a"), run("b", **{"code": {"scheme": "gc", "s": 1}})

    found = {one.metric: one for one in compare(a, b).differences}["runs.total_time"]

    duckdb = pytest.importorskip("duckdb")
    (ours,) = duckdb.sql(
        "select avg(b.total_time - a.total_time), min(b.total_time - a.total_time), count(*), "
        "avg(a.total_time) from 'a/tables/runs.parquet' a join 'b/tables/runs.parquet' b "
        "using (replication)"
    ).fetchall()
    assert (found.difference.mean, found.difference.minimum) == pytest.approx(ours[:2])
    assert found.difference.n == ours[2] == 6
    assert found.first.mean == pytest.approx(ours[3])
    assert found.relative == pytest.approx(found.difference.mean / found.first.mean)
    assert found.unit == "s"


def test_another_table_counts_by_the_mean_of_its_rows(folder):
    a, b = run("a"), run("b", **{"code": {"scheme": "gc", "s": 1}})

    (found,) = compare(a, b, ["rounds.duration"]).differences

    duckdb = pytest.importorskip("duckdb")
    (means,) = duckdb.sql(
        "select avg(b.m - a.m) from "
        "(select replication r, avg(duration) m from 'a/tables/rounds.parquet' group by 1) a join "
        "(select replication r, avg(duration) m from 'b/tables/rounds.parquet' group by 1) b "
        "using (r)"
    ).fetchall()
    assert found.difference.mean == pytest.approx(means[0])


def test_a_run_beside_itself_differs_by_nothing_within_any_tolerance(folder):
    a = run("a")

    found = compare(a, a, rtol=0.0)

    assert {one.difference.mean for one in found.differences} == {0.0}
    assert found.beyond == 0
    assert found.unpaired == ((), ())


def test_points_are_paired_by_what_is_swept_and_the_rest_is_listed(folder):
    a = sweep("a", {"workers": [4, 5], "wait.mu": [0.5, 1.0]})
    b = sweep("b", {"workers": [5, 6], "wait.mu": [1.0]}, jobs=7)

    found = compare(a, b, ["runs.total_time"])

    assert [dict(one.point) for one in found.differences] == [{"workers": 5, "wait.mu": 1.0}]
    assert found.unpaired[0] == (
        "workers=4, wait.mu=0.5", "workers=4, wait.mu=1.0", "workers=5, wait.mu=0.5",
    )  # fmt: skip
    assert found.unpaired[1] == ("workers=6, wait.mu=1.0",)


def test_a_run_is_paired_with_the_point_of_a_sweep_that_has_its_values(folder):
    a = sweep("a", {"workers": [4, 5]})
    b = run("b", workers=5, jobs=7)

    found = compare(a, b, ["runs.total_time"])

    assert [dict(one.point) for one in found.differences] == [{"workers": 5}]
    assert found.differences[0].difference.n == 3
    assert found.unpaired == (("workers=4",), ("replications 3 to 5 of workers=5",))


def test_beyond_the_tolerance_the_exit_code_is_7_and_within_it_0(folder):
    run("a"), run("b", **{"code": {"scheme": "gc", "s": 1}})

    beyond = command("compare", "a", "b", "--metric", "runs.total_time", "--rtol", "0.001")
    within = command("compare", "a", "b", "--metric", "runs.total_time", "--rtol", "10")

    assert beyond.exit_code == 7
    assert "error: 1 of 1 differences beyond the tolerance of 0.1 %" in beyond.stderr
    assert beyond.stdout.rstrip().endswith("beyond")
    assert within.exit_code == 0
    assert "beyond" not in within.output


def test_programs_get_everything_as_json(folder):
    run("a"), run("b", workers=5)

    known = json.loads(command("compare", "a", "b", "--json").stdout)

    first = known["differences"][0]
    assert known["workload"] == "stragglers"
    assert first["metric"] == "runs.total_time"
    assert math.isclose(
        first["second"]["mean"] - first["first"]["mean"], first["difference"]["mean"]
    )


def test_other_seeds_are_said_to_share_no_random_numbers(folder):
    run("a"), run("b", seed=9)

    done = command("compare", "a", "b")

    assert "note: A has seed 1, B 9: the pairs share no random numbers" in done.stderr


WRONG = {
    "of different workloads": (
        ("a", "peers"),
        "error: a is of workload stragglers, peers of decentralized; results of one workload can "
        "be compared\n",
    ),
    "a directory that is not there": (("a", "none"), "error: no directory none"),
    "a misspelt column": (
        ("a", "b", "--metric", "runs.totl_time"),
        "error: table 'runs' has no column of numbers 'totl_time'; did you mean 'total_time'?\n",
    ),
    "a misspelt table": (
        ("a", "b", "--metric", "rond.duration"),
        "error: 'rond.duration' is no metric: TABLE.COLUMN, and no table 'rond'; did you mean "
        "'rounds'?\n",
    ),
    "a column of texts": (
        ("a", "b", "--metric", "runs.status"),
        "error: table 'runs' has no column of numbers 'status'",
    ),
    "a misspelt field": (("a", "b", "--by", "wrkers"), "did you mean 'workers'?"),
    "no point in both": (
        ("a", "b", "--by", "workers"),
        "error: nothing in b has a partner in a: no point agrees in workers\n",
    ),
    "points that are not told apart": (
        ("a", "s", "--by", "jobs"),
        "error: several points of s agree in jobs=6; name the fields that they differ in with "
        "--by\n",
    ),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    place = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        run("a"), run("b", workers=5)
        sweep("s", {"workers": [4, 5]})
        peers = {
            "netsim": 1, "name": "p", "workload": "decentralized", "nodes": 3,
            "topology": {"kind": "ring"}, "data": {"sizes": [1, 2, 3]}, "rounds": 1,
            "model": {"kind": "quadratic", "h": 1, "c": 0, "x0": 1},
        }  # fmt: skip
        netsim.run(netsim.load(peers), out="peers")
    return place


@pytest.mark.parametrize(("words", "text"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_compared_is_told_with_a_remedy(results, words, text, monkeypatch):
    monkeypatch.chdir(results)

    done = command("compare", *words)

    assert done.exit_code == 2
    assert text in done.stderr


def test_intervals_of_differences_cover_the_true_one_as_often_as_they_say():
    source = np.random.default_rng(1)
    studies, replications, true = 2000, 10, 0.01
    covered = 0
    for _ in range(studies):
        common = source.normal(0, 0.2, replications)
        first = 1 + common + source.normal(0, 0.01, replications)
        second = 1 + true + common + source.normal(0, 0.01, replications)
        found = paired_difference(second, first)
        covered += found.low <= true <= found.high

    # Exact for normal values: 95 %, whose standard error over 2,000 studies is 0.5 %.
    assert covered / studies >= 0.935


def test_common_random_numbers_show_a_difference_of_one_per_cent_that_is_lost_without_them():
    source = np.random.default_rng(2)
    common = source.normal(0, 0.2, 10)
    first = 1 + common + source.normal(0, 0.002, 10)
    second = 1.01 + common + source.normal(0, 0.002, 10)

    paired = paired_difference(second, first)

    assert paired.low > 0
    assert interval(second).low < interval(first).high
    assert paired.half_width < interval(first).half_width / 10
