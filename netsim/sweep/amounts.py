"""What expressions compute with: numbers, texts, lists, and quantities that keep their dimension.

Sums and comparisons need two numbers or two quantities of one dimension; products and quotients
take a number, or give one (``1 MB / 4 kB``). Simulated times and durations are both times.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from netsim import units

_ORDERINGS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class WhereError(ValueError):
    """An expression cannot be read or evaluated.

    Parameters
    ----------
    message
        What is wrong.
    column
        Its character in the expression, from 1; 0 where it shows only with a point's values.
    """

    def __init__(self, message: str, column: int = 0) -> None:
        super().__init__(f"{message} (at character {column})" if column else message)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with a dimension of `netsim.units`, in the unit that values have inside netsim."""

    value: int | float
    dimension: str


def truth(value: Any) -> bool:
    """Return `value`, which must be true or false."""
    if not isinstance(value, bool):
        raise WhereError(f"'and', 'or' and 'not' join comparisons, not {in_words(value)}")
    return value


def compare(sign: str, left: Any, right: Any) -> bool:
    """Return whether the comparison `sign` holds, or say why it cannot be made."""
    if sign in ("in", "not in"):
        if not isinstance(right, tuple):
            raise WhereError(f"'{sign}' needs a list on its right, not {in_words(right)}")
        return any(_equal(left, item) for item in right) == (sign == "in")
    if sign in ("==", "!="):
        return _equal(left, right) == (sign == "==")
    if isinstance(left, str) and isinstance(right, str):
        return _ORDERINGS[sign](left, right)
    one, other = _like(sign, left, right)
    return _ORDERINGS[sign](one, other)


def _equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal; a text that stands for a name takes either dash."""
    if isinstance(left, Amount) and isinstance(right, Amount):
        one, other = _like("==", left, right)
        return bool(one == other)
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, str) and isinstance(right, str):
        return left == right or left.replace("-", "_") == right.replace("-", "_")
    return bool(left == right)


def _like(sign: str, left: Any, right: Any) -> tuple[float, float]:
    """Return two numbers that `sign` can be applied to, or say why there are none."""
    if _is_number(left) and _is_number(right):
        return left, right
    if isinstance(left, Amount) and isinstance(right, Amount):
        scaled = _same_dimension(left, right)
        if scaled is not None:
            return scaled
    raise WhereError(f"{in_words(left)} and {in_words(right)} cannot be joined by '{sign}'")


def _same_dimension(left: Amount, right: Amount) -> tuple[float, float] | None:
    """Return both values in one unit; simulated times and durations are both times."""
    if left.dimension == right.dimension:
        return left.value, right.value
    times = {"time": 1, "duration": 10**12}
    if left.dimension in times and right.dimension in times:
        return float(left.value * times[left.dimension]), float(
            right.value * times[right.dimension]
        )
    return None


def add(left: Any, right: Any) -> Any:
    """Return the sum of two numbers, or of two quantities of one dimension."""
    one, other = _like("+", left, right)
    total = one + other
    return Amount(total, _dimension(left, right)) if isinstance(left, Amount) else total


def subtract(left: Any, right: Any) -> Any:
    """Return the difference of what can be added."""
    return add(left, multiply(-1, right))


def _dimension(left: Amount, right: Amount) -> str:
    return left.dimension if left.dimension == right.dimension else "time"


def multiply(left: Any, right: Any) -> Any:
    """Return the product of two numbers, or of a number and a quantity."""
    if _is_number(left) and _is_number(right):
        return left * right
    if _is_number(left) and isinstance(right, Amount):
        return Amount(left * right.value, right.dimension)
    if isinstance(left, Amount) and _is_number(right):
        return Amount(left.value * right, left.dimension)
    raise WhereError(f"{in_words(left)} and {in_words(right)} cannot be joined by '*'")


def divide(left: Any, right: Any) -> Any:
    """Return a quotient: a number of two alike, a quantity of one by a number."""
    if isinstance(left, Amount) and _is_number(right):
        return Amount(_quotient(left.value, right), left.dimension)
    one, other = _like("/", left, right)
    return _quotient(one, other)


def _quotient(top: float, bottom: float) -> float:
    if bottom == 0:
        raise WhereError("a division by zero")
    return top / bottom


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def held(value: Any) -> Any:
    """Return a field's value as the expression computes with it: quantities get their dimension."""
    if isinstance(value, str):
        amount = read_amount(value)
        return value if amount is None else amount
    if isinstance(value, list | tuple):
        return tuple(held(item) for item in value)
    return value


def read_amount(text: str) -> Any:
    """Return the number, ratio or quantity that `text` writes, or None."""
    if not text or not (text[0].isdigit() or text[0] in ".+-"):
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        pass
    if text.rstrip().endswith("%"):
        try:
            return units.parse_ratio(text)
        except units.UnitError:
            return None
    for dimension in units.DIMENSIONS:
        try:
            return Amount(units.parse(text, dimension), dimension)
        except units.UnitError:
            continue
    return None


def in_words(value: Any) -> str:
    """Return what `value` is, for errors."""
    if isinstance(value, Amount):
        return units.DIMENSIONS[value.dimension].name
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    if isinstance(value, tuple):
        return "a list"
    return "a number"
