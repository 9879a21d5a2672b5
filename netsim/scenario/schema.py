"""The JSON Schema of scenarios, over all registered families, for editors and other programs."""

from __future__ import annotations

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from netsim import registry
from netsim.fields.choice import one_of_names
from netsim.scenario.files import INCLUDE

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REF: Final = "#/$defs/"


def json_schema() -> dict[str, Any]:
    """Return one JSON Schema (draft 2020-12) that describes the scenarios of every family.

    What a field may hold depends on ``workload``, and on the name in a block that is chosen by
    name; both are written as conditions, so that an editor marks the wrong field alone. Each field
    has a description and, under ``x-unit``, the unit that its value is held in (1 if it has none).
    A file that includes another need not be complete, down to its blocks.
    """
    families = {name: registry.lookup("workload", name) for name in registry.names("workload")}
    models = [(family.Scenario, "validation") for family in families.values()]
    references, generated = models_json_schema(models)  # type: ignore[arg-type]
    definitions: dict[str, Any] = generated.get("$defs", {})
    whole, parts = [], []
    for name, (model, mode) in zip(families, models, strict=True):
        reference = references[(model, mode)]  # type: ignore[index]
        _complete_family(definitions[reference["$ref"].removeprefix(_REF)], name)
        chosen = {"properties": {"workload": one_of_names([name])}, "required": ["workload"]}
        whole.append({"if": chosen, "then": reference})
        parts.append({"if": chosen, "then": _as_part(reference)})
    _add_units(definitions)
    for name, definition in definitions.items():
        _take_dashes(name, definition)
    return {
        "$schema": _DIALECT,
        "title": "netsim scenario",
        "type": "object",
        "properties": {
            "workload": {
                "description": "the family, which decides the other fields",
                **one_of_names(list(families)),
            }
        },
        "if": {"required": [INCLUDE]},
        "then": {"allOf": parts},
        "else": {"required": ["netsim", "workload"], "allOf": whole},
        "$defs": definitions | {f"{n}{_PART}": _as_part(d) for n, d in definitions.items()},
    }


def _complete_family(schema: dict[str, Any], name: str) -> None:
    """Say what a family's own model does not: its name, and that a file may include another."""
    properties = schema["properties"]
    properties["workload"] = {
        "description": properties["workload"].get("description", ""),
        **one_of_names([name]),
    }
    properties[INCLUDE] = {
        "type": "string",
        "description": "file that this one is laid over, relative to this one",
        "x-unit": "",
    }


def _take_dashes(name: str, definition: dict[str, Any]) -> None:
    """Let the fields of a block be written with dashes: ``hosts-per-leaf``."""
    properties = definition.get("properties", {})
    other = {
        field: f"^(?!{field}$){field.replace('_', '[-_]')}$" for field in properties if "_" in field
    }
    if other:
        definition["patternProperties"] = {
            pattern: {"$ref": f"{_REF}{name}/properties/{field}"}
            for field, pattern in other.items()
        }
    required = definition.get("required", [])
    # Needed by its name, unless it is there by another spelling.
    conditions = [
        {
            "if": {"propertyNames": {"not": {"pattern": other[field]}}},
            "then": {"required": [field]},
        }
        for field in required
        if field in other
    ]
    if conditions:
        definition["required"] = [field for field in required if field not in other]
        definition["allOf"] = [*definition.get("allOf", []), *conditions]


#: Ends the name of the definition of a block that need not be complete.
_PART: Final = ".part"


def _as_part(schema: Any) -> Any:
    """Return `schema` with nothing required: what is missing comes from the included file.

    Conditions stay as they are, and so do the entries of lists, which replace those of the other
    file whole.
    """
    if isinstance(schema, list):
        return [_as_part(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    part: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("if", "not", "items", "prefixItems", "default", "enum"):
            part[key] = value
        elif key in ("properties", "patternProperties"):
            part[key] = {name: _as_part(below) for name, below in value.items()}
        elif key == "$ref":
            name, _, below = str(value).removeprefix(_REF).partition("/")
            part[key] = f"{_REF}{name}{_PART}" + (f"/{below}" if below else "")
        elif key != "required":
            part[key] = _as_part(value)
    return part


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
