"""Where the text of a scenario stands: a file or an override, and places in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: What ends a line for a YAML reader of any version.
BREAK: Final = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Source:
    """A text that a scenario is put together from.

    Parameters
    ----------
    name
        As errors show it: the path of a file, ``--set routing.policy``, or, of a scenario that a
        program gives, the path of keys.
    lines
        The text, line by line.
    rank
        Order among the sources of one scenario; errors are shown in this order.
    numbered
        Whether its lines are counted; they are in files alone.
    folder
        The folder of the file, by which paths in it are meant; None: that of the scenario.
    override
        Whether it changes a scenario that is written elsewhere.
    """

    name: str
    lines: tuple[str, ...]
    rank: int = 0
    numbered: bool = True
    folder: Path | None = None
    override: bool = False

    @classmethod
    def of(
        cls,
        name: str,
        text: str,
        rank: int = 0,
        *,
        numbered: bool = True,
        folder: Path | None = None,
    ) -> Source:
        """Return the source that holds `text`."""
        return cls(name, tuple(BREAK.split(text)), rank, numbered, folder)

    def line(self, number: int) -> str:
        """Return line `number`, counted from 1; empty where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters in one line of a source.

    Parameters
    ----------
    source
        The text.
    line, column
        Its first character, both counted from 1.
    length
        Number of characters, at least 1.
    """

    source: Source
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        if not self.source.numbered:
            return self.source.name
        return f"{self.source.name}:{self.line}:{self.column}"
