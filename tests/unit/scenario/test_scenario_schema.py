"""The JSON Schema says of a scenario what loading it says."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from netsim import registry
from netsim.scenario import check, json_schema

ROOT = Path(__file__).parents[3]


@functools.cache
def schema_of_all():
    """Return the schema; the test family is the same in every test."""
    return json_schema()


@functools.cache
def validator():
    schema = schema_of_all()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def as_data(text):
    return YAML(typ="safe", pure=True).load(text)


KITCHEN = {"netsim": 1, "workload": "kitchen_work"}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"workload": "kitchen-work"},
        {"include": "base.yaml"},
        {"sweep": {"grid": {"seed": [1, 2]}}},
        {"cook": {"kind": "careful", "pause": "1 us", "asks": {"kind": "fast"}}},
        {"dishes": [{"size": "1 MiB", "lambda": 2, "served": "cold", "when": ["1 s", "2 s"]}]},
        {"burnt": "12 %"},
        {"burnt": 0.5},
        {"recipe": "a/b.txt"},
        {"until": "50 ms"},
    ],
)
def test_the_schema_takes_right_scenarios(fields):
    assert not list(validator().iter_errors({**KITCHEN, **fields}))


@pytest.mark.parametrize(
    "fields",
    [
        {"workload": "kitchen_wrk"},
        {"netsim": 2},
        {"sed": 1},
        {"seed": -1},
        {"seed": "1"},
        {"cook": {"kind": "careful"}},
        {"cook": {"kind": "fast", "pause": "1 us"}},
        {"cook": {"hands": 2}},
        {"cook": "fast"},
        {"dishes": [{"size": 5}]},
        {"dishes": [{"size": "5 Gbps"}]},
        {"dishes": [{"size": "5 B", "served": "warm"}]},
        {"burnt": 2},
        {"burnt": "12 s"},
        {"sweep": [1]},
        {"until": 5},
    ],
)
def test_the_schema_refuses_wrong_scenarios(fields):
    assert not validator().is_valid({**KITCHEN, **fields})


def test_workload_is_needed():
    assert not validator().is_valid({"netsim": 1})


def test_every_field_has_a_description_and_a_unit():
    for name, definition in schema_of_all()["$defs"].items():
        for field, schema in definition.get("properties", {}).items():
            assert schema.get("description"), f"{name}.{field}"
            assert "x-unit" in schema, f"{name}.{field}"


def test_units_are_those_that_values_are_held_in():
    definitions = schema_of_all()["$defs"]
    units = {
        field: schema["x-unit"]
        for name in ("KitchenScenario", "Dish")
        for field, schema in definitions[name]["properties"].items()
    }

    assert units["until"] == "ps"
    assert units["size"] == "B"
    assert units["when"] == "ps"
    assert (units["seed"], units["burnt"], units["name"]) == ("1", "1", "")


def test_registered_names_are_enumerated():
    schema = schema_of_all()

    assert set(registry.names("workload")) <= set(schema["properties"]["workload"]["enum"])
    cook = schema["$defs"]["KitchenScenario"]["properties"]["cook"]
    assert cook["properties"]["kind"]["enum"] == ["careful", "fast"]


def test_every_reference_leads_somewhere():
    schema = schema_of_all()

    for name in set(re.findall(r"#/\$defs/([^'\"]+)", str(schema))):
        assert name in schema["$defs"]


SHIPPED = sorted((ROOT / "scenarios").rglob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_is_right_for_both(path):
    scenario, diagnostics = check(path)

    assert not diagnostics, "\n".join(map(str, diagnostics))
    assert scenario is not None
    validator().validate(as_data(path.read_text()))


WRONG = ROOT / "tests" / "golden" / "scenarios"


@pytest.mark.parametrize(
    "name",
    [
        "unknown_top_level_field",
        "unknown_field_of_an_implementation",
        "unknown_field_of_a_nested_block",
        "misspelt_policy",
        "misspelt_workload",
        "required_field_missing",
        "rate_in_gigabits",
        "text_for_a_whole_number",
        "number_below_its_range",
        "version_unknown",
    ],
)
def test_a_wrong_scenario_is_wrong_for_the_schema_too(name):
    assert not validator().is_valid(as_data((WRONG / f"{name}.yaml").read_text()))
