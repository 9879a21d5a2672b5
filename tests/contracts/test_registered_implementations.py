"""Whatever is registered keeps the contract of its kind, netsim's own models and plug-ins alike.

A new model is tested here without a line being added. One with fields that must be given and are no
counts says in `example` what a scenario could write.
"""

from __future__ import annotations

import copy
import inspect
import json
import re

import pytest
from pydantic import ValidationError

from netsim import registry
from netsim.cli.field_rows import field_rows
from netsim.fields import Config

#: Kinds whose implementations are classes with a `Config`.
CONFIGURED = [kind for kind in registry.kinds() if "Config" in registry.described(kind).needed]

#: Words in a field's name that say it has a dimension.
DIMENSIONAL = re.compile(
    r"(^|_)(time|delay|rate|size|gap|latency|interval|timeout|length|duration|capacity|period|"
    r"bandwidth|payload|header|kmin|kmax)$"
)
#: Fields whose name sounds dimensional and whose values are none, each with its reason.
DIMENSIONLESS: dict[str, str] = {
    "local.batch_size": "counts samples",
    "min_size": "counts samples",
    "total_rate": "of a method whose time counts gradients",
}


def entries(kinds):
    return [(kind, name) for kind in kinds for name in registry.names(kind)]


def configured(test):
    return pytest.mark.parametrize(("kind", "name"), entries(CONFIGURED))(test)


@pytest.fixture
def block(kind, name, tmp_path, monkeypatch):
    """A block of the model as a scenario writes it, beside the files that it names."""
    model = registry.lookup(kind, name)
    given = copy.deepcopy(getattr(model, "example", {}))
    for file in files_named(given):
        (tmp_path / file).write_text("round,worker,finish\n1,0,0.5\n")
    monkeypatch.chdir(tmp_path)
    return guessed(model.Config) | given


def files_named(block):
    """Yield what stands under a key `file` in a block."""
    for key, value in block.items():
        if key in ("file", "labels"):
            yield value
        elif isinstance(value, dict):
            yield from files_named(value)


def guessed(model):
    """Return the smallest count for every field that is one and must be given."""
    properties = model.model_json_schema().get("properties", {})
    return {
        field: properties[field].get("minimum", 1)
        for field in model.model_json_schema().get("required", [])
        if properties[field].get("type") == "integer"
    }


@configured
def test_it_says_in_a_docstring_what_it_does(kind, name):
    first = (inspect.getdoc(registry.lookup(kind, name)) or "").split("\n")[0]

    assert len(first.split()) >= 2, f"{kind} {name} has no summary"
    assert first.endswith(".")


@pytest.mark.parametrize(("kind", "name"), entries([*CONFIGURED, "workload", "check"]))
def test_it_names_its_source(kind, name):
    source = registry.lookup(kind, name).source

    assert isinstance(source, str)
    assert len(source) >= 4


@configured
def test_its_name_is_canonical(kind, name):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)


@configured
def test_its_configuration_is_a_strict_block(kind, name):
    config = registry.lookup(kind, name).Config

    assert issubclass(config, Config)
    assert config.model_config["frozen"]
    assert config.model_config["extra"] == "forbid"
    assert config.model_config["strict"]


@pytest.mark.parametrize(("kind", "name"), entries([*CONFIGURED, "workload"]))
def test_every_field_is_described(kind, name):
    target = registry.lookup(kind, name)
    model = target.Scenario if kind == "workload" else target.Config

    bare = [row.field for row in field_rows(model) if len(row.description) < 4]

    assert not bare


@pytest.mark.parametrize(("kind", "name"), entries([*CONFIGURED, "workload"]))
def test_every_field_with_a_dimension_has_its_unit(kind, name):
    target = registry.lookup(kind, name)
    model = target.Scenario if kind == "workload" else target.Config

    bare = [
        row.field
        for row in field_rows(model)
        if row.type in ("integer", "number")
        and not row.unit
        and DIMENSIONAL.search(row.field)
        and row.field not in DIMENSIONLESS
    ]

    assert not bare


@configured
def test_it_builds_from_its_defaults(kind, name, block):
    model = registry.lookup(kind, name).Config

    missing = {
        field
        for field, info in model.model_fields.items()
        if info.is_required() and field not in block and (info.alias or field) not in block
    }
    assert not missing, f"{kind} {name} needs an `example` of what to write"
    assert model.model_validate(block)


@configured
def test_its_configuration_survives_being_written_and_read_again(kind, name, block):
    model = registry.lookup(kind, name).Config
    config = model.model_validate(block)

    text = json.dumps(config.model_dump(mode="json", by_alias=True))
    again = model.model_validate(tupled(json.loads(text)))

    assert again == config


@configured
def test_an_unknown_field_is_refused(kind, name, block):
    model = registry.lookup(kind, name).Config

    with pytest.raises(ValidationError):
        model.model_validate({**block, "no_such_field": 1})


@configured
def test_its_json_schema_can_be_made(kind, name):
    schema = registry.lookup(kind, name).Config.model_json_schema()

    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", registry.names("workload"))
def test_a_family_registers_every_table_that_it_writes(name):
    family = registry.lookup("workload", name)

    known = registry.names("table")
    assert set(family.tables) <= set(known)
    assert set(family.optional_tables) <= set(known)
    assert not set(family.tables) & set(family.optional_tables)


@pytest.mark.parametrize("name", registry.names("workload"))
def test_a_field_of_record_switches_on_an_opt_in_table_of_the_family(name):
    family = registry.lookup("workload", name)
    record = family.Scenario.model_fields["record"].annotation

    assert set(record.switches) <= set(record.model_fields)
    assert set(record.switches.values()) <= set(family.optional_tables)


@pytest.mark.parametrize("name", registry.names("workload"))
def test_every_headline_of_a_family_is_a_column_of_runs(name):
    family = registry.lookup("workload", name)

    columns = {column.name for column in family.run_columns}
    assert {headline.column for headline in family.headlines} <= columns


def tupled(value):
    """Return `value` with tuples for lists, as the scenario layer hands blocks over."""
    if isinstance(value, list):
        return tuple(map(tupled, value))
    if isinstance(value, dict):
        return {key: tupled(entry) for key, entry in value.items()}
    return value
