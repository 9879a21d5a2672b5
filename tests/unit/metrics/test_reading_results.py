"""Results are read through one door, whether a run is finished or not."""

from __future__ import annotations

import datetime
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from netsim.metrics.manifest import RunIdentity
from netsim.metrics.marks import Key
from netsim.metrics.part_writer import PartWriter
from netsim.metrics.reader import ReadError, RunFiles, concatenate, open_results, to_pandas
from netsim.metrics.recorder import MemorySink, Recorder
from netsim.metrics.resources import Stopwatch, forget_peak
from netsim.metrics.rundir import RunDirectory
from netsim.metrics.schema import Column, Table
from netsim.metrics.tables import PERF, runs_table

FLOWS = Table(
    "flows",
    1,
    "one row per flow",
    (
        Column("flow", "int64", "1", "index of the flow"),
        Column("end", "int64", "ps", "arrival of the last byte", nullable=True),
        Column("late", "bool", "1", "whether it was late", nullable=True),
    ),
    ("flow",),
)
RUNS = runs_table([Column("makespan", "int64", "ps", "end of the last flow")])


def make(path, seed=7, replications=2, only=None):
    hash_ = f"{seed:064x}"
    provenance = {"seed": seed, "hash": hash_}
    run = RunIdentity("x", "fabric", hash_, seed, "netsim: 1\n", {}, provenance, replications)
    directory = RunDirectory.create(path, run)
    writer = PartWriter(path, hash_)
    for replication in range(replications)[:only]:
        fill(writer, Key(0, hash_[-16:], replication), provenance)
    writer.commit()
    if only is None:
        directory.complete()
    return path


def fill(writer, key, provenance):
    watch = Stopwatch()
    recorder = Recorder(
        [RUNS, FLOWS, PERF],
        writer.sink(key),
        point=key.point,
        replication=key.replication,
        provenance=provenance,
    )
    # The second flow ends at 2^53 + 1 ps, which no double can hold; the third never ends.
    recorder.write(
        "flows", {"flow": [0, 1, 2], "end": [5, 2**53 + 1, None], "late": [True, None, False]}
    )
    recorder.write_row(
        "runs",
        {
            "scenario": "x",
            "workload": "fabric",
            "seed": provenance["seed"],
            "status": "done",
            "t_end": 10,
            "events": 3,
            "makespan": 9,
        },
    )
    cost = watch.read()
    recorder.write_row("perf", cost.perf_row(events=3))
    recorder.close()


def test_a_finished_run_lists_and_reads_its_tables(tmp_path):
    results = open_results(make(tmp_path / "x"))

    assert results.tables() == ["flows", "perf", "runs"]
    assert results.complete
    assert results.manifest["status"] == "success"
    assert results.table("runs").column("makespan").to_pylist() == [9, 9]


def test_an_unfinished_run_shows_the_points_that_are_done(tmp_path):
    results = open_results(make(tmp_path / "x", replications=3, only=2))

    assert not results.complete
    assert results.table("runs").column("replication").to_pylist() == [0, 1]


def test_an_unfinished_run_reads_like_a_finished_one(tmp_path):
    whole = open_results(make(tmp_path / "a")).table("flows")
    parts = open_results(make(tmp_path / "b", only=2)).table("flows")

    assert whole.equals(parts.combine_chunks())
    assert whole.schema.equals(parts.schema, check_metadata=True)


def test_every_row_belongs_to_a_run(tmp_path):
    results = open_results(make(tmp_path / "x"))

    key = ["point", "replication"]
    runs = set(map(tuple, results.pandas("runs")[key].astype(str).to_numpy()))
    for name in results.tables():
        rows = set(map(tuple, results.pandas(name)[key].astype(str).to_numpy()))
        assert rows <= runs


def test_units_descriptions_and_provenance_reach_pandas(tmp_path):
    frame = open_results(make(tmp_path / "x")).pandas("flows")

    assert frame.attrs["units"]["end"] == "ps"
    assert frame.attrs["descriptions"]["end"] == "arrival of the last byte"
    assert frame.attrs["provenance"]["seed"] == 7


def test_picoseconds_stay_exact_in_pandas_beside_missing_ones(tmp_path):
    frame = open_results(make(tmp_path / "x", replications=1)).pandas("flows")

    assert frame["end"].dtype == "Int64"
    assert frame["end"][1] == 2**53 + 1
    assert frame["end"][2] is pd.NA
    assert frame["late"].dtype == "boolean"
    assert frame["flow"].dtype == np.int64


def test_the_cost_of_a_run_is_read_with_its_wall_clock_time(tmp_path):
    before = datetime.datetime.now(datetime.UTC)

    frame = open_results(make(tmp_path / "x", replications=1)).pandas("perf")

    after = datetime.datetime.now(datetime.UTC)
    second = datetime.timedelta(seconds=1)
    assert before - second < frame["started"][0] < after + second
    assert forget_peak() == (frame["peak_rss"][0] > 1_000_000)


def test_several_runs_are_read_as_one_with_the_list_of_their_origins(tmp_path):
    results = open_results([make(tmp_path / "a", seed=1), make(tmp_path / "b", seed=2)])

    frame = results.pandas("runs")
    assert list(frame["seed"]) == [1, 1, 2, 2]
    assert [origin["seed"] for origin in frame.attrs["provenance"]] == [1, 2]
    assert len(results.manifests) == 2


def test_a_misspelt_table_gets_the_nearest_name(tmp_path):
    results = open_results(make(tmp_path / "x"))

    with pytest.raises(ReadError, match=r"no table named 'flow' in .*x; did you mean 'flows'\?"):
        results.table("flow")
    with pytest.raises(ReadError, match="there are: flows, perf, runs"):
        results.table("zzz")


def test_what_is_no_run_is_said_to_be_none(tmp_path):
    make(tmp_path / "spray")
    (tmp_path / "file").write_text("")

    with pytest.raises(ReadError, match=r"no directory .*spary; did you mean 'spray'\?"):
        open_results(tmp_path / "spary")
    with pytest.raises(ReadError, match="is a file"):
        open_results(tmp_path / "file")
    with pytest.raises(ReadError, match=r"not a run directory: it has no manifest.json"):
        open_results(tmp_path)
    with pytest.raises(ReadError, match="no run directory given"):
        open_results([])


def test_a_table_that_is_no_parquet_is_an_error_that_names_the_run(tmp_path):
    path = make(tmp_path / "x")
    (path / "tables" / "flows.parquet").write_bytes(b"garbage")

    with pytest.raises(ReadError, match="cannot be read"):
        open_results(path).table("flows")


def test_a_file_that_was_changed_is_found_on_request(tmp_path):
    path = make(tmp_path / "x", only=1)
    victim = next(path.glob("parts/*/*/flows.parquet"))
    content = bytearray(victim.read_bytes())
    content[100] ^= 1
    victim.write_bytes(content)

    open_results(path)
    with pytest.raises(ReadError, match=r"flows\.parquet was changed"):
        open_results(path, verify=True)


def test_tables_in_memory_are_joined_and_converted_alike():
    tables = []
    for replication in range(2):
        sink = MemorySink()
        recorder = Recorder([FLOWS], sink, point="p", replication=replication)
        recorder.write("flows", {"flow": [0], "end": [1], "late": [False]})
        recorder.close()
        tables.append(sink.tables["flows"])

    frame = to_pandas(concatenate(tables))

    assert list(frame["replication"]) == [0, 1]
    assert frame.attrs["units"]["end"] == "ps"


def test_the_text_of_results_says_how_far_the_run_came(tmp_path):
    whole = open_results(make(tmp_path / "a"))
    part = open_results(make(tmp_path / "b", replications=3, only=2))

    assert repr(whole) == (
        f"<Results of {tmp_path / 'a'} (complete, 2 replications): flows, perf, runs>"
    )
    assert repr(part) == (
        f"<Results of {tmp_path / 'b'} (unfinished, 2 of 3 replications): flows, perf, runs>"
    )


@pytest.mark.parametrize("status", ["running", "stopped", "failed"])
def test_a_marker_that_the_manifest_denies_makes_no_complete_run(tmp_path, status):
    path = make(tmp_path / "x")
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(manifest | {"status": status}))

    assert not open_results(path).complete


def test_parts_of_another_run_are_not_read_and_make_the_run_incomplete(tmp_path):
    mixed, other = make(tmp_path / "x", seed=1), make(tmp_path / "y", seed=2)
    for part in (other / "parts").glob("*/*"):
        shutil.copytree(part, mixed / "parts" / part.parent.name / "9")

    results = open_results(mixed)
    assert not results.complete
    assert repr(results).startswith(f"<Results of {mixed} (incomplete, 2 of 2 replications)")
    assert results.table("runs").column("seed").to_pylist() == [1, 1]


def test_a_success_without_its_parts_is_incomplete(tmp_path):
    path = make(tmp_path / "x")
    next(path.glob("parts/*/*/done.json")).unlink()

    assert not open_results(path).complete
    assert open_results(path).tables() == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("broken", r"manifest\.json is damaged: it is not JSON"),
        ("folder", "cannot be read: Is a d"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named_with_the_reason(tmp_path, damage, words):
    manifest = make(tmp_path / "x") / "manifest.json"
    if damage == "broken":
        manifest.write_text('{"netsim_manifest": 1,')
    else:
        manifest.unlink()
        manifest.mkdir()

    with pytest.raises(ReadError, match=words) as refused:
        open_results(tmp_path / "x")

    assert str(manifest) in str(refused.value)


def test_a_damaged_table_is_named_when_its_rows_are_counted(tmp_path):
    file = make(tmp_path / "x") / "tables" / "flows.parquet"
    file.write_bytes(file.read_bytes()[:40])

    with pytest.raises(ReadError, match=r"tables/flows\.parquet cannot be read: .*run it again"):
        RunFiles(tmp_path / "x").rows()
