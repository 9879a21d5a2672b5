"""The YAML parser's complaints in the words of somebody who writes a scenario."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Explanation(NamedTuple):
    """What is wrong, how to mend it, and whether something that begins earlier is not closed."""

    message: str
    hint: str
    unclosed: bool = False


_NOT_YAML: Final = Explanation(
    "the text does not fit here", "check the indentation, and that brackets and quotes are closed"
)
_TAG: Final = Explanation("tags ('!') have no meaning here", "quote a text that starts with '!'")
_QUOTE: Final = Explanation("a quoted text is not closed", "add the closing quote", unclosed=True)

#: An index that follows a key at once, as in ``traffic[0].size``.
_INDEX: Final = re.compile(r"\[(\d+)\](\.?)")

#: By a part of the parser's own text, the first that fits.
_EXPLANATIONS: Final[tuple[tuple[str, Explanation], ...]] = (
    (
        "a code point beyond",
        Explanation("a code point beyond U+10FFFF is no character", "write the character itself"),
    ),
    (
        "half of a surrogate pair",
        Explanation("half of a surrogate pair is no character", "write the character itself"),
    ),
    (
        "directive",
        Explanation("directives (%) have no meaning here", "quote a text that starts with '%'"),
    ),
    (r"character '\\t'", Explanation("a tab cannot indent in YAML", "indent with spaces")),
    ("cannot start any token", Explanation("a text may not start with {letter}", "quote it")),
    (
        "mapping values are not allowed",
        Explanation(
            "a second ':' in this line, or a line indented too far",
            "quote a text that holds ': '; start each field on its own line",
        ),
    ),
    (
        "could not find expected ':'",
        Explanation(
            "a ':' is missing after a key", "write 'key: value', with a space after the colon"
        ),
    ),
    (
        "expected ',' or ']'",
        Explanation("a list is not closed", "',' or ']' is missing", unclosed=True),
    ),
    (
        "expected ',' or '}'",
        Explanation("a mapping is not closed", "',' or '}' is missing", unclosed=True),
    ),
    ("unexpected end of stream|document separator", _QUOTE),
    ("expected <block end>|expected the node content|expected '<document start>'", _NOT_YAML),
    (
        "escape",
        Explanation(
            "an unknown escape sequence in a quoted text", "use single quotes, or double the \\"
        ),
    ),
    (
        "not allowed here",
        Explanation("a list entry ('- ') is not allowed here", "start it on its own line"),
    ),
    (
        "alias|anchor|alphabetic",
        Explanation("'&' and '*' start an anchor and an alias", "quote the text"),
    ),
    ("tag|URI", _TAG),
    (
        "indentation|chomping",
        Explanation("a block text ('|' or '>') is written wrongly", "quote the text"),
    ),
)


def explain(problem: str, rest: str) -> Explanation:
    """Return what the parser's `problem` means; `rest` is the line from there on."""
    index = _INDEX.match(rest)
    if index and "expected ',' or '}'" in problem:
        return Explanation(
            f"'{index[0].rstrip('.')}' ends the key here, within braces",
            f"write the index with a dot (.{index[1]}{index[2]}), or quote the whole key",
        )
    for pattern, found in _EXPLANATIONS:
        if re.search(pattern, problem):
            letter = repr(rest[0]) if rest else "this"
            return found._replace(message=found.message.replace("{letter}", letter))
    return _NOT_YAML
