"""YAML 1.2 with the position of every key and value, and with bounds on what a text can cause.

Built on `netsim.yaml_events`. What scenarios do without is refused with a clear
error: tags, merge keys (``<<``), several documents, keys that are not texts, aliases that contain
themselves. Duplicate keys and unusable numbers are collected, so that one reading finds them all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from netsim.scenario.building import TreeBuilder, Unreadable
from netsim.scenario.diagnostics import Diagnostic
from netsim.scenario.limits import DEPTH, TOO_DEEP, Budget, LimitError, ValuesError
from netsim.scenario.source import Source, Span
from netsim.scenario.syntax import explain
from netsim.scenario.too_many import remedy
from netsim.scenario.tree import Entry, Node
from netsim.yaml_events import DepthError, events

_NOT_PRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)


def read(source: Source, text: str, budget: Budget) -> tuple[Node | None, list[Diagnostic]]:
    """Return the tree of `text` (None if it is empty) and the problems that did not stop it.

    Raises
    ------
    Unreadable
        If the text is no YAML, or larger than the budget allows.
    """
    if bad := _NOT_PRINTABLE.search(text):
        span = _span_at(source, text, bad.start())
        raise Unreadable(
            Diagnostic("bad-yaml", f"character U+{ord(bad[0]):04X} is not allowed in YAML", span)
        )
    builder = _Builder(source, budget)
    try:
        budget.spend_bytes(len(text))
        return builder.document(events(text, DEPTH)), builder.problems
    except ValuesError as limit:
        hint = remedy(builder.counts)
        raise Unreadable(Diagnostic("too-large", str(limit), builder.here, hint)) from None
    except LimitError as limit:
        raise Unreadable(Diagnostic("too-large", str(limit), builder.here)) from None
    except DepthError:
        raise Unreadable(Diagnostic("too-large", TOO_DEEP, builder.here)) from None
    except MarkedYAMLError as bad_yaml:
        raise Unreadable(_explained(bad_yaml, source, builder.here)) from None
    except YAMLError:
        message = "the text is not YAML from here on"
        raise Unreadable(Diagnostic("bad-yaml", message, builder.here)) from None


def _explained(bad: MarkedYAMLError, source: Source, here: Span) -> Diagnostic:
    """Return the parser's error at its mark, or where the unclosed thing begins."""
    marks = [
        Span(source, mark.line + 1, mark.column + 1)
        for mark in (bad.problem_mark, bad.context_mark)
        if mark is not None
    ]
    span = marks[0] if marks else here
    found = explain(str(bad.problem or ""), source.line(span.line)[span.column - 1 :])
    return Diagnostic("bad-yaml", found.message, marks[-1] if found.unclosed else span, found.hint)


class _Builder(TreeBuilder):
    """Turns events into a tree, depth first."""

    def __init__(self, source: Source, budget: Budget) -> None:
        super().__init__()
        self.source = source
        self.budget = budget
        self.here = Span(source, 1, 1)
        self._anchors: dict[str, Node | None] = {}
        #: Values by the keys above them, and the keys above the value that is being read.
        self.counts: Counter[tuple[str, ...]] = Counter()
        self._keys: tuple[str, ...] = ()

    def document(self, events: Iterator[Event]) -> Node | None:
        """Return the tree of the only document, or None if there is none."""
        root: Node | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    self._fail("bad-yaml", "a second document starts here", event, _ONE_DOCUMENT)
                root = self._node(next(events), events, 1)
            elif isinstance(event, StreamEndEvent):
                break
        return root

    def _node(self, event: Any, events: Iterator[Event], depth: int) -> Node:
        self.here = span = self._span(event)
        self._spend(1)
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            self._fail("bad-yaml", f"tags ({event.tag}) have no meaning here", event, _QUOTE)
        if isinstance(event, ScalarEvent):
            quoted = bool(event.style)
            node = Node(span, str(event.value) if quoted else self.scalar(event.value, span))
        elif depth > DEPTH:
            raise LimitError(TOO_DEEP)
        else:
            # While it is being built, an anchor stands for nothing, so that loops are seen.
            self._keep(event, None)
            build = self._list if isinstance(event, SequenceStartEvent) else self._mapping
            node = build(span, events, depth + 1)
        self._keep(event, node)
        return node

    def _spend(self, amount: int) -> None:
        self.counts[self._keys] += amount
        self.budget.spend_nodes(amount)

    def _keep(self, event: Any, node: Node | None) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node

    def _alias(self, event: AliasEvent) -> Node:
        if event.anchor not in self._anchors:
            self._fail("bad-yaml", f"no anchor '&{event.anchor}' stands before this alias", event)
        node = self._anchors[event.anchor]
        if node is None:
            self._fail("bad-yaml", f"alias '*{event.anchor}' stands inside its own anchor", event)
        self._spend(node.size)
        return node

    def _list(self, span: Span, events: Iterator[Event], depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(self._node(event, events, depth))
        return Node(span, items, 1 + sum(item.size for item in items))

    def _mapping(self, span: Span, events: Iterator[Event], depth: int) -> Node:
        entries: dict[str, Entry] = {}
        size = 1
        while not isinstance(event := next(events), MappingEndEvent):
            key, at = self._key(event)
            above, self._keys = self._keys, (*self._keys, key)
            value = self._node(next(events), events, depth)
            self._keys = above
            size += value.size
            self.enter(entries, key, at, value)
        return Node(span, entries, size)

    def _key(self, event: Any) -> tuple[str, Span]:
        self.here = span = self._span(event)
        if not isinstance(event, ScalarEvent):
            self._fail("bad-yaml", "a key must be a text", event)
        if event.tag is not None:
            self._fail("bad-yaml", f"tags ({event.tag}) have no meaning here", event, _QUOTE)
        if event.value == "<<" and not event.style:
            self._fail("bad-yaml", "merge keys (<<) are not part of YAML 1.2", event, _NO_MERGE)
        if event.value == "" and not event.style:
            self._fail("bad-yaml", "a key is missing before ':'", event)
        if not event.value.isprintable():
            self._fail("bad-yaml", "a key may not hold control characters", event)
        self._keep(event, Node(span, event.value))
        return event.value, span

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        if end.line == start.line:
            length = end.column - start.column
        else:
            length = len(self.source.line(start.line + 1).rstrip()) - start.column
        if not isinstance(event, ScalarEvent | AliasEvent):
            length = 1
        return Span(self.source, start.line + 1, start.column + 1, max(1, length))

    def _fail(self, code: str, message: str, event: Any, hint: str = "") -> NoReturn:
        raise Unreadable(Diagnostic(code, message, self._span(event), hint))


_ONE_DOCUMENT: Final = "a scenario file holds one document: remove the line '---'"
_QUOTE: Final = "quote a text that starts with '!'"
_NO_MERGE: Final = "repeat the fields, or put them in a file and write include:"


def _span_at(source: Source, text: str, index: int) -> Span:
    before = Source.of("", text[:index]).lines
    return Span(source, len(before), len(before[-1]) + 1)
