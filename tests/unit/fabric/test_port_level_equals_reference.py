"""The compiled executor of port-level networks equals the naive program, to the picosecond."""

from __future__ import annotations

import numpy as np
import pytest
from reference.greedy_ports import Message, play

from netsim.engine.environment import Environment
from netsim.fabric.batch import FlowBatch
from netsim.fabric.packet import PacketConfig
from netsim.fabric.port_level import state as at
from netsim.fabric.port_level.fabric import PortFabric
from netsim.fabric.port_level.timing import MessageTimes
from netsim.topology.leaf_spine import LeafSpine

SHAPE = {"leaves": 2, "hosts_per_leaf": 3, "spines": 1}
#: Links of equal speed make ties at nearly every instant; slow and far ones make all leads differ.
NETWORKS = {
    "alike": {"host_link": {"rate": "100 Gbps", "delay": "0 ps"}},
    "far": {"host_link": {"rate": "100 Gbps", "delay": "1 us"}},
    "mixed": {
        "host_link": {"rate": "100 Gbps", "delay": "100 ns"},
        "overrides": (
            {"link": "host0-leaf0", "rate": "10 Gbps"},
            {"link": "host1->leaf0", "rate": "40 Gbps"},
            {"link": "leaf1->host4", "rate": "25 Gbps"},
            {"link": "host5-leaf1", "delay": "3 us"},
        ),
    },
}


@pytest.fixture(scope="module")
def networks():
    return {
        name: LeafSpine.build(LeafSpine.Config.model_validate(SHAPE | blocks))
        for name, blocks in NETWORKS.items()
    }


def random_batch(draw, hosts):
    """Return a random schedule as columns, and its dependencies by flow."""
    count = int(draw.integers(1, 40))
    src = draw.integers(0, hosts, count)
    dst = (src + draw.integers(0 if draw.random() < 0.3 else 1, hosts, count)) % hosts
    size = draw.choice([0, 1000, 4096, 8192, 20_000], count)
    start = draw.choice([0, 0, 0, 700_000], count)
    delay = np.where(src == dst, draw.choice([0, 0, 332_800, 1_000_000], count), 0)
    order = draw.permutation(count)
    waits = {flow: {} for flow in range(count)}
    for place, flow in enumerate(order.tolist()):
        for before in order[:place][draw.random(place) < 1.5 / count].tolist():
            waits[flow][before] = int(draw.choice([0, 0, 332_800]))
    return src, dst, size, start, delay, waits


def as_batch(src, dst, size, start, delay, waits, **more):
    cuts = np.cumsum([0, *(len(waits[flow]) for flow in waits)])
    entries = [before for flow in waits for before in waits[flow]]
    lag = [gap for flow in waits for gap in waits[flow].values()]
    rows = (cuts, np.array(entries, np.int64))
    return FlowBatch(src, dst, size, start, delay, rows, np.array(lag, np.int64), **more)


def as_messages(network, src, dst, size, start, delay, waits):
    times = MessageTimes(network, PacketConfig())
    held = [
        (int(delay[i]), 0, 0) if s == d else times.of_one(s, d, b)
        for i, (s, d, b) in enumerate(zip(src.tolist(), dst.tolist(), size.tolist(), strict=True))
    ]
    ends = list(zip(src.tolist(), dst.tolist(), strict=True))
    return [Message(*ends[i], *held[i], int(start[i]), waits[i]) for i in range(len(ends))]


def outcome(fabric):
    """Return when each message became ready, and when it was there; None if it never was."""
    rows = fabric._rows
    there = np.ma.masked_where(rows[:, at.STATUS] != at.DONE, rows[:, at.END])
    return rows[:, at.READY].tolist(), there.tolist()


@pytest.mark.parametrize("name", NETWORKS)
def test_random_schedules_end_when_the_naive_program_says(networks, name):
    network, contended = networks[name], 0
    for seed in range(340):
        schedule = random_batch(np.random.Generator(np.random.Philox(seed)), network.host_count)
        fabric = PortFabric(Environment(), network, PacketConfig())

        fabric.submit(as_batch(*schedule))
        fabric.env.run()

        messages = as_messages(network, *schedule)
        ready, end = play(messages)
        assert outcome(fabric) == (ready, end), f"seed {seed}"
        assert fabric.unfinished == 0
        contended += any(
            late - early > message.lead + message.receiving
            for early, late, message in zip(ready, end, messages, strict=True)
            if message.src != message.dst
        )
    # In nearly all of them somebody waited for a port.
    assert contended > 200


@pytest.mark.parametrize("name", NETWORKS)
def test_random_cancels_and_gates_leave_what_the_naive_program_says(networks, name):
    network, stopped = networks[name], 0
    for seed in range(120):
        draw = np.random.Generator(np.random.Philox(10_000 + seed))
        src, dst, size, start, delay, waits = random_batch(draw, network.host_count)
        messages = as_messages(network, src, dst, size, start, delay, waits)
        fabric = PortFabric(Environment(), network, PacketConfig(), slice_events=1 + seed % 5)
        # What starts late waits for a gate instead, which is opened then.
        gate = fabric.gate()
        late = start > 0
        gates = (np.cumsum([0, *late]), np.full(late.sum(), gate))
        opening = fabric.env.timeout(700_000)
        opening.callbacks.append(lambda _, fabric=fabric, gate=gate: fabric.open(gate))
        for flow in draw.permutation(len(src))[: len(src) // 3].tolist():
            messages[flow].cancelled = int(draw.choice([100_000, 700_000, 1_331_200, 3_000_001]))
            event = fabric.env.timeout(messages[flow].cancelled)
            event.callbacks.append(lambda _, fabric=fabric, flow=flow: fabric.cancel(flow))

        fabric.submit(as_batch(src, dst, size, 0, delay, waits, gates=gates))
        fabric.env.run()

        _, end = play(messages)
        assert outcome(fabric)[1] == end, f"seed {seed}"
        assert fabric.unfinished == 0
        stopped += sum(time is None for time in end)
    assert stopped > 120
