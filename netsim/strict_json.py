"""Parse JSON that may come from anywhere: what it means without doubt, or one kind of error.

Python's own parser takes more than JSON (NaN, keys that stand twice, half of a surrogate pair,
which no file can hold) and answers deep nesting and long numbers each in its own way. Whatever of
netsim reads JSON of a user or of a run directory reads it here; scenarios, whose every value needs
a place, have a reader of their own (`netsim.scenario.json_text`) with the same rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final, NoReturn

#: Escapes of a text, each pair of surrogates as one.
_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\."
)
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class JsonError(ValueError):
    """The text is no JSON, or cannot be used.

    Parameters
    ----------
    message
        What is wrong with it, in one line.
    line
        Where, from 1; 0 if it is not known.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def parse(text: str | bytes) -> Any:
    """Return the value that `text` writes.

    Raises
    ------
    JsonError
        If there is none.
    """
    try:
        written = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        value = json.loads(written, parse_constant=_no_number, object_pairs_hook=_each_key_once)
    except json.JSONDecodeError as bad:
        raise JsonError(f"it is not JSON: {bad.msg} (column {bad.colno})", bad.lineno) from None
    except UnicodeDecodeError as bad:
        raise JsonError(f"it is not UTF-8 text (byte {bad.start})") from None
    except RecursionError:
        raise JsonError("it is nested too deeply") from None
    except JsonError:
        raise
    except ValueError:
        raise JsonError("it holds a number of too many digits") from None
    if _SURROGATE.search(written):
        _check_pairs(written)
    return value


def _no_number(word: str) -> NoReturn:
    raise JsonError(f"{word} is not JSON")


def _each_key_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise JsonError(f"key '{twice[:40]}' stands twice in one block")
    return content


def _check_pairs(text: str) -> None:
    """Raise the error if an escape of `text` is half of a surrogate pair."""
    for escape in _ESCAPE.finditer(text):
        if _SURROGATE.fullmatch(escape[0]):
            line = 1 + text.count("\n", 0, escape.start())
            raise JsonError("it holds half of a surrogate pair, which is no character", line)
