from __future__ import annotations

import json

import pytest
import toy_family

import netsim
from netsim import simulate
from netsim.errors import OutputError, SimulationError, StalledError, UsageError
from netsim.metrics import resources
from netsim.metrics.reader import ReadError
from netsim.metrics.resources import forget_peak, peak_memory


@pytest.fixture(autouse=True)
def _toy():
    toy_family.install()
    yield
    toy_family.uninstall()


@pytest.fixture
def scenario():
    """Return a function that loads a counting scenario with some fields changed."""

    def load(**fields):
        content = {"netsim": 1, "workload": "toy", "ticks": 3, "replications": 3, **fields}
        return netsim.load({"name": "count", **content})

    return load


class Watcher:
    def __init__(self):
        self.calls = []

    def begin(self, replication, replications, simulation, until):
        self.calls.append(("begin", replication, replications, until))

    def on_slice(self, now, events):
        self.calls.append(("slice", now, events))

    def end(self):
        self.calls.append(("end",))


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_run_in_memory_holds_all_replications_in_order(scenario):
    result = netsim.run(scenario())

    assert result.path is None
    assert result.tables() == ["perf", "runs", "ticks"]
    assert result.table("runs")["replication"].to_pylist() == [0, 1, 2]
    assert result.table("ticks")["tick"].to_pylist() == [0, 1, 2] * 3
    assert result.table("ticks")["t"].to_pylist() == [1_000_000, 2_000_000, 3_000_000] * 3


def test_each_run_says_how_it_ended(scenario):
    runs = netsim.run(scenario(seed=5)).table("runs").to_pylist()

    for row in runs:
        assert row["scenario"] == "count"
        assert row["workload"] == "toy"
        assert (row["seed"], row["status"]) == (5, "done")
        assert row["t_end"] == row["last"] == 3_000_000
        # One event to start the process, three timeouts, one for its end.
        assert row["events"] == 5


def test_replications_draw_from_streams_of_their_own_and_equal_seeds_agree(scenario):
    first = netsim.run(scenario(seed=5)).table("ticks")
    again = netsim.run(scenario(seed=5)).table("ticks")
    other = netsim.run(scenario(), seed=6).table("ticks")

    drawn = first["drawn"].to_pylist()
    assert len(set(drawn)) == 9
    assert again.equals(first)
    assert not set(other["drawn"].to_pylist()) & set(drawn)


def test_a_replication_does_not_depend_on_how_many_there_are(scenario):
    few = netsim.run(scenario(), replications=2).table("runs")
    many = netsim.run(scenario(), replications=4).table("runs")

    assert many["sum"].to_pylist()[:2] == few["sum"].to_pylist()


def test_the_end_of_simulated_time_is_exclusive(scenario):
    result = netsim.run(scenario(until="2 us"))

    assert result.table("ticks")["t"].to_pylist() == [1_000_000] * 3
    assert result.table("runs")["t_end"].to_pylist() == [2_000_000] * 3


def test_the_cost_of_each_replication_is_recorded_apart(scenario):
    perf = netsim.run(scenario()).table("perf").to_pylist()

    for row in perf:
        assert row["wall_time"] > 0
        assert row["events_per_second"] > 0
        assert row["peak_rss"] is None or row["peak_rss"] > 10_000_000


@pytest.mark.skipif(not forget_peak(), reason="this system keeps no peak that can be reset")
def test_the_peak_of_memory_is_that_of_the_replication_alone():
    before = bytearray(b"x") * 300_000_000
    del before
    forget_peak()

    at_rest = peak_memory()
    during = bytearray(b"x") * 300_000_000
    grown = peak_memory() - at_rest
    del during

    assert grown > 200_000_000


def test_where_the_system_keeps_no_peak_none_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(resources, "_CLEAR_REFS", tmp_path / "none" / "clear_refs")

    assert resources.Stopwatch().read().peak_rss is None


def test_data_frames_carry_their_units(scenario):
    frame = netsim.run(scenario()).pandas("ticks")

    assert frame.attrs["units"]["t"] == "ps"
    assert len(frame) == 9


def test_an_unknown_table_is_answered_with_the_nearest_name(scenario, tmp_path):
    in_memory = netsim.run(scenario())
    on_disk = netsim.run(scenario(), out=tmp_path / "out")

    with pytest.raises(UsageError, match="did you mean 'ticks'"):
        in_memory.table("tick")
    with pytest.raises(ReadError, match="did you mean 'ticks'"):
        on_disk.table("tick")


def test_a_run_directory_holds_the_same_tables_as_memory(scenario, tmp_path):
    in_memory = netsim.run(scenario())
    on_disk = netsim.run(scenario(), out=tmp_path / "out")

    for name in ("runs", "ticks"):
        written = netsim.open(tmp_path / "out").table(name)
        assert written.equals(on_disk.table(name))
        assert written.cast(in_memory.table(name).schema).equals(in_memory.table(name))


def test_a_finished_run_directory_is_complete(scenario, tmp_path):
    out = tmp_path / "out"
    one = scenario(replications=1)

    netsim.run(one, out=out)

    (part,) = (str(path.relative_to(out)) for path in out.glob("parts/*/*"))
    assert files(out) == sorted(
        [
            "SUCCESS",
            "manifest.json",
            f"{part}/done.json",
            *(
                f"{place}/{name}.parquet"
                for place in (part, "tables")
                for name in ("perf", "runs", "ticks")
            ),
            "resolved.json",
            "scenario.yaml",
        ]
    )
    assert json.loads((out / "manifest.json").read_text())["status"] == "success"


def test_equal_runs_give_equal_bytes(scenario, tmp_path):
    for name in ("a", "b"):
        netsim.run(scenario(), out=tmp_path / name)

    for table in ("runs", "ticks"):
        a, b = ((tmp_path / name / "tables" / f"{table}.parquet").read_bytes() for name in "ab")
        assert a == b


def test_a_failed_replication_leaves_the_others_complete(scenario, tmp_path):
    out = tmp_path / "out"

    with pytest.raises(SimulationError) as failure:
        netsim.run(scenario(fail_in=1), out=out)

    assert str(failure.value) == (
        "1 of 3 replications failed; replication 1: the count broke at t=1000000 ps "
        f"(run directory: {out}; the others are complete)"
    )
    assert (out / "FAILED").exists()
    assert not (out / "SUCCESS").exists()
    assert netsim.open(out).table("runs")["replication"].to_pylist() == [0, 2]
    (failure,) = netsim.open(out).failures
    assert (failure.key.replication, failure.message) == (1, "the count broke at t=1000000 ps")


def test_the_failure_of_an_only_replication_names_the_run_directory(scenario, tmp_path):
    out = tmp_path / "out"

    with pytest.raises(SimulationError) as failure:
        netsim.run(scenario(replications=1, fail_in=0, trouble="stall"), out=out)

    assert isinstance(failure.value.__cause__, StalledError)
    assert "counter: one more finger" in str(failure.value)
    assert str(failure.value).endswith(f"(run directory: {out})")


def test_a_failure_in_memory_is_raised_as_it_is(scenario):
    with pytest.raises(SimulationError, match=r"^the count broke at t=1000000 ps$"):
        netsim.run(scenario(fail_in=1))


def test_a_bug_ends_the_run_and_leaves_its_traceback(scenario, tmp_path):
    out = tmp_path / "out"

    with pytest.raises(ZeroDivisionError):
        netsim.run(scenario(fail_in=1, trouble="bug"), out=out)

    assert (out / "FAILED").exists()
    (failure,) = netsim.open(out).failures
    assert "Traceback" in failure.trace
    assert netsim.open(out).table("runs")["replication"].to_pylist() == [0]


def test_an_interrupted_run_keeps_what_is_complete_and_nothing_half_written(scenario, tmp_path):
    out = tmp_path / "out"

    with pytest.raises(KeyboardInterrupt):
        netsim.run(scenario(fail_in=1, trouble="interrupt"), out=out)

    assert json.loads((out / "manifest.json").read_text())["status"] == "stopped"
    assert netsim.open(out).table("runs")["replication"].to_pylist() == [0]
    assert not [name for name in files(out) if ".tmp" in name]


def test_a_run_that_is_there_is_shown_again_and_another_one_is_kept(scenario, tmp_path):
    out = tmp_path / "out"
    first = netsim.run(scenario(), out=out)
    before = {name: (out / name).stat().st_mtime_ns for name in files(out)}

    again = netsim.run(scenario(), out=out)

    assert (first.stored, again.stored) == (False, True)
    assert again.table("ticks").equals(first.table("ticks"))
    assert again.summary == first.summary
    assert {name: (out / name).stat().st_mtime_ns for name in files(out)} == before
    with pytest.raises(OutputError, match="already holds a run of another scenario"):
        netsim.run(scenario(ticks=4), out=out)
    netsim.run(scenario(ticks=4), out=out, overwrite=True)
    assert netsim.open(out).table("ticks").num_rows == 12


def test_more_replications_extend_a_run_and_fewer_change_nothing(scenario, tmp_path):
    netsim.run(scenario(replications=5), out=tmp_path / "at once")
    netsim.run(scenario(replications=2), out=tmp_path / "grown")
    watcher = Watcher()

    simulate.run(scenario(replications=5), tmp_path / "grown", watchers=[watcher])

    assert [call[1] for call in watcher.calls if call[0] == "begin"] == [2, 3, 4]
    for name in ("runs", "ticks"):
        at_once, grown = (
            (tmp_path / folder / "tables" / f"{name}.parquet").read_bytes()
            for folder in ("at once", "grown")
        )
        assert at_once == grown
    fewer = netsim.run(scenario(replications=3), out=tmp_path / "grown")
    assert (fewer.stored, len(fewer.runs)) == (True, 5)


def test_a_run_that_was_stopped_or_failed_goes_on_from_what_is_complete(scenario, tmp_path):
    out = tmp_path / "out"

    class Stop(Watcher):
        def begin(self, replication, *rest):
            super().begin(replication, *rest)
            if replication == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate.run(scenario(), out, watchers=[Stop()])
    watcher = Watcher()
    simulate.run(scenario(), out, watchers=[watcher])

    assert [call[1] for call in watcher.calls if call[0] == "begin"] == [2]
    netsim.run(scenario(), out=tmp_path / "whole")
    for name in ("runs", "ticks"):
        a, b = (
            (tmp_path / o / "tables" / f"{name}.parquet").read_bytes() for o in ("out", "whole")
        )
        assert a == b


def test_a_run_made_by_another_python_is_not_gone_on_with(scenario, tmp_path):
    out = tmp_path / "out"
    netsim.run(scenario(), out=out)
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["provenance"]["versions"]["python"] = "3.99.0"
    (out / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(OutputError, match=r"holds results of Python 3\.99\.0, and this is"):
        netsim.run(scenario(), out=out)


def test_watchers_are_told_of_beginning_and_end_even_of_a_failure(scenario, tmp_path):
    watcher = Watcher()

    with pytest.raises(SimulationError):
        simulate.run(
            scenario(replications=2, fail_in=1, until="1 s"), tmp_path / "out", watchers=[watcher]
        )

    assert watcher.calls == [
        ("begin", 0, 2, 10**12),
        ("end",),
        ("begin", 1, 2, 10**12),
        ("end",),
    ]


def test_watchers_see_time_pass_and_change_nothing(scenario):
    watcher = Watcher()

    watched = simulate.run(scenario(ticks=10_000, replications=1), watchers=[watcher])
    alone = simulate.run(scenario(ticks=10_000, replications=1))

    slices = [call[1:] for call in watcher.calls if call[0] == "slice"]
    assert len(slices) >= 2
    assert slices == sorted(slices)
    assert watched.table("ticks").equals(alone.table("ticks"))


def test_two_simulations_in_one_process_do_not_meet(scenario):
    alone = netsim.run(scenario(seed=1)).table("ticks")
    netsim.run(scenario(seed=2))

    assert netsim.run(scenario(seed=1)).table("ticks").equals(alone)


def test_a_run_takes_a_path_or_a_mapping_as_well_as_a_scenario(scenario, tmp_path):
    loaded = scenario()
    path = tmp_path / "count.yaml"
    path.write_text(loaded.text)
    wanted = netsim.run(loaded, seed=3).table("ticks")

    assert netsim.run(path, seed=3).table("ticks").equals(wanted)
    assert netsim.run(json.loads(loaded.text), seed=3).table("ticks").equals(wanted)


def test_the_summary_shows_the_headlines(scenario):
    text = netsim.run(scenario()).summary

    assert text.splitlines()[1].split("  ")[1].strip() == "time of the last tick"
    assert "n<5" in text


def test_the_text_of_a_result_is_one_line(scenario, tmp_path):
    in_memory, written = simulate.run(scenario()), simulate.run(scenario(), tmp_path / "x")

    assert repr(in_memory) == ("<RunResult of count: 3 replications in memory: perf, runs, ticks>")
    assert repr(written) == (
        f"<RunResult of count: 3 replications in {tmp_path / 'x'}: perf, runs, ticks>"
    )


def test_a_directory_in_use_is_locked_while_it_is_filled(scenario, tmp_path):
    class Second(Watcher):
        def end(self):
            with pytest.raises(OutputError, match="is being filled by process"):
                simulate.run(scenario(ticks=2), tmp_path / "x", overwrite=True)
            self.calls.append("refused")

    watcher = Second()
    simulate.run(scenario(), tmp_path / "x", watchers=[watcher])

    assert watcher.calls.count("refused") == 3
    assert netsim.open(tmp_path / "x").complete


def test_a_stopped_run_says_how_many_replications_it_has(scenario, tmp_path):
    class Stop(Watcher):
        def begin(self, replication, *rest):
            if replication == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate.run(scenario(), tmp_path / "x", watchers=[Stop()])

    assert "(stopped, 2 of 3 replications)" in repr(netsim.open(tmp_path / "x"))
    assert not (tmp_path / "x" / "lock").exists()
