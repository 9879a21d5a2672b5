"""Random schedules in which flows fail and are cancelled: all is told, every packet is counted.

A schedule is a random acyclic graph of flows and calculations, with lags and gates; some flows run
out of retries, some are cancelled, before they start or on their way, and links fail and come back.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.fabric.conftest import block

from netsim.engine.environment import Environment
from netsim.errors import TransferCancelled, TransferFailed
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import state as at
from netsim.fabric.packet import PacketConfig
from netsim.fabric.service import Fabric
from netsim.rng import Streams
from netsim.topology.leaf_spine import LeafSpine

HOSTS = 6
MICROSECOND = 10**6


@st.composite
def batches(draw):
    """Return the columns of a batch, and for each flow those that it waits for."""
    count = draw(st.integers(1, 14))
    flows = []
    for flow in range(count):
        before = st.lists(st.integers(0, flow - 1), max_size=3, unique=True)
        flows.append(
            {
                "src": draw(st.integers(0, HOSTS - 1)),
                "dst": draw(st.integers(0, HOSTS - 1)),
                "size": draw(st.sampled_from((0, 1, 4096, 40_000, 200_000))),
                "start": draw(st.sampled_from((0, 0, 3 * MICROSECOND, 40 * MICROSECOND))),
                "delay": draw(st.sampled_from((0, MICROSECOND))),
                "waits": draw(before) if flow else [],
                "lag": draw(st.sampled_from((0, 1, 5 * MICROSECOND))),
                "gated": draw(st.integers(0, 9)) == 0,
            }
        )
    return flows


runs = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**20),
        "batches": st.lists(batches(), min_size=1, max_size=3),
        "cancels": st.lists(
            st.tuples(st.integers(0, 40), st.integers(0, 60 * MICROSECOND)), max_size=5
        ),
        "failures": st.lists(
            st.tuples(st.integers(0, 23), st.integers(0, 40), st.integers(1, 60), st.booleans()),
            max_size=3,
        ),
        "retries": st.sampled_from((1, 1, 3, 32)),
        "trigger": st.sampled_from(("rx", "tx")),
        "packets": st.sampled_from((1, 2, 40)),
    }
)


def compressed(rows):
    cuts = np.cumsum([0, *map(len, rows)])
    return cuts, np.array([entry for row in rows for entry in row], np.int64)


class Run:
    """One such simulation, looked at wherever it stops."""

    def __init__(self, chosen):
        self.env = Environment()
        network = LeafSpine.build(LeafSpine.Config(leaves=3, hosts_per_leaf=2, spines=2))
        self.fabric = Fabric(
            self.env,
            network,
            packet=PacketConfig(),
            routing=block("routing", "policy", policy="rps"),
            transport=block(
                "transport", "kind", kind="fixed_window", retries=chosen["retries"], rto="20 us"
            ),
            queue=block(
                "queue", "kind", kind="drop_tail", capacity=f"{4160 * chosen['packets']} B"
            ),
            streams=Streams(chosen["seed"]),
            expected_flows=1,
        )
        self.told = []
        self.waiting = 0
        self.gate = self.fabric.gate()
        for flows in chosen["batches"]:
            self.env.process(self.submits(flows, chosen["trigger"]))
        for flow, time in chosen["cancels"]:
            self.env.process(self.cancels(flow, time))
        for link, time, lasts, reroutes in chosen["failures"]:
            self.env.process(self.fails(link, time * MICROSECOND, lasts * MICROSECOND, reroutes))
        self.env.process(self.opens())
        self.env.probe(7 * MICROSECOND + 1, lambda now: self.look())
        self.env.run()
        self.look()

    def submits(self, flows, trigger):
        yield self.env.timeout(len(self.told) * MICROSECOND)
        columns = {name: [flow[name] for flow in flows] for name in flows[0]}
        waits = compressed(columns["waits"])
        lags = np.repeat(columns["lag"], np.diff(waits[0]))
        gates = compressed([[self.gate] if gated else [] for gated in columns["gated"]])
        batch = FlowBatch(
            *(columns[name] for name in ("src", "dst", "size")),
            start=columns["start"],
            delay=np.where(np.equal(columns["src"], columns["dst"]), columns["delay"], 0),
            predecessors=waits,
            lag=lags,
            gates=gates,
            trigger=trigger,
        )
        self.waiting += 1
        try:
            yield self.fabric.submit(batch)
            self.told.append("done")
        except (TransferFailed, TransferCancelled) as failure:
            self.told.append(type(failure).__name__)
        self.look()

    def cancels(self, flow, time):
        yield self.env.timeout(time)
        if flow < self.fabric._intake.flows:
            self.fabric.cancel(flow)
        self.look()

    def fails(self, link, time, lasts, reroutes):
        yield self.env.timeout(time)
        self.fabric.change([link], up=False, reroute=reroutes)
        self.look()
        yield self.env.timeout(lasts)
        self.fabric.change([link], up=True)

    def opens(self):
        yield self.env.timeout(50 * MICROSECOND)
        self.fabric.open(self.gate)

    def look(self):
        """Count each flow's packets in rings, and compare with what its row says."""
        state = self.fabric._store.state
        found = {}
        links = state.links.reshape(-1, at.LINK)
        for head, shape in zip(links[:-1, at.HEAD], links[:-1, at.TAIL], strict=True):
            size, base = 1 << int(shape & 255), int(shape) >> 8
            for place in range(int(head) >> 32):
                row = base + ((int(head) & at.LOW) + place) % size
                flow = int(state.packets[row * at.PACKET + at.WIRE]) >> 32
                found[flow] = found.get(flow, 0) + 1
        rows = self.fabric._store.flow_rows()[: self.fabric._slots.end]
        under_way = (rows[:, at.IDENTITY] >> at.HIGH).tolist()
        assert {flow: n for flow, n in enumerate(under_way) if n} == found


@settings(max_examples=60, deadline=None)
@given(runs)
def test_every_batch_is_told_and_every_packet_is_delivered_dropped_or_under_way(chosen):
    run = Run(chosen)
    fabric, network = run.fabric, run.fabric.network

    # Whoever waited has been told, and nothing is left that could still happen.
    assert len(run.told) == run.waiting == len(chosen["batches"])
    assert fabric.unfinished == 0
    columns = fabric.flow_columns()
    assert set(columns["status"]) <= {"done", "failed", "cancelled"}
    # Packets that entered the network left it at a host, or were lost on the way.
    links = fabric.link_columns()
    state = fabric._store.state
    lost = int(links["drops"].sum() + state.links[state.fixed[at.NOWHERE] * at.LINK + at.DROPS])
    refused = int(links["drops"][network.host_uplink].sum())
    entered = int(links["packets"][network.host_uplink].sum())
    left = int(links["packets"][network.host_downlink].sum())
    lost_there = int(links["drops"][network.host_downlink].sum())
    if not chosen["failures"]:
        assert entered == left + lost
        assert refused == 0
    assert left <= entered <= left + lost
    assert lost_there <= lost
    # A done flow has every packet once; the others are told why.
    done = columns["status"] == "done"
    rows = fabric._rows_of(fabric.ledger.rows)
    sent = rows[(rows[:, at.ENDS] & at.LOW) != rows[:, at.ENDS] >> at.HIGH]
    assert (sent[done, at.ARRIVED] & at.LOW == sent[done, at.PACKETS]).all()
    failed = columns["status"] == "failed"
    assert all(reason is not None for reason in columns["reason"][failed])
    assert (columns["drops"][done] <= columns["retransmits"][done]).all()
