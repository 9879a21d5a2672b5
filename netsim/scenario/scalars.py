"""What a plain YAML scalar means: the core schema of YAML 1.2.

``1e9`` is a number; ``on``, ``no`` and ``12:30`` are texts. Two numbers of the core schema are
refused, since no simulation can use them: infinities with NaN, and what a computer's own integers
and floats cannot hold.
"""

from __future__ import annotations

import math
import re
from typing import Final

_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o([0-7]+)|0x([0-9a-fA-F]+)")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WHOLE_POWER: Final = re.compile(r"[-+]?[0-9]{1,18}[eE]\+?[0-9]{1,2}")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LARGEST: Final = 2**63 - 1


class NumberError(ValueError):
    """A number that cannot be used."""


def resolve(text: str) -> str | int | float | bool | None:
    """Return the value of the plain scalar `text`.

    >>> resolve("1e9"), resolve("12:30"), resolve("on"), resolve("0x10"), resolve("~")
    (1000000000, '12:30', 'on', 16, None)

    Raises
    ------
    NumberError
        If it is a number that is not finite or does not fit into 64 bits.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise NumberError(f"{text} is not a number that can be simulated")
    if _INTEGER.fullmatch(text):
        return _checked(text, 10)
    if based := _BASED.fullmatch(text):
        return _checked(based[1] or based[2], 8 if based[1] else 16)
    if not _FLOAT.fullmatch(text):
        return text
    number = float(text)
    if math.isinf(number):
        raise NumberError(f"the number {_short(text)} is too large")
    # Whole powers of ten serve integer fields too: `flows: 1e6`.
    if _WHOLE_POWER.fullmatch(text) and number.is_integer() and abs(number) < 2**53:
        return int(number)
    return number


def _checked(digits: str, base: int) -> int:
    if len(digits) <= 40:
        number = int(digits, base)
        if -_LARGEST <= number <= _LARGEST:
            return number
    raise NumberError(f"the whole number {_short(digits)} is too large for 64 bits")


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}... ({len(text)} characters)"
