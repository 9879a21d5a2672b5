"""No table changes unseen: what is registered is what `golden/tables.json` holds."""

from __future__ import annotations

import copy

import pytest
import table_lock

LOCKED = table_lock.read()


def test_every_table_is_as_it_is_locked():
    now = table_lock.current()

    assert not table_lock.broken(LOCKED, now)
    assert now == LOCKED, "a table or column is new: python tests/table_lock.py"


def renamed(tables):
    columns = tables["flows"]["columns"]
    columns["completion"] = columns.pop("fct")


def in_another_unit(tables):
    tables["flows"]["columns"]["fct"][1] = "ps"


def of_another_type(tables):
    tables["runs of fabric"]["columns"]["makespan"][0] = "float64"


def without_nulls(tables):
    tables["flows"]["columns"]["fct"][2] = "never null"


def gone(tables):
    del tables["flows"]


@pytest.mark.parametrize("change", [renamed, in_another_unit, of_another_type, without_nulls, gone])
def test_a_change_without_a_raised_version_is_told(change):
    changed = copy.deepcopy(LOCKED)
    change(changed)

    assert len(table_lock.broken(LOCKED, changed)) == 1


def test_a_raised_version_or_a_new_column_breaks_nobody():
    changed = copy.deepcopy(LOCKED)
    renamed(changed)
    changed["flows"]["version"] += 1
    changed["links"]["columns"]["new"] = ["int64", "1", "never null"]

    assert not table_lock.broken(LOCKED, changed)


def test_a_lowered_version_is_told():
    changed = copy.deepcopy(LOCKED)
    changed["flows"]["version"] -= 1

    assert len(table_lock.broken(LOCKED, changed)) == 1
