"""JSON with the position of every key and value, for scenarios that programs write.

A scenario that a run records holds every default, and so may be many times as long as the text that
somebody wrote; JSON is read fast enough for that. It is read by its own rules, not as YAML: each
has characters in texts that the other forbids.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from json import JSONDecoder
from typing import Final, NoReturn

from netsim.scenario.building import SURROGATE, TreeBuilder, Unreadable
from netsim.scenario.diagnostics import Diagnostic
from netsim.scenario.limits import DEPTH, JSON_NODES, TOO_DEEP
from netsim.scenario.source import BREAK, Source, Span
from netsim.scenario.tree import Entry, Node, Scalar

_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_BARE: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null")
_DECODER: Final = JSONDecoder()


def read(source: Source, text: str) -> tuple[Node | None, list[Diagnostic]]:
    """Return the tree of `text` (None if it is empty) and the problems that did not stop it.

    Raises
    ------
    Unreadable
        If the text is no JSON, or holds more than a scenario may.
    """
    reader = _Reader(source, text)
    if not text.strip():
        return None, []
    root, end = reader.value(reader.blanks(0), 1)
    if reader.blanks(end) != len(text):
        reader.fail(reader.blanks(end))
    return root, reader.problems


class _Reader(TreeBuilder):
    """Reads values from positions of the text on; each returns the position behind it."""

    def __init__(self, source: Source, text: str) -> None:
        super().__init__()
        self._source = source
        self._text = text
        self._lines = [0, *(found.end() for found in BREAK.finditer(text))]
        self._nodes = 0

    def blanks(self, at: int) -> int:
        """Return the position of what follows the blanks at `at`."""
        found = _BLANKS.match(self._text, at)
        return found.end() if found else at

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        """Return the value that starts at `at`."""
        self._nodes += 1
        if self._nodes > JSON_NODES:
            message = f"a scenario in JSON may hold at most {JSON_NODES:,} values"
            self.fail(at, "too-large", message)
        first = self._text[at : at + 1]
        if first in ("{", "["):
            if depth > DEPTH:
                self.fail(at, "too-large", TOO_DEEP)
            return self._mapping(at, depth) if first == "{" else self._list(at, depth)
        content, end = self._string(at) if first == '"' else self._bare(at)
        return Node(self._span(at, end), content), end

    def fail(self, at: int, code: str = "bad-yaml", message: str = "") -> NoReturn:
        """Stop reading because of what stands at `at`."""
        span = self._span(at, at + 1)
        raise Unreadable(Diagnostic(code, message or "the text is not JSON from here on", span))

    def _mapping(self, at: int, depth: int) -> tuple[Node, int]:
        entries: dict[str, Entry] = {}
        size = 1
        end, more = self._first(at, "}")
        while more:
            span, key, end = self._key(end)
            value, end = self.value(end, depth + 1)
            size += value.size
            self.enter(entries, key, span, value)
            end, more = self._next(end, "}")
        return Node(self._span(at, at + 1), entries, size), end

    def _key(self, at: int) -> tuple[Span, str, int]:
        """Return the key at `at` and where its value starts."""
        key, end = self._string(at)
        if not key.isprintable():
            self.fail(at, message="a key may not hold control characters")
        colon = self.blanks(end)
        if self._text[colon : colon + 1] != ":":
            self.fail(colon)
        return self._span(at, end), key, self.blanks(colon + 1)

    def _list(self, at: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        end, more = self._first(at, "]")
        while more:
            item, end = self.value(end, depth + 1)
            items.append(item)
            end, more = self._next(end, "]")
        return Node(self._span(at, at + 1), items, 1 + sum(item.size for item in items)), end

    def _first(self, at: int, close: str) -> tuple[int, bool]:
        """Return where the first entry of the block at `at` stands; or its end, and False."""
        inside = self.blanks(at + 1)
        empty = self._text[inside : inside + 1] == close
        return (inside + 1, False) if empty else (inside, True)

    def _next(self, at: int, close: str) -> tuple[int, bool]:
        """Return where the entry behind the one that ends at `at` stands; or the block's end."""
        at = self.blanks(at)
        mark = self._text[at : at + 1]
        if mark == close:
            return at + 1, False
        if mark != ",":
            self.fail(at)
        return self.blanks(at + 1), True

    def _string(self, at: int) -> tuple[str, int]:
        if self._text[at : at + 1] != '"':
            self.fail(at)
        try:
            content, end = _DECODER.raw_decode(self._text, at)
        except ValueError:
            self.fail(at)
        if SURROGATE.search(content):
            self.fail(at, message="half a surrogate pair is no character")
        return content, end

    def _bare(self, at: int) -> tuple[Scalar, int]:
        """Return the number or word at `at`."""
        found = _BARE.match(self._text, at)
        if found is None:
            self.fail(at)
        return self.scalar(found[0], self._span(at, found.end())), found.end()

    def _span(self, start: int, end: int) -> Span:
        line = bisect_right(self._lines, start)
        return Span(self._source, line, start - self._lines[line - 1] + 1, max(1, end - start))
