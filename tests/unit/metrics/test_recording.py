"""The recorder gives memory and files the same tables, and the same bytes for the same rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netsim.errors import InvariantError, WriteError
from netsim.metrics import layout
from netsim.metrics.atomic import sha256
from netsim.metrics.conversion import Coded
from netsim.metrics.parquet import FileSink, read_file
from netsim.metrics.recorder import MemorySink, Recorder
from netsim.metrics.schema import Column, Table

FLOWS = Table(
    "flows",
    1,
    "one row per flow",
    (
        Column("flow", "int64", "1", "index of the flow"),
        Column("start", "int64", "ps", "start"),
        Column("end", "int64", "ps", "end", nullable=True),
        Column("fct", "float64", "s", "completion time", nullable=True),
        Column("late", "bool", "1", "whether it was late"),
        Column("status", "enum", "", "how it ended"),
        Column("reason", "string", "", "why it failed", nullable=True),
        Column("routing.policy", "enum", "", "swept field"),
    ),
    ("flow",),
)


def record(sink, *, batch=64, length=1000, row_group=300, descending=False):
    recorder = Recorder(
        [FLOWS], sink, point="a1b2", replication=3, provenance={"seed": 7}, row_group=row_group
    )
    for at in range(0, length, batch):
        flow = np.arange(at, min(at + batch, length))
        if descending:
            flow = flow[::-1].copy()
        unfinished = flow % 5 == 0
        recorder.write(
            "flows",
            {
                "flow": flow,
                "start": flow * 10,
                "end": np.ma.masked_array(flow * 10 + 3, unfinished),
                "fct": np.where(unfinished, np.nan, 3e-12),
                "late": flow % 2 == 0,
                "status": Coded(unfinished.astype(int), ["done", "unfinished"]),
                "reason": [None] * len(flow),
                "routing.policy": ["ecmp"] * len(flow),
            },
        )
    return recorder


def test_memory_and_files_hold_the_same_table(tmp_path):
    memory = MemorySink()

    counts = [record(sink).close() for sink in (memory, FileSink(tmp_path))]

    written = read_file(tmp_path / "flows.parquet")
    assert counts == [{"flows": 1000}] * 2
    assert memory.tables["flows"].equals(written)
    assert memory.tables["flows"].schema.equals(written.schema, check_metadata=True)


def test_every_row_starts_with_its_identity():
    sink = MemorySink()

    record(sink, length=2).close()

    table = sink.tables["flows"]
    assert table.column_names[:2] == ["point", "replication"]
    assert table.column("point").to_pylist() == ["a1b2", "a1b2"]
    assert table.column("replication").to_pylist() == [3, 3]


def test_files_are_encoded_as_promised(tmp_path):
    record(FileSink(tmp_path)).close()

    meta = pq.ParquetFile(tmp_path / "flows.parquet").metadata
    group = meta.row_group(0)
    used = {}
    for index in range(group.num_columns):
        column = group.column(index)
        used[column.path_in_schema] = set(column.encodings)
        assert column.compression == "ZSTD"
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [300, 300, 300, 100]
    assert all("DELTA_BINARY_PACKED" in used[name] for name in ("flow", "end", "replication"))
    assert "BYTE_STREAM_SPLIT" in used["fct"]
    dictionaries = {name for name, encodings in used.items() if "RLE_DICTIONARY" in encodings}
    assert dictionaries <= {"point", "status", "reason", "routing.policy"}
    assert {"point", "status", "routing.policy"} <= dictionaries


def test_the_bytes_do_not_depend_on_the_cut_into_batches(tmp_path):
    hashes = set()
    for batch in (1, 7, 64, 1000):
        folder = tmp_path / str(batch)
        folder.mkdir()
        record(FileSink(folder), batch=batch, length=700).close()
        hashes.add(sha256(folder / "flows.parquet"))

    assert len(hashes) == 1


def test_two_processes_with_different_hash_seeds_write_the_same_bytes(tmp_path):
    hashes = set()
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "FOLDER": str(folder)}
        program = (
            "import os, runpy\n"
            f"names = runpy.run_path({str(Path(__file__))!r})\n"
            "names['record'](names['FileSink'](names['Path'](os.environ['FOLDER']))).close()\n"
        )
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
        hashes.add(sha256(folder / "flows.parquet"))

    assert len(hashes) == 1


def test_duckdb_reads_rows_and_metadata(tmp_path):
    record(FileSink(tmp_path)).close()
    file = tmp_path / "flows.parquet"

    with duckdb.connect() as database:
        rows = database.execute(f"select count(*), sum(start) from '{file}'").fetchone()
        keys = database.execute(f"select key from parquet_kv_metadata('{file}')").fetchall()

    # 0 + 10 + ... + 9990
    assert rows == (1000, 4995000)
    assert (b"netsim.provenance",) in keys


def test_a_table_that_is_not_wanted_is_dropped():
    recorder = Recorder([FLOWS], MemorySink())

    recorder.write("packets", {"anything": [1]})

    assert recorder.wants("flows")
    assert not recorder.wants("packets")
    assert recorder.close() == {"flows": 0}


def test_a_table_without_rows_is_written_with_its_columns(tmp_path):
    Recorder([FLOWS], FileSink(tmp_path)).close()

    table = read_file(tmp_path / "flows.parquet")
    assert table.num_rows == 0
    assert table.column_names[-1] == "routing.policy"


def test_a_single_row_can_be_written_by_name():
    span = Table("spans", 1, "one row per run", (Column("end", "int64", "ps", "end"),), ())
    sink = MemorySink()
    recorder = Recorder([span], sink)

    recorder.write_row("spans", {"end": 5})
    recorder.close()

    assert sink.tables["spans"].column("end").to_pylist() == [5]


def test_rows_after_the_end_are_refused():
    recorder = record(MemorySink(), length=2)
    recorder.close()

    with pytest.raises(InvariantError, match="after the recorder was closed"):
        recorder.write("flows", {})


def test_nothing_is_visible_before_the_end_and_nothing_is_left_after_an_abort(tmp_path):
    recorder = record(FileSink(tmp_path))
    assert not layout.table_files(tmp_path)

    recorder.abort()

    assert not list(tmp_path.iterdir())


def test_memory_stays_flat_while_row_groups_stream_out(tmp_path):
    counter = Table("counts", 1, "one row per count", (Column("n", "int64", "1", "n"),), ("n",))
    recorder = Recorder([counter], FileSink(tmp_path), row_group=10_000)
    before = pa.total_allocated_bytes()
    most = 0
    for at in range(0, 2_000_000, 5_000):
        recorder.write("counts", {"n": np.arange(at, at + 5_000)})
        most = max(most, pa.total_allocated_bytes() - before)
    assert recorder.close() == {"counts": 2_000_000}

    # 16 MB in all; a few row groups of 80 kB at a time, and what the Parquet writer holds.
    assert most < 2_000_000


def test_a_full_disk_is_an_error_that_names_the_file_and_the_cure(tmp_path):
    program = (
        "import resource, runpy, signal, sys\n"
        f"names = runpy.run_path({str(Path(__file__))!r})\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        f"    names['record'](names['FileSink'](names['Path']({str(tmp_path)!r})),"
        " length=100_000, batch=10_000, row_group=10_000).close()\n"
        "except names['WriteError'] as error:\n"
        "    sys.stdout.write(str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert f"cannot write {tmp_path / 'flows.parquet'}" in done.stdout
    assert "free some space" in done.stdout
    assert not layout.table_files(tmp_path)
    assert issubclass(WriteError, Exception)
