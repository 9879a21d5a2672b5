"""Every registered table and every column of `runs` keeps the rules of names and units."""

from __future__ import annotations

import re

import pytest

from netsim import registry
from netsim.metrics.arrow import arrow_schemas
from netsim.metrics.schema import TEXT_TYPES
from netsim.metrics.tables import runs_table

#: SI and the units of the field; simulated instants are picoseconds.
UNITS = {"1", "ps", "s", "B", "bit/s", "B/s", "1/s", "m", "m/s", "J", "W", "FLOP", "FLOP/s"}
UNITS |= {"packets", "dB", "dB/km"}

TABLES = {name: registry.lookup("table", name) for name in registry.names("table")}
TABLES |= {
    f"runs of {name}": runs_table(registry.lookup("workload", name).run_columns)
    for name in registry.names("workload")
}


@pytest.mark.parametrize("name", registry.names("table"))
def test_a_table_is_registered_under_its_own_name(name):
    assert TABLES[name].name == name


@pytest.mark.parametrize("name", list(TABLES))
def test_a_table_says_what_a_row_is(name):
    assert TABLES[name].row.startswith("one row per ")


@pytest.mark.parametrize("name", list(TABLES))
def test_a_table_can_be_sorted_unless_it_has_one_row_per_run(name):
    table = TABLES[name]

    assert table.key or table.name in ("runs", "perf")


@pytest.mark.parametrize("name", list(TABLES))
def test_a_table_has_an_arrow_schema_with_identity_first(name):
    (schema,) = arrow_schemas([TABLES[name]], {}).values()

    assert schema.names[:2] == ["point", "replication"]


@pytest.mark.parametrize("name", list(TABLES))
def test_every_column_has_a_known_unit(name):
    def known(column):
        if column.type in TEXT_TYPES or column.type == "timestamp":
            return column.unit == ""
        return column.unit in UNITS or (column.type == "bool" and not column.unit)

    assert not [column for column in TABLES[name].columns if not known(column)]


@pytest.mark.parametrize("name", list(TABLES))
def test_no_column_carries_its_unit_in_its_name(name):
    suffixed = re.compile(r"_(ps|ns|us|ms|s|sec|bps|gbps|mbps|kb|mb|gb)$")

    assert not [c.name for c in TABLES[name].columns if suffixed.search(c.name)]


@pytest.mark.parametrize("name", list(TABLES))
def test_simulated_instants_are_whole_picoseconds_and_durations_seconds(name):
    kinds = {"ps": "int64", "s": "float64"}

    for column in TABLES[name].columns:
        assert column.type == kinds.get(column.unit, column.type), column
        if column.name in ("t", "start", "end"):
            assert column.unit == "ps", column


@pytest.mark.parametrize("name", list(TABLES))
def test_every_description_is_a_phrase_without_a_full_stop(name):
    for column in TABLES[name].columns:
        assert len(column.description) >= 4, column
        assert not column.description.endswith("."), column


@pytest.mark.parametrize("name", registry.names("table"))
def test_a_table_joins_keys_of_tables_of_the_same_family(name):
    writers = [registry.lookup("workload", one) for one in registry.names("workload")]

    for own, other in TABLES[name].joins:
        table, _, column = other.partition(".")
        # Each row there is one thing, so that a join gives no row twice.
        assert TABLES[table].key == (column,), (own, other)
        assert TABLES[name].column(own).type == TABLES[table].column(column).type
        for family in writers:
            written = {*family.tables, *family.optional_tables}
            assert name not in written or table in written
