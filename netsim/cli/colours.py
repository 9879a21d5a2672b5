"""Colours of diagnostics, for a terminal.

The text of a diagnostic is the same everywhere and is never made with colours in it; they are put
on its finished lines, by what the lines look like. `click.echo` takes them off again where no
terminal reads, ``NO_COLOR`` is set or the terminal is called dumb. Rejected: a library for that
(`rich`), which takes longer to import than a whole command may.
"""

from __future__ import annotations

import os
import re
from typing import Final

import click

#: ``PLACE: error[CODE]:``; ``Error:`` of wrong words on the command line.
_HEAD: Final = re.compile(r"^(?P<place>.*?)(?P<head>error\[[a-z-]+\]:|error:|Error:)(?P<rest>.*)$")
#: The marks under what is wrong, and the remedy behind them; or the remedy alone.
_MARKS: Final = re.compile(r"^(?P<edge> +\| +)(?P<marks>\^+)?(?P<hint>.*)$")
#: The line that is wrong.
_SOURCE: Final = re.compile(r"^(?P<edge> *\d* \| )(?P<line>.*)$")
_COUNT: Final = re.compile(r"^[\d,]+ errors?, [\d,]+ warnings? in ")


def wanted() -> bool:
    """Return whether colours may be shown at all, on a terminal."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(text: str) -> str:
    """Return diagnostics with colours: heads red, marks and remedies green, places bold."""
    lines = text.split("\n")
    marked = [index for index, line in enumerate(lines) if _is_under(lines, index)]
    return "\n".join(_line(line, under=index in marked) for index, line in enumerate(lines))


def _is_under(lines: list[str], index: int) -> bool:
    """Return whether a line of bars stands under a source line or a head: it holds the remedy."""
    found = _MARKS.match(lines[index])
    return (
        found is not None and index > 0 and (found["marks"] is not None or _is_head(lines, index))
    )


def _is_head(lines: list[str], index: int) -> bool:
    return _HEAD.match(lines[index - 1]) is not None


def _line(line: str, *, under: bool) -> str:
    if under and (found := _MARKS.match(line)):
        marks = click.style(found["marks"], fg="green", bold=True) if found["marks"] else ""
        hint = click.style(found["hint"], fg="green") if found["hint"].strip() else found["hint"]
        return click.style(found["edge"], fg="blue") + marks + hint
    if found := _SOURCE.match(line):
        return click.style(found["edge"], fg="blue") + found["line"]
    if found := _HEAD.match(line):
        place = click.style(found["place"], bold=True) if found["place"] else ""
        return place + click.style(found["head"], fg="red", bold=True) + found["rest"]
    return click.style(line, bold=True) if _COUNT.match(line) else line
