"""The kernel's arrays between its calls: made, and grown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.arrivals import BUCKETS, PARTS
from netsim.fabric.kernel.state import Ints, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsim.fabric.kernel.layout import Layout

#: Rows of `trace` that are handed over at once.
TRACE_BATCH: Final = 65_536
#: Rows of packets that are reserved at most: cells hold their numbers in 32 bits.
MOST_ROWS: Final = 1 << at.HIGH
#: Rows of `trace` that a packet takes at a node: it arrives, joins a queue, leaves it.
_ROWS_PER_PACKET: Final = 3
_LINE: Final = 128


@dataclass(frozen=True, slots=True)
class Widths:
    """Numbers per flow, beside those that every flow has.

    Parameters
    ----------
    reals
        float64 numbers of the transport.
    words
        64-bit words of the two rings of bits together.
    policy
        int64 numbers of the routing policy.
    paced
        1 if the transport paces, else 0.
    """

    reals: int = 0
    words: int = 0
    policy: int = 0
    paced: int = 0


class Store:
    """Owner of a kernel's `State`: hands it out, and replaces arrays that have become too small.

    Parameters
    ----------
    layout
        The network.
    fixed
        Constants of the kernel, by column of `state.fixed`.
    widths
        Numbers per flow.
    traced
        Whether packet rows are recorded.
    given
        Arrays of the policy and the transport, by field of `State`.
    columns
        Optional columns of packets that hooks read, and how many numbers each packet has there.
    """

    def __init__(
        self,
        layout: Layout,
        fixed: dict[int, int],
        widths: Widths,
        *,
        traced: bool = False,
        given: dict[str, Any] | None = None,
        columns: Mapping[str, int] | None = None,
    ) -> None:
        self._widths = widths
        self._columns = {**(columns or {}), **({"sendings": 1} if traced else {})}
        self._flows = 0
        #: Entries in use of arrays that have been extended; behind them is room.
        self._used: dict[str, int] = {}
        self.state = _empty(layout, layout.fixed | fixed, traced, given or {}, self._columns)
        self.state.clock[at.KNOWN_PORTS] = len(self.state.ports)
        self.double_packets()

    @property
    def flow_room(self) -> int:
        """Number of flows that there is room for."""
        return self._flows

    def flow_rows(self) -> Ints:
        """Return the flows as rows and columns, without copying."""
        return self.state.flows.reshape(-1, at.FLOW)

    def reserve_flows(self, count: int) -> None:
        """Make room for `count` flows in all, twice as many as now at least."""
        if count <= self._flows:
            return
        room = max(count, 2 * self._flows)
        state = self.state
        widened = {**self._own(), "batch_of": 1, "class_of": 1, "fresh": 1}
        grown = {name: longer(getattr(state, name), room * n) for name, n in widened.items()}
        if len(state.waiting):
            grown["waiting"] = longer(state.waiting, room * at.WAITING)
            state.clock[at.WAITS] = room
        self.state = state._replace(**grown)
        self._flows = room

    def _own(self) -> dict[str, int]:
        """Return the arrays of what a flow does, with the numbers that each flow has in them."""
        widths = self._widths
        return {
            "flows": at.FLOW,
            "reals": widths.reals,
            "bits": widths.words,
            "policy_flows": widths.policy,
            "due": at.DUE,
            "paced": widths.paced,
        }

    def clear_flows(self, rows: Ints) -> None:
        """Let `rows` be as those that no flow has had."""
        widths = self._own()
        if len(self.state.waiting):
            widths["waiting"] = at.WAITING
        for name, width in widths.items():
            if width:
                getattr(self.state, name).reshape(-1, width)[rows] = 0

    def squeeze_successors(self, alive: Ints) -> None:
        """Forget the successors of flows that are not in the rows `alive`, if that is worth it."""
        waiting = self.state.waiting.reshape(-1, at.WAITING)
        counts = waiting[alive, at.SUCCESSORS]
        kept = int(counts.sum())
        if kept > self.used("successors") // 2:
            return
        starts = np.cumsum(counts) - counts
        old = np.repeat(waiting[alive, at.FIRST_SUCCESSOR] - starts, counts) + np.arange(kept)
        for name in ("successors", "lags"):
            values = getattr(self.state, name)
            values[:kept] = values[old]
            self._used[name] = kept
        waiting[alive, at.FIRST_SUCCESSOR] = starts

    def reserve_waiting(self) -> None:
        """Make room for predecessors, which only schedules need."""
        self.state = self.state._replace(
            waiting=longer(self.state.waiting, self._flows * at.WAITING)
        )
        self.state.clock[at.WAITS] = self._flows

    def reserve_batches(self, count: int) -> None:
        """Make room for `count` batches in all."""
        room = len(self.state.finished)
        if count > room:
            room = max(count, 2 * room)
            batches = longer(self.state.batches, room * at.BATCH)
            finished = longer(self.state.finished, room)
            self.state = self.state._replace(batches=batches, finished=finished)

    def extend(self, name: str, values: list[int] | list[float] | Ints) -> None:
        """Append `values` to the array `name`, whose room doubles when it is used up."""
        used = self.used(name)
        self._used[name] = used + len(values)
        if used + len(values) > len(getattr(self.state, name)):
            room = max(used + len(values), 2 * used)
            self.state = self.state._replace(**{name: longer(getattr(self.state, name), room)})
        getattr(self.state, name)[used : used + len(values)] = values
        self.state.clock[at.KNOWN_PORTS] = self.used("ports")

    def plan(self, flows: Ints) -> None:
        """Let the kernel put `flows` on the agendas of their hosts when it runs next."""
        if len(flows) == 0:
            return
        state = self.state
        waiting = int(state.clock[at.FRESH])
        state.fresh[waiting : waiting + len(flows)] = flows
        state.clock[at.FRESH] = waiting + len(flows)
        start = int(self.flow_rows()[flows, at.START].min())
        state.clock[at.FRESH_AT] = min(int(state.clock[at.FRESH_AT]), start)

    def used(self, name: str) -> int:
        """Return how many entries of an array that `extend` grows are in use."""
        return self._used.get(name, len(getattr(self.state, name)))

    def widen_rings(self, ring: int) -> None:
        """Let each ring have `ring` bits, a power of two, or more; what is in them stays there."""
        state, old = self.state, int(self.state.fixed[at.RING])
        if ring <= old:
            return
        self._widths = replace(self._widths, words=2 * (ring // 64))
        bits = aligned(self._flows * self._widths.words)
        if old:
            wide, narrow = (part.reshape(self._flows, 2, -1) for part in (bits, state.bits))
            for flow in np.flatnonzero(narrow.any(axis=(1, 2))).tolist():
                row = state.flows[flow * at.FLOW : (flow + 1) * at.FLOW]
                lows = int(row[at.ACKED]), int(row[at.ARRIVED] >> at.HIGH)
                for half, low in enumerate(lows):
                    wide[flow, half] = _widened(narrow[flow, half], low, ring)
        state.fixed[at.RING] = ring
        self.state = state._replace(bits=bits)

    def double_packets(self) -> None:
        """Double the arena of packets, or more: there must be room for a turn of any node.

        Memory is taken from the operating system as rows are first used, so room is cheap.
        """
        clock, fixed = self.state.clock, self.state.fixed
        widest = int(self.state.nodes[at.OUT_ROWS :: at.NODES].max(initial=0))
        turn = 4 * (widest + int(max(fixed[at.SWITCH_TURN], fixed[at.HOST_TURN])))
        used = int(clock[at.ARENA])
        rows = max(2 * int(fixed[at.ARENA_ROWS]), 2 * used, used + turn)
        if rows > MOST_ROWS:
            raise SimulationError(f"more than {MOST_ROWS // 4:,} packets are under way at once")
        packets = aligned(rows * at.PACKET)
        packets[: used * at.PACKET] = self.state.packets[: used * at.PACKET]
        fixed[at.ARENA_ROWS] = rows
        grown = {"packets": packets}
        for name, width in self._columns.items():
            grown[name] = aligned(rows * width)
            grown[name][: used * width] = getattr(self.state, name)[: used * width]
        self.state = self.state._replace(**grown)

    def take_trace(self) -> Ints:
        """Return the rows traced so far, and give the kernel a fresh array for the next ones."""
        clock = self.state.clock
        rows = self.state.trace.reshape(-1, at.TRACE_SIZE)[: clock[at.TRACED_ROWS]]
        clock[at.TRACED_ROWS] = 0
        self.state = self.state._replace(trace=np.empty_like(self.state.trace))
        return rows


def _widened(words: Ints, low: int, ring: int) -> Any:
    """Return a ring of `ring` bits with those of a smaller one, whose first packet is `low`."""
    flags = np.unpackbits(words.view(np.uint8), bitorder="little")
    old = len(flags)
    packets = low + (np.arange(old) - low) % old
    spread = np.zeros(ring, np.uint8)
    spread[packets % ring] = flags
    return np.packbits(spread, bitorder="little").view(np.int64)


def longer(array: Any, length: int) -> Any:
    """Return a copy of `array` with zeros behind."""
    grown = aligned(length, array.dtype)
    grown[: len(array)] = array
    return grown


def aligned(length: int, kind: Any = np.int64) -> Any:
    """Return an array of zeros that starts at a pair of cache lines, which are fetched together."""
    width = np.dtype(kind).itemsize
    room = np.zeros(length + _LINE // width, kind)
    skipped = -room.ctypes.data % _LINE // width
    return room[skipped : skipped + length]


def _empty(
    layout: Layout,
    fixed: dict[int, int],
    traced: bool,
    given: dict[str, Any],
    columns: Mapping[str, int],
) -> State:
    """Return the state of a network in which nothing has happened."""
    arrays: dict[str, Any] = {name: np.zeros(0, np.int64) for name in State._fields}
    for name in ("reals", "queue_reals", "policy_reals", "transport_reals"):
        arrays[name] = np.zeros(0, np.float64)
    for name in ("batch_of", "class_of"):
        arrays[name] = np.zeros(0, np.int32)
    arrays |= {name: longer(array, len(array)) for name, array in layout.arrays.items()} | given
    clock, numbers = np.zeros(at.CLOCK, np.int64), np.zeros(at.FIXED, np.int64)
    clock[at.FRESH_AT] = clock[at.STOP_AT] = at.NEVER
    clock[at.TURN] = -1
    clock[at.ARENA] = layout.rows
    for column, value in fixed.items():
        numbers[column] = value
    arrays["packets"] = np.zeros(layout.rows * at.PACKET, np.int64)
    for name, width in columns.items():
        arrays[name] = np.zeros(layout.rows * width, np.int64)
    room = int(numbers[at.ROOM_ROWS])
    arrays["places"] = aligned(PARTS * room + BUCKETS + 1)
    numbers[at.TRACE_LIMIT] = TRACE_BATCH
    turn = max(int(numbers[at.SWITCH_TURN]), int(numbers[at.HOST_TURN]))
    rows = TRACE_BATCH + _ROWS_PER_PACKET * turn + 1
    trace = np.zeros(rows * at.TRACE_SIZE if traced else 0, np.int64)
    return State(**(arrays | {"clock": clock, "fixed": numbers, "trace": trace}))
