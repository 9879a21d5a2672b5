"""Flows whose paths are alike share what a transport derives from a path: they are of one class.

A class is a base round trip, a rate and a full queue. Its row in ``state.transport`` and
``state.transport_reals`` is what the transport packs for that path; compiled functions read it
through `number` and `real`. In a network of equal links there are two classes, within a leaf and
across, so rows stay in the cache, and a flow's own row stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.state import REAL, SCALE, TICK, WHOLE, State
from netsim.fabric.transports.transport import PathScale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsim.fabric.flow_scale import FlowScales
    from netsim.fabric.kernel.arrays import Store
    from netsim.fabric.kernel.state import Ints, Numbers

_PS_BITS = 8_000_000_000_000
#: Classes that are looked for one by one.
_FEW = 4


def number(state: State, flow: int, column: int) -> int:
    """Return one of the whole numbers that the transport packed for the flow's class."""
    row: Any = np.int64(state.class_of[flow])
    return state.transport[row * state.fixed[WHOLE] + column]


def real(state: State, flow: int, column: int) -> float:
    """Return one of the real numbers that the transport packed for the flow's class."""
    row: Any = np.int64(state.class_of[flow])
    return state.transport_reals[row * state.fixed[REAL] + column]


def tick(state: State, flow: int) -> int:
    """Return the tick to which the flow's timer is rounded up."""
    row: Any = np.int64(state.class_of[flow])
    return state.scales[row * SCALE + TICK]


def alike(columns: Ints) -> tuple[list[tuple[int, ...]], Ints]:
    """Return the different columns of a table, in ascending order, and which one each of its is.

    Mostly there are two, so one after another is looked for, before all are sorted.
    """
    kinds: list[tuple[int, ...]] = []
    which = np.full(columns.shape[1], -1, np.int64)
    left = np.arange(columns.shape[1])
    while len(left) and len(kinds) < _FEW:
        kind = columns[:, left[0]]
        same = columns[0, left] == kind[0]
        for row, value in zip(columns[1:], kind[1:], strict=True):
            same &= row[left] == value
        which[left[same]] = len(kinds)
        kinds.append(tuple(kind.tolist()))
        left = left[~same]
    if len(left):
        rows, places = np.unique(columns, axis=1, return_inverse=True)
        return [tuple(row) for row in rows.T.tolist()], places.ravel()
    order = sorted(range(len(kinds)), key=kinds.__getitem__)
    rank = np.empty(len(kinds), np.int64)
    rank[order] = np.arange(len(kinds))
    return [kinds[place] for place in order], rank[which]


class Classes:
    """Gives flows their classes, and adds rows for those that are new.

    Parameters
    ----------
    store
        The kernel's arrays.
    scales
        Measures paths.
    protocol, config
        The transport and its block.
    wire
        Wire size of a full packet (bytes).
    """

    def __init__(
        self, store: Store, scales: FlowScales, protocol: Any, config: Any, wire: int
    ) -> None:
        self._store = store
        self._scales = scales
        self._protocol = protocol
        self._config = config
        self._wire = wire
        self._known: dict[tuple[int, ...], int] = {}
        self._ends: dict[tuple[int, int], int] = {}

    def measure_by(self, scales: FlowScales) -> None:
        """Measure the flows that come from now on by `scales`; others keep their classes."""
        self._scales = scales
        self._ends = {}

    def of(self, src: Ints, dst: Ints, paths: Sequence[tuple[int, ...]] | None) -> Numbers:
        """Return the class of each flow; `paths` are theirs if they are given any."""
        classes, which = alike(np.stack(self._scales.of(src, dst, paths)))
        self._add([row for row in classes if row not in self._known])
        return np.array([self._known[row] for row in classes], np.int32)[which]

    def of_one(self, src: int, dst: int, path: tuple[int, ...] | None) -> int:
        """Return the class of one flow."""
        known = self._ends.get((src, dst)) if path is None else None
        if known is None:
            ends = np.array([src]), np.array([dst])
            known = int(self.of(*ends, None if path is None else [path])[0])
            if path is None:
                self._ends[src, dst] = known
        return known

    def of_pairs(self, flows: Sequence[tuple[int, int, int]]) -> list[int]:
        """Return the class of each flow, of which source and destination come first."""
        known = self._ends
        pairs = [(src, dst) for src, dst, _ in flows]
        fresh = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        if fresh:
            src, dst = np.array(fresh, np.int64).T
            known.update(zip(fresh, self.of(src, dst, None).tolist(), strict=True))
        return [known[pair] for pair in pairs]

    def _add(self, rows: list[tuple[int, ...]]) -> None:
        """Add classes, each a base round trip (ps), a rate (bit/s) and a full queue (ps)."""
        scales: list[int] = []
        whole: list[int] = []
        reals: list[float] = []
        for row in rows:
            trip, rate, drain = row
            product = trip * rate // _PS_BITS
            path = PathScale(rtt=trip, bdp=product, wire=self._wire, drain=drain)
            numbers = self._protocol.pack(self._config, path)
            self._store.widen_rings(self._protocol.ring(self._config, path))
            self._store.state.fixed[at.WHOLE] = len(numbers.whole)
            self._store.state.fixed[at.REAL] = len(numbers.real)
            self._keep_watch(numbers)
            scales += [trip, min(product, at.UNBOUNDED), numbers.tick]
            whole += numbers.whole
            reals += numbers.real
            self._known[row] = len(self._known)
        self._store.extend("scales", scales)
        self._store.extend("transport", whole)
        self._store.extend("transport_reals", reals)

    def _keep_watch(self, numbers: Any) -> None:
        """Let no window be longer than the class's timeout, and none miss a last one."""
        fixed = self._store.state.fixed
        fixed[at.PATIENCE] = min(int(fixed[at.PATIENCE]), numbers.patience)
        if numbers.patience > 0:
            for width in (at.FREE_WIDTH, at.MERGED_WIDTH):
                fixed[width] = min(int(fixed[width]), numbers.timeout)
