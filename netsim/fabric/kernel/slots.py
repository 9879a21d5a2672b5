"""Rows of flows and batches: given out, and taken back when their flows are over.

Nothing happens when a flow ends. When there is no room for new ones, all rows are looked at: those
whose flows are over, with no packet on its way and nothing that still refers to them, are handed
over and can be used again. Room doubles unless at least a quarter of it has become free, so a flow
costs the look at a few rows at most, and memory follows the flows that live at once. Watching
instead for each flow's last packet would cost time in the kernel and bring nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.fabric.kernel import state as at

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsim.fabric.kernel.arrays import Store
    from netsim.fabric.kernel.state import Ints

#: Room is doubled unless so large a part of it is free.
_SHARE: Final = 4


class Slots:
    """Gives rows to flows and batches.

    Parameters
    ----------
    store
        The kernel's arrays.
    hand_over
        Takes the rows of flows that are over, before they are cleared.
    """

    def __init__(self, store: Store, hand_over: Callable[[Ints], None]) -> None:
        self._store = store
        self._hand_over = hand_over
        self._free = np.zeros(0, np.int64)
        self._free_batches = np.zeros(0, np.int64)
        #: Rows from here on have never been used.
        self.end = 0
        self._batch_end = 0
        #: Flows of each batch whose rows are not handed over yet.
        self._left = np.zeros(0, np.int64)
        #: Flows whose rows have been handed over; until then a flow's row is its number.
        self.handed_over = 0

    def take(self, count: int) -> slice | Ints:
        """Return rows for `count` flows, all zeros."""
        if count > len(self._free) and self.end + count > self._store.flow_room:
            self.collect()
            if len(self._free) < max(count, self._store.flow_room // _SHARE):
                self._store.reserve_flows(self.end + count)
        if count <= len(self._free):
            rows, self._free = self._free[:count], self._free[count:]
            return rows
        self.end += count
        return slice(self.end - count, self.end)

    def take_batches(self, count: int, flows: int | Ints) -> slice | Ints:
        """Return rows for `count` batches of `flows` each, or each of its own many.

        They are numbered elsewhere.
        """
        room = len(self._store.state.finished)
        if count > len(self._free_batches) and self._batch_end + count > room:
            # Where batches are large, rows of batches are not worth a look at all their flows.
            if self.end <= _SHARE * room:
                self.collect()
            if len(self._free_batches) < max(count, room // _SHARE):
                self._store.reserve_batches(self._batch_end + count)
        rows: slice | Ints
        if count <= len(self._free_batches):
            rows, self._free_batches = self._free_batches[:count], self._free_batches[count:]
        else:
            self._batch_end += count
            rows = slice(self._batch_end - count, self._batch_end)
            if self._batch_end > len(self._left):
                left = np.zeros(len(self._store.state.finished), np.int64)
                left[: len(self._left)] = self._left
                self._left = left
        self._left[rows] = flows
        return rows

    def collect(self) -> None:
        """Hand over the rows of all flows that are over, and free them."""
        rows = self._collectable()
        if len(rows) == 0:
            return
        state = self._store.state
        self._hand_over(self._store.flow_rows()[rows])
        self.handed_over += len(rows)
        batches, counts = np.unique(state.batch_of[rows], return_counts=True)
        self._left[batches] -= counts
        freed = batches[self._left[batches] == 0].astype(np.int64)
        self._free_batches = np.concatenate([self._free_batches, freed])
        self._store.clear_flows(rows)
        self._free = np.concatenate([self._free, rows])

    def _collectable(self) -> Any:
        """Return the rows of flows to which nothing refers any more."""
        state = self._store.state
        # What is over and not told yet is looked at once more.
        if state.clock[at.FINISHED]:
            return np.zeros(0, np.int64)
        table = self._store.flow_rows()[: self.end]
        status = table[:, at.STATUS] & at.STATUS_MASK
        over = (status >= at.DONE) & (table[:, at.NEXT_READY] == -2)
        over &= table[:, at.IDENTITY] >> at.HIGH == 0
        if len(state.waiting):
            # A predecessor or a gate still counts it among those that wait.
            over &= state.waiting[at.PREDECESSORS :: at.WAITING][: self.end] == 0
        over[state.fresh[: state.clock[at.FRESH]]] = False
        return np.flatnonzero(over)

    def alive(self) -> Ints:
        """Return the rows in use, in the order of their flows' numbers."""
        if not self.handed_over:
            return np.arange(self.end)
        used = np.ones(self.end, np.bool_)
        used[self._free] = False
        rows = np.flatnonzero(used)
        numbers = self._store.flow_rows()[rows, at.IDENTITY] & at.LOW
        return rows[np.argsort(numbers)]

    def row_of(self, flow: int) -> int | None:
        """Return the row of the flow of that number, None if it has been handed over."""
        if not self.handed_over:
            return flow
        rows = self.alive()
        numbers = self._store.flow_rows()[rows, at.IDENTITY] & at.LOW
        place = int(np.searchsorted(numbers, flow))
        found = place < len(rows) and numbers[place] == flow
        return int(rows[place]) if found else None
