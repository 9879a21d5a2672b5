"""A run directory is complete or visibly incomplete, and nobody's files are lost in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from netsim.errors import OutputError, SimulationError, WriteError
from netsim.metrics import layout
from netsim.metrics.atomic import sha256
from netsim.metrics.failures import Failure, read_failures
from netsim.metrics.manifest import RunIdentity, read_manifest
from netsim.metrics.marks import Key, committed
from netsim.metrics.part_writer import PartWriter
from netsim.metrics.recorder import Recorder
from netsim.metrics.rundir import RunDirectory, filling
from netsim.metrics.schema import Column, Table

STEPS = Table(
    "steps",
    1,
    "one row per step",
    (Column("step", "int64", "1", "index"), Column("kind", "enum", "", "what kind")),
    ("step",),
)


def identity(replications=3, hash_="77ab02" + 58 * "0", name="x"):
    return RunIdentity(
        name=name,
        workload="fabric",
        hash=hash_,
        seed=7,
        text="netsim: 1\n",
        resolved={"netsim": 1, "workload": "fabric"},
        provenance={"hash": hash_},
        runs=replications,
    )


def keys(run):
    return [Key(0, run.hash[:16], replication) for replication in range(run.runs)]


def record(writer, key, provenance, rows=5):
    recorder = Recorder(
        [STEPS],
        writer.sink(key),
        point=key.point,
        replication=key.replication,
        provenance=provenance,
    )
    kinds = [("odd", "even")[(step + key.replication) % 2] for step in range(rows)]
    recorder.write("steps", {"step": list(range(rows)), "kind": kinds})
    recorder.close()


def fill(directory, run, chosen):
    """Commit the runs `chosen` as one part, and return its folder."""
    writer = PartWriter(directory.path, run.hash)
    for key in chosen:
        record(writer, key, run.provenance)
    writer.commit()
    return committed(directory.path)[-1].path


def finished(path, run=None, **options):
    run = run or identity(**options)
    directory = RunDirectory.create(path, run)
    fill(directory, run, keys(run))
    directory.complete()
    return run


def test_a_fresh_directory_is_visibly_unfinished(tmp_path):
    RunDirectory.create(tmp_path / "out" / "x", identity())

    names = sorted(entry.name for entry in (tmp_path / "out" / "x").iterdir())
    manifest = read_manifest(tmp_path / "out" / "x")
    assert names == ["manifest.json", "resolved.json", "scenario.yaml"]
    assert manifest["status"] == "running"
    assert manifest["hash"] == identity().hash
    assert manifest["counts"] == {"points": 1, "runs": 3, "done": 0, "failed": 0}
    assert manifest["machine"]["command"] == sys.argv


def test_a_finished_directory_has_its_tables_and_its_marker(tmp_path):
    finished(tmp_path / "x")

    assert (tmp_path / "x" / "SUCCESS").read_bytes() == b""
    assert read_manifest(tmp_path / "x")["status"] == "success"
    table = pq.ParquetFile(tmp_path / "x" / "tables" / "steps.parquet").read()
    assert table.column("replication").to_pylist() == [r for r in range(3) for _ in range(5)]
    assert table.column("step").to_pylist() == list(range(5)) * 3
    assert table.column("kind").to_pylist()[4:6] == ["odd", "even"]


def test_the_compacted_table_keeps_schema_and_metadata_of_its_parts(tmp_path):
    finished(tmp_path / "x")

    (part,) = committed(tmp_path / "x")
    whole = pq.read_schema(part.path / "steps.parquet")
    joined = pq.read_schema(tmp_path / "x" / "tables" / "steps.parquet")
    assert joined.equals(whole, check_metadata=True)


def test_a_single_part_is_compacted_without_a_second_copy(tmp_path):
    finished(tmp_path / "x")

    (part,) = committed(tmp_path / "x")
    table = tmp_path / "x" / "tables" / "steps.parquet"
    assert os.path.samefile(part.path / "steps.parquet", table)


def test_parts_in_any_order_give_the_bytes_of_one_part(tmp_path):
    finished(tmp_path / "one")
    run = identity()
    directory = RunDirectory.create(tmp_path / "many", run)
    for key in reversed(keys(run)):
        fill(directory, run, [key])
    directory.complete()

    one, many = (tmp_path / name / "tables" / "steps.parquet" for name in ("one", "many"))
    assert many.read_bytes() == one.read_bytes()


def test_two_equal_runs_have_byte_identical_tables(tmp_path):
    for name in "ab":
        finished(tmp_path / name)

    first, second = (sha256(tmp_path / name / "tables" / "steps.parquet") for name in "ab")
    assert first == second


def test_the_commit_mark_lists_every_run_and_file(tmp_path):
    run = identity()
    directory = RunDirectory.create(tmp_path / "x", run)

    path = fill(directory, run, keys(run)[1:])

    done = json.loads((path / "done.json").read_text())
    assert (done["study"], done["index"], done["replication"]) == (run.hash, [0, 0], [1, 2])
    assert done["point"] == [run.hash[:16]] * 2
    assert done["rows"] == {"steps": [5, 5]}
    assert done["files"]["steps.parquet"] == {
        "rows": 10,
        "size": (path / "steps.parquet").stat().st_size,
        "sha256": sha256(path / "steps.parquet"),
    }


def test_a_run_with_a_missing_replication_cannot_be_completed(tmp_path):
    run = identity()
    directory = RunDirectory.create(tmp_path / "x", run)
    fill(directory, run, keys(run)[:1])

    with pytest.raises(OutputError, match="2 of 3 runs are not done"):
        directory.complete()

    assert not (tmp_path / "x" / "SUCCESS").exists()


@pytest.mark.parametrize(
    "damage", ["truncated table", "missing table", "broken mark", "no mark", "short list"]
)
def test_a_part_whose_mark_does_not_fit_its_files_does_not_exist(tmp_path, damage):
    run = identity()
    path = fill(RunDirectory.create(tmp_path / "x", run), run, keys(run))
    table, mark = path / "steps.parquet", path / "done.json"

    if damage == "truncated table":
        table.write_bytes(table.read_bytes()[:-1])
    elif damage == "missing table":
        table.unlink()
    elif damage == "broken mark":
        mark.write_text('{"files": 3')
    elif damage == "short list":
        mark.write_text(json.dumps(json.loads(mark.read_text()) | {"index": [0]}))
    else:
        mark.unlink()

    assert committed(tmp_path / "x") == []


def test_a_failed_run_says_why_and_counts_its_attempts(tmp_path):
    run = identity()
    directory = RunDirectory.create(tmp_path / "x", run)
    key = keys(run)[0]
    for _ in range(2):
        directory.note(Failure.of(key, SimulationError("stalled at t=1 ms")))
    directory.fail()

    noted = read_failures(tmp_path / "x")
    assert [(failure.key, failure.message, failure.error) for failure in noted] == [
        (key, "stalled at t=1 ms", "simulation")
    ] * 2
    assert (tmp_path / "x" / "FAILED").is_file()
    assert read_manifest(tmp_path / "x")["status"] == "failed"


def test_an_unexpected_error_keeps_its_traceback(tmp_path):
    run = identity()
    directory = RunDirectory.create(tmp_path / "x", run)

    try:
        raise ZeroDivisionError("a bug")
    except ZeroDivisionError as error:
        directory.note(Failure.of(keys(run)[0], error))

    assert "Traceback" in read_failures(tmp_path / "x")[0].trace


def test_a_line_of_failures_that_was_cut_off_is_left_aside(tmp_path):
    run = identity()
    directory = RunDirectory.create(tmp_path / "x", run)
    directory.note(Failure.of(keys(run)[0], SimulationError("first")))
    (file,) = (tmp_path / "x" / "failures").iterdir()
    file.write_bytes(file.read_bytes() + b'{"index": 0, "mess')

    assert [failure.message for failure in read_failures(tmp_path / "x")] == ["first"]


def test_what_is_committed_stays_when_the_same_run_goes_on(tmp_path):
    run = identity()
    directory = RunDirectory.create(tmp_path / "x", run)
    fill(directory, run, keys(run)[:2])
    dead = tmp_path / "x" / "parts" / "elsewhere-1-abcdef" / "0"
    dead.mkdir(parents=True)
    os.utime(dead, (0, 0))

    with filling(tmp_path / "x", run, resume=True) as again:
        assert again.done() == {(run.hash[:16], 0), (run.hash[:16], 1)}
        fill(again, run, keys(run)[2:])
        again.complete()

    assert not dead.exists()
    finished(tmp_path / "y")
    x, y = (tmp_path / name / "tables" / "steps.parquet" for name in "xy")
    assert x.read_bytes() == y.read_bytes()


def test_a_directory_of_another_scenario_is_refused_with_both_hashes(tmp_path):
    finished(tmp_path / "x")
    other = identity(hash_="3f9c1a" + 58 * "0")

    with pytest.raises(OutputError) as refused:
        RunDirectory.create(tmp_path / "x", other)

    assert str(refused.value) == (
        f"{tmp_path / 'x'} already holds a run of another scenario (hash 77ab02, this is 3f9c1a); "
        "choose -o or --overwrite"
    )
    assert refused.value.exit_code == 5


def test_a_finished_run_of_the_same_scenario_is_refused(tmp_path):
    run = finished(tmp_path / "x")

    with pytest.raises(OutputError, match="already holds a finished run of this scenario"):
        RunDirectory.create(tmp_path / "x", run)


def test_overwrite_replaces_the_run_and_leaves_the_users_files(tmp_path):
    finished(tmp_path / "x", hash_="3f9c1a" + 58 * "0")
    notes = [tmp_path / "x" / "notes.txt", tmp_path / "x" / "parts" / "mine.txt"]
    for note in notes:
        note.write_text("mine")

    run = identity(replications=1)
    directory = RunDirectory.create(tmp_path / "x", run, overwrite=True)
    fill(directory, run, keys(run))
    directory.complete()

    assert [note.read_text() for note in notes] == ["mine", "mine"]
    assert read_manifest(tmp_path / "x")["hash"] == run.hash
    assert [part.study for part in committed(tmp_path / "x")] == [run.hash]


def test_a_directory_with_files_of_others_and_no_run_is_refused_even_with_overwrite(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")

    for overwrite in (False, True):
        with pytest.raises(OutputError, match="holds files that are not netsim's"):
            RunDirectory.create(tmp_path, identity(), overwrite=overwrite)

    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_manifest_of_another_program_is_nobodys_run(tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "web app"}')

    with pytest.raises(OutputError, match="not netsim's"):
        RunDirectory.create(tmp_path, identity(), overwrite=True)

    assert (tmp_path / "manifest.json").read_text() == '{"name": "web app"}'


def test_a_file_in_place_of_the_directory_is_refused(tmp_path):
    (tmp_path / "x").write_text("a file")

    with pytest.raises(OutputError, match="is a file"):
        RunDirectory.create(tmp_path / "x", identity())


def test_a_place_that_cannot_be_written_is_an_error_and_no_traceback():
    with pytest.raises((OutputError, WriteError), match=r"cannot (make|write) /proc/x"):
        RunDirectory.create("/proc/x", identity())


def test_of_many_starters_exactly_one_gets_the_directory(tmp_path):
    program = (
        "import runpy, sys\n"
        f"names = runpy.run_path({__file__!r})\n"
        "sys.stdin.readline()\n"
        "try:\n"
        f"    names['RunDirectory'].create({str(tmp_path / 'x')!r}, names['identity']())\n"
        "    print('won')\n"
        "except names['OutputError']:\n"
        "    print('lost')\n"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]

    answers = [starter.communicate("go\n")[0].strip() for starter in starters]

    assert sorted(answers) == ["lost", "lost", "lost", "won"]


def test_leftovers_of_a_killed_start_do_not_block_the_next(tmp_path):
    (tmp_path / ".tmp-here-4711-0123ab-manifest.json").write_text("{")

    RunDirectory.create(tmp_path, identity())

    assert read_manifest(tmp_path)["status"] == "running"


def test_layout_names_only_finished_tables(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"")
    (tmp_path / ".tmp-here-1-0123ab-b.parquet").write_bytes(b"")

    assert [file.name for file in layout.table_files(tmp_path)] == ["a.parquet"]
