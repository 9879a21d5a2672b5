"""Gates: what flows wait for that is no flow, until somebody opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.dependencies import rows
from netsim.fabric.kernel import state as at

if TYPE_CHECKING:
    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.kernel.arrays import Store
    from netsim.fabric.kernel.state import Ints


class Gates:
    """All gates of a kernel, by number.

    Parameters
    ----------
    store
        The kernel's arrays: a shut gate counts among what a flow waits for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        #: Per gate, those who wait for it; None once it is open.
        self._waiting: list[list[Ints] | None] = []

    def add(self) -> int:
        """Return the number of a new gate."""
        self._waiting.append([])
        return len(self._waiting) - 1

    def of(self, batch: FlowBatch) -> tuple[Ints, Ints] | None:
        """Return the compressed rows of gates that flows of `batch` wait for."""
        if batch.gates is None:
            return None
        cuts, gates = rows(batch.gates, len(batch), "gates")
        if not ((gates >= 0) & (gates < len(self._waiting))).all():
            raise SimulationError(f"a flow waits for a gate that is none of {len(self._waiting)}")
        return cuts, gates

    def wait(self, first: int, cuts: Ints, gates: Ints) -> Any:
        """Note who waits for which gate; return for how many that are shut each flow waits.

        The flows are numbered from `first` on.
        """
        waiter = np.repeat(np.arange(len(cuts) - 1), np.diff(cuts))
        shut = np.array([self._waiting[gate] is not None for gate in gates.tolist()], np.bool_)
        for gate in np.unique(gates[shut]).tolist():
            waiting = self._waiting[gate]
            if waiting is not None:
                waiting.append(first + waiter[gates == gate])
        return np.bincount(waiter[shut], minlength=len(cuts) - 1)

    def open(self, gate: int, now: int) -> None:
        """Let those go on that wait for `gate`."""
        if not 0 <= gate < len(self._waiting):
            raise SimulationError(f"there is no gate {gate}; gates are made by fabric.gate()")
        waiting, self._waiting[gate] = self._waiting[gate], None
        for flows in waiting or ():
            waits = self._store.state.waiting.reshape(-1, at.WAITING)
            np.subtract.at(waits[:, at.PREDECESSORS], flows, 1)
            freed = np.unique(flows)
            table = self._store.flow_rows()
            blocked = table[freed, at.STATUS] & at.STATUS_MASK == at.BLOCKED
            freed = freed[blocked & (waits[freed, at.PREDECESSORS] == 0)]
            since = np.maximum(waits[freed, at.READY], now)
            table[freed, at.START] = np.maximum(table[freed, at.START], since)
            self._store.plan(freed)
