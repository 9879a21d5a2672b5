"""What readers of scenario texts share: how a tree is built, and what they do about bad parts."""

from __future__ import annotations

import re
from typing import Final

from netsim.scenario.diagnostics import Diagnostic
from netsim.scenario.scalars import NumberError, resolve
from netsim.scenario.source import Span
from netsim.scenario.tree import Entry, Node, Scalar

#: Half of a surrogate pair, which no file and no terminal takes.
SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Unreadable(Exception):  # noqa: N818 - it carries a diagnostic
    """A text that cannot be read to its end."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class TreeBuilder:
    """Collects the problems that do not end the reading, so that one reading finds them all."""

    def __init__(self) -> None:
        self.problems: list[Diagnostic] = []

    def scalar(self, text: str, span: Span) -> Scalar:
        """Return the value of an unquoted `text`; of a number that cannot be used, 0."""
        try:
            return resolve(text)
        except NumberError as bad:
            self.problems.append(Diagnostic("out-of-range", str(bad), span))
            return 0

    def enter(self, entries: dict[str, Entry], key: str, span: Span, value: Node) -> None:
        """Add an entry whose key stands at `span`, unless it stands in `entries` already."""
        if key not in entries:
            entries[key] = Entry(span, value)
            return
        message = f"'{key}' stands twice, first at line {entries[key].key.line}"
        self.problems.append(Diagnostic("duplicate-key", message, span, "keep one of the two"))
