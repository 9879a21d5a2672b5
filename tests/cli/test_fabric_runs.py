"""Fabric scenarios by command: equal runs give equal bytes, and anybody can read them."""

from __future__ import annotations

import os
import subprocess
import sys

import duckdb
import pandas as pd
import pytest

import netsim

SCENARIO = """\
netsim: 1
workload: fabric
seed: 3
replications: 2
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 4}
routing: {policy: rps}
transport: {kind: fixed_window}
traffic:
  - {pattern: permutation, size: 64 kB}
  - {pattern: random_pairs, size: {dist: exponential, mean: 20 kB}, rate: 400 kHz, count: 20}
record: {tables: [links, packets], sample_every: 2 us}
"""
TABLES = ("flows", "link_totals", "links", "packets", "runs")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return two run directories, written by processes with different hash seeds."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "mixed.yaml").write_text(SCENARIO)
    for seed in ("1", "4242"):
        subprocess.run(
            [sys.executable, "-m", "netsim", "-q", "run", "mixed.yaml", "-o", f"out{seed}"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=600,
        )
    return folder / "out1", folder / "out4242"


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_the_same_bytes_in_two_processes_with_different_hash_seeds(runs, table):
    first, second = (run / "tables" / f"{table}.parquet" for run in runs)

    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("table", [*TABLES, "perf"])
def test_duckdb_and_pandas_read_every_table(runs, table):
    path = runs[0] / "tables" / f"{table}.parquet"

    frame = pd.read_parquet(path)
    ((count,),) = duckdb.sql(f"select count(*) from '{path}'").fetchall()

    assert list(frame.columns[:2]) == ["point", "replication"]
    assert count == len(frame) > 0
    assert set(frame["replication"]) == {0, 1}


def test_units_stand_in_the_file_for_other_programs(runs):
    path = runs[0] / "tables" / "flows.parquet"

    keys = duckdb.sql(f"select decode(key), decode(value) from parquet_kv_metadata('{path}')")

    assert "netsim.provenance" in dict(keys.fetchall())


def test_a_run_that_its_time_limit_cuts_says_so():
    scenario = {
        "netsim": 1,
        "workload": "fabric",
        "until": "10 us",
        "transport": {"kind": "open_loop"},
        "topology": {"kind": "leaf_spine", "leaves": 2, "spines": 2, "hosts_per_leaf": 2},
        "traffic": [{"pattern": "permutation", "size": "1 MB"}],
        "record": {"tables": ["packets"]},
    }

    result = netsim.run(scenario)

    # 1 MB takes 80 us at 100 Gbps, and more than 10 us at any rate up to 800 Gbps.
    assert result.runs[0]["status"] == "unfinished"
    assert result.runs[0]["unfinished"] == 4
    row = next(line for line in result.summary.splitlines() if "flows not finished" in line)
    assert row.split()[3] == "4"
    assert result.runs[0]["t_end"] == 10_000_000 > result.pandas("packets")["t"].max()
