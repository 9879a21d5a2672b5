"""Admission limits for many replications at once; rows are replications, columns workers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from netsim.stragglers.codes.scheme import Flags, Floats

Counts = NDArray[np.int16]
RowNumbers = NDArray[np.int64]


def count(flags: Flags) -> Counts:
    """Return by row how many flags are set; three times as fast as `numpy.count_nonzero`."""
    # Sums of bytes in 16 bits: rows have at most 16384 workers.
    counts: Counts = np.add.reduce(flags.view(np.int8), axis=1, dtype=np.int16)
    return counts


class Limits(Protocol):
    """A condition on who may be late, monotone, in every row."""

    def kept(self, late: Flags) -> Flags:
        """Return by row whether it holds without the results of `late`."""
        ...

    def kept_from(self, finish: Floats, rows: RowNumbers) -> Floats:
        """Return from when it holds, for `rows` alone, whose finish times are given."""
        ...


class AtMost:
    """Among `members` at most `allowed` are late; `allowed` by row, or one number for all."""

    def __init__(self, members: Flags | None, allowed: Counts | int) -> None:
        self._members = members
        self._allowed = allowed

    def kept(self, late: Flags) -> Flags:
        """Return by row whether it holds."""
        among = late if self._members is None else late & self._members
        held: Flags = count(among) <= self._allowed
        return held

    def kept_from(self, finish: Floats, rows: RowNumbers) -> Floats:
        """Return the (allowed+1)-th largest finish time among the members."""
        members = self._members
        among = finish if members is None else np.where(members[rows], finish, -np.inf)
        allowed = self._allowed if isinstance(self._allowed, int) else self._allowed[rows]
        return _largest(among, np.broadcast_to(np.asarray(allowed), len(rows)))


class Present:
    """None of `members` is late."""

    def __init__(self, members: Flags) -> None:
        self._members = members

    def kept(self, late: Flags) -> Flags:
        """Return by row whether it holds."""
        held: Flags = ~np.any(late & self._members, axis=1)
        return held

    def kept_from(self, finish: Floats, rows: RowNumbers) -> Floats:
        """Return the latest finish time of a member."""
        latest: Floats = np.where(self._members[rows], finish, -np.inf).max(axis=1)
        return latest


class OneOfEachGroup:
    """In each group of consecutive workers one is `safe`, or one of `fragile` is in time."""

    def __init__(self, safe: Flags, fragile: Flags, size: int) -> None:
        shape = (len(safe), -1, size)
        self._settled: Flags = np.any(safe.reshape(shape), axis=2)
        self._fragile = fragile.reshape(shape)
        self._shape = shape

    def kept(self, late: Flags) -> Flags:
        """Return by row whether it holds."""
        in_time: Flags = np.any(self._fragile & ~late.reshape(self._shape), axis=2)
        held: Flags = np.all(self._settled | in_time, axis=1)
        return held

    def kept_from(self, finish: Floats, rows: RowNumbers) -> Floats:
        """Return when the last unsettled group has its first fragile member."""
        shape = (len(rows), *self._fragile.shape[1:])
        first = np.where(self._fragile[rows], finish.reshape(shape), np.inf).min(axis=2)
        latest: Floats = np.where(self._settled[rows], -np.inf, first).max(axis=1)
        return latest


class All:
    """Several limits that hold together."""

    def __init__(self, *limits: Limits) -> None:
        self._limits = limits

    def kept(self, late: Flags) -> Flags:
        """Return by row whether all hold."""
        held = np.ones(len(late), dtype=np.bool_)
        for limit in self._limits:
            held &= limit.kept(late)
        return held

    def kept_from(self, finish: Floats, rows: RowNumbers) -> Floats:
        """Return the latest of the limits' times."""
        times = np.full(len(rows), -np.inf)
        for limit in self._limits:
            np.maximum(times, limit.kept_from(finish, rows), out=times)
        return times


class Either:
    """One condition, or in the rows of `open_to` another one."""

    def __init__(self, first: Limits, other: Limits, open_to: Flags) -> None:
        self._first = first
        self._other = other
        self._open_to = open_to

    def kept(self, late: Flags) -> Flags:
        """Return by row whether one holds."""
        held: Flags = self._first.kept(late) | (self._open_to & self._other.kept(late))
        return held

    def kept_from(self, finish: Floats, rows: RowNumbers) -> Floats:
        """Return the earlier of the two times."""
        other = np.where(self._open_to[rows], self._other.kept_from(finish, rows), np.inf)
        earlier: Floats = np.minimum(self._first.kept_from(finish, rows), other)
        return earlier


def _largest(values: Floats, allowed: Counts) -> Floats:
    """Return by row the (allowed+1)-th largest value; infinite for allowed < 0."""
    width = values.shape[1]
    place = np.clip(width - 1 - allowed, 0, width - 1)
    if len(place) and (place == place[0]).all():
        found = np.partition(values, place[0], axis=1)[:, place[0]]
    else:
        found = np.take_along_axis(np.sort(values, axis=1), place[:, None], axis=1)[:, 0]
    found = np.where(allowed >= width, -np.inf, found)
    times: Floats = np.where(allowed < 0, np.inf, found)
    return times
