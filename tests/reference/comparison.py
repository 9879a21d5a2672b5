"""Runs of the kernel and of the plain simulator on one network, and their comparison."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import TypeAdapter

from netsim.engine.environment import Environment
from netsim.fabric.batch import FlowBatch
from netsim.fabric.packet import PacketConfig
from netsim.fabric.service import Fabric
from netsim.fields import Config, OneOf
from netsim.rng import Streams
from netsim.topology.file import read_topology
from netsim.topology.leaf_spine import LeafSpine
from reference import fabric as plain
from reference.queues import ActingSimulator

STREAMS = Streams(7)
TOPOLOGIES = Path(__file__).parents[2] / "topologies"


def leaf_spine(leaves, hosts, spines, **fields):
    return LeafSpine.build(
        LeafSpine.Config(leaves=leaves, hosts_per_leaf=hosts, spines=spines, **fields)
    )


NETWORKS = {
    "oversubscribed": lambda: leaf_spine(4, 4, 2),
    "bundled, slow, with latency": lambda: leaf_spine(
        *(3, 3, 2),
        bundle=2,
        switch_latency="300 ns",
        fabric_link={"rate": "40 Gbps", "delay": "700 ns"},
        overrides=(
            {"link": "leaf0->spine1#1", "rate": "7 Gbps"},
            {"link": "spine0->leaf2#0", "up": False},
        ),
    ),
    "hosts and spines of mixed rates": lambda: leaf_spine(
        *(3, 3, 2),
        overrides=(
            {"link": "leaf0-host0", "rate": "10 Gbps", "delay": "5 us"},
            {"link": "host4->leaf1", "rate": "25 Gbps"},
            {"link": "leaf1-spine0", "rate": "13 Gbps"},
            {"link": "leaf2-spine1", "rate": "40 Gbps", "delay": "3 us"},
        ),
    ),
    "fat tree": lambda: read_topology(TOPOLOGIES / "fat_tree_k4.json"),
    "ring": lambda: read_topology(TOPOLOGIES / "ring.graphml"),
}


def block(registered, key, /, **fields):
    return TypeAdapter(Annotated[Config, OneOf(registered, key=key)]).validate_python(fields)


def run_kernel(network, flows, routing, transport, *, queue=None, paths=None):
    env = Environment()
    fabric = Fabric(
        env,
        network,
        packet=PacketConfig(),
        routing=block("routing", "policy", **routing),
        transport=block("transport", "kind", **transport),
        queue=None if queue is None else block("queue", "kind", kind="drop_tail", **queue),
        streams=STREAMS,
    )
    src, dst, size, start = (np.array(column, np.int64) for column in zip(*flows, strict=True))
    fabric.submit(FlowBatch(src, dst, size, start, paths=paths))
    env.run()
    return fabric


def run_plain(network, flows, policy, transport, *, limits=None, paths=None, queue=None):
    """Run the reference; `limits`, (capacity, mark), and `queue` are of every switch port."""
    net = as_plain(network, *(limits or (None, None)))
    key = STREAMS.key("queue")
    if queue is None:
        simulator = plain.Simulator(net, flows, policy, transport, mark_key=key)
    else:
        simulator = ActingSimulator(net, flows, policy, transport, mark_key=key, queue=queue)
    for flow, path in zip(simulator.flows, paths or [], strict=False):
        flow.path = list(path[1:-1])
    return simulator.run()


def as_plain(network, capacity=None, mark=None):
    ends = zip(network.link_source.tolist(), network.link_target.tolist(), strict=True)
    links = [plain.Link(*pair, 0, 0) for pair in ends]
    for number, link in enumerate(links):
        link.rate, link.delay = int(network.link_rate[number]), int(network.link_delay[number])
        link.up = bool(network.link_up[number])
        if link.source >= network.host_count:
            link.capacity, link.mark = capacity, mark
    shape = (network.leaves, network.spines, network.bundle) if network.spines else None
    latency = network.switch_latency.tolist()
    return plain.Net(network.host_count, len(network.switches), links, latency, shape)


def assert_equal(fabric, simulator):
    columns = fabric.flow_columns()
    for name in ("end_rx", "end_tx"):
        known = columns[name].tolist()
        assert known == [getattr(flow, name) for flow in simulator.flows], name
    for name in ("out_of_order", "max_reorder", "drops"):
        assert columns[name].tolist() == [getattr(flow, name) for flow in simulator.flows], name
    for name, other in (("retransmits", "resent"), ("timeouts", "timeouts")):
        assert columns[name].tolist() == [getattr(flow, other) for flow in simulator.flows], name
    links = fabric.link_columns()
    for name, other in (
        *(("tx", "bytes"), ("data_packets", "packets"), ("drops", "drops")),
        *(("ecn_marks", "marks"), ("wait_max", "wait_max")),
    ):
        assert links[name].tolist() == [getattr(link, other) for link in simulator.net.links], name
    assert fabric.packet_hops == simulator.packet_hops


def random_flows(network, count, seed, largest=60_000, span=20_000_000):
    """Return flows between random hosts; every fourth starts at the instant of the one before."""
    generator = np.random.default_rng(seed)
    hosts = network.host_count
    src = generator.integers(hosts, size=count)
    dst = (src + 1 + generator.integers(hosts - 1, size=count)) % hosts
    size = generator.integers(1, largest, count)
    start = generator.integers(span, size=count)
    start[3::4] = start[2::4][: len(start[3::4])]
    return [tuple(map(int, row)) for row in zip(src, dst, size, start, strict=True)]


def policies():
    key = STREAMS.key("routing")
    return {
        "stripe": plain.Stripe(),
        "ecmp": plain.Ecmp(key),
        "rps": plain.RandomSpray(key),
        "rr": plain.RoundRobin(key),
        "ops": plain.Oblivious(key),
    }


def windowed(network, policy, *, window=1.5, capacity=None, rto=None, **fields):
    """Return the reference's transport; each flow's numbers come from its own paths."""
    net = as_plain(network)

    @functools.cache
    def numbers(src, dst):
        trip, rate = plain.flow_scale(net, src, dst, spread=policy != "ecmp")
        packets = max(1, math.ceil(window * (trip * rate // (8 * 10**12)) / 4160))
        drain = 0 if capacity is None else plain.drain_time(net, src, dst, capacity)
        reach = 1 << max(6, (2 * packets - 1).bit_length())
        return packets, rto or max(15_000_000, trip) + 6 * drain, reach

    return plain.FixedWindow(numbers, **fields)
