"""Turn flows that are handed in into rows of the kernel's arrays.

They come between hosts and are written between NICs, once it is known that they are possible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.dependencies import dependencies
from netsim.fabric.flows import LATEST
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.flow import forsake
from netsim.fabric.kernel.gates import Gates
from netsim.fabric.kernel.label import FLOW_BITS, SEQ_BITS
from netsim.fabric.kernel.state import Ints

if TYPE_CHECKING:
    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.dependencies import Dependencies
    from netsim.fabric.kernel.assemble import Assembly
    from netsim.fabric.kernel.slots import Slots
    from netsim.fabric.nics import Spread
    from netsim.fabric.planning.planner import Planner
    from netsim.fabric.wiring import Wiring

MOST_FLOWS = 1 << FLOW_BITS
MOST_PACKETS = 1 << SEQ_BITS
_FAR = 1 << 20


#: Rows that are written together.
_AT_ONCE = 2048
#: So few flows are written one by one.
_FEW = 2


class Intake:
    """Numbers flows in the order in which they come, and writes their rows.

    Parameters
    ----------
    wiring
        The network as it is now.
    parts
        The kernel.
    slots
        Gives rows to flows and batches.
    spread
        Gives flows the NICs of their hosts: the kernel knows NICs alone.
    planner
        Gives paths to flows that bring none, where the routing policy plans them.
    """

    def __init__(
        self,
        wiring: Wiring,
        parts: Assembly,
        slots: Slots,
        spread: Spread,
        planner: Planner | None = None,
    ) -> None:
        self._wiring = wiring
        self._store = parts.store
        self._parts = parts
        self._slots = slots
        self._spread = spread
        self._planner = planner
        fixed = parts.store.state.fixed
        self._payload = int(fixed[at.PAYLOAD])
        self._longest = self._payload * MOST_PACKETS
        self._hosts = wiring.network.host_count
        #: Flows (NIC, NIC of the destination, bytes) that `note` has numbered, all of one instant.
        self._noted: list[tuple[int, int, int]] = []
        #: Their start, before which the kernel has nothing left to do; None if there are none.
        self.noted_at: int | None = None
        #: Whether `note` may be used: every pair is joined, flows need no paths, packets have
        #: headers.
        self.gathers = False
        self.look_again()
        self._near = int(fixed[at.NEAR_PACKETS])
        self._width = int(max(fixed[at.FREE_WIDTH], fixed[at.MERGED_WIDTH]))
        self.flows = 0
        self.batches = 0
        self.gates = Gates(parts.store)

    def look_again(self) -> None:
        """Find out anew what follows from which links work."""
        headed = int(self._store.state.fixed[at.HEADER]) > 0
        self.gathers = self._parts.path_rule is None and headed and self._wiring.all_joined

    def note(self, src: int, dst: int, size: int, now: int) -> int:
        """Note a flow that starts now and return its number; `hand_over` writes its row.

        Many messages of one instant are written at once, which costs a fraction of one by one.
        """
        if not (0 <= src < self._hosts and 0 <= dst < self._hosts and src != dst and size >= 0):
            raise SimulationError(_impossible(self.flows, src, dst, size, self._hosts))
        if self.flows >= MOST_FLOWS or size > self._longest or now >= at.HORIZON:
            self._check_room(1, -(-size // self._payload))
            raise SimulationError(_too_late(self.flows, now))
        if not self._spread.trivial:
            src, dst = self._spread.of_one(src, dst, self.flows)
        self.noted_at = now
        self._noted.append((src, dst, size))
        self.flows += 1
        self.batches += 1
        return self.flows - 1

    def hand_over(self) -> None:
        """Write the rows of the flows that have been noted."""
        if self.noted_at is None:
            return
        now, self.noted_at = self.noted_at, None
        noted, self._noted = self._noted, []
        count = len(noted)
        self.flows -= count
        self.batches -= count
        if count <= _FEW:
            for src, dst, size in noted:
                self._add_one(src, dst, size, now, None)
            return
        src, dst, size = np.array(noted, np.int64).T
        packets = np.maximum(1, -(-size // self._payload))
        rows = self._slots.take(count)
        batches = self._open_batches(count, 1, trigger=0)
        self._write(rows, src, dst, size, packets, now, self._near)
        self._store.state.batch_of[rows] = batches
        self._store.state.class_of[rows] = self._parts.classes.of_pairs(noted)
        self._store.plan(_numbers(rows))

    def _write(
        self, rows: slice | Ints, src: Any, dst: Any, size: Any, packets: Any, start: Any, near: int
    ) -> None:
        """Write the rows of the next flows; those of at most `near` packets are near their end."""
        table = self._store.flow_rows()
        count = len(packets)
        columns = {
            at.ENDS: dst << at.HIGH | src,
            at.SIZE: size,
            at.PACKETS: packets,
            at.START: np.broadcast_to(start, packets.shape),
            at.WATCH: at.SHORT * (packets <= near),
            at.IDENTITY: np.arange(self.flows, self.flows + count),
        }
        # A few rows at a time, all columns of which are in the cache together.
        for first in range(0, count, _AT_ONCE):
            part = slice(first, min(first + _AT_ONCE, count))
            if isinstance(rows, slice):
                chosen: slice | Ints = slice(rows.start + part.start, rows.start + part.stop)
            else:
                chosen = rows[part]
            for column, values in columns.items():
                table[chosen, column] = values[part]
            table[chosen, at.NEXT_READY] = -2
            table[chosen, at.END_RX] = -1
            table[chosen, at.END_TX] = -1
        self.flows += count
        self._store.state.clock[at.ACTIVE] += count

    def add_one(
        self, src: int, dst: int, size: int, now: int, path: tuple[int, ...] | None
    ) -> tuple[int, bool]:
        """Add one flow that starts now; return its number and whether a path joins its hosts."""
        hosts = self._hosts
        packets = max(1, -(-size // self._payload))
        if not (0 <= src < hosts and 0 <= dst < hosts and src != dst and size >= 0):
            raise SimulationError(_impossible(self.flows, src, dst, size, hosts))
        self._refuse_nothing(np.array([size]))
        if now >= at.HORIZON:
            raise SimulationError(_too_late(self.flows, now))
        self._check_room(1, packets)
        src, dst = self._spread.of_one(src, dst, self.flows, path)
        return self._add_one(src, dst, size, now, path)

    def _add_one(
        self, src: int, dst: int, size: int, now: int, path: tuple[int, ...] | None
    ) -> tuple[int, bool]:
        """Add one flow, which is known to be possible, between NICs."""
        packets = max(1, -(-size // self._payload))
        flow = self.flows
        place = _first(self._slots.take(1))
        self._store.state.batch_of[place] = self._open_batches(1, 1, trigger=0)[0]
        row = self._store.state.flows[place * at.FLOW : (place + 1) * at.FLOW]
        row[at.ENDS] = dst << at.HIGH | src
        row[at.SIZE] = size
        row[at.PACKETS] = packets
        row[at.START] = now
        row[at.NEXT_READY] = -2
        row[at.END_RX] = row[at.END_TX] = -1
        row[at.WATCH] = at.SHORT * (packets <= self._near)
        row[at.IDENTITY] = flow
        self.flows += 1
        self._store.state.clock[at.ACTIVE] += 1
        if not self._wiring.network.reachable(src, dst):
            self._refuse(place)
            return flow, False
        if self._parts.path_rule is not None:
            if path is None and self._planner is not None:
                path = self._planner.alone(self.batches - 1, src, dst, size)
            found = self._path_rows(np.array([src]), np.array([dst]), [path] if path else None)
            self._store.state.flows[place * at.FLOW + at.PATH] = found[0]
        given = path if self._parts.path_rule == "given" else None
        self._store.state.class_of[place] = self._parts.classes.of_one(src, dst, given)
        self._store.plan(np.array([place]))
        return flow, True

    def add(
        self, batch: FlowBatch, now: int, pieces: Ints | None = None
    ) -> tuple[range, list[int]]:
        """Add all flows of `batch`; return their numbers and those that no path joins.

        Where they are pieces, of how many requested flows stands in `pieces`; each requested flow
        then is a batch of its own for the kernel, so that its end and failure are told at once.
        """
        src, dst, size = (
            np.asarray(column, np.int64) for column in (batch.src, batch.dst, batch.size)
        )
        count = len(src)
        packets = np.where(src == dst, 0, np.maximum(1, -(-size // self._payload)))
        self.hand_over()
        delay = np.broadcast_to(np.asarray(batch.delay, np.int64), src.shape)
        self._check(src, dst, size, delay, batch)
        waits = dependencies(batch)
        gates = self.gates.of(batch)
        start = np.broadcast_to(np.maximum(np.asarray(batch.start, np.int64), now), src.shape)
        if (start >= at.HORIZON).any():
            late = int(np.argmax(start))
            raise SimulationError(_too_late(late, int(start[late])))
        self._check_room(count, int(packets.max(initial=1)))
        first = self.flows
        if count == 0:
            self.batches += 1
            return range(first, first), []
        chosen = self._slots.take(count)
        rows = _numbers(chosen)
        trigger = int(batch.trigger == "tx")
        opened: Any
        if pieces is None:
            opened = self._open_batches(1, count, trigger=trigger)[0]
        else:
            opened = np.repeat(self._open_batches(len(pieces), pieces, trigger=trigger), pieces)
        near = self._near if batch.trigger == "rx" else 0
        src, dst = self._spread.of(src, dst, first, batch.paths)
        calculated = src == dst
        self._write(chosen, src, dst, np.where(calculated, 0, size), packets, start, near)
        self._store.state.batch_of[chosen] = opened
        self._store.flow_rows()[rows[calculated], at.DELAY_OF] = delay[calculated]
        sent = self._joined(src, dst) & ~calculated
        given = None
        if self._parts.path_rule is not None:
            given = batch.paths
            messages = np.flatnonzero(~calculated)
            if given is None and self._planner is not None:
                columns = src[messages], dst[messages], size[messages]
                planned = self._planner.batch(self.batches - 1, *columns)
                at_flow = dict(zip(messages.tolist(), planned, strict=True))
                given = [at_flow.get(index, ()) for index in range(count)]
            if given is not None:
                given = [given[index] for index in np.flatnonzero(sent).tolist()]
            paths = self._path_rows(src[sent], dst[sent], given)
            self._store.flow_rows()[rows[sent], at.PATH] = paths
        if sent.any():
            kinds = self._parts.classes.of(src[sent], dst[sent], given)
            self._store.state.class_of[rows[sent]] = kinds
        joined = sent | calculated
        ready = joined & ~self._add_predecessors(rows, waits, gates)
        if waits is not None:
            ends = dst if batch.trigger == "rx" else src
            self._watch_successors(rows, src, ends, waits, calculated, delay)
        self._store.plan(rows[ready])
        refused = np.flatnonzero(~joined)
        for row in rows[refused].tolist():
            self._refuse(row)
        for row in rows[refused].tolist() if waits is not None or gates is not None else ():
            forsake(self._store.state, row)
        return range(first, first + count), (first + refused).tolist()

    def _check(self, src: Ints, dst: Ints, size: Ints, delay: Ints, batch: FlowBatch) -> None:
        hosts = self._hosts
        if batch.trigger == "tx" and not self._parts.acknowledged:
            raise SimulationError(
                "trigger 'tx' waits for acknowledgements, which this transport lacks; use 'rx'"
            )
        if not 0 <= delay.min(initial=0) <= delay.max(initial=0) <= LATEST:
            raise SimulationError(f"a delay is from 0 to {LATEST} ps, and one is not")
        self._refuse_nothing(size[src != dst])
        wrong = (src < 0) | (src >= hosts) | (dst < 0) | (dst >= hosts) | (size < 0)
        if wrong.any():
            index = int(np.argmax(wrong))
            raise SimulationError(
                _impossible(index, int(src[index]), int(dst[index]), int(size[index]), hosts)
            )

    def _refuse_nothing(self, sizes: Ints) -> None:
        """Refuse packets of no bytes at all: any number of them would pass at one instant."""
        if self._store.state.fixed[at.HEADER] == 0 and (sizes == 0).any():
            raise SimulationError("an empty flow has packets of 0 B; give packets a header")

    def _check_room(self, count: int, packets: int) -> None:
        """Refuse what the packed fields of a label cannot tell apart."""
        if self.flows + count > MOST_FLOWS:
            raise SimulationError(f"more than {MOST_FLOWS:,} flows in one run")
        if packets > MOST_PACKETS:
            raise SimulationError(
                f"a flow of {packets:,} packets is too long, at most {MOST_PACKETS:,}: "
                "use a larger packet payload or cut the flow"
            )

    def _open_batches(self, count: int, flows: int | Ints, trigger: int) -> Ints:
        """Return the rows of the next `count` batches of `flows` each, or each of its own many."""
        rows = self._slots.take_batches(count, flows)
        table = self._store.state.batches.reshape(-1, at.BATCH)
        table[rows, at.REMAINING] = flows
        table[rows, at.TRIGGER] = trigger
        table[rows, at.CULPRIT] = -1
        table[rows, at.FAR] = flows
        table[rows, at.SERIAL] = np.arange(self.batches, self.batches + count)
        self.batches += count
        return _numbers(rows)

    def _joined(self, src: Ints, dst: Ints) -> Any:
        """Return whether working links lead from each NIC to that of its destination."""
        network = self._wiring.network
        leaf = network.leaf_of_nic
        away = network.distances[network.leaf_switches[leaf[src]], leaf[dst]]
        up = network.link_up[network.host_uplink[src]] & network.link_up[network.host_downlink[dst]]
        return up & (away < _FAR)

    def _path_rows(self, src: Ints, dst: Ints, given: Any) -> Ints:
        """Return the rows of the path table, there and back, of each flow."""
        table = self._parts.paths
        if self._parts.path_rule == "all":
            return table.equal(src, dst)
        if given is None:
            raise SimulationError("this routing policy needs a path with every flow")
        pairs = [table.given(tuple(path)) for path in given]
        return np.array([back << at.HIGH | there for there, back in pairs], np.int64)

    def _add_predecessors(
        self, rows: Ints, waits: Dependencies | None, gates: tuple[Ints, Ints] | None
    ) -> Any:
        """Write who waits for whom, and for which gates; return which flows wait."""
        if waits is None and gates is None:
            return np.zeros(len(rows), np.bool_)
        store = self._store
        if len(store.state.waiting) == 0:
            store.reserve_waiting()
        waiting = store.state.waiting.reshape(-1, at.WAITING)
        if waits is not None:
            used = store.used("successors")
            if used + len(waits.lag) > len(store.state.successors) and self._slots.handed_over:
                store.squeeze_successors(self._slots.alive())
                used = store.used("successors")
            waiting[rows, at.PREDECESSORS] = waits.waits
            waiting[rows, at.FIRST_SUCCESSOR] = used + waits.first[:-1]
            waiting[rows, at.SUCCESSORS] = np.diff(waits.first)
            store.extend("successors", rows[waits.successors])
            store.extend("lags", waits.lag)
        if gates is not None:
            waiting[rows, at.PREDECESSORS] += self.gates.wait(rows, *gates)
        return waiting[rows, at.PREDECESSORS] > 0

    def _watch_successors(
        self, rows: Ints, src: Ints, ends: Ints, waits: Dependencies, calculated: Any, delay: Ints
    ) -> None:
        """Note for which flows another NIC waits so closely that it must know at once.

        `src` are the NICs of senders, `ends` those that know when a flow is over. Calculations
        count as elsewhere: they stand on an agenda of their own.
        """
        flow = np.repeat(np.arange(len(waits.waits)), np.diff(waits.first))
        elsewhere = ends[flow] != src[waits.successors]
        elsewhere |= calculated[waits.successors]
        soon = waits.lag + np.where(calculated, delay, 0)[waits.successors] < self._width
        watched = np.unique(flow[elsewhere & soon])
        self._store.flow_rows()[rows[watched], at.WATCH] |= at.CROSS

    def _refuse(self, place: int) -> None:
        row = self._store.flow_rows()[place]
        row[at.STATUS] = at.FAILED | at.NO_PATH << at.REASON_SHIFT
        self._store.state.clock[at.ACTIVE] -= 1


def _numbers(rows: slice | Ints) -> Ints:
    """Return row numbers as an array."""
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def _first(rows: slice | Ints) -> int:
    """Return the first of some rows."""
    return int(rows.start if isinstance(rows, slice) else rows[0])


def _too_late(flow: int, start: int) -> str:
    days = at.HORIZON / 8.64e16
    return f"flow {flow} starts at t={start} ps; a fabric's clock ends after {days:.0f} days"


def _impossible(flow: int, src: int, dst: int, size: int, hosts: int) -> str:
    if src == dst:
        return f"flow {flow} goes from host {src} to itself"
    if size < 0:
        return f"flow {flow} has a negative size, {size} B"
    return f"flow {flow} goes from host {src} to host {dst}, but hosts are 0 to {hosts - 1}"
