"""The fields of a scenario block as rows for people: type, unit, range, default, meaning.

Everything is read from the pydantic model, so `netsim describe` says exactly what validation
enforces.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from netsim import registry, units
from netsim.fields import Config, InputFile, NameOf, OneOf, Quantity, Ratio


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field, as text."""

    field: str
    type: str
    unit: str
    range: str
    default: str
    required: bool
    description: str
    source: str


def field_rows(model: type[BaseModel], prefix: str = "") -> Iterator[FieldRow]:
    """Yield the fields of `model` and, below each plain block, that block's own fields."""
    for name, info in model.model_fields.items():
        shown = prefix + (info.alias or name)
        yield _row(shown, info)
        block, repeated = _block(info.annotation)
        if block is not None and not _notes(info, OneOf):
            yield from field_rows(block, f"{shown}{'[]' if repeated else ''}.")


def written(value: Any) -> str:
    """Return `value` as a scenario writes it.

    >>> written({"rate": "100 Gbps", "up": True}), written(None), written(("a", 1))
    ('{rate: 100 Gbps, up: true}', 'none', '[a, 1]')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value)


def _row(name: str, info: FieldInfo) -> FieldRow:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    required = info.is_required()
    default = "" if required else written(info.get_default(call_default_factory=False))
    quantities = _notes(info, Quantity)
    return FieldRow(
        field=name,
        type=_form(info.annotation, info.metadata),
        unit=units.DIMENSIONS[quantities[0].dimension].unit if quantities else "",
        range=_range(info),
        default=default,
        required=required,
        description=info.description or "",
        source=str(extra.get("x-source", "")),
    )


def _form(annotation: Any, notes: typing.Iterable[Any] = ()) -> str:
    """Return in words what `annotation` takes."""
    noted = _noted(notes)
    if noted is not None:
        return noted
    origin = typing.get_origin(annotation)
    inner = typing.get_args(annotation)
    if origin is typing.Annotated:
        return _form(inner[0], inner[1:])
    if origin is typing.Literal:
        return " | ".join(written(value) for value in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(
            dict.fromkeys(_form(member) for member in inner if member is not type(None))
        )
    if origin in (tuple, list):
        return f"list of {_form(inner[0])}" if inner else "list"
    if origin in (dict, Mapping) or annotation in (dict, Mapping):
        return "mapping"
    if annotation is InputFile:
        return "file"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "block"
    return {bool: "true | false", int: "integer", float: "number", str: "text"}.get(
        annotation, "any value"
    )


def _noted(notes: typing.Iterable[Any]) -> str | None:
    """Return in words what netsim's own annotations ask for, or None where there is none."""
    for note in notes:
        if isinstance(note, Quantity):
            return units.DIMENSIONS[note.dimension].name.split(" ", 1)[1]
        if isinstance(note, OneOf):
            block = f"{{{note.key}: {' | '.join(registry.names(note.kind))}}}"
            short = note.short_form()
            return block if short is None else f"{block} or {short[0]}"
        if isinstance(note, NameOf):
            return " | ".join(registry.names(note.kind))
        if isinstance(note, Ratio):
            return "ratio"
    return None


def _range(info: FieldInfo) -> str:
    """Return the bounds of a field, as in ``>= 1, <= 16``; empty where there are none."""
    bounds = []
    for note in [*info.metadata, *_inside(info.annotation)]:
        if isinstance(note, Quantity):
            bounds += ["> 0"] if note.positive else []
            bounds += [
                f"{sign} {units.readable(bound, note.dimension)}"
                for sign, bound in ((">=", note.minimum), ("<=", note.maximum))
                if bound
            ]
        elif isinstance(note, Ratio):
            bounds.append(f"{note.minimum:g} to {note.maximum:g}")
        else:
            marks = (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<"))
            bounds += [f"{sign} {getattr(note, key)}" for key, sign in marks if hasattr(note, key)]
    return ", ".join(bounds)


def _notes(info: FieldInfo, kind: type) -> list[Any]:
    """Return the annotations of a type on a field or anywhere inside its annotation."""
    return [note for note in [*info.metadata, *_inside(info.annotation)] if isinstance(note, kind)]


def _inside(annotation: Any) -> Iterator[Any]:
    inner = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Annotated:
        for note in inner[1:]:
            yield from note.metadata if isinstance(note, FieldInfo) else (note,)
    for member in inner:
        if typing.get_origin(member) is not None:
            yield from _inside(member)


def _block(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the block model inside `annotation`, if any, and whether it stands in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation if annotation is not Config else None), False
    origin = typing.get_origin(annotation)
    for member in typing.get_args(annotation):
        block, repeated = _block(member)
        if block is not None:
            return block, repeated or origin in (tuple, list)
    return None, False
