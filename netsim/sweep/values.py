"""The values that a swept field takes: a list as it is, or a range with units written out.

::

    [ecmp, rps]                          as they stand
    {range: [8, 64, 8]}                  8, 16, ... 56: the stop is left out, as in Python
    {linspace: [0, 1, 11]}               11 values, both ends among them
    {logspace: [1 kB, 1 GB, 7]}          7 values in equal ratios, both ends among them

Numbers are computed as fractions: ``linspace: [0, 1, 11]`` holds 0.3, not 0.30000000000000004.
Quantities come back in the unit of the first end where they are short decimals there (``20 kB``),
else in the unit that netsim holds them in, rounded where that is a whole number (bytes, ps, bit/s).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from netsim import units

#: Most values of one field, and most points of a sweep.
MOST: Final = 10_000_000

_LONGEST_DECIMAL: Final = 12


class ValuesError(ValueError):
    """What stands for the values of a swept field cannot be read; `hint` says how to write it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Scale:
    """How the numbers between two written ends are written.

    Parameters
    ----------
    unit
        As the first end has it; empty for bare numbers.
    dimension
        Key of `netsim.units.DIMENSIONS`, ``"%"`` for ratios, empty for bare numbers.
    whole
        Whether bare numbers are integers.
    """

    unit: str = ""
    dimension: str = ""
    whole: bool = False

    def write(self, number: Fraction) -> Any:
        """Return `number`, in units of the first end, as a scenario writes it."""
        if not self.dimension:
            return int(number) if self.whole and number.denominator == 1 else float(number)
        short = _decimal(number)
        if short is not None:
            return f"{short} {self.unit}"
        if self.dimension == "%":
            return f"{float(number)!r} %"
        held = units.DIMENSIONS[self.dimension]
        value = number * held.units[self.unit]
        return units.canonical(round(value) if held.whole else float(value), self.dimension)

    def rounded(self, number: Fraction) -> Fraction:
        """Return `number` with the steps that its field can hold: whole integers, bytes, ps."""
        if not self.dimension or self.dimension == "%":
            return Fraction(round(number)) if self.whole else number
        held = units.DIMENSIONS[self.dimension]
        if not held.whole:
            return number
        return Fraction(round(number * held.units[self.unit])) / held.units[self.unit]


@dataclass(frozen=True, slots=True)
class Written(Sequence[Any]):
    """The values of a range, each written when it is asked for: ten million take no memory."""

    size: int
    at: Callable[[int], Fraction]
    scale: Scale

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(self.size)))
        if not -self.size <= index < self.size:
            raise IndexError(index)
        return self.scale.write(self.at(index % self.size))


def expand(written: Any) -> Sequence[Any]:
    """Return the values that `written` stands for.

    Raises
    ------
    ValuesError
        If it is neither a list with an entry nor a range.
    """
    if isinstance(written, list | tuple):
        if not written:
            raise ValuesError("an empty list sweeps nothing", "give at least one value")
        return tuple(written)
    if not isinstance(written, Mapping) or len(written) != 1:
        raise ValuesError("this is no list of values", _HOW)
    ((word, arguments),) = written.items()
    if word not in _RANGES:
        raise ValuesError(f"'{word}' is no kind of range", _HOW)
    if not isinstance(arguments, list | tuple) or len(arguments) != 3:
        raise ValuesError(f"'{word}' takes three values", _EXAMPLES[word])
    return _RANGES[word](*arguments)


def ends(low: Any, high: Any) -> tuple[Fraction, Fraction, Scale]:
    """Return two written ends as numbers in the unit of the first, and how to write others.

    Raises
    ------
    ValuesError
        If one is no number or quantity, or they differ in dimension.
    """
    first, second = _number(low), _number(high)
    if bool(first[1]) != bool(second[1]):
        raise ValuesError(f"{_show(low)} and {_show(high)} differ in kind", "give both a unit")
    if not first[1]:
        whole = all(isinstance(end, int) for end in (low, high))
        return first[0], second[0], Scale(whole=whole)
    if first[1] == second[1] == "%":
        return first[0], second[0], Scale("%", "%")
    for name, dimension in units.DIMENSIONS.items():
        if first[1] in dimension.units and second[1] in dimension.units:
            factor = dimension.units[second[1]] / dimension.units[first[1]]
            return first[0], second[0] * factor, Scale(first[1], name)
    raise ValuesError(f"{_show(low)} and {_show(high)} are quantities of different kinds")


def logarithmic(low: Fraction, high: Fraction, share: float) -> Fraction:
    """Return the number that lies `share` of the way from `low` to `high` in equal ratios."""
    if share in (0.0, 1.0):
        return high if share else low
    return Fraction(float(low) ** (1 - share) * float(high) ** share)


def _range(start: Any, stop: Any, step: Any) -> Sequence[Any]:
    first, last, scale = ends(start, stop)
    _, stride, stepped = ends(start, step)
    if not scale.dimension:
        scale = Scale(whole=scale.whole and stepped.whole)
    if stride == 0:
        raise ValuesError("the step of a range must not be zero", _EXAMPLES["range"])
    count = max(0, math.ceil((last - first) / stride))
    if not count:
        raise ValuesError(
            f"the range from {_show(start)} to {_show(stop)} by {_show(step)} is empty",
            "the stop is left out, and a falling range needs a negative step",
        )
    return _written(count, lambda index: first + index * stride, scale)


def _linspace(low: Any, high: Any, count: Any) -> Sequence[Any]:
    first, last, scale = ends(low, high)
    number = _count("linspace", count)
    steps = max(1, number - 1)
    inner = Scale() if not scale.dimension and (last - first) % steps else scale
    return _written(number, lambda index: first + (last - first) * index / steps, inner)


def _logspace(low: Any, high: Any, count: Any) -> Sequence[Any]:
    first, last, scale = ends(low, high)
    number = _count("logspace", count)
    if min(first, last) <= 0:
        raise ValuesError("the ends of a logspace must be above zero", _EXAMPLES["logspace"])
    steps = max(1, number - 1)
    inner = scale if scale.dimension else Scale()
    return _written(
        number, lambda index: inner.rounded(logarithmic(first, last, index / steps)), inner
    )


_RANGES: Final[dict[str, Callable[[Any, Any, Any], Sequence[Any]]]] = {
    "range": _range,
    "linspace": _linspace,
    "logspace": _logspace,
}
_EXAMPLES: Final = {
    "range": "{range: [8, 64, 8]}: start, stop (left out), step",
    "linspace": "{linspace: [0, 1, 11]}: first, last, number of values",
    "logspace": "{logspace: [1 kB, 1 GB, 7]}: first, last, number of values",
}
_HOW: Final = "write a list, or range, linspace or logspace: " + _EXAMPLES["range"]


def _written(count: int, at: Callable[[int], Fraction], scale: Scale) -> Sequence[Any]:
    if count > MOST:
        raise ValuesError(f"{count:,} values of one field are more than the {MOST:,} of a sweep")
    return Written(count, at, scale)


def _count(word: str, count: Any) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValuesError(
            f"the number of values must be a whole number above zero, not {_show(count)}",
            _EXAMPLES[word],
        )
    return count


def _number(written: Any) -> tuple[Fraction, str]:
    """Return number and unit of `written`."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return Fraction(str(written)), ""
    split = units.split(written) if isinstance(written, str) else None
    if split is None:
        raise ValuesError(
            f"{_show(written)} is neither a number nor a quantity", _EXAMPLES["logspace"]
        )
    number, unit = split
    if unit and unit != "%" and not any(unit in known.units for known in units.DIMENSIONS.values()):
        raise ValuesError(f"{_show(written)} has no unit of netsim", "see: netsim list units")
    return number, unit


def _decimal(number: Fraction) -> str | None:
    """Return `number` as a short decimal, or None where it is none."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return None
    text = repr(float(number)) if number.denominator != 1 else str(number.numerator)
    return text if len(text) <= _LONGEST_DECIMAL and Fraction(text) == number else None


def _show(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
