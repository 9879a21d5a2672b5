"""Which fields a block has: the models behind a place of a scenario, for did-you-mean and hints."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from netsim.fields import OneOf
from netsim.fields.choice import unmark


def models_at(model: type[BaseModel], path: Sequence[str | int]) -> list[type[BaseModel]]:
    """Return the models that the block at `path` may have.

    `path` is the location of a validation error: keys, indices, and marks of chosen
    implementations (`netsim.fields.choice.mark`).
    """
    types_here: list[Any] = [model]
    for step in path:
        types_here = [below for kind in types_here for below in _below(kind, step)]
    bare = [_bare(branch) for kind in types_here for branch in _branches(kind)]
    return [kind for kind in bare if _is_model(kind)]


def field_of(model: type[BaseModel], path: Sequence[str | int]) -> FieldInfo | None:
    """Return the field that the last key of `path` names, or None where it is none."""
    if not path or not isinstance(path[-1], str):
        return None
    fields = [fields_of(block).get(path[-1]) for block in models_at(model, path[:-1])]
    return next((info for info in fields if info is not None), None)


def fields_of(block: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a block by the names that a scenario writes."""
    return {info.alias or name: info for name, info in block.model_fields.items()}


def words_of(info: FieldInfo) -> list[str]:
    """Return the words that a field takes beside values of another type: ``all`` of `2 or all`."""
    kinds = list(_branches(info.annotation))
    words = [kind for kind in kinds if typing.get_origin(_bare(kind)) is typing.Literal]
    if len(words) == len(kinds):
        return []
    given = [value for kind in words for value in typing.get_args(_bare(kind))]
    return [value for value in given if isinstance(value, str)]


def blocks_with(model: type[BaseModel], path: Sequence[str | int], name: str) -> list[str]:
    """Return which fields of the block at `path` are themselves blocks with a field `name`."""
    return [
        field
        for block in models_at(model, path)
        for field in fields_of(block)
        if any(
            _is_model(_bare(branch)) and name in fields_of(_bare(branch))
            for kind in _below(block, field)
            for branch in _branches(kind)
        )
    ]


def _below(kind: Any, step: str | int) -> Iterator[Any]:
    """Yield the types that `step` leads to from `kind`."""
    for branch in _branches(kind):
        bare = _bare(branch)
        chosen = unmark(step)
        if chosen is not None:
            choices = [note for note in _notes(branch) if isinstance(note, OneOf)]
            yield from (note.models()[chosen[1]] for note in choices if note.kind == chosen[0])
        elif isinstance(step, int):
            if typing.get_origin(bare) in (tuple, list):
                yield from (item for item in typing.get_args(bare) if item is not Ellipsis)
        elif _is_model(bare) and step in fields_of(bare):
            info = fields_of(bare)[step]
            yield Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        elif typing.get_origin(bare) in (dict, Mapping):
            yield typing.get_args(bare)[1]


def _branches(kind: Any) -> Iterator[Any]:
    """Yield the members of a union, each with the notes that stand on it."""
    bare = _bare(kind)
    if typing.get_origin(bare) in (typing.Union, types.UnionType):
        for member in typing.get_args(bare):
            yield from _branches(member)
    else:
        yield kind


def _bare(kind: Any) -> Any:
    return typing.get_args(kind)[0] if typing.get_origin(kind) is Annotated else kind


def _notes(kind: Any) -> tuple[Any, ...]:
    return tuple(kind.__metadata__) if typing.get_origin(kind) is Annotated else ()


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
