"""A colleague's folder is read by three readers, its units and seed found, and it is repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from netsim.cli.main import main

#: Two leaves, two hosts each; every host sends 20 kB once.
SCENARIO = """\
netsim: 1
name: theirs
workload: fabric
seed: 11
replications: 2
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2}
traffic: [{pattern: permutation, size: 20 kB}]
"""


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("theirs.yaml").write_text(SCENARIO)
    done = CliRunner().invoke(main, ["run", "theirs.yaml", "-o", "theirs"])
    assert done.exit_code == 0, done.output
    return Path("theirs")


def test_pandas_reads_the_rows_and_their_units(theirs):
    flows = pd.read_parquet(theirs / "tables" / "flows.parquet")

    assert len(flows) == 2 * 4
    assert flows.attrs["units"]["fct"] == "s"
    assert flows.attrs["units"]["end_rx"] == "ps"


def test_duckdb_finds_rows_and_units_by_sql(theirs):
    duckdb = pytest.importorskip("duckdb")
    file = str(theirs / "tables" / "flows.parquet")

    ((rows,),) = duckdb.sql(f"select count(*) from '{file}'").fetchall()
    ((columns,),) = duckdb.sql(
        f"select decode(value) from parquet_kv_metadata('{file}') "
        "where decode(key) = 'netsim.columns'"
    ).fetchall()

    assert rows == 8
    assert json.loads(columns)["fct"]["unit"] == "s"


def test_polars_finds_rows_and_units(theirs):
    polars = pytest.importorskip("polars")
    file = theirs / "tables" / "flows.parquet"

    columns = json.loads(polars.read_parquet_metadata(file)["netsim.columns"])

    assert polars.read_parquet(file).height == 8
    assert columns["end_rx"]["unit"] == "ps"


def test_the_folder_says_its_seed_and_is_repeated_byte_for_byte(theirs):
    described = json.loads(CliRunner().invoke(main, ["describe", str(theirs), "--json"]).stdout)

    repeated = CliRunner().invoke(main, ["run", "theirs", "-o", "again"])

    assert repeated.exit_code == 0, repeated.output
    assert described["seed"] == 11
    for table in ("flows", "link_totals", "hosts", "runs"):
        name = f"tables/{table}.parquet"
        assert (theirs / name).read_bytes() == (Path("again") / name).read_bytes(), table
