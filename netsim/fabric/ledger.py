"""What is known of flows whose rows have been handed over: kept, written, or only summed.

Without a recorder all of it is kept, for whoever asks. With one, rows go to table `flows` if it is
wanted, in the order of the flows' numbers: a row waits for those before it, so what is held back is
what was over before an earlier flow. If the table is not wanted, sums are all that is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.errors import InvariantError
from netsim.fabric.columns import received_bytes
from netsim.fabric.kernel import state as at

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsim.fabric.kernel.state import Ints

#: Rows that are gathered before some of them are written.
BATCH: Final = 1 << 16
#: The cells of a row that table `flows` is made of.
_KEPT: Final = np.array(
    (
        *(at.ENDS, at.SIZE, at.PACKETS, at.START, at.STATUS, at.ARRIVED, at.ORDER, at.DISORDER),
        *(at.END_RX, at.END_TX, at.RESENT, at.IDENTITY),
    )
)


class Ledger:
    """Takes rows of flows that are over.

    Parameters
    ----------
    payload
        Bytes of payload of a full packet.
    write
        Writes rows of consecutive flows; None: nobody does.
    keeps
        Whether rows that are not written are kept.
    first_beside
        Flows numbered from here on count in `received_beside`.
    """

    def __init__(self, payload: int, write: Callable[[Ints], None] | None, *, keeps: bool) -> None:
        self._payload = payload
        self._write = write
        self.keeps = keeps or write is not None
        self._blocks: list[Ints] = []
        self._held = 0
        self._next_look = BATCH
        self._written = 0
        self._complete = True
        self.first_beside = 0
        #: Packets of all flows that were handed over, and how many of them arrived.
        self.packets = 0
        self.arrived = 0
        #: Bytes that receivers have of flows from `first_beside` on.
        self.received_beside = 0

    def take(self, rows: Ints) -> None:
        """Take rows, a copy that nobody else has."""
        self.packets += int(rows[:, at.PACKETS].sum())
        self.arrived += int((rows[:, at.ARRIVED] & at.LOW).sum())
        beside = rows[:, at.IDENTITY] & at.LOW >= self.first_beside
        self.received_beside += exact_sum(received_bytes(rows[beside], self._payload))
        if not self.keeps:
            self._complete = False
            return
        self._blocks.append(rows[:, _KEPT])
        self._held += len(rows)
        if self._write is not None and self._held >= self._next_look:
            self._write_first(self._write)

    def rows(self) -> Ints:
        """Return the rows that are kept or held back, by the flows' numbers."""
        kept = self._sorted()
        rows = np.zeros((len(kept), at.FLOW), np.int64)
        rows[:, _KEPT] = kept
        return rows

    def all_rows(self) -> Ints:
        """Return the rows of all flows that were handed over.

        Raises
        ------
        InvariantError
            If some are not kept.
        """
        if not self._complete:
            raise InvariantError("rows of flows that are over have been handed to the recorder")
        return self.rows()

    def _sorted(self) -> Ints:
        if not self._blocks:
            return np.zeros((0, len(_KEPT)), np.int64)
        rows = np.concatenate(self._blocks) if len(self._blocks) > 1 else self._blocks[0]
        rows = rows[np.argsort(_numbers(rows))]
        self._blocks = [rows]
        return rows

    def _write_first(self, write: Callable[[Ints], None]) -> None:
        """Write the rows before which none is missing."""
        kept = self._sorted()
        present = _numbers(kept) == self._written + np.arange(len(kept))
        count = len(kept) if present.all() else int(np.argmin(present))
        if count:
            rows = np.zeros((count, at.FLOW), np.int64)
            rows[:, _KEPT] = kept[:count]
            write(rows)
            self._complete = False
            self._written += count
            self._blocks = [kept[count:].copy()]
        self._held = len(kept) - count
        # What waits long is not sorted again and again.
        self._next_look = max(BATCH, 2 * self._held)


def exact_sum(values: Any) -> int:
    """Return the sum of 64-bit integers in Python's, which never wrap around."""
    high, low = values >> at.HIGH, values & at.LOW
    return (int(high.sum()) << at.HIGH) + int(low.sum())


def _numbers(kept: Ints) -> Any:
    return kept[:, -1] & at.LOW
