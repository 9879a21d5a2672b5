"""Admission limits for many replications at once; rows are replications, columns workers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from netsim.stragglers.codes.scheme import Flags, Floats

Counts = NDArray[np.int16]
RowNumbers = NDArray[np.int64]
Selection = RowNumbers | slice
#: Selects every row, without a copy.
EVERY = slice(None)


def count(flags: Flags) -> Counts:
    """Return by row how many flags are set; three times as fast as `numpy.count_nonzero`."""
    # Sums of bytes in 16 bits: rows have at most 16384 workers.
    counts: Counts = np.add.reduce(flags.view(np.int8), axis=1, dtype=np.int16)
    return counts


class Limits(Protocol):
    """A condition on who may be late, monotone, in every row.

    Both questions are asked for some rows alone, and get just these rows' flags or times.
    """

    def kept(self, late: Flags, total: Counts, rows: Selection) -> Flags:
        """Return whether it holds without the results of `late`, `total` in number."""
        ...

    def kept_from(self, finish: Floats, rows: Selection) -> Floats:
        """Return from when it holds."""
        ...


class AtMost:
    """Among `members` at most `allowed` are late; `allowed` by row, or one number for all."""

    def __init__(self, members: Flags | None, allowed: Counts | int) -> None:
        self._members = members
        self._allowed = allowed

    def kept(self, late: Flags, total: Counts, rows: Selection) -> Flags:
        """Return whether it holds."""
        among = total if self._members is None else count(late & self._members[rows])
        held: Flags = among <= self._for(rows)
        return held

    def kept_from(self, finish: Floats, rows: Selection) -> Floats:
        """Return the (allowed+1)-th largest finish time among the members."""
        members = self._members
        among = finish if members is None else np.where(members[rows], finish, -np.inf)
        return _largest(among, self._for(rows))

    def _for(self, rows: Selection) -> Counts | int:
        return self._allowed if isinstance(self._allowed, int) else self._allowed[rows]


class Present:
    """None of `members` is late."""

    def __init__(self, members: Flags) -> None:
        self._members = members

    def kept(self, late: Flags, total: Counts, rows: Selection) -> Flags:
        """Return whether it holds."""
        held: Flags = ~np.any(late & self._members[rows], axis=1)
        return held

    def kept_from(self, finish: Floats, rows: Selection) -> Floats:
        """Return the latest finish time of a member."""
        latest: Floats = np.where(self._members[rows], finish, -np.inf).max(axis=1)
        return latest


class OneOfEachGroup:
    """In each group of consecutive workers one is `safe`, or one of `fragile` is in time."""

    def __init__(self, safe: Flags, fragile: Flags, size: int) -> None:
        shape = (len(safe), safe.shape[1] // size, size)
        self._settled: Flags = np.any(safe.reshape(shape), axis=2)
        self._fragile = fragile.reshape(shape)

    def kept(self, late: Flags, total: Counts, rows: Selection) -> Flags:
        """Return whether it holds."""
        fragile = self._fragile[rows]
        in_time: Flags = np.any(fragile & ~late.reshape(fragile.shape), axis=2)
        held: Flags = np.all(self._settled[rows] | in_time, axis=1)
        return held

    def kept_from(self, finish: Floats, rows: Selection) -> Floats:
        """Return when the last unsettled group has its first fragile member."""
        fragile = self._fragile[rows]
        first = np.where(fragile, finish.reshape(fragile.shape), np.inf).min(axis=2)
        latest: Floats = np.where(self._settled[rows], -np.inf, first).max(axis=1)
        return latest


class All:
    """Several limits that hold together."""

    def __init__(self, *limits: Limits) -> None:
        self._limits = limits

    def kept(self, late: Flags, total: Counts, rows: Selection) -> Flags:
        """Return whether all hold."""
        held = np.ones(len(late), dtype=np.bool_)
        for limit in self._limits:
            held &= limit.kept(late, total, rows)
        return held

    def kept_from(self, finish: Floats, rows: Selection) -> Floats:
        """Return the latest of the limits' times."""
        times = np.full(len(finish), -np.inf)
        for limit in self._limits:
            np.maximum(times, limit.kept_from(finish, rows), out=times)
        return times


class CountOr:
    """At most `allowed` are late, in the rows of `open_to`; otherwise what `other` says.

    The count is asked first: it is cheap and settles most rows.
    """

    def __init__(self, allowed: int, open_to: Flags, other: Limits) -> None:
        self._few = AtMost(None, allowed)
        self._open_to = open_to
        self._other = other

    def kept(self, late: Flags, total: Counts, rows: Selection) -> Flags:
        """Return whether one holds."""
        held: Flags = self._open_to[rows] & self._few.kept(late, total, rows)
        rest = np.flatnonzero(~held)
        if len(rest):
            asked = np.arange(len(self._open_to))[rows][rest]
            held[rest] = self._other.kept(late[rest], total[rest], asked)
        return held

    def kept_from(self, finish: Floats, rows: Selection) -> Floats:
        """Return the earlier of the two times."""
        few = np.where(self._open_to[rows], self._few.kept_from(finish, rows), np.inf)
        earlier: Floats = np.minimum(few, self._other.kept_from(finish, rows))
        return earlier


def _largest(values: Floats, allowed: Counts | int) -> Floats:
    """Return by row the (allowed+1)-th largest value; infinite for allowed < 0."""
    height, width = values.shape
    if isinstance(allowed, int):
        if not 0 <= allowed < width:
            return np.full(height, np.inf if allowed < 0 else -np.inf)
        place = width - 1 - allowed
        column: Floats = np.partition(values, place, axis=1)[:, place]
        return column
    places = np.minimum(np.maximum(width - 1 - allowed.astype(np.int64), 0), width - 1)
    found: Floats = np.sort(values, axis=1)[np.arange(height), places]
    found[allowed >= width] = -np.inf
    found[allowed < 0] = np.inf
    return found
