"""Change fields of a scenario from outside: ``--set jobs[0].ranks=64``, or a mapping from Python.

A path is made of keys, parted by dots, and of indices of lists in brackets. Missing blocks are
made on the way; an index one beyond the end of a list appends. The text after ``=`` is a YAML
value. A value replaces what was there, whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, Final

from netsim.echo import visible
from netsim.fields import shown
from netsim.scenario.building import Unreadable
from netsim.scenario.diagnostics import Diagnostic
from netsim.scenario.files import INCLUDE, Reader
from netsim.scenario.limits import DEPTH, NODES
from netsim.scenario.objects import tree_of
from netsim.scenario.source import BREAK, Source, Span
from netsim.scenario.tree import Entry, Node, Path, known_key

_STEP: Final = re.compile(r"(?:^|\.)([^.\[\]\s=]+)|\[([0-9]{1,6})\]")
#: An index that is written as a key: ``traffic.0.size``.
_INDEX: Final = re.compile(r"[0-9]{1,6}")
_HINT: Final = "write it as routing.policy=rps or traffic[0].size='1 MB'"
#: Overrides are told of after all that they change.
_RANK: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Placed:
    """A value that stands in the scenario itself, in its block `sweep`, and is told of there.

    Parameters
    ----------
    value
        The value.
    span
        Where it stands.
    key
        Where the path of its field stands.
    """

    value: Any
    span: Span
    key: Span


#: How the lines begin that say what was changed from outside.
NOTED: Final = "# changed by: "


def noted(text: str, overrides: Mapping[str, Any] | Sequence[str]) -> str:
    """Return `text` with a comment line at its top for each of `overrides`.

    Values of a sweep are not told: they stand in the text.
    """
    lines = [
        f"{NOTED}{item}" if isinstance(item, str) else f"{NOTED}{item[0]}={shown(item[1])}"
        for item in _items(overrides)
        if isinstance(item, str) or not isinstance(item[1], Placed)
    ]
    if not lines:
        return text
    before = [line for line in text.split("\n", len(lines) + 100)[:100] if line.startswith(NOTED)]
    rest = text.split("\n", len(before))[-1]
    return "\n".join([*before, *(visible(line) for line in lines), rest])


class _Refused(Exception):  # noqa: N818 - carries what to tell
    """An override that leads nowhere."""


def apply(root: Node, overrides: Mapping[str, Any] | Sequence[str], reader: Reader) -> Node:
    """Return `root` changed by `overrides`; problems with them go to the reader's."""
    for rank, item in enumerate(_items(overrides), start=_RANK):
        path, at, node = _read(item, rank, reader)
        if node is None:
            continue
        try:
            root = _put(root, _steps(path), node, at)
        except _Refused as refused:
            span = replace(at, length=max(1, at.length))
            hint = _HINT if str(refused) == _NO_PATH else ""
            reader.problems.append(Diagnostic("bad-override", str(refused), span, hint))
    return root


def _items(overrides: Mapping[str, Any] | Sequence[str]) -> list[str | tuple[str, Any]]:
    if isinstance(overrides, Mapping):
        return [(str(path), value) for path, value in overrides.items()]
    return [overrides] if isinstance(overrides, str) else list(overrides)


def _read(item: str | tuple[str, Any], rank: int, reader: Reader) -> tuple[str, Span, Node | None]:
    """Return the path, its place, and the value of one override."""
    if isinstance(item, tuple):
        path, value = item
        if isinstance(value, Placed):
            return path, value.key, _given(value.value, value.span, reader)
        source = _source(path, f"{path}={shown(value)}", rank)
        start = Span(source, 1, len(path) + 2, max(1, len(shown(value))))
        return path, Span(source, 1, 1, len(path)), _given(value, start, reader)
    path, equals, text = item.partition("=")
    source = _source(path.strip(), item, rank, FilePath.cwd())
    at = Span(source, 1, 1, len(path.strip()))
    if not equals:
        message = f"{shown(item)} sets no value"
        reader.problems.append(
            Diagnostic("bad-override", message, Span(source, 1, 1, max(1, len(item))), _HINT)
        )
        return path.strip(), at, None
    # Blanks in place of the path keep the columns of the value.
    failed = len(reader.problems)
    node = reader.parse(source, " " * (len(path) + 1) + text)
    if node is None and len(reader.problems) == failed:
        node = Node(Span(source, 1, len(path) + 1), None)
    return path.strip(), at, node


def _given(value: Any, start: Span, reader: Reader) -> Node | None:
    """Return the tree of a Python value, all of it standing at `start`; None if it is none."""
    try:
        node, problems = tree_of(value, lambda *part: (start, start), most=NODES)
    except Unreadable as unreadable:
        problems = [unreadable.diagnostic]
    if not problems:
        return node
    reader.problems.append(replace(problems[0], code="bad-override"))
    return None


def _source(path: str, text: str, rank: int, folder: FilePath | None = None) -> Source:
    lines = tuple(BREAK.split(text))
    # A mapping comes from a program, which has no command line.
    name = shown(path)[1:-1] if folder is None else f"--set {shown(path)[1:-1]}"
    return Source(name, lines, rank, numbered=False, folder=folder, override=True)


_NO_PATH: Final = "this is not the path of a field"


def _steps(path: str) -> Path:
    """Return the keys and indices of a dotted path."""
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None or not match[0].isprintable():
            raise _Refused(_NO_PATH)
        steps.append(match[1] if match[1] is not None else int(match[2]))
        position = match.end()
    if not steps or isinstance(steps[0], int) or len(steps) > DEPTH:
        raise _Refused(_NO_PATH)
    if steps == [INCLUDE]:
        raise _Refused("'include' can only stand in a file")
    return tuple(steps)


def _put(node: Node, path: Path, value: Node, at: Span, done: str = "") -> Node:
    """Return `node` with the value at `path` replaced, blocks on the way copied or made."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    here = f"'{done}'" if done else "the scenario"
    if isinstance(node.content, list) and isinstance(step, str) and _INDEX.fullmatch(step):
        step = int(step)
    if isinstance(step, int):
        if not isinstance(node.content, list):
            raise _Refused(f"{here} is not a list")
        items = list(node.content)
        if step > len(items):
            entries = "1 entry" if len(items) == 1 else f"{len(items)} entries"
            raise _Refused(f"{here} has {entries}, so there is no [{step}]")
        old = items[step] if step < len(items) else Node(at, None)
        items[step : step + 1] = [_put(old, rest, value, at, f"{done}[{step}]")]
        return Node(node.span, items, node.size + value.size)
    if node.content is None:
        node = Node(at, {})
    if not isinstance(node.content, dict):
        raise _Refused(f"{here} is not a block of fields")
    fields = dict(node.content)
    key = known_key(fields, step) or step
    old_entry = fields.get(key)
    below = old_entry.value if old_entry else Node(at, None)
    changed = _put(below, rest, value, at, f"{done}.{step}" if done else step)
    # A key is blamed on the override only where the override made it.
    fields[key] = Entry(old_entry.key if old_entry and rest else _key_span(at, step), changed)
    return Node(node.span, fields, node.size + value.size)


def _key_span(at: Span, step: str) -> Span:
    """Return where the last use of `step` stands in the override's path."""
    if not at.source.override:
        return at
    column = at.source.line(1)[: at.length + at.column].rfind(step)
    return Span(at.source, 1, column + 1 if column >= 0 else 1, len(step))
