"""Any field of the scenario as a further column."""

from __future__ import annotations

import json

import pytest

import netsim
from netsim.errors import UsageError

SCENARIO = {
    "netsim": 1,
    "workload": "stragglers",
    "workers": 4,
    "jobs": 10,
    "code": {"scheme": "gc", "s": 1},
    "delays": {"kind": "isolated"},
    "compute": {"per_load": "2 s"},
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Two runs of different codes and times."""
    folder = tmp_path_factory.mktemp("runs")
    netsim.run(SCENARIO, out=folder / "one")
    other = dict(SCENARIO, code={"scheme": "uncoded"}, compute={"per_load": "500 ms"})
    netsim.run(other, out=folder / "other")
    return netsim.open([folder / "one", folder / "other"])


def column(table, name):
    field = table.schema.field(name)
    return table.column(name).to_pylist(), field.metadata[b"unit"].decode()


def test_a_quantity_is_a_number_with_its_unit(opened):
    table = opened.table("runs", parameters=["compute.per_load"])

    assert column(table, "compute.per_load") == ([2.0, 0.5], "s")


def test_words_and_counts_are_what_they_are(opened):
    table = opened.table("runs", parameters=["code.scheme", "workers"])

    assert column(table, "code.scheme") == (["gc", "uncoded"], "")
    assert column(table, "workers") == ([4, 4], "1")


def test_a_field_that_one_scenario_lacks_is_empty_there(opened):
    assert column(opened.table("runs", parameters=["code.s"]), "code.s") == ([1, None], "1")


def test_a_block_is_written_as_json(opened):
    values, _ = column(opened.table("runs", parameters=["code"]), "code")

    assert json.loads(values[0])["scheme"] == "gc"


def test_every_row_of_any_table_gets_the_value_of_its_run(opened):
    table = opened.table("rounds", parameters=["code.scheme"])

    assert set(table.column("code.scheme").to_pylist()) == {"gc", "uncoded"}
    assert len(table) == len(opened.table("rounds"))


def test_data_frames_have_the_unit_in_their_attributes(opened):
    frame = opened.pandas("runs", parameters=["compute.per_load"])

    assert frame.attrs["units"]["compute.per_load"] == "s"


def test_a_column_that_is_there_already_is_not_doubled(opened):
    assert opened.table("runs", parameters=["seed"]).column_names.count("seed") == 1


def test_a_result_in_memory_has_parameters_too():
    result = netsim.run(SCENARIO)

    table = result.table("runs", parameters=["compute.per_load"])

    assert column(table, "compute.per_load") == ([2.0], "s")


def test_a_field_that_no_scenario_has_is_told_with_the_nearest(opened):
    with pytest.raises(UsageError, match=r"'code.shceme'; did you mean 'code.scheme'"):
        opened.table("runs", parameters=["code.shceme"])
