"""The doors of a network that is simulated packet by packet: what `fidelity: packet` means.

Between them (`netsim.fabric.door`) and the compiled kernel stands nothing: flows are rows of its
arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from simpy.events import Event

from netsim.engine.clock import NEVER, Time
from netsim.errors import SimulationError, TransferCancelled, TransferFailed
from netsim.fabric.batch import FlowBatch
from netsim.fabric.columns import flow_columns, link_columns, packet_columns, received_bytes
from netsim.fabric.cost import DEFAULT_INTERVAL
from netsim.fabric.door import Transfer
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.assemble import Assembly, assemble
from netsim.fabric.kernel.changes import Changes
from netsim.fabric.kernel.flow import cancel
from netsim.fabric.kernel.intake import Intake
from netsim.fabric.kernel.overflow import check_overflow
from netsim.fabric.kernel.run import next_event
from netsim.fabric.kernel.slots import Slots
from netsim.fabric.kernel.window import CLOSED
from netsim.fabric.ledger import Ledger, exact_sum
from netsim.fabric.nics import Spread, at_hosts
from netsim.fabric.pieces import Requests, Together, cut
from netsim.fabric.planning.planner import Planner
from netsim.fabric.recording import flow_table, write_network
from netsim.fabric.sampling import LinkSampler, LinkSeries
from netsim.fabric.wiring import Wiring
from netsim.fields import implementation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from netsim.engine.environment import Environment
    from netsim.fabric.balancing.policy import RoutingConfig
    from netsim.fabric.nics import Rule
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.queues.queue import QueueConfig
    from netsim.fabric.transports.transport import TransportConfig
    from netsim.metrics.recorder import Recorder
    from netsim.rng import Streams
    from netsim.topology.network import Network

#: Events that one kernel call handles: 10 to 25 ms, so that signals are delivered soon.
SLICE: Final = 1 << 18


#: Why a flow fails, in words.
REASONS: Final = {
    at.LOST: "packets were lost, and the transport sends nothing again",
    at.RETRIES: "retries are used up",
    at.NO_PATH: "no path joins its hosts",
    at.PREDECESSOR: "predecessor: a flow that it waits for failed or was cancelled",
}


class Fabric:
    """A packet network on an environment's clock.

    Parameters
    ----------
    env
        The environment, whose only fabric this becomes.
    network
        Hosts, switches and links.
    packet, routing, transport, queue
        Validated blocks; without a queue, switch ports are as the transport wants them.
    streams
        Random streams.
    recorder
        Where rows of tables `packets` and `links` go meanwhile, if it wants them.
    until
        When the run is stopped, or NEVER; what would happen from then on is in no table.
    hosts
        Hosts that will have traffic, by which the defaults of queues are measured; None: all.
    sample_every
        Interval of the rows of table `links`, if the recorder wants it; default: 10 us.
    keep_flows
        Whether flows that are over are remembered until the end; without a recorder they are.
    expected_flows
        Number of flows that room is made for at first.
    slice_events
        Events per kernel call; no result depends on it.
    spread
        How flows spread over the NICs of hosts that have several.
    """

    def __init__(
        self,
        env: Environment,
        network: Network,
        *,
        packet: PacketConfig,
        routing: RoutingConfig,
        transport: TransportConfig,
        queue: QueueConfig | None = None,
        streams: Streams,
        recorder: Recorder | None = None,
        until: Time = NEVER,
        hosts: NDArray[np.int64] | None = None,
        sample_every: Time | None = None,
        keep_flows: bool = False,
        expected_flows: int = 64,
        slice_events: int = SLICE,
        spread: Rule = "hash",
    ) -> None:
        self.env = env
        self.network = network
        self.wiring = Wiring(network)
        self.packet = packet
        self._recorder = recorder
        self._traced = recorder is not None and recorder.wants("packets")
        self._parts: Assembly = assemble(
            self.wiring,
            packet,
            routing,
            transport,
            queue,
            streams,
            hosts=None if hosts is None else network.nics_of_all(hosts),
            traced=self._traced,
        )
        self._store = self._parts.store
        self._slice = slice_events
        self._run = self._parts.run
        self._rows = 0
        self._kept = np.zeros((0, at.TRACE_SIZE), np.int64)
        self._until = until
        self._waiters: dict[int, tuple[Event, Any]] = {}
        policy = implementation("routing", routing, key="policy")
        plan, split = getattr(policy, "plan", None), getattr(policy, "split", None)
        planned = plan is not None or split is not None
        name = str(getattr(routing, "policy", ""))
        self._planner = Planner(self.wiring, plan, split, name) if planned else None
        #: Where the policy cuts flows: which pieces each has.
        self._requests = Requests() if split is not None else None
        payload = int(self._store.state.fixed[at.PAYLOAD])
        wanted = recorder is not None and recorder.wants("flows")
        #: What is known of flows whose rows are used again.
        # Rows of pieces are told together, when all are there.
        write = self._write_flows if wanted and split is None and not keep_flows else None
        keeps = keep_flows or recorder is None or (wanted and write is None)
        self.ledger = Ledger(payload, write, keeps=keeps)
        self._slots = Slots(self._store, self.ledger.take)
        self._spread = Spread(network, spread, streams)
        self._intake = Intake(self.wiring, self._parts, self._slots, self._spread, self._planner)
        self._store.reserve_flows(max(1, expected_flows))
        self._patience = _patience(transport)
        self._sampler = LinkSampler(self.wiring, self._parts.layout)
        self._changes: Changes | None = None
        self._link_names = [network.link_names[number] for number in self._parts.layout.number]
        self._series: LinkSeries | None = None
        if recorder is not None and recorder.wants("links"):
            self._series = LinkSeries(self.sample_links, network, recorder)
            env.probe(sample_every or DEFAULT_INTERVAL, self._series.look)
        env.attach(self, role="fabric")

    # Doors ----------------------------------------------------------------------------------------

    def transfer(
        self, src: int, dst: int, size: int, *, path: tuple[int, ...] | None = None
    ) -> Transfer:
        """Send `size` bytes from host `src` to host `dst`, from now on.

        The event succeeds with the flow's number when the last byte is there, and fails with
        `TransferFailed` if that cannot be. `path` is for policies that are given paths: links from
        host to host.
        """
        intake, env = self._intake, self.env
        now = env.now
        if intake.gathers:
            flow, joined = intake.note(src, dst, size, now), True
        else:
            flow, joined = intake.add_one(src, dst, size, now, path)
        env.stir(now)
        if self._requests is not None:
            (flow,) = self._requests.add(np.ones(1, np.int64))
        event = Transfer(env, self, flow)
        if joined:
            self._waiters[intake.batches - 1] = (event, flow)
        else:
            self._fail(event, flow, at.NO_PATH)
        if self._planner is not None:
            self._release_plan(event, intake.batches - 1)
        return event

    def submit(self, flows: FlowBatch) -> Event:
        """Hand in many flows; the event succeeds with their numbers (a range) when all are done.

        It fails with `TransferFailed` as soon as one of them fails; the others go on. Where a
        policy cuts flows, all pieces of a flow stop with the first that fails.
        """
        counts, batch = None, self._intake.batches
        if self._planner is not None and self._requests is not None:
            known = batch, self._spread, self._requests.count
            flows, counts = cut(flows, self._planner, *known)
        numbers, refused = self._intake.add(flows, self.env.now, counts)
        if counts is not None and self._requests is not None:
            numbers = self._requests.add(counts)
            refused = self._requests.of(refused).tolist()
        self.env.stir()
        event = Event(self.env)
        if refused:
            self._fail(event, refused[0], at.NO_PATH)
        elif counts is not None and len(numbers):
            together = Together(numbers)
            self._waiters |= dict.fromkeys(range(batch, batch + len(counts)), (event, together))
        elif len(numbers):
            self._waiters[batch] = (event, numbers)
        else:
            event.succeed(numbers)
        self._release_plan(event, batch)
        return event

    def gate(self) -> int:
        """Return a new gate, for flows to wait for until somebody opens it."""
        return self._intake.gates.add()

    def open(self, gate: int) -> None:
        """Let flows go on that wait for `gate`, and all that will; once open it stays so."""
        self._intake.gates.open(gate, self.env.now)
        self.env.stir()

    def _release_plan(self, event: Event, batch: int) -> None:
        """Let the planner forget a batch when its `event` is over."""
        planner = self._planner
        if planner is not None and event.callbacks is not None:
            event.callbacks.append(lambda _: planner.release(batch))

    def cancel(self, flow: int) -> None:
        """Send nothing more of `flow`, and fail what waits for it.

        The flows that wait for it fail with the reason `predecessor`, the event of its transfer or
        batch with `TransferCancelled`. If the flow counts as done, nothing more is sent, and that
        is all.
        """
        self._intake.hand_over()
        pieces = (flow,) if self._requests is None else self._requests.pieces(flow)
        for piece in pieces:
            self._cancel(piece, flow)

    def _cancel(self, piece: int, flow: int) -> None:
        """Cancel what is `flow` for others and `piece` for the kernel."""
        state, row = self._store.state, self._slots.row_of(piece)
        if row is None or not cancel(state, row):
            return
        batch = int(state.batches[int(state.batch_of[row]) * at.BATCH + at.SERIAL])
        event, _ = self._waiters.pop(batch, (None, None))
        if event is not None and not event.triggered:
            event.fail(TransferCancelled(f"the transfer of flow {flow} was cancelled"))
            event.defused = True

    def change(
        self,
        links: Sequence[int],
        *,
        rate: int | None = None,
        up: bool | None = None,
        reroute: bool = True,
    ) -> None:
        """Let `links` have another rate, fail or work again, from now on.

        What is queued is timed anew by the new rate, and queues keep their size in bytes. What is
        queued or under way on a link that fails is lost. Flows that come later are measured by what
        is then; those on their way keep windows and timeouts.

        Parameters
        ----------
        links
            Link numbers of the network.
        rate
            Bits per second.
        up
            Whether they work.
        reroute
            Whether switches choose among the links that work at once; else `reroute` lets them do
            so later.
        """
        self._intake.hand_over()
        before = self.wiring.network
        self.wiring.change(links, rate=rate, up=up)
        if self._changes is None:
            self._changes = Changes(self._parts, self.wiring, self.packet, traced=self._traced)
        for link in links:
            if rate is not None and rate != before.link_rate[link]:
                self._changes.set_rate(link, self.env.now)
            if up is not None and up != before.link_up[link]:
                self._changes.set_up(link, self.env.now)
        self._changes.remeasure()
        self._intake.look_again()
        if self._planner is not None:
            self._planner.look_again()
        if up is not None and reroute:
            self.reroute()
        if self._store.state.clock[at.FINISHED]:
            self.deliver()
        self.env.stir()

    def reroute(self) -> None:
        """Let switches choose among the links that work now."""
        self._parts.paths.reroute()

    # The kernel, as the environment drives it -----------------------------------------------------

    @property
    def now(self) -> Time:
        """Time of the last event that the kernel handled."""
        return int(self._store.state.clock[at.NOW])

    @property
    def events(self) -> int:
        """Kernel events handled so far."""
        return int(self._store.state.clock[at.EVENTS])

    def peek(self) -> Time:
        """Return the time of the next kernel event, NEVER if there is none."""
        if self._intake.noted_at is not None:
            return self._intake.noted_at
        state = self._store.state
        clock = state.clock
        if clock[at.STAGE] != CLOSED:
            return int(clock[at.OPENED])
        return int(min(next_event(state), clock[at.FRESH_AT]))

    def advance(self, limit: Time) -> bool:
        """Handle one slice of events strictly before `limit`; return whether a batch is over."""
        self._intake.hand_over()
        store = self._store
        status = self._run(store.state, min(limit, at.HORIZON), self._slice)
        check_overflow(store.state, self._link_names)
        if limit > at.HORIZON <= self.peek() < limit:
            raise SimulationError(
                f"the next event of the fabric would come at t={self.peek()} ps; its clock ends "
                f"after {at.HORIZON / 8.64e16:.0f} days: shorten what comes before"
            )
        if status == at.ROOM:
            store.double_packets()
        elif status == at.TRACE:
            self._write_packets()
        clock = store.state.clock
        if clock[at.WRONG]:
            self._blame()
        if status == at.EARLY:
            raise SimulationError(
                f"a flow was over within the window at {self.now} ps, where none can be"
            )
        # A batch that ended with the last event before the limit or the end of a slice is told as
        # well, once its instant is over.
        return bool(clock[at.FINISHED]) and self.peek() > clock[at.NOW]

    def _blame(self) -> None:
        """Raise the error that says which hook answered what it must not."""
        from netsim.fabric.hooks import wrong_answer

        parts = self._parts
        owners = {"routing": parts.policy, "transport": parts.protocol, "queue": parts.slow}
        said = wrong_answer(self._store.state, self.network, self._link_names, owners)
        raise SimulationError(said)

    def deliver(self) -> None:
        """Succeed the events of what is over, in the order of completion."""
        state = self._store.state
        finished = state.finished[: state.clock[at.FINISHED]]
        over = state.batches[finished * at.BATCH + at.SERIAL].tolist()
        culprits = state.batches[finished * at.BATCH + at.CULPRIT].tolist()
        state.clock[at.FINISHED] = 0
        state.clock[at.STOP_AT] = NEVER
        waiters, schedule = self._waiters, self.env.schedule
        for batch, culprit in zip(over, culprits, strict=True):
            event, value = waiters.pop(batch, (None, None))
            if culprit >= 0 and self._requests is not None:
                self._stop_others(culprit)
            if event is None or event.triggered:
                continue
            if culprit < 0 and isinstance(value, Together):
                if not value.last():
                    continue
                value = value.numbers
            if culprit < 0:
                # What `succeed` does, without asking again whether the event is over.
                event._ok, event._value = True, value
                schedule(event)
            else:
                reason = state.flows[culprit * at.FLOW + at.STATUS] >> at.REASON_SHIFT
                number = state.flows[culprit * at.FLOW + at.IDENTITY] & at.LOW
                if self._requests is not None:
                    number = self._requests.of(number)
                self._fail(event, int(number), int(reason))

    def _stop_others(self, culprit: int) -> None:
        """Send nothing more of the flow whose piece in row `culprit` has failed."""
        state = self._store.state
        assert self._requests is not None
        piece = int(state.flows[culprit * at.FLOW + at.IDENTITY] & at.LOW)
        for other in self._requests.pieces(int(self._requests.of(piece))):
            row = self._slots.row_of(other)
            if row is not None:
                cancel(state, row)

    def _fail(self, event: Event, flow: int, reason: int) -> None:
        """Fail `event`; if nobody waits for it, the table says so and the simulation goes on."""
        remedy = self._patience if reason == at.RETRIES else ""
        event.fail(TransferFailed(f"flow {flow} failed: {REASONS[reason]}{remedy}"))
        event.defused = True

    # What happened --------------------------------------------------------------------------------

    @property
    def delivered(self) -> float | None:
        """Share of the packets of all flows so far that are delivered; None without flows."""
        self._intake.hand_over()
        rows = self._store.flow_rows()[: self._slots.end]
        packets = self.ledger.packets + int(rows[:, at.PACKETS].sum())
        arrived = self.ledger.arrived + int((rows[:, at.ARRIVED] & at.LOW).sum())
        return arrived / packets if packets else None

    @property
    def traffic_flows(self) -> int:
        """Flows of the scenario's own traffic, which are the first ones."""
        first = self.ledger.first_beside
        return first if self._requests is None else int(self._requests.of(first))

    @traffic_flows.setter
    def traffic_flows(self, count: int) -> None:
        pieces = count
        if self._requests is not None and count:
            pieces = self._requests.pieces(count - 1).stop
        self.ledger.first_beside = pieces

    @property
    def received(self) -> NDArray[Any]:
        """Bytes of each flow that its receiver has, by flow number.

        Of a flow that was cancelled or failed it is what was there by then.
        """
        payload = int(self._store.state.fixed[at.PAYLOAD])
        found = received_bytes(self._rows_of(self.ledger.all_rows), payload)
        if self._requests is None:
            return found
        together = np.zeros(self._requests.count, np.int64)
        np.add.at(together, self._requests.of(np.arange(len(found))), found)
        return together

    @property
    def received_beside_traffic(self) -> int:
        """Bytes that receivers have of what came after the scenario's own traffic."""
        payload = int(self._store.state.fixed[at.PAYLOAD])
        self._intake.hand_over()
        rows = self._store.flow_rows()[self._slots.alive()]
        rows = rows[rows[:, at.IDENTITY] & at.LOW >= self.ledger.first_beside]
        return self.ledger.received_beside + exact_sum(received_bytes(rows, payload))

    def _rows_of(self, over: Callable[[], Any]) -> Any:
        """Return rows of flows by their numbers: those in use, and of those that are `over`."""
        self._intake.hand_over()
        rows = self._store.flow_rows()[self._slots.alive()]
        if self._slots.handed_over:
            rows = np.concatenate([over(), rows])
            rows = rows[np.argsort(rows[:, at.IDENTITY] & at.LOW)]
        return rows

    @property
    def unfinished(self) -> int:
        """Flows that are neither done nor failed nor cancelled."""
        self._intake.hand_over()
        return int(self._store.state.clock[at.ACTIVE])

    @property
    def last_activity(self) -> Time:
        """Up to when links have had something to do: now, if packets are queued or under way.

        Else it is the instant of the last event: where `until` comes after the last packet, the
        rest is no time that links had.
        """
        travelling = bool((self._store.state.links[at.HEAD :: at.LINK] >> at.HIGH > 0).any())
        return self.env.now if travelling else self.now

    @property
    def packet_hops(self) -> int:
        """Data packets times links, retransmissions included."""
        return int(self._store.state.links[at.PACKETS_SENT :: at.LINK].sum())

    def flow_columns(self, *, nics: bool = False) -> dict[str, NDArray[Any]]:
        """Return the flows' columns, by flow number; unknown `end_rx` and `end_tx` are masked.

        Their ends are hosts, or with `nics` the NICs that they took. Where a recorder has rows of
        flows that are over, they are not among them.
        """
        columns = flow_columns(self._rows_of(self.ledger.rows), REASONS)
        if self._requests is not None:
            columns = self._requests.together(columns)
        return columns if nics else at_hosts(self.network, columns)

    def _write_flows(self, rows: Any) -> None:
        """Write rows of flows that are over, and before which none is missing."""
        if self._recorder is not None:
            self._recorder.write("flows", flow_table(self, flow_columns(rows, REASONS)))

    def link_columns(self) -> dict[str, NDArray[Any]]:
        """Return totals per link up to now, by link number of the topology."""
        return link_columns(self._store.state, self._parts.layout, self.network, self.env.now)

    def sample_links(self, now: Time | None = None) -> dict[str, NDArray[Any]]:
        """Return what each link did since the last sample; nothing is sampled inside the kernel."""
        return self._sampler.sample(self._store.state, self.env.now if now is None else now)

    def finish(self, recorder: Recorder) -> Mapping[str, Mapping[str, Any]]:
        """Write all tables of a network that `recorder` wants; return `flows`, `link_totals`."""
        if self._traced:
            self._write_packets()
        if self._series is not None:
            self._series.end(self.env.now)
        return write_network(self, recorder)

    def _write_packets(self) -> None:
        """Hand over the rows of what is past, in the order of events.

        Within a window nodes write one after another, so rows of an open one are kept back.
        """
        rows = np.concatenate([self._kept, self._store.take_trace()])
        rows = rows[np.lexsort((rows[:, at.TRACE_TURN], rows[:, at.TRACE_WHEN]))]
        clock = self._store.state.clock
        if clock[at.STAGE] != CLOSED:
            past = int(np.searchsorted(rows[:, at.TRACE_WHEN], clock[at.OPENED]))
            rows, self._kept = rows[:past], rows[past:]
        else:
            self._kept = rows[:0]
        # A port knows a departure when the packet arrives, so some of them lie beyond the end.
        rows = rows[rows[:, at.TRACE_TIME] < self._until]
        if self._recorder is not None and len(rows):
            columns = packet_columns(rows, self._rows, self.network)
            if self._requests is not None:
                columns["flow"] = self._requests.of(columns["flow"])
            self._recorder.write("packets", columns)
            self._rows += len(rows)


def _patience(transport: TransportConfig) -> str:
    """Return what to change where a sender gives up too soon."""
    kind, retries = getattr(transport, "kind", "?"), getattr(transport, "retries", "?")
    return (
        f" (transport {kind}, retries: {retries}); raise retries, doublings or rto, enlarge "
        "queue.capacity, or take a transport that slows down, such as dctcp"
    )
