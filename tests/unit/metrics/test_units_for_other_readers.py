"""pandas, DuckDB and polars find the units of a plain file, without netsim."""

from __future__ import annotations

import json

import pytest

import netsim
from netsim.metrics.arrow import COLUMNS_KEY
from netsim.metrics.reader import concatenate

SMALL = """\
netsim: 1
workload: fabric
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2,
           host_link: {rate: 100 Gbps, delay: 500 ns}}
routing: {policy: ecmp}
transport: {kind: open_loop}
traffic: [{pattern: permutation, size: 64 kB}]
"""


@pytest.fixture(scope="module")
def flows(tmp_path_factory):
    """The file of table `flows` of a small run."""
    folder = tmp_path_factory.mktemp("run")
    path = folder / "small.yaml"
    path.write_text(SMALL)
    netsim.run(path, out=folder / "out")
    return folder / "out" / "tables" / "flows.parquet"


def test_pandas_has_units_and_descriptions_in_its_attributes(flows):
    pandas = pytest.importorskip("pandas")

    frame = pandas.read_parquet(flows)

    assert frame.attrs["units"]["fct"] == "s"
    assert frame.attrs["units"]["end_rx"] == "ps"
    assert frame.attrs["descriptions"]["size"] == "payload to be delivered"


def test_duckdb_sees_the_columns_in_the_metadata(flows):
    duckdb = pytest.importorskip("duckdb")

    [(found,)] = duckdb.sql(
        f"select decode(value) from parquet_kv_metadata('{flows}') "
        "where decode(key) = 'netsim.columns'"
    ).fetchall()

    assert json.loads(found)["fct"]["unit"] == "s"


def test_polars_sees_the_columns_in_the_metadata(flows):
    polars = pytest.importorskip("polars")

    metadata = polars.read_parquet_metadata(flows)

    assert json.loads(metadata["netsim.columns"])["size"]["unit"] == "B"


def test_tables_that_are_joined_describe_all_their_columns():
    import pyarrow as pa

    def table(name, unit):
        field = pa.field(name, pa.int64(), metadata={"unit": unit, "description": "it"})
        return pa.table({name: [1]}, schema=pa.schema([field], metadata={"k": "v"}))

    joined = concatenate([table("a", "s"), table("b", "B")])

    known = json.loads(joined.schema.metadata[COLUMNS_KEY])
    assert {name: column["unit"] for name, column in known.items()} == {"a": "s", "b": "B"}
