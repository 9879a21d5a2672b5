"""Evaluate the `where` of a sweep: which of its points are kept.

::

    topology.spines <= 2 * topology.leaves and routing.policy in ['ecmp', 'rps']
    queue.ecn.kmin < 100 kB or until == null

The language has names of fields (dotted paths, ``traffic[0].size``), literals (numbers, numbers
with a unit, quoted texts, ``true``, ``false``, ``null``, lists), comparisons (chained as in
Python), ``and or not``, ``+ - * /`` and ``in``; nothing else. There are no attributes, calls or
powers, so an expression can neither reach into the program nor run for long. Python's own `eval`
behind a filter of its syntax tree was rejected: a filter must forbid what is dangerous, a grammar
allows what is meant, and units are no Python.

A quantity keeps its dimension: ``100 kB < 1 ms`` is an error, and so is ``100 kB < 3``. Products
and quotients take numbers, or give one (``1 MB / 4 kB``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from netsim.sweep.amounts import (
    WhereError,
    add,
    compare,
    divide,
    held,
    in_words,
    multiply,
    read_amount,
    subtract,
    truth,
)

#: Longest expression, in characters, and deepest nesting.
LONGEST: Final = 1_000
DEEPEST: Final = 40

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<quantity>(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?
        (?:\s*(?P<unit>%|/s|/h|[A-Za-z]+(?:/[A-Za-z]+)?))?)
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<name>[A-Za-z][A-Za-z0-9_]*(?:\[[0-9]{1,6}\]|\.[A-Za-z][A-Za-z0-9_]*)*)
    | (?P<sign><=|>=|==|!=|[<>+\-*/()\[\],])
    )""",
    re.VERBOSE,
)
_WORDS: Final = frozenset({"and", "or", "not", "in", "true", "false", "null"})
_CONSTANTS: Final = {"true": True, "false": False, "null": None}

Lookup: TypeAlias = Callable[[str], Any]
"""Gives the value of a field by its dotted path, as a scenario writes it."""

Evaluate: TypeAlias = Callable[[Lookup], Any]


@dataclass(frozen=True, slots=True)
class Where:
    """An expression that was read: `names` are the fields that it uses, in order of use."""

    text: str
    names: tuple[str, ...]
    _evaluate: Evaluate

    def __call__(self, lookup: Lookup) -> bool:
        """Return whether the point with these values is kept.

        Raises
        ------
        WhereError
            If values do not fit together, or the result is neither true nor false.
        """
        result = self._evaluate(lookup)
        if not isinstance(result, bool):
            raise WhereError(f"'{self.text}' is {in_words(result)}, not true or false")
        return result


def read(text: str) -> Where:
    """Return the expression `text`, ready to be evaluated.

    Raises
    ------
    WhereError
        If it is not one, with the character at which it goes wrong.
    """
    if len(text) > LONGEST:
        raise WhereError(f"an expression has at most {LONGEST:,} characters, this {len(text):,}")
    parser = _Parser(_tokens(text), len(text))
    evaluate = parser.whole()
    return Where(text, tuple(dict.fromkeys(parser.names)), evaluate)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise WhereError(f"'{text[at]}' has no meaning here", at + 1)
        kind = str(match.lastgroup if match.lastgroup != "unit" else "quantity")
        word, end_of = match[kind], match.end()
        unit = match["unit"]
        if kind == "quantity" and unit in _WORDS:
            # `3 and ...`: the word is no unit.
            end_of = match.start("unit")
            word = text[match.start(kind) : end_of].rstrip()
        if kind == "name" and word in _WORDS:
            kind = "word"
        tokens.append(_Token(kind, word, match.start(str(match.lastgroup)) + 1))
        if kind == "quantity":
            tokens[-1] = _Token(kind, word, match.start("quantity") + 1)
        at = end_of
    return tokens


class _Parser:
    """Recursive descent; each rule returns the function that evaluates what it read."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self.names: list[str] = []
        self._tokens = tokens
        self._at = 0
        self._end = length + 1
        self._depth = 0

    def whole(self) -> Evaluate:
        evaluate = self._either()
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            raise WhereError(f"'{token.text}' does not belong here", token.column)
        return evaluate

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        token = self._tokens[self._at]
        return token.text if token.kind in ("word", "sign") else ""

    def _take(self, *wanted: str) -> str:
        """Return the next token's text and pass it if it is one of `wanted`, else nothing."""
        found = self._peek()
        if not found or found not in wanted:
            return ""
        self._at += 1
        return found

    def _column(self) -> int:
        return self._tokens[self._at].column if self._at < len(self._tokens) else self._end

    def _either(self) -> Evaluate:
        self._depth += 1
        if self._depth > DEEPEST:
            raise WhereError(f"it is nested more than {DEEPEST} deep", self._column())
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else _any_of(parts)

    def _both(self) -> Evaluate:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else _all_of(parts)

    def _negated(self) -> Evaluate:
        times = 0
        while self._take("not"):
            times += 1
        inner = self._compared()
        if not times:
            return inner
        return lambda lookup: truth(inner(lookup)) ^ (times % 2 == 1)

    def _compared(self) -> Evaluate:
        first = self._sum()
        links: list[tuple[str, Evaluate]] = []
        while True:
            sign = self._take("<=", ">=", "==", "!=", "<", ">", "in")
            if not sign and self._peek() == "not":
                self._at += 1
                if not self._take("in"):
                    raise WhereError(
                        "'not' stands before a comparison, or in 'not in'", self._column()
                    )
                sign = "not in"
            if not sign:
                break
            links.append((sign, self._sum()))
        return first if not links else _chain(first, links)

    def _sum(self) -> Evaluate:
        left = self._product()
        while sign := self._take("+", "-"):
            left = _arithmetic(sign, left, self._product())
        return left

    def _product(self) -> Evaluate:
        left = self._signed()
        while sign := self._take("*", "/"):
            left = _arithmetic(sign, left, self._signed())
        return left

    def _signed(self) -> Evaluate:
        negative = False
        while sign := self._take("+", "-"):
            negative ^= sign == "-"
        inner = self._atom()
        return _arithmetic("*", _constant(-1), inner) if negative else inner

    def _atom(self) -> Evaluate:
        column = self._column()
        if self._take("("):
            inner = self._either()
            self._close(")", column)
            return inner
        if self._take("["):
            return self._list(column)
        if self._at >= len(self._tokens):
            raise WhereError("something is missing at the end", column)
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "quantity":
            return _constant(_literal(token))
        if token.kind == "text":
            return _constant(token.text[1:-1])
        if token.kind == "word" and token.text in _CONSTANTS:
            return _constant(_CONSTANTS[token.text])
        if token.kind != "name":
            raise WhereError(f"'{token.text}' does not belong here", column)
        if self._peek() == "(":
            raise WhereError(f"'{token.text}(...)': there are no functions", column)
        self.names.append(token.text)
        return lambda lookup: held(lookup(token.text))

    def _list(self, column: int) -> Evaluate:
        items: list[Evaluate] = []
        while self._peek() != "]":
            items.append(self._sum())
            if not self._take(","):
                break
        self._close("]", column)
        return lambda lookup: tuple(item(lookup) for item in items)

    def _close(self, sign: str, opened: int) -> None:
        if not self._take(sign):
            raise WhereError(
                f"'{sign}' is missing for what opens at character {opened}", self._column()
            )


def _constant(value: Any) -> Evaluate:
    return lambda lookup: value


def _any_of(parts: list[Evaluate]) -> Evaluate:
    return lambda lookup: any(truth(part(lookup)) for part in parts)


def _all_of(parts: list[Evaluate]) -> Evaluate:
    return lambda lookup: all(truth(part(lookup)) for part in parts)


def _chain(first: Evaluate, links: list[tuple[str, Evaluate]]) -> Evaluate:
    def evaluate(lookup: Lookup) -> bool:
        left = first(lookup)
        for sign, inner in links:
            right = inner(lookup)
            if not compare(sign, left, right):
                return False
            left = right
        return True

    return evaluate


def _arithmetic(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    rule = {"+": add, "-": subtract, "*": multiply, "/": divide}[sign]
    return lambda lookup: rule(left(lookup), right(lookup))


def _literal(token: _Token) -> Any:
    number = read_amount(token.text)
    if number is None:
        raise WhereError(f"'{token.text}' is no number with a unit of netsim", token.column)
    return number
