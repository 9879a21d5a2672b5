"""Problems of a scenario: what is wrong, where, and how to mend it; and how they are printed.

::

    bad.yaml:6:5: error[unknown-field]: 'leafs' is not a field of topology 'leaf_spine'
      6 |     leafs: 4
        |     ^^^^^ did you mean 'leaves'?

The codes in brackets are stable; `CODES` says what each means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from netsim.echo import visible
from netsim.findings import MOST
from netsim.scenario.source import Span

#: Every code that the scenario layer gives, with what it means.
CODES: Final[dict[str, str]] = {
    "bad-path": "A file cannot be read: it is missing, not a file, or outside the folder.",
    "bad-yaml": "The text is not YAML 1.2, or uses a part of YAML that scenarios do without.",
    "duplicate-key": "A key stands twice in one mapping.",
    "too-large": "A file, its nesting or its aliases go beyond what a scenario may hold.",
    "bad-override": "An override is not PATH=VALUE, or its path leads nowhere.",
    "include-cycle": "A file includes itself, directly or through others.",
    "missing-field": "A required field is not given.",
    "unknown-field": "A key is not a field of its block.",
    "unknown-name": "No registered implementation, table, node or link has this name.",
    "bad-choice": "A word is not among the words that the field allows.",
    "bad-type": "A value has the wrong form: a text for a number, a list for a block.",
    "bad-unit": "A quantity has no unit, or a unit of another dimension.",
    "out-of-range": "A number lies outside the range of its field, or cannot be held at all.",
    "bad-value": "A value breaks a rule of its field that is none of the above.",
    "bad-data": "A data file that the scenario names holds something wrong.",
    "bad-file": "A data file as a whole is not of its format: broken XML, not UTF-8.",
    "duplicate": "Two entries of a list or a data file are the same, or have the same name.",
    "unsatisfiable": "Fields that are right one by one contradict one another.",
}

#: Codes shown without their source line: the message quotes the name, or concerns several lines.
_WITHOUT_EXCERPT: Final = frozenset({"unknown-name", "unsatisfiable", "missing-field"})

#: How many problems of one file are printed at most.
MOST_SHOWN: Final = MOST
_WIDEST_LINE: Final = 120


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem.

    Parameters
    ----------
    code
        A key of `CODES`, or the code of a plug-in.
    message
        What is wrong.
    span
        Where, or None where it concerns a file as a whole.
    hint
        How to mend it, or empty.
    file
        The file, where there is no `span`.
    named_at
        Where the scenario names the data file that `span` lies in.
    more
        How many further problems of the same file this one stands for.
    """

    code: str
    message: str
    span: Span | None = None
    hint: str = ""
    file: str = ""
    named_at: Span | None = None
    more: int = 0

    @property
    def place(self) -> str:
        """Return where it is: ``bad.yaml:6:5``, ``bad.yaml`` or ``--set a.b``."""
        return str(self.span) if self.span else self.file

    @property
    def order(self) -> tuple[int, int, int, int, int]:
        """Return what problems are sorted by: file, line, column.

        Those of a data file stand where the scenario names it, by line and column in it.
        """
        span = self.named_at or self.span
        if span is None:
            return (-1, 0, 0, 0, 0)
        inner = (self.span.line, self.span.column) if self.named_at and self.span else (0, 0)
        return (span.source.rank, span.line, span.column, *inner)

    def to_dict(self) -> dict[str, Any]:
        """Return the problem for programs."""
        span = self.span
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "file": span.source.name if span else self.file,
            "line": span.line if span and span.source.numbered else 0,
            "column": span.column if span and span.source.numbered else 0,
            "named_at": str(self.named_at) if self.named_at else "",
        }

    def __str__(self) -> str:
        lines = [f"{_one_line(self.place)}: error[{self.code}]: {_one_line(self.message)}"]
        hint = _one_line(self.hint)
        if (
            self.span
            and self.code not in _WITHOUT_EXCERPT
            and self.span.source.line(self.span.line)
        ):
            lines += _excerpt(self.span, hint)
        elif hint:
            column = self.span.column - 1 if self.span and self.span.source.numbered else 0
            lines.append(f"    | {' ' * min(column, _WIDEST_LINE)}{hint}")
        if self.named_at:
            lines.append(f"    | named at {_one_line(str(self.named_at))}")
        return "\n".join(lines)


def ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the problems by file and line, each once."""
    return sorted(dict.fromkeys(diagnostics), key=lambda found: found.order)


def render(diagnostics: Sequence[Diagnostic], file: str) -> str:
    """Return all problems of the scenario `file` as text, with a line that counts them."""
    shown, left_out = limited(diagnostics)
    lines: list[str] = []
    for place, found in shown.items():
        lines += map(str, found)
        if left_out[place]:
            lines.append(f"... and {left_out[place]:,} more in {visible(place)}")
    count = sum(map(len, shown.values())) + sum(left_out.values())
    errors = "1 error" if count == 1 else f"{count:,} errors"
    return "\n".join([*lines, f"{errors}, 0 warnings in {visible(file)}"])


def limited(
    diagnostics: Iterable[Diagnostic],
) -> tuple[dict[str, list[Diagnostic]], dict[str, int]]:
    """Return the problems to print by file, and for each file how many are left out."""
    shown: dict[str, list[Diagnostic]] = {}
    left_out: dict[str, int] = {}
    for found in diagnostics:
        place = found.span.source.name if found.span else found.file
        kept = shown.setdefault(place, [])
        full = len(kept) >= MOST_SHOWN
        left_out[place] = left_out.get(place, 0) + found.more + full
        if not full:
            kept.append(found)
    return shown, left_out


def _excerpt(span: Span, hint: str) -> list[str]:
    """Return the source line and the carets under the span, cut around it if it is long."""
    text = span.source.line(span.line)
    start = span.column - 1
    length = max(1, min(span.length, len(text) - start))
    if len(text) > _WIDEST_LINE:
        first = max(0, min(start - 20, len(text) - _WIDEST_LINE))
        last = first + _WIDEST_LINE
        length = max(1, min(length, last - start))
        start += 3 * (first > 0) - first
        text = "..." * (first > 0) + text[first:last] + "..." * (last < len(text))
    number = f"{span.line:>3}" if span.source.numbered else "   "
    carets = f"{' ' * start}{'^' * length} {hint}".rstrip()
    # A line may hold megabytes, so it is cleaned once it is cut.
    return [f"{number} | {_one_line(text, keep=True)}", f"{' ' * len(number)} | {carets}"]


def _one_line(text: str, *, keep: bool = False) -> str:
    """Return `text` without what would break a line or steer a terminal."""
    shown = visible(text, " ")
    return shown if keep else " ".join(shown.split()) if shown != text else shown
