"""Rows gathered into row groups, in the order of the table's natural key.

Batches come as the simulation makes them. They are gathered until a whole row group is there,
brought into key order, and handed on; what leaves is a function of the rows alone, never of where
the batches were cut. A table that fits into one row group may come in any order. A larger one may
be out of order only within equal values of its leading key column (all links at one instant):
rows that come after theirs have been handed on are refused, because holding everything back would
cost memory without bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa

from netsim.errors import InvariantError
from netsim.metrics.buffers import whole_numbers

#: Rows per row group. Smaller groups cost size: 64 Ki rows cost 44 % more on a link time series.
ROW_GROUP: Final = 1 << 20

#: Batches that are joined into one: each has some kilobytes beside its rows, so that a million rows
#: handed in one by one would take gigabytes.
MANY: Final = 256

#: Row groups that one value of the leading key may fill before rows are handed on all the same.
LONGEST_TIE: Final = 4


class RowGroups:
    """Gather batches of one table and emit row groups.

    Parameters
    ----------
    name
        Of the table, for errors.
    key
        Columns to sort by; empty: the rows stay as they come.
    emit
        Called with each row group, a `pyarrow.Table` of one chunk per column.
    size
        Rows per row group; the last one may be shorter.
    """

    def __init__(
        self,
        name: str,
        key: tuple[str, ...],
        emit: Callable[[pa.Table], None],
        size: int = ROW_GROUP,
    ) -> None:
        self.rows = 0
        self._name = name
        self._key = key
        self._emit = emit
        self._size = size
        self._pending: list[pa.RecordBatch] = []
        self._joined = 0
        self._waiting = 0
        self._drain_at = size
        self._last: tuple[Any, ...] | None = None

    def append(self, batch: pa.RecordBatch) -> None:
        """Take a batch of rows."""
        self.rows += batch.num_rows
        self._waiting += batch.num_rows
        self._pending.append(batch)
        if len(self._pending) - self._joined >= MANY:
            small = pa.Table.from_batches(self._pending[self._joined :]).combine_chunks()
            self._pending[self._joined :] = small.to_batches()
            self._joined = len(self._pending)
        if self._waiting >= self._drain_at:
            self._drain()

    def finish(self) -> None:
        """Emit what is left."""
        if self._pending:
            rows = self._gathered()
            self._hand_on(rows, rows.num_rows)
            self._pending, self._waiting = [], 0

    def _gathered(self) -> pa.Table:
        rows = pa.Table.from_batches(self._pending)
        if len(self._pending) > 1:
            rows = rows.combine_chunks()
        return rows if in_order(rows, self._key) else sorted_by(rows, self._key)

    def _drain(self) -> None:
        rows = self._gathered()
        ready = self._settled(rows)
        if ready < self._size and rows.num_rows >= LONGEST_TIE * self._size:
            ready = rows.num_rows
        ready -= ready % self._size
        self._hand_on(rows, ready)
        left = rows.slice(ready)
        self._pending = left.to_batches()
        self._joined = len(self._pending)
        self._waiting = left.num_rows
        # Without progress wait for more rows, so that the work per row stays bounded.
        self._drain_at = self._size if ready else self._waiting + self._size // 4

    def _settled(self, rows: pa.Table) -> int:
        """Return how many rows lie before the last leading key, which later rows may still join."""
        if not self._key:
            return int(rows.num_rows)
        leading = rows.column(self._key[0])
        values = whole_numbers(leading)
        if values is not None:
            return int(np.count_nonzero(values < values[-1]))
        import pyarrow.compute as pc

        return int(pc.sum(pc.less(leading, leading[-1])).as_py() or 0)

    def _hand_on(self, rows: pa.Table, count: int) -> None:
        if not count:
            return
        if self._key:
            self._check_follows(_row_key(rows, 0, self._key))
            self._last = _row_key(rows, count - 1, self._key)
        for at in range(0, count, self._size):
            self._emit(rows.slice(at, min(self._size, count - at)))

    def _check_follows(self, first: tuple[Any, ...]) -> None:
        if self._last is not None and first < self._last:
            raise InvariantError(
                f"table '{self._name}': rows must come in the order of ({', '.join(self._key)}), "
                f"but {first} came after {self._last}"
            )


def in_order(rows: pa.Table, key: tuple[str, ...]) -> bool:
    """Return whether `rows` ascend by the columns `key`, compared one after another."""
    if rows.num_rows < 2 or not key:
        return True
    follows: Any = True
    for name in reversed(key):
        column = whole_numbers(rows.column(name))
        if column is None:
            return _any_in_order(rows, key)
        before, after = column[:-1], column[1:]
        follows = (before < after) | ((before == after) & follows)
    return bool(np.all(follows))


def _any_in_order(rows: pa.Table, key: tuple[str, ...]) -> bool:
    """Do the same for columns of any type. The module that compares them loads slowly."""
    import pyarrow.compute as pc

    tail: Any = None
    for name in reversed(key):
        column = rows.column(name)
        left, right = column.slice(0, rows.num_rows - 1), column.slice(1)
        if tail is None:
            tail = pc.less_equal(left, right)
        else:
            tail = pc.or_(pc.less(left, right), pc.and_(pc.equal(left, right), tail))
    return bool(pc.all(tail).as_py())


def sorted_by(rows: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """Return `rows` in the order of `key`; equal rows keep their order."""
    import pyarrow.compute as pc

    order = pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in key])
    return rows.take(order).combine_chunks()


def _row_key(rows: pa.Table, at: int, key: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(rows.column(name)[at].as_py() for name in key)
