"""A sweep gives the same tables however it comes about, and simulates nothing twice."""

from __future__ import annotations

import contextlib
import json
import random

import pytest
import toy_family
from click.testing import CliRunner

import netsim
import netsim.errors
from netsim.cli.main import main
from netsim.metrics.lock import locked
from netsim.metrics.marks import committed
from netsim.warnings import Caution

GRID = {"ticks": [2, 3], "every": ["1 us", "2 us", "3 us"]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    toy_family.install()
    monkeypatch.chdir(tmp_path)
    write()
    yield tmp_path
    toy_family.uninstall()


def write(block=None, name="count", **fields):
    content = {"netsim": 1, "workload": "toy", "ticks": 1, "replications": 2, **fields}
    content["sweep"] = block or {"grid": GRID}
    with open(f"{name}.yaml", "w") as file:
        json.dump(content, file)


def run(*words, file="count.yaml"):
    return CliRunner().invoke(main, ["-q", "sweep", file, "-j", "1", "-o", *words])


@pytest.fixture
def built(monkeypatch):
    """Return the list of what is simulated: ticks, every and replication of each."""
    done = []
    build = toy_family.Toy.build

    def noted(self, scenario, context):
        done.append((scenario.ticks, scenario.every, context.streams.replication))
        return build(self, scenario, context)

    monkeypatch.setattr(toy_family.Toy, "build", noted)
    return done


def tables(folder):
    assert netsim.open(folder).complete
    found = sorted((folder / "tables").glob("*.parquet"))
    return {file.name: file.read_bytes() for file in found if file.stem != "perf"}


@pytest.fixture
def whole(folder):
    """Return the tables of the sweep in one go."""
    result = run("whole")
    assert result.exit_code == 0, result.output
    return tables(folder / "whole")


def test_every_point_is_simulated_once_in_the_order_of_the_sweep(folder, built):
    result = run("out")

    assert result.exit_code == 0, result.output
    expected = [(t, e * 10**6, r) for t in (2, 3) for e in (1, 2, 3) for r in (0, 1)]
    assert built == expected
    runs = netsim.open("out").table("runs")
    assert runs["ticks"].to_pylist() == [t for t, _, _ in expected]
    assert runs["every"].to_pylist() == [e for _, e, _ in expected]
    assert runs.schema.field("every").metadata[b"unit"] == b"ps"
    assert runs["replication"].to_pylist() == [0, 1] * 6
    assert not {"ticks", "every"} & set(netsim.open("out").table("ticks").column_names)


def test_rows_of_a_point_are_those_of_its_own_run(folder, whole):
    alone = netsim.run({"netsim": 1, "workload": "toy", "ticks": 3, "every": "2 us"})

    chosen = netsim.open("whole").table("ticks", where={"ticks": 3, "every": 2_000_000})
    first = chosen.filter([value == 0 for value in chosen["replication"].to_pylist()])
    assert first["drawn"].to_pylist() == alone.table("ticks")["drawn"].to_pylist()
    assert first["point"].to_pylist() == alone.table("ticks")["point"].to_pylist()


def test_shards_in_any_order_give_the_bytes_of_the_whole(folder, whole):
    for number in random.Random(3).sample([1, 2, 3], 3):
        result = run("out", "--shard", f"{number}/3")
        assert result.exit_code == 0, result.output

    assert tables(folder / "out") == whole


def test_a_sweep_that_is_stopped_goes_on_with_what_is_missing(folder, whole, built, monkeypatch):
    build = toy_family.Toy.build

    def stop(self, scenario, context):
        if len(built) == 5:
            raise KeyboardInterrupt
        return build(self, scenario, context)

    with monkeypatch.context() as patch:
        patch.setattr(toy_family.Toy, "build", stop)
        assert run("out").exit_code == 130
    assert len(built) == 5
    assert len(netsim.open("out").table("runs")) == 5
    refused = run("out")
    assert refused.exit_code == 5
    assert "--resume goes on" in refused.output
    built.clear()

    result = run("out", "--resume")

    assert result.exit_code == 0, result.output
    assert len(built) == 7
    assert tables(folder / "out") == whole


def test_a_finished_sweep_is_shown_again_and_nothing_is_simulated(folder, whole, built):
    before = {path: path.stat().st_mtime_ns for path in (folder / "whole").rglob("*")}

    assert run("whole").exit_code == 0
    assert run("whole", "--resume").exit_code == 0

    assert built == []
    assert {path: path.stat().st_mtime_ns for path in (folder / "whole").rglob("*")} == before


def test_a_grown_sweep_adds_what_is_new_and_a_shrunk_one_is_refused(folder, built):
    assert run("out").exit_code == 0
    built.clear()
    write({"grid": {"ticks": [4, 2, 3], "every": GRID["every"]}})

    grown = run("out", "--resume")

    assert grown.exit_code == 0, grown.output
    assert {ticks for ticks, _, _ in built} == {4}
    assert run("fresh").exit_code == 0
    assert tables(folder / "out") == tables(folder / "fresh")
    write({"grid": {"ticks": [2], "every": GRID["every"]}})
    shrunk = run("out", "--resume")
    assert shrunk.exit_code == 5
    assert "6 of its 9 recorded points are not in this one" in shrunk.output


def test_more_replications_extend_a_finished_sweep(folder, built):
    assert run("out").exit_code == 0
    built.clear()
    write({"grid": GRID, "replications": 3})

    assert run("out").exit_code == 0

    assert [replication for _, _, replication in built] == [2] * 6


def test_points_that_fail_are_named_and_repeated_alone(folder, built, monkeypatch):
    write({"grid": {"ticks": [2, 3], "fail_in": [None, 1]}})
    result = run("out")

    assert result.exit_code == 4
    assert "point 1 (ticks=2, fail_in=1, replication 1): the count broke" in result.output
    assert "2 runs of the sweep failed; the other 6 are complete" in result.output
    assert len(netsim.open("out").table("runs")) == 6
    built.clear()
    assert run("out", "--resume").exit_code == 4
    assert built == []
    monkeypatch.setattr(toy_family.Counting, "_trouble", lambda self: iter(()))
    again = run("out", "--resume", "--retry-failed")

    assert again.exit_code == 0, again.output
    assert [(ticks, replication) for ticks, _, replication in built] == [(2, 1), (3, 1)]


def test_the_first_failure_ends_a_sweep_that_is_to_fail_fast(folder, built):
    write({"grid": {"ticks": [2, 3], "fail_in": [0, None]}})

    assert run("out", "--fail-fast").exit_code == 4

    assert len(built) <= 2


def test_a_run_that_takes_too_long_fails_alone(folder):
    write({"grid": {"ticks": [2, 3], "trouble": ["sleep"], "fail_in": [None, 1]}})

    result = run("out", "--point-timeout", "200 ms")

    assert result.exit_code == 4, result.output
    assert "it took more than 0.2 s (--point-timeout)" in result.output
    assert len(netsim.open("out").table("runs")) == 6


ADAPTIVE = {
    "grid": {"ticks": [2, 30]},
    "replications": {
        "min": 5,
        "max": 40,
        "until": {"metric": "ticks.drawn", "rel_half_width": 0.2},
    },
}


def test_adaptive_points_stop_where_their_interval_is_narrow(folder, built):
    write(ADAPTIVE)

    result = run("out")

    assert result.exit_code == 0, result.output
    per_point = {ticks: sum(one == ticks for one, _, _ in built) for ticks in (2, 30)}
    # A mean of 30 uniform draws varies by 0.053: five of them give 0.066, less than 0.1 (20 %).
    assert per_point[30] == 5
    # Of 2 by 0.20: 5 give 0.25, so it goes on to 8, 12, 18, 27 or 40.
    assert per_point[2] in (8, 12, 18, 27, 40)


@pytest.mark.parametrize("stop_after", [3, 7])
def test_adaptive_points_are_decided_alike_by_shards_and_after_a_stop(
    folder, built, monkeypatch, stop_after
):
    write(ADAPTIVE)
    assert run("whole").exit_code == 0
    for number in (2, 1):
        assert run("shards", "--shard", f"{number}/2").exit_code == 0
    build = toy_family.Toy.build
    built.clear()

    def stop(self, scenario, context):
        if len(built) == stop_after:
            raise KeyboardInterrupt
        return build(self, scenario, context)

    with monkeypatch.context() as patch:
        patch.setattr(toy_family.Toy, "build", stop)
        assert run("stopped").exit_code == 130
    assert run("stopped", "--resume").exit_code == 0

    expected = tables(folder / "whole")
    assert tables(folder / "shards") == expected
    assert tables(folder / "stopped") == expected


def test_points_that_run_out_of_replications_are_named(folder):
    block = json.loads(json.dumps(ADAPTIVE))
    block["replications"] |= {"max": 5}
    block["replications"]["until"]["rel_half_width"] = 1e-6
    write(block)

    result = CliRunner().invoke(main, ["sweep", "count.yaml", "-j", "1", "-o", "out"])

    assert "point 0 (ticks=2) has not converged at the most replications" in result.output


def test_the_status_counts_what_is_done_failed_and_to_do(folder):
    write({"grid": {"ticks": [2, 3], "fail_in": [None, 1]}})
    run("out")

    known = json.loads(CliRunner().invoke(main, ["status", "out", "--json"]).output)

    assert {key: known[key] for key in ("total", "done", "failed", "running", "todo", "eta")} == {
        "total": 8,
        "done": 6,
        "failed": 2,
        "running": False,
        "todo": 0,
        "eta": None,
    }
    assert known["errors"][0]["swept"] == {"ticks": 2, "fail_in": 1}


def test_the_status_of_a_sweep_that_goes_on_is_looked_at_until_it_is_done(folder, monkeypatch):
    assert run("out", "--shard", "1/2").exit_code == 0
    looks = []

    with contextlib.ExitStack() as held:
        held.enter_context(locked(folder / "out"))

        def sleep(seconds):
            looks.append(seconds)
            if len(looks) == 2:
                held.close()
                assert run("out", "--shard", "2/2").exit_code == 0

        monkeypatch.setattr("netsim.cli.status.time.sleep", sleep)
        words = ["status", "out", "--watch", "--json"]
        lines = CliRunner().invoke(main, words).output.splitlines()

    known = [json.loads(line) for line in lines]
    assert [one["running"] for one in known] == [True, True, False]
    assert [(one["done"], one["todo"]) for one in known] == [(6, 6), (6, 6), (12, 0)]
    assert known[0]["eta"] is not None
    assert set(known[0]) >= {"total", "done", "failed", "running", "todo", "eta", "errors"}


def test_the_status_of_adaptive_points_counts_the_fewest_replications(folder):
    write(ADAPTIVE)
    assert run("out", "--shard", "1/2").exit_code == 0

    known = json.loads(CliRunner().invoke(main, ["status", "out", "--json"]).output)

    assert known["total"] >= 10
    assert known["todo"] > 0 or known["done"] >= 10


def test_warnings_of_a_sweep_count_their_points_whoever_simulated_them(folder, monkeypatch):
    def warnings(self, scenario):
        return [Caution("slow", "it counts slowly", "every")] if scenario.every > 2_000_000 else []

    def warnings_after(self, scenario, rows):
        far = [row for row in rows if row["last"] >= 4_000_000]
        return [Caution("far", f"it counted for {len(far)} runs")] if far else []

    monkeypatch.setattr(toy_family.Toy, "warnings", warnings, raising=False)
    monkeypatch.setattr(toy_family.Toy, "warnings_after", warnings_after, raising=False)
    words = ["sweep", "count.yaml", "-j", "1", "-o", "out"]

    first = CliRunner().invoke(main, [*words, "--shard", "2/2"])
    last = CliRunner().invoke(main, [*words, "--shard", "1/2"])
    again = CliRunner().invoke(main, words)

    assert "warning[slow]: every: it counts slowly (at 1 point)" in first.stderr
    assert "warning[far]: it counted for 2 runs (at 4 points)\n" in last.stderr
    assert "wrote out, 2 warnings   try: netsim describe out" in last.stdout
    assert "found out, 2 warnings   try: netsim describe out" in again.stdout
    told = json.loads((folder / "out" / "manifest.json").read_text())["warnings"]
    assert sorted((one["code"], one["message"]) for one in told) == [
        ("far", "it counted for 2 runs (at 4 points)"),
        ("slow", "it counts slowly (at 2 points)"),
    ]


def test_a_dry_run_lists_all_points_and_touches_nothing(folder):
    result = run("out", "--dry-run", "--json")

    plan = json.loads(result.output)
    assert [point["swept"] for point in plan["points"]][:2] == [
        {"ticks": 2, "every": "1 us"},
        {"ticks": 2, "every": "2 us"},
    ]
    assert plan["runs"] == 12
    assert not (folder / "out").exists()


def test_a_run_and_a_sweep_of_one_file_do_not_collide(folder):
    assert CliRunner().invoke(main, ["-q", "run", "count.yaml"]).exit_code == 0
    assert CliRunner().invoke(main, ["-q", "sweep", "count.yaml", "-j", "1"]).exit_code == 0

    assert len(list((folder / "out").iterdir())) == 2


def test_a_directory_of_the_other_kind_is_refused_and_named_for_what_it_is(folder, built):
    run("swept")
    CliRunner().invoke(main, ["-q", "run", "count.yaml", "-o", "single"])
    built.clear()

    for words in (["single"], ["count.yaml", "-o", "single"]):
        refused = CliRunner().invoke(main, ["-q", "sweep", *words, "-j", "1", "--resume"])
        assert refused.exit_code == 5
        assert refused.stderr == (
            "error: single already holds a run, and this is a sweep: netsim run single shows it; "
            "choose another -o for the sweep, or --overwrite\n"
        )
    for words in (["swept"], ["count.yaml", "-o", "swept"], ["swept", "--dry-run"]):
        refused = CliRunner().invoke(main, ["-q", "run", *words])
        assert refused.exit_code == 5
        assert refused.stderr == (
            "error: swept already holds a sweep, and this is a run: netsim sweep swept shows it; "
            "choose another -o for the run, or --overwrite\n"
        )
    assert built == []


def test_the_directory_of_a_sweep_is_swept_again_and_its_base_point_is_run(folder, whole, built):
    found = CliRunner().invoke(main, ["sweep", "whole", "-j", "1"])
    assert found.exit_code == 0, found.output
    assert "whole holds this sweep already; --overwrite repeats it" in found.stdout
    assert built == []

    again = run("again", file="whole")
    base = CliRunner().invoke(main, ["run", "whole", "-o", "base"])

    assert again.exit_code == base.exit_code == 0, (again.output, base.output)
    assert tables(folder / "again") == whole
    assert "'sweep' is left aside: the base point runs (netsim sweep runs all)" in base.stderr
    assert json.loads((folder / "base" / "manifest.json").read_text())["kind"] == "run"


def test_the_seed_can_be_swept(folder):
    write({"grid": {"seed": [1, 2, 3]}})
    assert run("out").exit_code == 0

    runs = netsim.open("out").table("runs")
    assert runs.column_names.count("seed") == 1
    assert runs["seed"].to_pylist() == [1, 1, 2, 2, 3, 3]


def test_partial_results_are_read_in_order_with_their_swept_fields(folder):
    assert run("out", "--shard", "2/3").exit_code == 0

    runs = netsim.open("out").table("runs")
    assert list(zip(runs["ticks"].to_pylist(), runs["every"].to_pylist(), strict=True)) == [
        (2, 2_000_000),
        (2, 2_000_000),
        (3, 2_000_000),
        (3, 2_000_000),
    ]


def test_a_sweep_keeps_few_parts(folder):
    assert run("out").exit_code == 0

    assert len(committed(folder / "out")) == 1


def test_any_field_of_the_scenario_becomes_a_column_of_a_sweep(folder):
    assert run("out").exit_code == 0

    ticks = netsim.open("out").table("ticks", parameters=["every", "seed", "trouble"])

    assert ticks.schema.field("every").metadata[b"unit"] == b"ps"
    by_point = {(t["point"], t["every"]) for t in ticks.to_pylist()}
    runs = netsim.open("out").table("runs").to_pylist()
    assert by_point == {(row["point"], row["every"]) for row in runs}
    assert set(ticks["trouble"].to_pylist()) == {"model"}


def test_a_sweep_and_runs_are_read_as_one(folder):
    assert run("out").exit_code == 0
    netsim.run({"netsim": 1, "workload": "toy", "ticks": 7}, out="alone")

    runs = netsim.open(["out", "alone"]).table("runs")

    assert len(runs) == 13
    assert runs["ticks"].to_pylist()[-1] is None


def test_a_field_that_is_not_swept_is_told_with_those_that_are(folder):
    assert run("out").exit_code == 0

    with pytest.raises(netsim.errors.UsageError, match="did you mean 'ticks'"):
        netsim.open("out").table("ticks", where={"tick": 3})


def test_a_sweep_is_described_with_a_line_for_each_point(folder):
    assert run("out").exit_code == 0

    described = CliRunner().invoke(main, ["describe", "out"]).output

    assert "sweep " in described
    assert "success, 12 of 12 runs done" in described
    lines = [line for line in described.splitlines() if line.startswith("  ticks=")]
    assert len(lines) == 6
    # Three ticks, 2 us apart, whatever the replication.
    words, _, rest = lines[4].strip().partition("us ")
    assert words == "ticks=3, every=2 "
    cells = ["", "", *rest.split()]
    assert [float(cell) for cell in (cells[2], *cells[4:6])] == [6, 6, 6]
    assert (cells[3], cells[6]) == ("n<5", "us")
