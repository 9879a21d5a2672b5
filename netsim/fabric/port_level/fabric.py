"""The doors of a network of ports alone: what `fidelity: ideal` means.

Every host has one port each way, at the rate of its link; between them is a core that never blocks.
A message of ``b`` wire bytes holds its sender's port for the time that they take there, and, after
a latency, its receiver's for the time that they take there; it starts as soon as it is ready and
both are free for it, in the order in which messages became ready. A message that waits for its
receiver does not hold back later ones of its sender. Latency is what `ideal_fct` holds beyond the
bytes at the receiver's port: delays, and the storing and forwarding of packets. So a lone message
takes exactly `ideal_fct`, and time spent beyond that is time spent waiting for ports.

Routing, transport and queues have no part in it. Nothing is lost or marked, and no acknowledgement
takes room; a sender knows that its message is there when one would have come back alone.

Of the alpha-beta models this is the one of one port each way (R. W. Hockney, The communication
challenge for MPP, Parallel Computing 20, 1994; J. Bruck et al., IEEE TPDS 8, 1997).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from simpy.events import Event

from netsim.engine.clock import NEVER, Time
from netsim.errors import SimulationError, TransferCancelled, TransferFailed
from netsim.fabric.door import Transfer
from netsim.fabric.kernel.builder import build_alone
from netsim.fabric.nics import Spread, at_hosts
from netsim.fabric.port_level import state as at
from netsim.fabric.port_level.columns import flow_columns, link_columns, received_bytes, started
from netsim.fabric.port_level.ending import end_early, forsake
from netsim.fabric.port_level.intake import Intake
from netsim.fabric.port_level.run import run, upcoming
from netsim.fabric.recording import write_network
from netsim.rng import Streams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from netsim.engine.environment import Environment
    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.packet import PacketConfig
    from netsim.metrics.recorder import Recorder
    from netsim.topology.network import Network

#: Events that one call of the executor handles: 10 to 30 ms.
SLICE: Final = 1 << 18
NO_PATH: Final = "no path joins its hosts"
PREDECESSOR: Final = "predecessor: a flow that it waits for failed or was cancelled"


class PortFabric:
    """A network of ports on an environment's clock.

    Parameters
    ----------
    env
        The environment, whose only fabric this becomes.
    network
        Hosts, switches and links.
    packet
        Sizes of packets, whose headers are part of the bytes that ports send.
    slice_events
        Events per call of the executor; no result depends on it.
    spread
        How flows spread over the NICs of hosts that have several; default: by their hash.
    """

    def __init__(
        self,
        env: Environment,
        network: Network,
        packet: PacketConfig,
        *,
        slice_events: int = SLICE,
        spread: Spread | None = None,
    ) -> None:
        self.env = env
        self.network = network
        self.packet = packet
        #: Flows of the scenario's own traffic, which are the first ones.
        self.traffic_flows = 0
        self._intake = Intake(network, packet, spread or Spread(network, "hash", Streams(0)))
        self._run = build_alone(run, at.PortState, "ports")
        self._slice = slice_events
        self._waiters: dict[int, tuple[Event, Any]] = {}
        self._reasons: dict[int, str] = {}
        #: When messages were stopped that were on their way.
        self._stopped: dict[int, Time] = {}
        env.attach(self, role="fabric")

    # Doors ----------------------------------------------------------------------------------------

    def transfer(
        self, src: int, dst: int, size: int, *, path: tuple[int, ...] | None = None
    ) -> Transfer:
        """Send `size` bytes from host `src` to host `dst`, from now on; `path` means nothing here.

        The event succeeds with the flow's number when the last byte is there, and fails with
        `TransferFailed` if no path leads there.
        """
        flow, led = self._intake.add_one(src, dst, size, self.env.now)
        event = Transfer(self.env, self, flow)
        self._waiters[self._intake.batches - 1] = event, flow
        if not led:
            self._refuse(flow)
        self.env.stir()
        return event

    def submit(self, flows: FlowBatch) -> Event:
        """Hand in many flows; the event succeeds with their numbers (a range) when all are done.

        It fails with `TransferFailed` as soon as one of them fails; the others go on.
        """
        numbers, refused = self._intake.add(flows, self.env.now)
        event = Event(self.env)
        if len(numbers):
            self._waiters[self._intake.batches - 1] = event, numbers
        else:
            event.succeed(numbers)
        for flow in refused.tolist():
            self._refuse(flow)
        self.env.stir()
        return event

    def gate(self) -> int:
        """Return a new gate, for flows to wait for until somebody opens it."""
        return self._intake.add_gate()

    def open(self, gate: int) -> None:
        """Let flows go on that wait for `gate`, and all that will; once open it stays so."""
        self._intake.open_gate(gate, self.env.now)
        self.env.stir()

    def cancel(self, flow: int) -> None:
        """Send nothing more of `flow`; what is over stays as it is.

        The event of its transfer or batch fails with `TransferCancelled`, and so do, with the
        reason `predecessor`, the flows that wait for it.
        """
        state = self._intake.store.state
        status = int(state.messages[flow * at.MESSAGE + at.STATUS]) & at.STATUS_MASK
        if status in (at.DONE, at.FAILED, at.CANCELLED):
            return
        if status == at.RUNNING:
            self._stopped[flow] = self.env.now
        end_early(state, flow, self.env.now)
        problem = TransferCancelled(f"the transfer of flow {flow} was cancelled")
        self._end_batch(flow, problem)
        self._forsake(flow)
        self.env.stir()

    def _refuse(self, flow: int) -> None:
        """Fail a flow whose hosts no path joins, unless what it waits for has failed before."""
        state = self._intake.store.state
        cell = flow * at.MESSAGE + at.STATUS
        if state.messages[cell] & at.STATUS_MASK != at.FAILED:
            state.messages[cell] = at.FAILED
            state.clock[at.ACTIVE] -= 1
        self._reasons[flow] = NO_PATH
        self._end_batch(flow, TransferFailed(f"flow {flow} failed: {NO_PATH}"))
        self._forsake(flow)

    def _forsake(self, flow: int) -> None:
        """Fail what waits for `flow`."""
        for follower in forsake(self._intake.store.state, flow):
            self._reasons[follower] = PREDECESSOR
            self._end_batch(follower, TransferFailed(f"flow {follower} failed: {PREDECESSOR}"))

    def _end_batch(self, flow: int, problem: Exception) -> None:
        """Fail the event of the batch of `flow`; if nobody waits, only the table says so."""
        batch = int(self._intake.store.state.messages[flow * at.MESSAGE + at.BATCH_OF])
        event, _ = self._waiters.pop(batch, (None, None))
        if event is not None and not event.triggered:
            event.fail(problem)
            event.defused = True

    # The executor, as the environment drives it ---------------------------------------------------

    @property
    def now(self) -> Time:
        """Time of the last event that the executor handled."""
        return int(self._intake.store.state.clock[at.NOW])

    @property
    def events(self) -> int:
        """Events handled so far."""
        return int(self._intake.store.state.clock[at.EVENTS])

    def peek(self) -> Time:
        """Return the time of the next event, NEVER if there is none."""
        return int(upcoming(self._intake.store.state))

    def advance(self, limit: Time) -> bool:
        """Handle one slice of events strictly before `limit`; return whether a batch is over."""
        state = self._intake.store.state
        if self._run(state, limit, self._slice) == at.OVERFLOW:
            raise SimulationError(
                f"the next event of the fabric would come at t={self.peek()} ps; its clock ends "
                f"after {at.FAR / 8.64e16:.0f} days: shorten what comes before"
            )
        return bool(state.clock[at.FINISHED]) and self.peek() > state.clock[at.NOW]

    def deliver(self) -> None:
        """Succeed the events of what is over, in the order of completion."""
        state = self._intake.store.state
        over = state.finished[: state.clock[at.FINISHED]].tolist()
        state.clock[at.FINISHED] = 0
        state.clock[at.STOP_AT] = NEVER
        for batch in over:
            event, value = self._waiters.pop(batch, (None, None))
            if event is not None and not event.triggered:
                event.succeed(value)

    # What happened --------------------------------------------------------------------------------

    @property
    def unfinished(self) -> int:
        """Flows that are neither done nor failed nor cancelled."""
        return int(self._intake.store.state.clock[at.ACTIVE])

    @property
    def delivered(self) -> float | None:
        """Share of the bytes of all flows so far that are there; None without flows."""
        sent = self._rows[:, at.ENDS] & at.LOW != self._rows[:, at.ENDS] >> at.HIGH
        total = int(self._sizes[sent].sum())
        return float(self.received[sent].sum() / total) if total else None

    @property
    def received(self) -> NDArray[Any]:
        """Bytes of each flow that its receiver has, by flow number, as if they came evenly."""
        return received_bytes(self._rows, self._sizes, self.env.now, self._stopped)

    @property
    def received_beside_traffic(self) -> int:
        """Bytes that receivers have of what came after the scenario's own traffic."""
        # In Python's integers: 64 bits are too few for many of the largest messages.
        return sum(self.received[self.traffic_flows :].tolist())

    @property
    def packet_hops(self) -> int:
        """Packets of the messages that were sent, once at either port."""
        return int(self.link_columns()["data_packets"].sum())

    @property
    def last_activity(self) -> Time:
        """Up to when ports have had something to do: now, while anything is on its way."""
        status = self._rows[:, at.STATUS] & at.STATUS_MASK
        return self.env.now if (status == at.RUNNING).any() else self.now

    def flow_columns(self, *, nics: bool = False) -> dict[str, NDArray[Any]]:
        """Return the flows' columns, by flow number, calculations left out.

        Their ends are hosts, or with `nics` the NICs that they took.
        """
        payload = self.packet.payload
        back = self._intake.store.state.back
        known = self._rows, self._sizes, back, self.env.now, payload, self._reasons
        columns = flow_columns(*known)
        return columns if nics else at_hosts(self.network, columns)

    def link_columns(self) -> dict[str, NDArray[Any]]:
        """Return totals up to now of the hosts' links, by the topology's link number."""
        state = self._intake.store.state
        leads = state.slots[at.LEAD :: at.SLOT], state.slot_of
        sent = started(self._rows, self._sizes, *leads, self.env.now, self._stopped)
        return link_columns(sent, self.network, self.packet)

    def finish(self, recorder: Recorder) -> Mapping[str, Mapping[str, Any]]:
        """Write the tables that `recorder` wants of `flows`, `link_totals` and `hosts`."""
        return write_network(self, recorder)

    @property
    def _rows(self) -> NDArray[np.int64]:
        return self._intake.store.rows()[: self._intake.messages]

    @property
    def _sizes(self) -> NDArray[np.int64]:
        return self._intake.sizes[: self._intake.messages]
