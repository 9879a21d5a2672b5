"""Which points of a plan the condition `where` keeps.

A name in it is a field of the point. A swept field has its swept value. Any other has the value of
the base scenario, unless a swept word or block may have chosen another implementation beside it
(``transport.kind: dctcp`` changes what ``transport.window`` is); then the point is resolved, which
costs a thousand times as much, and the value is taken from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from netsim.problems import Problem, ProblemsFound
from netsim.registry import did_you_mean
from netsim.sweep.amounts import WhereError
from netsim.sweep.paths import steps
from netsim.sweep.where import Where, read

_AT: Final = ("sweep", "where")

Way = tuple[str | int, ...]


class Condition:
    """The condition of a sweep, to be asked of each point.

    Parameters
    ----------
    where
        The expression.
    base
        The base scenario as resolved data.
    resolve
        Gives the resolved data of the point with these swept values.
    """

    def __init__(
        self,
        where: Where,
        base: Mapping[str, Any],
        resolve: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> None:
        self._where = where
        self._base = base
        self._resolve = resolve
        self._ways = {name: steps(name) for name in where.names}

    def keeps(self, values: Mapping[str, Any]) -> bool:
        """Return whether the point with the swept `values` is kept.

        Raises
        ------
        ProblemsFound
            If the expression cannot be evaluated for it.
        """
        resolved: list[Mapping[str, Any]] = []
        ways = {steps(path): value for path, value in values.items()}

        def lookup(name: str) -> Any:
            way = self._ways[name]
            if way in ways:
                return ways[way]
            if not _touched(way, ways):
                return _inside(self._base, way, name)
            if not resolved:
                resolved.append(self._resolve(values))
            return _inside(resolved[0], way, name)

        try:
            return self._where(lookup)
        except WhereError as wrong:
            text = ", ".join(f"{path}={value}" for path, value in values.items())
            raise ProblemsFound(_problem(f"{wrong} (at the point {text})")) from None


def condition(
    text: str,
    base: Mapping[str, Any],
    resolve: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> Condition:
    """Return the condition that `text` writes.

    Raises
    ------
    ProblemsFound
        If it is no expression.
    """
    try:
        return Condition(read(text), base, resolve)
    except WhereError as wrong:
        raise ProblemsFound(_problem(str(wrong))) from None


def _problem(message: str) -> Problem:
    hint = "fields, numbers with units, 'texts', comparisons, and, or, not, in, + - * /"
    return Problem(f"where: {message}", _AT, "bad-value", hint)


def _touched(way: Way, ways: Mapping[Way, Any]) -> bool:
    """Return whether a swept value may decide what the field at `way` is."""
    return any(
        way[: len(swept)] == swept
        or (
            isinstance(value, str)
            and not value[:1].isdigit()
            and way[: len(swept) - 1] == swept[:-1]
        )
        for swept, value in ways.items()
    )


def _inside(data: Any, way: Way, name: str) -> Any:
    """Return what stands at `way` in resolved data."""
    for depth, step in enumerate(way):
        known = isinstance(data, Mapping) and isinstance(step, str) and step in data
        if not known and not (
            isinstance(data, list | tuple) and isinstance(step, int) and step < len(data)
        ):
            near = did_you_mean(str(step), data) if isinstance(data, Mapping) else None
            if near is None and not depth:
                near = f"a text is quoted: '{name}'"
            raise WhereError(f"there is no field '{name}'" + (f"; {near}" if near else ""))
        data = data[step]
    return data
