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
        self._count = 0
        #: Those who wait for each gate that is shut.
        self._waiting: dict[int, list[Ints]] = {}

    def add(self) -> int:
        """Return the number of a new gate."""
        self._waiting[self._count] = []
        self._count += 1
        return self._count - 1

    def of(self, batch: FlowBatch) -> tuple[Ints, Ints] | None:
        """Return the compressed rows of gates that flows of `batch` wait for."""
        if batch.gates is None:
            return None
        cuts, gates = rows(batch.gates, len(batch), "gates")
        if not ((gates >= 0) & (gates < self._count)).all():
            raise SimulationError(f"a flow waits for a gate that is none of {self._count}")
        return cuts, gates

    def wait(self, flows: Ints, cuts: Ints, gates: Ints) -> Any:
        """Note who waits for which gate; return for how many that are shut each flow waits.

        `flows` are their rows.
        """
        waiter = np.repeat(np.arange(len(cuts) - 1), np.diff(cuts))
        shut = np.array([gate in self._waiting for gate in gates.tolist()], np.bool_)
        for gate in np.unique(gates[shut]).tolist():
            self._waiting[gate].append(flows[waiter[gates == gate]])
        return np.bincount(waiter[shut], minlength=len(cuts) - 1)

    def open(self, gate: int, now: int) -> None:
        """Let those go on that wait for `gate`."""
        if not 0 <= gate < self._count:
            raise SimulationError(f"there is no gate {gate}; gates are made by fabric.gate()")
        for flows in self._waiting.pop(gate, ()):
            waits = self._store.state.waiting.reshape(-1, at.WAITING)
            np.subtract.at(waits[:, at.PREDECESSORS], flows, 1)
            freed = np.unique(flows)
            table = self._store.flow_rows()
            blocked = table[freed, at.STATUS] & at.STATUS_MASK == at.BLOCKED
            freed = freed[blocked & (waits[freed, at.PREDECESSORS] == 0)]
            since = np.maximum(waits[freed, at.READY], now)
            table[freed, at.START] = np.maximum(table[freed, at.START], since)
            self._store.plan(freed)
