"""What runs of the families write: whole, sorted, explained, and the same bytes every time."""

from __future__ import annotations

import os
import subprocess
import sys

import duckdb
import jsonschema
import pyarrow.parquet as pq
import pytest

import netsim
from netsim import registry
from netsim.metrics.arrow import arrow_schemas, provenance
from netsim.metrics.atomic import sha256
from netsim.metrics.ordering import in_order
from netsim.metrics.parquet import read_file
from netsim.metrics.provenance import provenance_schema
from netsim.metrics.tables import tables_of

SCENARIOS = {
    "fabric": """\
netsim: 1
workload: fabric
replications: 2
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 4,
           host_link: {rate: 100 Gbps, delay: 500 ns}}
routing: {policy: rps}
transport: {kind: open_loop}
traffic: [{pattern: permutation, size: 256 kB}]
record: {tables: [links, packets], sample_every: 5 us}
""",
    "stragglers": """\
netsim: 1
workload: stragglers
replications: 2
workers: 8
jobs: 12
code: {scheme: sr_sgc, B: 1, W: 2, lambda: 2}
delays: {kind: gilbert_elliott, p: 0.05, q: 0.6}
record: {tables: [worker_rounds, tasks]}
""",
}


def run(folder, text, hash_seed="0"):
    """Run a scenario with the command line in a fresh process and return its directory."""
    folder.mkdir()
    (folder / "scenario.yaml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "netsim", "-q", "run", "scenario.yaml", "-o", "out"],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert not done.returncode, done.stderr
    return folder / "out"


@pytest.fixture(scope="module", params=sorted(SCENARIOS))
def family(request):
    return registry.lookup("workload", request.param)


@pytest.fixture(scope="module")
def out(family, tmp_path_factory):
    return run(tmp_path_factory.mktemp("results") / family.name, SCENARIOS[family.name])


def files(out):
    return sorted((out / "tables").glob("*.parquet"))


def declared(family):
    return {table.name: table for table in tables_of(family, family.optional_tables)}


def test_every_table_that_was_asked_for_is_there(family, out):
    known = {file.stem for file in files(out)}

    assert {"runs", "perf", *family.tables} <= known <= set(declared(family))


def test_every_file_has_the_declared_schema(family, out):
    for file in files(out):
        written = pq.read_schema(file)
        table = declared(family)[file.stem]
        wanted = arrow_schemas([table], provenance(written))[table.name]
        assert written.equals(wanted, check_metadata=True), file.name


def test_every_table_is_sorted_by_point_replication_and_key(family, out):
    for file in files(out):
        rows = read_file(file)
        plain = rows.set_column(0, "point", rows.column("point").cast("string"))
        key = declared(family)[file.stem].key
        for name in key:
            index = plain.column_names.index(name)
            if str(plain.schema.field(name).type).startswith("dictionary"):
                plain = plain.set_column(index, name, plain.column(name).cast("string"))
        assert in_order(plain, ("point", "replication", *key)), file.name


def test_every_row_belongs_to_a_run(out):
    with duckdb.connect() as database:
        for file in files(out):
            lost = database.execute(
                f"select count(*) from '{file}' anti join '{out}/tables/runs.parquet' "
                "using (point, replication)"
            ).fetchone()
            assert lost == (0,), file.name


def test_no_number_that_must_be_there_is_missing(family, out):
    for file in files(out):
        rows = read_file(file)
        for column in declared(family)[file.stem].columns:
            if not column.nullable:
                values = rows.column(column.name)
                assert not values.is_null(nan_is_null=True).to_pylist().count(True), column


def test_the_provenance_in_every_file_fits_its_schema_and_is_that_of_the_manifest(out):
    manifest = netsim.open(out).manifest

    for file in files(out):
        record = provenance(pq.read_schema(file))
        jsonschema.validate(record, provenance_schema())
        assert record == manifest["provenance"], file.name


def test_the_resolved_scenario_in_the_provenance_gives_the_same_run_again(out, tmp_path):
    resolved = netsim.open(out).manifest["provenance"]["scenario"]
    (tmp_path / "again.yaml").write_text((out / "resolved.json").read_text())

    again = netsim.load(tmp_path / "again.yaml")

    assert again.resolved == resolved
    assert again.hash == netsim.open(out).manifest["hash"]


def test_a_second_process_with_another_hash_seed_writes_the_same_bytes(family, out, tmp_path):
    again = run(tmp_path / "again", SCENARIOS[family.name], hash_seed="4711")

    for file in files(out):
        if file.stem != "perf":
            assert sha256(file) == sha256(again / "tables" / file.name), file.name


def test_the_runs_are_marked_done_and_nothing_is_left_behind(out):
    netsim_files = netsim.open(out)

    assert netsim_files.complete
    assert len(netsim_files.table("runs")) == 2
    assert list(out.glob("parts/*/*/done.json"))
    assert not list(out.rglob(".tmp-*"))
