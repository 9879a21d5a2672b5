"""The JSON Schema says of a scenario what loading it says."""

from __future__ import annotations

import functools
import json
import operator
import re
import shutil
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
        {"record": {"sample-every": "1 s"}},
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
        {"cook": {"kind": 5}},
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


LEAF_SPINE = {"kind": "leaf_spine", "leaves": 2, "spines": 2, "hosts_per_leaf": 2}
FABRIC = {
    "netsim": 1,
    "workload": "fabric",
    "topology": LEAF_SPINE,
    "traffic": [{"pattern": "permutation", "size": "1 MB"}],
}


@pytest.mark.parametrize(
    "fields",
    [
        {"netsim": 1},
        {},
        {"name": "x", "workload": "fabric"},
        {"workload": "fabric", "transport": {"rto": "3 us"}},
        {"workload": "fabric", "transport": {"kind": "dctcp"}},
        {"workload": "fabric", "topology": {"hosts-per-leaf": 4, "host-link": {"delay": "2 us"}}},
        {"workload": "fabric", "queue": {"ecn": {"pmax": 0.5}}},
        {"workload": "fabric", "traffic": [{"pattern": "permutation", "size": "1 MB"}]},
        {"workload": "kitchen_work", "cook": {"pause": "1 s", "asks": {"hands": 2}}},
    ],
)
def test_a_file_that_includes_another_need_not_be_complete(fields):
    assert not list(validator().iter_errors({"include": "base.yaml", **fields}))
    assert not validator().is_valid(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"workload": "fabrik"},
        {"workload": "fabric", "sed": 2},
        {"workload": "fabric", "seed": -2},
        {"workload": "fabric", "transport": {"kind": "dctp"}},
        {"workload": "fabric", "transport": {"kind": "dctcp", "window": 2}},
        {"workload": "fabric", "topology": {"kind": "leaf_spine", "host_link": {"delay": 2}}},
        # A list replaces that of the included file, so its entries are whole.
        {"workload": "fabric", "traffic": [{"size": "1 MB"}]},
        {"workload": "fabric", "traffic": [{"pattern": "permutation"}]},
    ],
)
def test_a_file_that_includes_another_is_checked_as_far_as_it_goes(fields):
    assert not validator().is_valid({"include": "base.yaml", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"transport": {"kind": "fixed-window"}},
        {"topology": {"kind": "leaf-spine", "leaves": 2, "spines": 2, "hosts-per-leaf": 2}},
        {"topology": {"kind": "leaf-spine", "leaves": 2, "spines": 2, "hosts_per-leaf": 2}},
        {"topology": {**LEAF_SPINE, "host-link": {"delay": "1 us"}}},
        {"traffic": [{"pattern": "all-to-all", "size": "1 MB"}]},
        {"traffic": [{"pattern": "all_to-all", "size": "1 MB"}]},
    ],
)
def test_names_and_fields_may_be_written_with_dashes(fields):
    assert not list(validator().iter_errors({**FABRIC, **fields}))


@pytest.mark.parametrize(
    "fields",
    [
        {"topology": {"kind": "leaf-spine", "leaves": 2, "spines": 2}},
        {"topology": {"kind": "leaf-spine", "leaves": 2, "spines": 2, "hosts-per-leaf": "2"}},
        {"topology": {**LEAF_SPINE, "host-lnk": {"delay": "1 us"}}},
        {"transport": {"kind": "fixed-windows"}},
        {"transport": {"kind": "fixed-window", "initial-window": 2}},
    ],
)
def test_what_is_wrong_is_wrong_with_dashes_too(fields):
    assert not validator().is_valid({**FABRIC, **fields})


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

    offered, _ = schema["properties"]["workload"]["anyOf"]
    assert offered == {"enum": registry.names("workload")}
    cook = schema["$defs"]["KitchenScenario"]["properties"]["cook"]
    assert cook["properties"]["kind"]["enum"] == ["careful", "fast"]


def test_every_reference_leads_somewhere():
    schema = schema_of_all()

    references = set(re.findall(r"#/\$defs/([^'\"]+)", str(schema)))
    assert references
    for reference in references:
        target = functools.reduce(operator.getitem, reference.split("/"), schema["$defs"])
        assert isinstance(target, dict), reference


SHIPPED = sorted((ROOT / "scenarios").rglob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_is_right_for_both(path):
    scenario, diagnostics = check(path)

    assert not diagnostics, "\n".join(map(str, diagnostics))
    assert scenario is not None
    validator().validate(as_data(path.read_text()))
    validator().validate(json.loads(json.dumps(scenario.resolved)))


def dashed(value):
    """Return `value` with dashes in all keys and in the names of chosen implementations."""
    if isinstance(value, list):
        return [dashed(item) for item in value]
    if not isinstance(value, dict):
        return value
    naming = ("workload", "kind", "policy", "pattern", "dist", "scheme")
    return {
        key.replace("_", "-"): below.replace("_", "-") if key in naming else dashed(below)
        for key, below in value.items()
    }


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_with_dashes_is_right_for_both(path, tmp_path):
    shutil.copytree(path.parent, tmp_path / "there")
    changed = tmp_path / "there" / "dashed.json"
    changed.write_text(json.dumps(dashed(as_data(path.read_text()))))

    scenario, diagnostics = check(changed)

    assert not diagnostics, "\n".join(map(str, diagnostics))
    assert scenario.hash == check(path)[0].hash
    validator().validate(json.loads(changed.read_text()))


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
        "no_traffic",
        "traffic_without_an_entry",
    ],
)
def test_a_wrong_scenario_is_wrong_for_the_schema_too(name):
    assert not validator().is_valid(as_data((WRONG / f"{name}.yaml").read_text()))


def test_traffic_is_needed_by_a_fabric_alone():
    definitions = schema_of_all()["$defs"]

    assert "traffic" in definitions["FabricScenario"]["required"]
    assert "traffic" not in definitions["NetworkConfig"]["required"]
