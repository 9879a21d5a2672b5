"""The JSON Schema of scenarios, over all registered families, for editors and other programs."""

from __future__ import annotations

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from netsim import registry
from netsim.scenario.files import INCLUDE

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REF: Final = "#/$defs/"


def json_schema() -> dict[str, Any]:
    """Return one JSON Schema (draft 2020-12) that describes the scenarios of every family.

    What a field may hold depends on ``workload``, and on the name in a block that is chosen by
    name; both are written as conditions, so that an editor marks the wrong field alone. Each field
    has a description and, under ``x-unit``, the unit that its value is held in (1 if it has none).
    """
    families = {name: registry.lookup("workload", name) for name in registry.names("workload")}
    models = [(family.Scenario, "validation") for family in families.values()]
    references, generated = models_json_schema(models)  # type: ignore[arg-type]
    definitions: dict[str, Any] = generated.get("$defs", {})
    conditions = []
    for name, (model, mode) in zip(families, models, strict=True):
        reference = references[(model, mode)]  # type: ignore[index]
        _complete_family(definitions[reference["$ref"].removeprefix(_REF)], name)
        chosen = {"properties": {"workload": {"enum": _spellings(name)}}, "required": ["workload"]}
        conditions.append({"if": chosen, "then": reference})
    _add_units(definitions)
    return {
        "$schema": _DIALECT,
        "title": "netsim scenario",
        "type": "object",
        "properties": {
            "workload": {
                "description": "the family, which decides the other fields",
                "enum": sorted({spelling for name in families for spelling in _spellings(name)}),
            }
        },
        "required": ["netsim", "workload"],
        "allOf": conditions,
        "$defs": definitions,
    }


def _spellings(name: str) -> list[str]:
    return sorted({name, name.replace("_", "-")})


def _complete_family(schema: dict[str, Any], name: str) -> None:
    """Say what a family's own model does not: its name, and that a file may include another."""
    properties = schema["properties"]
    properties["workload"] = {
        "description": properties["workload"].get("description", ""),
        "enum": _spellings(name),
    }
    properties[INCLUDE] = {
        "type": "string",
        "description": "file that this one is laid over, relative to this one",
        "x-unit": "",
    }


def _add_units(definitions: dict[str, Any]) -> None:
    """Give every field that has no unit of its own ``x-unit``: 1 for numbers, empty otherwise."""
    for definition in definitions.values():
        for field in definition.get("properties", {}).values():
            if "x-unit" not in field:
                field["x-unit"] = _unit(field)


def _unit(schema: dict[str, Any]) -> str:
    """Return the unit of a field: its own, or that of the first of its forms that has one."""
    if "x-unit" in schema:
        return str(schema["x-unit"])
    forms = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("prefixItems", ())]
    if isinstance(schema.get("items"), dict):
        forms.append(schema["items"])
    units = [unit for unit in map(_unit, forms) if unit]
    if units:
        return units[0]
    return "1" if schema.get("type") in ("integer", "number") else ""
