"""A block of a scenario: its model class, its fields, and the error that its validators raise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from netsim import registry
from netsim.echo import visible

_WIDEST = 60


class Config(BaseModel):
    """A block of a scenario. Strict types, no unknown keys, immutable once read."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        defer_build=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _read_dashes(cls, block: Any) -> Any:
        """Read ``host-link`` as ``host_link`` where that is a field."""
        if not isinstance(block, Mapping) or not any("-" in str(key) for key in block):
            return block
        read: dict[Any, Any] = {}
        for key, value in block.items():
            name = registry.canonical(key) if isinstance(key, str) else key
            name = name if name in cls.model_fields else key
            if name in read:
                raise problem(
                    "duplicate-key",
                    f"'{name}' is given twice, with a dash and with an underscore",
                    at=(key,),
                    hint="keep one of the two",
                )
            read[name] = value
        return read


def problem(
    code: str,
    message: str,
    *,
    at: tuple[str | int, ...] = (),
    hint: str = "",
    also: tuple[str | int, ...] = (),
    lacks: tuple[str, str] | None = None,
) -> PydanticCustomError:
    """Return the error that a validator raises, with a stable code and a remedy.

    Parameters
    ----------
    code
        Stable id, shown as ``error[code]``.
    message
        What is wrong, in the user's words.
    at
        Path of the culprit below the block that is being validated, where it is not the block
        itself.
    hint
        How to mend it.
    also
        Path, from the top of the scenario, of the other value of a contradiction: the message
        then ends in ``(set at line 17)``.
    lacks
        Key and value that the block could be mended with; told as ``add --set block.key=value``
        where the block was made by an override.
    """
    # Braces would be read as a template, so the text goes through the context.
    context = {"text": message, "code": code, "at": at, "hint": hint, "also": also, "lacks": lacks}
    return PydanticCustomError("netsim", "{text}", context)


def field(default: Any = ..., *, description: str, source: str = "", **bounds: Any) -> Any:
    """Return a pydantic field with the description that every field must have.

    Parameters
    ----------
    default
        As a scenario writes it (``"10 us"``); left out, the field is required.
    description
        What it means, in a few words, without a full stop.
    source
        Paper, equation or document, where the value or the rule stands for physics or an algorithm.
    bounds
        Handed on to `pydantic.Field`: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``, ...
    """
    extra: JsonDict | None = {"x-source": source} if source else None
    return Field(default, description=description, json_schema_extra=extra, **bounds)


def shown(value: Any) -> str:
    """Return `value` as an error shows it: quoted if it is text, cut if it is long."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = f"'{value}'" if isinstance(value, str) else repr(value)
    text = visible(text[: _WIDEST + 1])
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."
