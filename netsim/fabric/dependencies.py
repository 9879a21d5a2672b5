"""Who waits for whom in a batch, checked on entry and turned round.

A batch says for each flow what it waits for; a fabric wants to know, when a flow ends, who waited
for it. What cannot be is refused here, before anything runs: a number outside the batch, a negative
lag, a circle of flows that wait for each other (found by A. B. Kahn, Topological sorting of large
networks, CACM 5, 1962, all that is free taken at once).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.flows import LATEST

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from netsim.fabric.batch import FlowBatch

    Ints = NDArray[np.int64]

_SHOWN: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Dependencies:
    """Compressed rows of a batch, both ways.

    Parameters
    ----------
    waits
        Per flow, the number of predecessors.
    first, successors
        The flows that wait for flow `i` are ``successors[first[i]:first[i + 1]]``, by number.
    lag
        Per entry of `successors`, the delay (ps) between the end of `i` and the earliest start.
    """

    waits: Ints
    first: Ints
    successors: Ints
    lag: Ints


def dependencies(batch: FlowBatch) -> Dependencies | None:
    """Return who waits for whom in `batch`; None if nobody does.

    Raises
    ------
    SimulationError
        If a predecessor is not there, a lag is negative, or flows wait in a circle.
    """
    if batch.predecessors is None:
        return None
    count = len(batch)
    cuts, before = rows(batch.predecessors, count, "predecessors")
    wrong = np.flatnonzero((before < 0) | (before >= count))
    if len(wrong):
        raise SimulationError(
            f"a flow waits for flow {before[wrong[0]]}, but those of its batch are 0 to {count - 1}"
        )
    lag = _lags(batch.lag, len(before))
    waits = np.diff(cuts)
    waiter = np.repeat(np.arange(count), waits)
    order = np.argsort(before, kind="stable")
    first = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(before, minlength=count), out=first[1:])
    found = Dependencies(waits, first, waiter[order], lag[order])
    # Where all are numbered after those that they wait for, there is no circle to look for.
    if (before >= waiter).any():
        _refuse_circles(found, cuts, before)
    return found


def rows(
    compressed: tuple[ArrayLike, ArrayLike], count: int, name: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cuts and entries of compressed rows, one row for each of `count` flows.

    Raises
    ------
    SimulationError
        If the cuts do not fit the entries.
    """
    cuts, entries = (np.asarray(column, np.int64) for column in compressed)
    fits = len(cuts) == count + 1 and cuts[0] == 0 and cuts[-1] == len(entries)
    if not fits or (np.diff(cuts) < 0).any():
        raise SimulationError(
            f"'{name}' of a batch of {count} flows needs {count + 1} cuts that rise from 0 to the "
            f"number of entries, {len(entries)}"
        )
    return cuts, entries


def _lags(given: ArrayLike, entries: int) -> NDArray[np.int64]:
    """Return the lag of each entry."""
    lag = np.asarray(given, np.int64)
    if lag.ndim and len(lag) != entries:
        raise SimulationError(f"a batch with {entries} dependencies has {len(lag)} lags")
    if lag.size and not 0 <= lag.min() <= lag.max() <= LATEST:
        raise SimulationError(f"a lag is from 0 to {LATEST} ps, not {lag.min()} to {lag.max()}")
    return np.broadcast_to(lag, entries)


def _refuse_circles(found: Dependencies, cuts: Any, before: Any) -> None:
    """Raise the error that names a circle of flows, if there is one."""
    left = found.waits.copy()
    free = np.flatnonzero(left == 0)
    while len(free):
        left[free] = -1
        spans = [found.successors[found.first[i] : found.first[i + 1]] for i in free.tolist()]
        touched, times = np.unique(np.concatenate(spans), return_counts=True)
        left[touched] -= times
        free = touched[left[touched] == 0]
    stuck = np.flatnonzero(left > 0)
    if not len(stuck):
        return
    # Each stuck flow waits for another stuck one, so whoever follows them comes round.
    seen: dict[int, int] = {}
    at = int(stuck[0])
    while at not in seen:
        seen[at] = len(seen)
        at = next(flow for flow in before[cuts[at] : cuts[at + 1]].tolist() if left[flow] > 0)
    circle = [*list(seen)[seen[at] :], at]
    names = " -> ".join(map(str, circle[:_SHOWN])) + (" -> ..." if len(circle) > _SHOWN else "")
    raise SimulationError(f"flows of one batch wait for each other in a circle: {names}")
