"""Tables and columns are checked where they are declared."""

from __future__ import annotations

import pytest

from netsim import registry
from netsim.metrics.arrow import arrow_schemas, descriptions, provenance, units
from netsim.metrics.schema import Column, Table
from netsim.metrics.tables import PERF, RUNS, runs_table, tables_of

FLOW = Column("flow", "int64", "1", "index of the flow")


def test_a_column_without_a_description_is_refused():
    with pytest.raises(ValueError, match="no description"):
        Column("flow", "int64", "1", " ")


@pytest.mark.parametrize("unit", ["", "two words", "-s"])
def test_a_number_without_a_unit_is_refused(unit):
    with pytest.raises(ValueError, match="is not a unit"):
        Column("size", "int64", unit, "payload")


@pytest.mark.parametrize("unit", ["1", "ps", "bit/s", "1/s", "dB/km"])
def test_si_units_are_accepted(unit):
    assert Column("size", "float64", unit, "payload").unit == unit


def test_text_with_a_unit_is_refused():
    with pytest.raises(ValueError, match="is text"):
        Column("status", "enum", "1", "how it ended")


@pytest.mark.parametrize("name", ["", "2x", "with space", "a-b"])
def test_a_name_that_is_no_word_is_refused(name):
    with pytest.raises(ValueError, match="not a column name"):
        Column(name, "int64", "1", "something")


@pytest.mark.parametrize("name", ["routing.policy", "jobs[0].ranks", "code.B"])
def test_a_swept_field_is_named_by_its_dotted_path(name):
    assert Column(name, "int64", "1", "swept").name == name


def test_an_unknown_type_is_refused():
    with pytest.raises(ValueError, match="not one of int64"):
        Column("size", "float32", "B", "payload")


def test_a_column_twice_is_refused_and_so_is_one_of_the_identity():
    with pytest.raises(ValueError, match="'flow' twice"):
        Table("flows", 1, "one row per flow", (FLOW, FLOW), ("flow",))
    with pytest.raises(ValueError, match="'point' twice"):
        Table("flows", 1, "one row per flow", (Column("point", "string", "", "p"),), ())


def test_a_key_must_exist_and_never_be_null():
    nullable = Column("start", "int64", "ps", "start", nullable=True)

    with pytest.raises(ValueError, match="no column 'start'"):
        Table("flows", 1, "one row per flow", (FLOW,), ("start",))
    with pytest.raises(ValueError, match="must be non-null"):
        Table("flows", 1, "one row per flow", (nullable,), ("start",))


def test_the_arrow_schema_carries_units_descriptions_and_provenance():
    table = Table("flows", 3, "one row per flow", (FLOW,), ("flow",))

    schema = arrow_schemas([table], {"hash": "ab", "seed": 1})["flows"]

    assert schema.names == ["point", "replication", "flow"]
    assert units(schema) == {"point": "", "replication": "1", "flow": "1"}
    assert descriptions(schema)["flow"] == "index of the flow"
    assert provenance(schema) == {"hash": "ab", "seed": 1}
    assert schema.metadata[b"netsim.table"] == b"flows"
    assert schema.metadata[b"netsim.table_version"] == b"3"


def test_runs_and_perf_are_registered():
    assert registry.lookup("table", "runs") is RUNS
    assert registry.lookup("table", "perf") is PERF


def test_the_columns_of_the_family_stand_behind_the_common_ones_of_runs():
    makespan = Column("makespan", "int64", "ps", "end of the last flow")

    names = [column.name for column in runs_table([makespan]).columns]

    assert names[:2] == ["scenario", "workload"]
    assert names[-1] == "makespan"


def test_the_tables_of_a_run_are_those_of_the_family_and_those_asked_for_each_once():
    class Family:
        tables = ("perf",)
        run_columns = (Column("makespan", "int64", "ps", "end of the last flow"),)

    tables = tables_of(Family, ("perf", "runs"))

    assert [table.name for table in tables] == ["runs", "perf"]
    assert tables[0].column("makespan").unit == "ps"
