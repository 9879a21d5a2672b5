"""From the block `sweep` to its points: which fields change, and what they are at point i.

Points are numbered, never listed: a product's point follows from its index by division, so ten
million points take no memory beyond the mask of `where`. The order is that of the block: samples
slowest, then `zip`, then `grid` with its last field fastest, and the points of `list` after them.
Two points that a condition leaves out shift the numbers of later ones; identities do not depend on
numbers (`netsim.sweep.points`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.fields.sweep import DesignFile, SampleConfig, SweepConfig
from netsim.problems import Problem, ProblemsFound
from netsim.rng import Streams
from netsim.sweep import sobol
from netsim.sweep.design_file import read_design
from netsim.sweep.designs import axis, sample
from netsim.sweep.paths import conflicts, unfit
from netsim.sweep.swept_files import with_files
from netsim.sweep.values import MOST, ValuesError, expand

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT: Final = ("sweep",)


@dataclass(frozen=True, slots=True)
class Factor:
    """Fields that change together, as one digit of a product's index.

    Parameters
    ----------
    fields
        Their dotted paths.
    size
        Number of values.
    values
        Gives the fields' values by index.
    places
        Gives where in the scenario the value of each field stands, by index.
    """

    fields: tuple[str, ...]
    size: int
    values: Callable[[int], tuple[Any, ...]]
    places: Callable[[int], tuple[tuple[str | int, ...], ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """All points of a sweep before its condition.

    Parameters
    ----------
    factors
        Of the product, the slowest first; empty where the sweep is a list alone.
    extra
        The points of ``list``.
    extra_place
        Where the field of a listed point stands.
    """

    factors: tuple[Factor, ...]
    extra: Sequence[Mapping[str, Any]]
    extra_place: Callable[[int, str], tuple[str | int, ...]]

    @property
    def product(self) -> int:
        """Number of points of the product."""
        return math.prod(factor.size for factor in self.factors) if self.factors else 0

    @property
    def count(self) -> int:
        """Number of points."""
        return self.product + len(self.extra)

    @property
    def fields(self) -> tuple[str, ...]:
        """Dotted paths of all swept fields, each once, in the order of the sweep."""
        names: dict[str, None] = {}
        for factor in self._in_order():
            names.update(dict.fromkeys(factor.fields))
        for entry in self.extra:
            names.update(dict.fromkeys(entry))
        return tuple(names)

    def _in_order(self) -> Iterator[Factor]:
        """Yield the factors as the block lists them: grid before zip before sample."""
        return iter(sorted(self.factors, key=lambda factor: _RANKS[factor.places(0)[0][1]]))

    def assignment(self, index: int) -> dict[str, Any]:
        """Return the values of the swept fields at a point, by dotted path."""
        if index >= self.product:
            return dict(self.extra[index - self.product])
        values: dict[str, Any] = {}
        for factor, digit in self._digits(index):
            values.update(zip(factor.fields, factor.values(digit), strict=True))
        return values

    def place(self, index: int, name: str) -> tuple[str | int, ...]:
        """Return where in the scenario the value of field `name` of a point stands."""
        if index >= self.product:
            return self.extra_place(index - self.product, name)
        for factor, digit in self._digits(index):
            if name in factor.fields:
                return factor.places(digit)[factor.fields.index(name)]
        return _AT

    def _digits(self, index: int) -> Iterator[tuple[Factor, int]]:
        for factor in reversed(self.factors):
            index, digit = divmod(index, factor.size)
            yield factor, digit


_RANKS: Final[dict[Any, int]] = {"grid": 0, "zip": 1, "sample": 2}


def plan(config: SweepConfig, seed: int) -> Plan:
    """Return the points that `config` describes.

    Raises
    ------
    ProblemsFound
        With everything that is wrong with paths, values and their number.
    """
    found: list[Problem] = []
    factors = [
        *_sampled(config.sample, seed, found),
        *_zipped(config.zip, found),
        *_grid(config.grid, found),
    ]
    extra, extra_place = _listed(config.list, found)
    paths = _paths(factors, extra, extra_place)
    for path, at in paths.items():
        found += unfit(path, at)
    found += conflicts({path: at for path, at in paths.items() if not _only_listed(at)})
    planned = Plan(tuple(factors), extra, extra_place)
    if not found and planned.count > MOST:
        message = f"the sweep has {planned.count:,} points, more than the {MOST:,} of one sweep"
        found.append(Problem(message, _AT, "too-large", "sweep in parts, or sample: {n: ...}"))
    if found:
        raise ProblemsFound(*found)
    return planned


def _paths(
    factors: Sequence[Factor],
    extra: Sequence[Mapping[str, Any]],
    place: Callable[[int, str], tuple[str | int, ...]],
) -> dict[str, tuple[str | int, ...]]:
    """Return every swept path with the place where it is first named."""
    paths: dict[str, tuple[str | int, ...]] = {}
    for factor in factors:
        for name, at in zip(factor.fields, factor.places(0), strict=True):
            paths.setdefault(name, at)
    for index, entry in enumerate(extra):
        for name in entry:
            paths.setdefault(name, place(index, name))
    return paths


def _only_listed(at: tuple[str | int, ...]) -> bool:
    return at[:2] == ("sweep", "list")


def _grid(fields: Mapping[str, Any], found: list[Problem]) -> Iterator[Factor]:
    for name, written in fields.items():
        at = ("sweep", "grid", name)
        values = _values(written, at, found)
        if values:
            yield _factor((name,), (values,), (at,), (written,))


def _zipped(fields: Mapping[str, Any], found: list[Problem]) -> Iterator[Factor]:
    """Yield the one factor of the fields that change in step."""
    places = tuple(("sweep", "zip", name) for name in fields)
    columns = [_values(fields[at[-1]], at, found) for at in places]
    if not columns or not all(columns):
        return
    sizes = {len(column) for column in columns}
    if len(sizes) > 1:
        lengths = ", ".join(
            f"{name} has {len(column)}" for name, column in zip(fields, columns, strict=True)
        )
        message = f"fields of 'zip' change in step, so they need equally many values: {lengths}"
        found.append(Problem(message, ("sweep", "zip"), "unsatisfiable", "or put one into grid"))
        return
    yield _factor(tuple(fields), tuple(columns), places, tuple(fields.values()))


def _factor(
    names: tuple[str, ...],
    columns: tuple[Sequence[Any], ...],
    places: tuple[tuple[str | int, ...], ...],
    written: tuple[Any, ...],
) -> Factor:
    def where(index: int) -> tuple[tuple[str | int, ...], ...]:
        return tuple(
            (*at, index) if isinstance(text, list | tuple) else at
            for at, text in zip(places, written, strict=True)
        )

    return Factor(
        names, len(columns[0]), lambda index: tuple(column[index] for column in columns), where
    )


def _values(written: Any, at: tuple[str | int, ...], found: list[Problem]) -> Sequence[Any]:
    try:
        return expand(written)
    except ValuesError as wrong:
        found.append(Problem(f"{at[-1]}: {wrong}", at, "bad-value", wrong.hint))
        return ()


def _sampled(config: SampleConfig | None, seed: int, found: list[Problem]) -> Iterator[Factor]:
    if config is None:
        return
    places = tuple(("sweep", "sample", "over", name) for name in config.over)
    axes = []
    for at in places:
        try:
            axes.append(axis(config.over[at[-1]]))
        except ValuesError as wrong:
            found.append(Problem(f"{at[-1]}: {wrong}", at, "bad-value", wrong.hint))
    if len(axes) < len(places):
        return
    if config.method == "sobol" and len(axes) > sobol.DIMENSIONS:
        message = f"a Sobol' sequence here has at most {sobol.DIMENSIONS} fields, not {len(axes)}"
        found.append(Problem(message, ("sweep", "sample", "over"), "out-of-range", "use latin"))
        return
    at_point = sample(config.method, config.n, axes, Streams(seed))
    yield Factor(tuple(config.over), config.n, at_point, lambda index: places)


def _listed(
    config: tuple[dict[str, Any], ...] | DesignFile, found: list[Problem]
) -> tuple[Sequence[Mapping[str, Any]], Callable[[int, str], tuple[str | int, ...]]]:
    """Return the points by hand, and where the values of each stand."""
    if not isinstance(config, DesignFile):
        return config, lambda index, name: ("sweep", "list", index, name)
    try:
        points = with_files(read_design(config.file.path), config)
        return points, lambda index, name: ("sweep", "list", "file")
    except ProblemsFound as wrong:
        found += wrong.problems
        return (), lambda index, name: _AT


def kept(count: int, keeps: Callable[[int], bool]) -> NDArray[np.int64]:
    """Return the indices below `count` for which `keeps` holds, ascending."""
    return np.flatnonzero(np.fromiter((keeps(index) for index in range(count)), bool, count))
