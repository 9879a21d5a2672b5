"""Parse the YAML of a topology file: mappings, lists, texts and truth values, with line numbers.

Only what such files need is read, in one pass over the parser's events: no aliases and little
depth, of which YAML bombs are made, no tags, no numbers (quantities are texts). The parser is pure
Python and slow, so large networks are better written as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

_DEEPEST: Final = 16
_TRUTH: Final = {"true": True, "false": False}


class Rows(list[Any]):
    """A list that knows the line of each item."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


class TreeError(ValueError):
    """The text is no YAML, or none that a topology file may hold."""

    def __init__(self, message: str, hint: str, line: int = 0) -> None:
        super().__init__(message)
        self.hint = hint
        self.line = line


def parse_tree(text: str) -> Any:
    """Return the tree of mappings, `Rows` and scalars that `text` writes.

    Raises
    ------
    TreeError
        If it cannot be parsed.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    from netsim.yaml_events import DepthError, SlipError, events

    try:
        return _document(events(text, _DEEPEST))
    except MarkedYAMLError as why:
        line = why.problem_mark.line + 1 if why.problem_mark else 0
        reason = str(why.problem or why.context).splitlines()[0][:120]
        raise TreeError(f"this is no YAML: {reason}", "check the syntax", line) from None
    except (DepthError, RecursionError):
        raise TreeError("topology files have no deep nesting", "write flat lists") from None
    except SlipError as why:
        raise TreeError(f"this is no YAML: {why}", "check the syntax", why.line) from None
    except YAMLError as why:
        reason = (str(why).splitlines() or [type(why).__name__])[0][:120]
        raise TreeError(f"this is no YAML: {reason}", "check the syntax") from None


def _document(events: Iterator[Any]) -> Any:
    from ruamel.yaml.events import DocumentEndEvent, DocumentStartEvent, StreamEndEvent

    for event in events:
        if isinstance(event, StreamEndEvent):
            return None
        if isinstance(event, DocumentStartEvent):
            break
    tree = _value(next(events), events, 0)
    for event in events:
        if not isinstance(event, StreamEndEvent | DocumentEndEvent):
            raise TreeError("a file holds one document", "remove the others", _line(event))
    return tree


def _value(event: Any, events: Iterator[Any], depth: int) -> Any:
    kind = type(event).__name__
    if depth > _DEEPEST or kind == "AliasEvent":
        what = "aliases" if depth <= _DEEPEST else "deep nesting"
        raise TreeError(f"topology files have no {what}", "write flat lists", _line(event))
    if kind == "ScalarEvent":
        plain = event.implicit[0]
        return _TRUTH.get(event.value, event.value) if plain else event.value
    read: Callable[[Iterator[Any], int], Any]
    read = _list if kind == "SequenceStartEvent" else _mapping
    return read(events, depth + 1)


def _list(events: Iterator[Any], depth: int) -> Rows:
    rows = Rows()
    for event in events:
        if type(event).__name__ == "SequenceEndEvent":
            break
        rows.lines.append(_line(event))
        rows.append(_value(event, events, depth))
    return rows


def _mapping(events: Iterator[Any], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for event in events:
        kind = type(event).__name__
        if kind == "MappingEndEvent":
            break
        if kind != "ScalarEvent":
            raise TreeError("a key is a text", "quote it", _line(event))
        if event.value in found:
            message = f"key '{event.value[:40]}' stands twice"
            raise TreeError(message, "remove one of them", _line(event))
        found[event.value] = _value(next(events), events, depth)
    return found


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
