"""The parts of a YAML text one by one, from a parser that is fenced in.

ruamel's parser lets errors of many kinds out on malformed text (a code point beyond Unicode, a
broken tag), makes characters that no file can hold out of escapes, and takes quadratic time over
nested brackets. Whoever reads YAML reads it through `events`, and meets `YAMLError` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import Event, ScalarEvent
from ruamel.yaml.scanner import Scanner

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
#: What stands as the `problem` of an error about half of a surrogate pair.
HALF_A_PAIR: Final = "half of a surrogate pair"


#: What stands as the `problem` of an error about a character that Unicode does not have.
BEYOND_UNICODE: Final = "a code point beyond U+10FFFF"


class SlipError(YAMLError):
    """The parser itself stumbled over the text, in `line` (from 1) or behind it."""

    def __init__(self, line: int) -> None:
        super().__init__("it cannot be parsed from here on")
        self.line = line


class DepthError(YAMLError):
    """More brackets are open than may be."""


def events(text: str, deepest: int) -> Iterator[Event]:
    """Yield the events of `text`, in which `deepest` brackets may be open at a time.

    Raises
    ------
    YAMLError
        If it is no YAML; `MarkedYAMLError` says where, `DepthError` cannot.
    """
    last: Any = None
    reader = YAML(typ="safe", pure=True)
    reader.Scanner = _bounded(deepest)
    try:
        for event in reader.parse(text):
            if isinstance(event, ScalarEvent) and _SURROGATE.search(event.value):
                raise MarkedYAMLError(problem=HALF_A_PAIR, problem_mark=event.start_mark)
            last = event
            yield event
    except (ArithmeticError, ValueError, LookupError, TypeError, AttributeError) as slip:
        if last is not None and (isinstance(slip, OverflowError) or "chr()" in str(slip)):
            raise MarkedYAMLError(problem=BEYOND_UNICODE, problem_mark=last.end_mark) from None
        raise SlipError(1 if last is None else last.end_mark.line + 1) from None
    except RecursionError:
        raise DepthError from None


def _bounded(deepest: int) -> type[Scanner]:
    """Return ruamel's scanner, stopped before nested brackets make it quadratic."""

    class BoundedScanner(Scanner):
        _open = 0

        def fetch_flow_collection_start(self, *args: Any, **options: Any) -> None:
            self._open += 1
            if self._open > deepest:
                raise DepthError
            super().fetch_flow_collection_start(*args, **options)

        def fetch_flow_collection_end(self, *args: Any, **options: Any) -> None:
            self._open = max(0, self._open - 1)
            super().fetch_flow_collection_end(*args, **options)

        def fetch_directive(self) -> None:
            raise MarkedYAMLError(problem="directive", problem_mark=self.reader.get_mark())

    return BoundedScanner
