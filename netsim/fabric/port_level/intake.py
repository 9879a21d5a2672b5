"""Turn messages that are handed in into rows of the executor's arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.dependencies import dependencies, rows
from netsim.fabric.flows import LATEST, MOST_FLOWS, joined
from netsim.fabric.port_level import state as at
from netsim.fabric.port_level.heap import push
from netsim.fabric.port_level.store import Store
from netsim.fabric.port_level.timing import message_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.nics import Spread
    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network

    Ints = NDArray[np.int64]

#: From so many on, planned messages are merged into the heap at once.
_MANY: Final = 64


class Intake:
    """Numbers messages in the order in which they come, and writes their rows.

    Parameters
    ----------
    network
        The topology.
    packet
        Sizes of packets.
    spread
        Gives messages the NICs of their hosts: ports are those of NICs.
    """

    def __init__(self, network: Network, packet: PacketConfig, spread: Spread) -> None:
        self._network = network
        self._spread = spread
        self._times = message_times(network, packet)
        classes = network.ports.classes if network.ports is not None else 1
        self.store = Store(network.nic_count * classes)
        self.messages = 0
        self.batches = 0
        self.sizes = np.zeros(0, np.int64)
        #: Per gate, those who wait for it; None once it is open.
        self._gates: list[list[Ints] | None] = []

    def add_one(self, src: int, dst: int, size: int, now: int) -> tuple[int, bool]:
        """Add a message that is ready now; return its number and whether a path leads there."""
        hosts = self._network.host_count
        if not (0 <= src < hosts and 0 <= dst < hosts and src != dst and size >= 0):
            raise SimulationError(_impossible(self.messages, src, dst, size, hosts))
        src, dst = self._spread.of_one(src, dst, self.messages)
        led = self._network.reachable(src, dst)
        sending, lead, receiving = self._times.of_one(src, dst, size) if led else (0, 0, 0)
        message = self._make_room(1)
        self._open_batch(1, confirmed=False)
        self.sizes[message] = size
        row = self.store.rows()[message]
        row[at.ENDS] = dst << at.HIGH | src
        row[at.READY], row[at.END] = now, -1
        row[at.BATCH_OF] = self.batches - 1
        if not led:
            return message, False
        row[at.SENDING], row[at.RECEIVING] = sending, receiving
        leaves, comes = self._times.ports(np.array([src]), np.array([dst]))
        self.store.state.sender_of[message] = leaves[0]
        self.store.state.slot_of[message] = self.store.slot(int(comes[0]), lead)
        self._plan(np.array([message]))
        return message, True

    def add(self, batch: FlowBatch, now: int) -> tuple[range, Ints]:
        """Add all of `batch`; return their numbers and those that no path joins."""
        src, dst = (np.asarray(column, np.int64) for column in (batch.src, batch.dst))
        # Plain ports carry fractions of a byte; the table shows whole ones.
        exact = np.asarray(batch.size)
        size = np.ceil(exact).astype(np.int64)
        count = len(src)
        start, delay = (
            np.broadcast_to(np.asarray(column, np.int64), (count,))
            for column in (batch.start, batch.delay)
        )
        self._check(src, dst, size, start, delay)
        waits = dependencies(batch)
        gates = rows(batch.gates, count, "gates") if batch.gates is not None else None
        if gates is not None and not ((gates[1] >= 0) & (gates[1] < len(self._gates))).all():
            raise SimulationError(f"a flow waits for a gate that is none of {len(self._gates)}")
        confirmed = batch.trigger == "tx"
        src, dst = self._spread.of(src, dst, self.messages)
        led = (src == dst) | joined(src, dst, self._network)
        if confirmed:
            led &= joined(dst, src, self._network)
        sent = np.flatnonzero(led & (src != dst))
        # Whatever is refused has been refused by now.
        times = self._times.of(src[sent], dst[sent], self._as_carried(exact, size)[sent])
        first = self._make_room(count)
        self._open_batch(count, confirmed=confirmed)
        chosen = slice(first, first + count)
        self.sizes[chosen] = size
        table = self.store.rows()[chosen]
        table[:, at.ENDS] = dst << at.HIGH | src
        table[:, at.READY] = np.maximum(start, now)
        table[:, at.END] = -1
        table[:, at.BATCH_OF] = self.batches - 1
        table[:, at.SENDING] = delay
        table[sent, at.SENDING], lead, table[sent, at.RECEIVING] = times
        self._place(first + sent, src[sent], dst[sent], lead, confirmed=confirmed)
        ready = led.copy()
        if waits is not None:
            base = self.store.add_successors(first + waits.successors, waits.lag)
            table[:, at.FOLLOWERS] = np.diff(waits.first) << at.HIGH | (base + waits.first[:-1])
            table[:, at.STATUS] = waits.waits * at.WAITS
            ready &= waits.waits == 0
        if gates is not None:
            ready &= self._wait_for_gates(first, *gates)
        self._plan(first + np.flatnonzero(ready))
        return range(first, first + count), first + np.flatnonzero(~led)

    def _as_carried(self, exact: NDArray[Any], size: Ints) -> NDArray[Any]:
        """Return the sizes that ports carry: whole bytes in packets, any number on plain ports."""
        return exact if self._network.ports is not None else size

    def add_gate(self) -> int:
        """Return the number of a new gate."""
        self._gates.append([])
        return len(self._gates) - 1

    def open_gate(self, gate: int, now: int) -> None:
        """Let those go on that wait for `gate`."""
        if not 0 <= gate < len(self._gates):
            raise SimulationError(f"there is no gate {gate}; gates are made by fabric.gate()")
        waiting, self._gates[gate] = self._gates[gate], None
        for messages in waiting or ():
            table = self.store.rows()
            np.subtract.at(table[:, at.STATUS], messages, at.WAITS)
            freed = np.unique(messages)
            freed = freed[table[freed, at.STATUS] == at.BLOCKED]
            table[freed, at.READY] = np.maximum(table[freed, at.READY], now)
            self._plan(freed)

    def _check(self, src: Ints, dst: Ints, size: Ints, start: Ints, delay: Ints) -> None:
        hosts = self._network.host_count
        wrong = (src < 0) | (src >= hosts) | (dst < 0) | (dst >= hosts) | (size < 0)
        if wrong.any():
            index = int(np.argmax(wrong))
            ends = int(src[index]), int(dst[index]), int(size[index])
            raise SimulationError(_impossible(index, *ends, hosts))
        most = max(start.max(initial=0), delay.max(initial=0))
        if delay.min(initial=0) < 0 or most > LATEST:
            raise SimulationError(
                f"starts and delays of a batch lie between 0 and {LATEST} ps; one does not"
            )

    def _make_room(self, count: int) -> int:
        """Make room for `count` more messages; return the number of the first."""
        first = self.messages
        if first + count > MOST_FLOWS:
            raise SimulationError(f"more than {MOST_FLOWS:,} flows in one run")
        self.messages += count
        self.store.reserve_messages(self.messages)
        if len(self.sizes) < self.messages:
            self.sizes = np.resize(self.sizes, len(self.store.state.fresh))
        return first

    def _open_batch(self, count: int, *, confirmed: bool) -> None:
        self.store.reserve_batches(self.batches + 1)
        row = self.batches * at.BATCH
        self.store.state.batches[row : row + at.BATCH] = count, confirmed
        self.store.state.clock[at.ACTIVE] += count
        self.batches += 1

    def _place(self, messages: Ints, src: Ints, dst: Ints, lead: Ints, *, confirmed: bool) -> None:
        """Write where `messages` will wait, and when their senders will know of their arrival."""
        leaves, comes = self._times.ports(src, dst)
        slots = self.store.slots(comes, lead)
        self.store.state.sender_of[messages] = leaves
        self.store.state.slot_of[messages] = slots
        if confirmed:
            if not len(self.store.state.back):
                self.store.reserve_back()
            self.store.state.back[messages] = self._times.back(src, dst)

    def _wait_for_gates(self, first: int, cuts: Ints, gates: Ints) -> Any:
        """Note who waits for which gate; return which messages wait for none that is shut."""
        count = len(cuts) - 1
        waiter = np.repeat(np.arange(count), np.diff(cuts))
        shut = np.array([self._gates[gate] is not None for gate in gates.tolist()], np.bool_)
        for gate in np.unique(gates[shut]).tolist():
            waiting = self._gates[gate]
            if waiting is not None:
                waiting.append(first + waiter[gates == gate])
        numbers = np.bincount(waiter[shut], minlength=count)
        self.store.rows()[first : first + count, at.STATUS] += numbers * at.WAITS
        return numbers == 0

    def _plan(self, messages: Ints) -> None:
        """Let `messages` start at their times; a list sorted by (time, message) is a heap."""
        state = self.store.state
        count = int(state.clock[at.LATER])
        times = self.store.rows()[messages, at.READY]
        state.clock[at.LATER] += len(messages)
        if len(messages) < _MANY:
            for place, (time, message) in enumerate(
                zip(times.tolist(), messages.tolist(), strict=True)
            ):
                push(state.later, count + place, time, message, 0)
            return
        entries = np.zeros((count + len(messages), at.ENTRY), np.int64)
        entries[:count] = state.later[: count * at.ENTRY].reshape(-1, at.ENTRY)
        entries[count:, 0], entries[count:, 1] = times, messages
        order = np.lexsort((entries[:, 1], entries[:, 0]))
        state.later[: entries.size] = entries[order].reshape(-1)


def _impossible(flow: int, src: int, dst: int, size: int, hosts: int) -> str:
    if size < 0:
        return f"flow {flow} has a negative size, {size} B"
    if src == dst and 0 <= src < hosts:
        return f"flow {flow} goes from host {src} to itself"
    return f"flow {flow} goes from host {src} to host {dst}, but hosts are 0 to {hosts - 1}"
