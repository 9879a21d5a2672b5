"""What pydantic found, in the words of somebody who writes a scenario.

Each function of `_WORDINGS` turns one of pydantic's error types into code, message and hint;
pydantic's own texts are never shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from netsim import registry
from netsim.family import SLUG
from netsim.fields import shown


class Wording(NamedTuple):
    """A problem in words."""

    code: str
    message: str
    hint: str = ""


def word(kind: str, name: str, value: Any, details: Mapping[str, Any]) -> Wording:
    """Return what to say of `value` of the field `name`.

    Parameters
    ----------
    kind
        Pydantic's type of error.
    name
        The field as a message names it: ``'leaves'``, ``entry 2 of 'tables'``.
    value
        What the scenario gives.
    details
        Pydantic's context of the error.
    """
    if kind in _FORMS:
        return Wording("bad-type", f"{name} must be {_FORMS[kind]}, not {shown(value)}")
    if kind in _WORDINGS:
        return _WORDINGS[kind](name, value, details)
    if kind in ("value_error", "assertion_error") and "error" in details:
        return Wording("bad-value", str(details["error"]) or f"{name} is wrong")
    return Wording("bad-value", f"{shown(value)} cannot be {name}")


_FORMS: Final[dict[str, str]] = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "iterable_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a block of fields",
    "model_attributes_type": "a block of fields",
    "dataclass_type": "a block of fields",
    "none_required": "left out",
}


def _bound(relation: str) -> Callable[[str, Any, Mapping[str, Any]], Wording]:
    def say(name: str, value: Any, details: Mapping[str, Any]) -> Wording:
        limit = next(
            details[key] for key in ("ge", "gt", "le", "lt", "multiple_of") if key in details
        )
        return Wording(
            "out-of-range", f"{name} must be {relation} {_number(limit)}, not {shown(value)}"
        )

    return say


def _length(name: str, value: Any, details: Mapping[str, Any]) -> Wording:
    what = "letters" if isinstance(value, str) else "entries"
    count = details.get("actual_length", len(value) if hasattr(value, "__len__") else "more")
    if "min_length" in details:
        least = details["min_length"]
        what = {"letters": "letter", "entries": "entry"}[what] if least == 1 else what
        return Wording("out-of-range", f"{name} needs at least {least} {what}, not {count}")
    most = details["max_length"]
    what = {"letters": "letter", "entries": "entry"}[what] if most == 1 else what
    return Wording("out-of-range", f"{name} may have at most {most} {what}, not {count}")


def _choice(name: str, value: Any, details: Mapping[str, Any]) -> Wording:
    # Pydantic gives the allowed values as "'a', 'b' or 'c'".
    allowed = str(details.get("expected", "")).replace(" or ", ", ").split(", ")
    words = [choice.strip("'") for choice in allowed]
    if len(words) == 1:
        return Wording("bad-choice", f"{name} must be {allowed[0]}, not {shown(value)}")
    near = registry.did_you_mean(value, words) if isinstance(value, str) else None
    return Wording("bad-choice", f"{name} cannot be {shown(value)}", near or _one_of(words))


def _pattern(name: str, value: Any, details: Mapping[str, Any]) -> Wording:
    hint = f"it must match {details['pattern']}"
    if details["pattern"] == SLUG:
        near = re.sub(r"[^A-Za-z0-9_.\-]+", "_", str(value).rstrip("/").rsplit("/", 1)[-1]) or "x"
        hint = f"letters a to z, digits, '_', '.' and '-' alone, such as {shown(near)}"
    return Wording("bad-value", f"{shown(value)} cannot be {name}", hint)


def _not_finite(name: str, value: Any, details: Mapping[str, Any]) -> Wording:
    return Wording("out-of-range", f"{name} must be a finite number, not {shown(value)}")


def _one_of(words: list[str]) -> str:
    return "one of: " + ", ".join(words)


def _number(limit: Any) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)


_WORDINGS: Final[dict[str, Callable[[str, Any, Mapping[str, Any]], Wording]]] = {
    "greater_than_equal": _bound("at least"),
    "greater_than": _bound("more than"),
    "less_than_equal": _bound("at most"),
    "less_than": _bound("less than"),
    "multiple_of": _bound("a multiple of"),
    "finite_number": _not_finite,
    "too_short": _length,
    "too_long": _length,
    "string_too_short": _length,
    "string_too_long": _length,
    "literal_error": _choice,
    "enum": _choice,
    "string_pattern_mismatch": _pattern,
}
