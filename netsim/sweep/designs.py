"""Samples of a sweep's fields: `n` points over given ranges, at random or spread evenly.

``random`` draws independently; ``latin`` cuts each range into `n` parts and takes one value in each
(McKay, Beckman and Conover 1979); ``sobol`` is the unscrambled sequence (`netsim.sweep.sobol`),
which other programs give as well, so that indices of sensitivity can be computed elsewhere.
Draws come from stream ``sweep.design`` of the scenario's seed and depend on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.sweep import sobol
from netsim.sweep.values import Scale, ValuesError, ends, logarithmic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.rng import Streams

METHODS: Final = ("random", "latin", "sobol")

_HOW: Final = "[10 kB, 1 MB] (evenly), {log: [10 kB, 1 MB]} or {choice: [ecmp, rps]}"


@dataclass(frozen=True, slots=True)
class Axis:
    """What one sampled field takes: `value(u)` for a coordinate `u` in [0, 1)."""

    value: Callable[[float], Any]


def axis(written: Any) -> Axis:
    """Return the range that a field of ``sample.over`` is written as.

    Whole bare numbers are drawn with both ends among them; quantities in whole steps (bytes, ps)
    are rounded to them.

    Raises
    ------
    ValuesError
        If it is none of the forms of a range.
    """
    if isinstance(written, list | tuple):
        return _between(written, logarithms=False)
    if isinstance(written, Mapping) and len(written) == 1:
        ((word, inner),) = written.items()
        if word == "log":
            return _between(inner, logarithms=True)
        if word == "choice" and isinstance(inner, list | tuple) and inner:
            choices = tuple(inner)
            return Axis(lambda u: choices[int(u * len(choices))])
    raise ValuesError("this is no range to sample from", _HOW)


def _between(written: Any, *, logarithms: bool) -> Axis:
    if not isinstance(written, list | tuple) or len(written) != 2:
        raise ValuesError("a range to sample from has two ends", _HOW)
    low, high, scale = ends(*written)
    if low >= high:
        raise ValuesError("the first end of a range must lie below the second", _HOW)
    if logarithms and low <= 0:
        raise ValuesError("the ends of a logarithmic range must be above zero", _HOW)
    return Axis(_placed(low, high, scale, logarithms))


def _placed(
    low: Fraction, high: Fraction, scale: Scale, logarithms: bool
) -> Callable[[float], Any]:
    if scale.whole and not logarithms:
        span = int(high - low) + 1
        return lambda u: int(low) + int(u * span)
    if logarithms:
        return lambda u: scale.write(scale.rounded(logarithmic(low, high, u)))
    return lambda u: scale.write(scale.rounded(low + (high - low) * Fraction(u)))


def coordinates(method: str, count: int, dimensions: int, streams: Streams) -> NDArray[np.float64]:
    """Return `count` points in the unit cube, one a row, by one of `METHODS`."""
    if method == "sobol":
        return sobol.points(count, dimensions)
    generator = streams.generator("sweep.design")
    if method == "random":
        return generator.random((count, dimensions))
    columns = [
        (generator.permutation(count) + generator.random(count)) / count for _ in range(dimensions)
    ]
    return np.stack(columns, axis=1)


def sample(
    method: str, count: int, over: Sequence[Axis], streams: Streams
) -> Callable[[int], tuple[Any, ...]]:
    """Return what gives the values of all axes at sample point `index`."""
    places = coordinates(method, count, len(over), streams)
    return lambda index: tuple(
        one.value(float(u)) for one, u in zip(over, places[index], strict=True)
    )
