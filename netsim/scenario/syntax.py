"""The YAML parser's complaints in the words of somebody who writes a scenario."""

from __future__ import annotations

import re
from typing import Final

_EXPLANATIONS: Final = (
    ("directive", "directives (%) have no meaning here", "quote a text that starts with '%'"),
    (
        r"character '\\t'",
        "a tab cannot indent in YAML",
        "indent with spaces",
    ),
    (
        "cannot start any token",
        "a text may not start with {letter}",
        "quote it",
    ),
    (
        "mapping values are not allowed",
        "a second ':' in this line, or a line indented too far",
        "quote a text that holds ': '; start each field on its own line",
    ),
    (
        "could not find expected ':'",
        "a ':' is missing after a key",
        "write 'key: value', with a space after the colon",
    ),
    ("expected ',' or ']'", "a list is not closed here", "',' or ']' is expected"),
    ("expected ',' or '}'", "a mapping is not closed here", "',' or '}' is expected"),
    (
        "unexpected end of stream",
        "a quoted text is not closed",
        "add the closing quote",
    ),
    ("document separator", "a quoted text is not closed", "add the closing quote"),
    (
        "expected <block end>|expected the node content|expected '<document start>'",
        "the text does not fit here",
        "check the indentation, and that brackets and quotes are closed",
    ),
    (
        "escape",
        "an unknown escape sequence in a quoted text",
        "use single quotes, or double the \\",
    ),
    ("not allowed here", "a list entry ('- ') is not allowed here", "start it on its own line"),
    ("alias|anchor|alphabetic", "'&' and '*' start an anchor and an alias", "quote the text"),
    ("tag|URI", "tags ('!') have no meaning here", "quote a text that starts with '!'"),
    ("indentation|chomping", "a block text ('|' or '>') is written wrongly", "quote the text"),
)


def explain(problem: str, line: str, column: int) -> tuple[str, str]:
    """Return message and hint for the parser's `problem` at `column` of `line`."""
    for pattern, message, hint in _EXPLANATIONS:
        if re.search(pattern, problem):
            letter = repr(line[column - 1 : column]) if line[column - 1 : column] else "this"
            return message.replace("{letter}", letter), hint
    return "the text is not YAML", "check the indentation, and that brackets and quotes are closed"
