"""Turn flows that are handed in into rows of the kernel's arrays."""

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
    from netsim.fabric.planning.planner import Planner
    from netsim.topology.network import Network

MOST_FLOWS = 1 << FLOW_BITS
MOST_PACKETS = 1 << SEQ_BITS
_FAR = 1 << 20


#: So few flows are written one by one.
_FEW = 2
#: The row of a batch that is one flow.
_LONE = np.zeros(at.BATCH, np.int64)
_LONE[[at.REMAINING, at.FAR]] = 1
_LONE[at.CULPRIT] = -1


class Intake:
    """Numbers flows in the order in which they come, and writes their rows.

    Parameters
    ----------
    network
        The topology.
    parts
        The kernel.
    planner
        Gives paths to flows that bring none, where the routing policy plans them.
    """

    def __init__(self, network: Network, parts: Assembly, planner: Planner | None = None) -> None:
        self._network = network
        self._store = parts.store
        self._parts = parts
        self._planner = planner
        fixed = parts.store.state.fixed
        self._payload = int(fixed[at.PAYLOAD])
        self._longest = self._payload * MOST_PACKETS
        self._hosts = network.host_count
        #: Flows (source, destination, bytes) that `note` has numbered, all of one instant.
        self._noted: list[tuple[int, int, int]] = []
        #: Their start, before which the kernel has nothing left to do; None if there are none.
        self.noted_at: int | None = None
        #: Whether `note` may be used: every pair is joined, flows need no paths, packets have
        #: headers.
        headed = int(fixed[at.HEADER]) > 0
        self.gathers = parts.path_rule is None and headed and _all_joined(network)
        self._near = int(fixed[at.NEAR_PACKETS])
        self._width = int(max(fixed[at.FREE_WIDTH], fixed[at.MERGED_WIDTH]))
        self.flows = 0
        self.batches = 0
        self.gates = Gates(parts.store)

    def note(self, src: int, dst: int, size: int, now: int) -> int:
        """Note a flow that starts now and return its number; `hand_over` writes its row.

        Many messages of one instant are written at once, which costs a fraction of one by one.
        """
        if not (0 <= src < self._hosts and 0 <= dst < self._hosts and src != dst and size >= 0):
            raise SimulationError(_impossible(self.flows, src, dst, size, self._hosts))
        if self.flows >= MOST_FLOWS or size > self._longest or now >= at.HORIZON:
            self._check_room(1, -(-size // self._payload))
            raise SimulationError(_too_late(self.flows, now))
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
                self.add_one(src, dst, size, now, None)
            return
        src, dst, size = np.array(noted, np.int64).T
        packets = np.maximum(1, -(-size // self._payload))
        self._store.reserve_flows(self.flows + count)
        self._store.reserve_batches(self.batches + count)
        first, state = self.flows, self._store.state
        batches = state.batches.reshape(-1, at.BATCH)[self.batches : self.batches + count]
        batches[:] = _LONE
        state.batch_of[first : first + count] = np.arange(self.batches, self.batches + count)
        table = self._store.flow_rows()[first : first + count]
        table[:, at.ENDS] = dst << at.HIGH | src
        table[:, at.SIZE] = size
        table[:, at.PACKETS] = packets
        table[:, at.START] = now
        table[:, at.NEXT_READY] = -2
        table[:, at.END_RX] = table[:, at.END_TX] = -1
        table[:, at.WATCH] = at.SHORT * (packets <= self._near)
        self.flows += count
        self.batches += count
        state.clock[at.ACTIVE] += count
        kinds = self._parts.classes.of_pairs(noted)
        self._store.state.class_of[first : first + count] = kinds
        self._store.plan(np.arange(first, first + count))

    def add_one(
        self, src: int, dst: int, size: int, now: int, path: tuple[int, ...] | None
    ) -> tuple[int, bool]:
        """Add one flow that starts now; return its number and whether a path joins its hosts."""
        hosts = self._network.host_count
        packets = max(1, -(-size // self._payload))
        if not (0 <= src < hosts and 0 <= dst < hosts and src != dst and size >= 0):
            raise SimulationError(_impossible(self.flows, src, dst, size, hosts))
        self._refuse_nothing(np.array([size]))
        if now >= at.HORIZON:
            raise SimulationError(_too_late(self.flows, now))
        self._check_room(1, packets)
        flow = self.flows
        self._open_batch(slice(flow, flow + 1), 1, trigger=0)
        row = self._store.state.flows[flow * at.FLOW : (flow + 1) * at.FLOW]
        row[at.ENDS] = dst << at.HIGH | src
        row[at.SIZE] = size
        row[at.PACKETS] = packets
        row[at.START] = now
        row[at.NEXT_READY] = -2
        row[at.END_RX] = row[at.END_TX] = -1
        row[at.WATCH] = at.SHORT * (packets <= self._near)
        self.flows += 1
        self._store.state.clock[at.ACTIVE] += 1
        if not self._network.reachable(src, dst):
            self._refuse(flow)
            return flow, False
        if self._parts.path_rule is not None:
            if path is None and self._planner is not None:
                path = self._planner.alone(self.batches - 1, src, dst, size)
            found = self._path_rows(np.array([src]), np.array([dst]), [path] if path else None)
            self._store.state.flows[flow * at.FLOW + at.PATH] = found[0]
        given = path if self._parts.path_rule == "given" else None
        self._store.state.class_of[flow] = self._parts.classes.of_one(src, dst, given)
        self._store.plan(np.array([flow]))
        return flow, True

    def add(self, batch: FlowBatch, now: int) -> tuple[range, list[int]]:
        """Add all flows of `batch`; return their numbers and those that no path joins."""
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
        chosen = slice(first, first + count)
        self._open_batch(chosen, count, trigger=int(batch.trigger == "tx"))
        table = self._store.flow_rows()[chosen]
        table[:, at.ENDS] = dst << at.HIGH | src
        table[:, at.SIZE] = np.where(src == dst, 0, size)
        table[:, at.PACKETS] = packets
        table[:, at.START] = start
        table[:, at.NEXT_READY] = -2
        table[:, at.END_RX] = table[:, at.END_TX] = -1
        table[:, at.WATCH] = at.SHORT * (packets <= (self._near if batch.trigger == "rx" else 0))
        self.flows += count
        self._store.state.clock[at.ACTIVE] += count
        calculated = src == dst
        table[calculated, at.DELAY_OF] = delay[calculated]
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
            self._store.flow_rows()[chosen][sent, at.PATH] = paths
        if sent.any():
            kinds = self._parts.classes.of(src[sent], dst[sent], given)
            self._store.state.class_of[chosen][sent] = kinds
        joined = sent | calculated
        ready = joined & ~self._add_predecessors(first, count, waits, gates)
        if waits is not None:
            self._watch_successors(first, batch, waits, calculated, delay)
        self._store.plan(first + np.flatnonzero(ready))
        refused = (first + np.flatnonzero(~joined)).tolist()
        for flow in refused:
            self._refuse(flow)
        for flow in refused if waits is not None or gates is not None else ():
            forsake(self._store.state, flow)
        return range(first, first + count), refused

    def _check(self, src: Ints, dst: Ints, size: Ints, delay: Ints, batch: FlowBatch) -> None:
        hosts = self._network.host_count
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
        self._store.reserve_flows(self.flows + count)
        self._store.reserve_batches(self.batches + 1)

    def _open_batch(self, chosen: slice, count: int, trigger: int) -> None:
        state = self._store.state
        row = self.batches * at.BATCH
        state.batches[row + at.REMAINING] = count
        state.batches[row + at.TRIGGER] = trigger
        state.batches[row + at.CULPRIT] = -1
        state.batches[row + at.FAR] = count
        state.batch_of[chosen] = self.batches
        self.batches += 1

    def _joined(self, src: Ints, dst: Ints) -> Any:
        """Return whether working links lead from each source to its destination."""
        network = self._network
        leaf = network.leaf_of_host
        away = network.distances[network.leaf_switches[leaf[src]], leaf[dst]]
        up = network.link_up[network.host_uplink[src]] & network.link_up[network.host_downlink[dst]]
        return up & (away < _FAR)

    def _path_rows(self, src: Ints, dst: Ints, given: Any) -> Ints:
        """Return the rows of the path table, there and back, of each flow."""
        table = self._parts.paths
        if self._parts.path_rule == "all":
            rows = self._all_paths(src, dst)
        else:
            if given is None:
                raise SimulationError("this routing policy needs a path with every flow")
            pairs = [table.given(tuple(path)) for path in given]
            rows = np.array([back << at.HIGH | there for there, back in pairs], np.int64)
        known = self._store.used("pairs") // at.PAIR
        if len(table.rows) // at.PAIR > known:
            base = table.position
            self._store.extend("pairs", table.rows[known * at.PAIR :])
            self._store.extend("ports", table.ports[self._store.used("ports") - base :])
        return rows

    def _all_paths(self, src: Ints, dst: Ints) -> Ints:
        leaf = self._network.leaf_of_host
        leaves = len(self._network.leaf_switches)
        pairs, which = np.unique(leaf[src] * leaves + leaf[dst], return_inverse=True)
        table = self._parts.paths
        rows = np.empty(len(pairs), np.int64)
        for index, pair in enumerate(pairs.tolist()):
            source, target = divmod(pair, leaves)
            back = table.all_paths(target, source) if self._parts.acknowledged else 0
            rows[index] = back << at.HIGH | table.all_paths(source, target)
        return rows[which.ravel()]

    def _add_predecessors(
        self, first: int, count: int, waits: Dependencies | None, gates: tuple[Ints, Ints] | None
    ) -> Any:
        """Write who waits for whom, and for which gates; return which flows wait."""
        if waits is None and gates is None and len(self._store.state.waiting) == 0:
            return np.zeros(count, np.bool_)
        if len(self._store.state.waiting) == 0:
            self._store.reserve_waiting()
        waiting = self._store.state.waiting.reshape(-1, at.WAITING)[first : first + count]
        waiting[:] = 0
        if waits is not None:
            waiting[:, at.PREDECESSORS] = waits.waits
            waiting[:, at.FIRST_SUCCESSOR] = self._store.used("successors") + waits.first[:-1]
            waiting[:, at.SUCCESSORS] = np.diff(waits.first)
            self._store.extend("successors", first + waits.successors)
            self._store.extend("lags", waits.lag)
        if gates is not None:
            waiting[:, at.PREDECESSORS] += self.gates.wait(first, *gates)
        return waiting[:, at.PREDECESSORS] > 0

    def _watch_successors(
        self, first: int, batch: FlowBatch, waits: Dependencies, calculated: Any, delay: Ints
    ) -> None:
        """Note for which flows another host waits so closely that it must know at once.

        Calculations count as elsewhere: they stand on an agenda of their own.
        """
        flow = np.repeat(np.arange(len(waits.waits)), np.diff(waits.first))
        ends = np.asarray(batch.dst if batch.trigger == "rx" else batch.src, np.int64)
        elsewhere = ends[flow] != np.asarray(batch.src, np.int64)[waits.successors]
        elsewhere |= calculated[waits.successors]
        soon = waits.lag + np.where(calculated, delay, 0)[waits.successors] < self._width
        watched = np.unique(flow[elsewhere & soon])
        self._store.flow_rows()[first + watched, at.WATCH] |= at.CROSS

    def _refuse(self, flow: int) -> None:
        row = self._store.flow_rows()[flow]
        row[at.STATUS] = at.FAILED | at.NO_PATH << at.REASON_SHIFT
        self._store.state.clock[at.ACTIVE] -= 1


def _all_joined(network: Network) -> bool:
    """Return whether working links lead from every host to every other."""
    links = np.concatenate([network.host_uplink, network.host_downlink])
    return bool(network.joined and network.link_up[links].all())


def _too_late(flow: int, start: int) -> str:
    days = at.HORIZON / 8.64e16
    return f"flow {flow} starts at t={start} ps; a fabric's clock ends after {days:.0f} days"


def _impossible(flow: int, src: int, dst: int, size: int, hosts: int) -> str:
    if src == dst:
        return f"flow {flow} goes from host {src} to itself"
    if size < 0:
        return f"flow {flow} has a negative size, {size} B"
    return f"flow {flow} goes from host {src} to host {dst}, but hosts are 0 to {hosts - 1}"
