"""The tree of a scenario, or of a value in it, that a program gives as Python objects.

What a file could not hold is refused: numbers that are not finite or not of 64 bits, keys that are
no texts, objects that are no data, mappings and lists that contain themselves. All of it is
collected, so that one look finds it all; only what is too large or too deep ends the reading.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from netsim.fields import shown
from netsim.scenario.building import SURROGATE, Unreadable
from netsim.scenario.diagnostics import Diagnostic
from netsim.scenario.limits import DEPTH, JSON_NODES, TOO_DEEP
from netsim.scenario.source import Source, Span
from netsim.scenario.tree import Entry, Node, Path, dotted

_LARGEST: Final = 2**63 - 1

_HINT: Final = "mappings, lists, texts, numbers, true, false and nothing can"

#: Gives where the key of a path and its value stand, as errors show them, with the value's number.
Places = Callable[[Path, Any, int], tuple[Span, Span]]


def tree_of(value: Any, places: Places, *, most: int = JSON_NODES) -> tuple[Node, list[Diagnostic]]:
    """Return the tree of `value`, and the problems that did not stop the reading.

    Parameters
    ----------
    value
        Mappings, lists and tuples within one another; numbers, also numpy's; texts; paths of files.
    places
        Where each part of it stands.
    most
        How many values it may hold.

    Raises
    ------
    Unreadable
        If it holds or nests more than a scenario may.
    """
    reader = _Reader(places, most)
    return reader.node(value, ()), reader.problems


def keys_as_places(path: Path, value: Any, rank: int) -> tuple[Span, Span]:
    """Return the places of a part of a whole scenario, which is called by its path of keys."""
    step = path[-1] if path else ""
    key = f"[{step}]" if isinstance(step, int) else step
    text = f"{key}: {shown(value)}" if path else ""
    source = Source(dotted(path) or "scenario", (text,), rank, numbered=False)
    at = Span(source, 1, 1, max(1, len(key)))
    start = len(key) + 3 if path else 1
    return at, Span(source, 1, start, max(1, len(text) - start + 1))


class _Reader:
    """Reads values depth first."""

    def __init__(self, places: Places, most: int) -> None:
        self.problems: list[Diagnostic] = []
        self._places = places
        self._most = self._left = most
        #: Identities of the mappings and lists that are being read.
        self._open: set[int] = set()

    def node(self, value: Any, path: Path) -> Node:
        """Return the tree of `value`, which stands at `path`."""
        key, span = self._places(path, value, self._most - self._left)
        self._left -= 1
        if self._left < 0:
            message = f"the value holds more than {self._most:,} values"
            raise Unreadable(Diagnostic("too-large", message, key))
        if not isinstance(value, Mapping | list | tuple):
            tolist = getattr(value, "tolist", None)
            plain = tolist() if callable(tolist) else value
            if not isinstance(plain, list):
                return Node(span, self._scalar(plain, span))
            value = plain
        if id(value) in self._open:
            self._report("bad-type", f"{shown(value)} that contains itself", span)
            return Node(span, None)
        if len(path) > DEPTH:
            raise Unreadable(Diagnostic("too-large", TOO_DEEP, key))
        self._open.add(id(value))
        node = self._block(value, path, key, span)
        self._open.discard(id(value))
        return node

    def _block(self, value: Any, path: Path, key: Span, span: Span) -> Node:
        if not isinstance(value, Mapping):
            items = [self.node(item, (*path, index)) for index, item in enumerate(value)]
            return Node(span, items, 1 + sum(item.size for item in items))
        entries: dict[str, Entry] = {}
        for name, below in value.items():
            if not isinstance(name, str):
                self._report("bad-type", f"a key must be a text, not {shown(name)}", key)
            elif not name.isprintable():
                self._report("bad-value", "a key may not hold control characters", key)
            else:
                node = self.node(below, (*path, name))
                source = node.span.source
                at = node.span if source.override else Span(source, 1, 1, max(1, len(name)))
                entries[name] = Entry(at, node)
        return Node(span, entries, 1 + sum(entry.value.size for entry in entries.values()))

    def _scalar(self, value: Any, span: Span) -> str | int | float | bool | None:
        """Return a scalar as the tree holds it; one that is reported stands as 0."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if isinstance(value, str):
            if SURROGATE.search(value):
                return self._report("bad-value", "half of a surrogate pair is no character", span)
            return value
        if isinstance(value, int):
            if abs(value) <= _LARGEST:
                return int(value)
            message = f"the whole number {shown(value)} is too large for 64 bits"
            return self._report("out-of-range", message, span)
        if isinstance(value, float):
            if math.isfinite(value):
                return float(value)
            message = f"{value} is not a number that can be simulated"
            return self._report("out-of-range", message, span)
        message = f"an object of type {type(value).__name__} cannot stand in a scenario"
        return self._report("bad-type", message, span, _HINT)

    def _report(self, code: str, message: str, span: Span, hint: str = "") -> int:
        self.problems.append(Diagnostic(code, message, span, hint))
        return 0
