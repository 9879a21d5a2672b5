"""No flow ends before its ideal time, and that time crosses the core as fast as a search finds."""

from __future__ import annotations

from typing import Annotated

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from netsim.engine.environment import Environment
from netsim.fabric.batch import FlowBatch
from netsim.fabric.fastest import core_times, hop_delay
from netsim.fabric.ideal import ideal_completion
from netsim.fabric.packet import PacketConfig
from netsim.fabric.service import Fabric
from netsim.fields import Config, OneOf
from netsim.rng import Streams
from netsim.topology.leaf_spine import LeafSpine

#: Far more than any flow here takes, so that each is alone.
APART = 10**11


@st.composite
def networks(draw):
    """Small leaf-spines in which any cable may differ, each direction for itself."""
    leaves, spines = draw(st.integers(2, 3)), draw(st.integers(1, 3))
    names = [f"host{i}-leaf{i // 2}" for i in range(2 * leaves)]
    names += [f"leaf{a}-spine{s}" for a in range(leaves) for s in range(spines)]
    directed = [
        way for a, b in (name.split("-") for name in names) for way in (f"{a}->{b}", f"{b}->{a}")
    ]
    rates = st.sampled_from(["1 Gbps", "10 Gbps", "30 Gbps", "100 Gbps", "400 Gbps"])
    delays = st.sampled_from(["0 s", "1 ns", "500 ns", "1 us", "3 us"])
    override = st.fixed_dictionaries(
        {"link": st.sampled_from(directed), "rate": rates, "delay": delays}
    )
    config = LeafSpine.Config(
        leaves=leaves,
        spines=spines,
        hosts_per_leaf=2,
        overrides=tuple(draw(st.lists(override, max_size=12))),
        switch_latency=draw(st.sampled_from(["0 s", "300 ns"])),
    )
    return LeafSpine.build(config)


def block(kind, key, /, **fields):
    return TypeAdapter(Annotated[Config, OneOf(kind, key=key)]).validate_python(fields)


def alone(network, flows, policy, payload, paths=None):
    """Return the completion times of flows that are simulated one after another."""
    src, dst, size = np.array(flows).T
    fabric = Fabric(
        Environment(),
        network,
        packet=PacketConfig(payload=f"{payload} B", header="64 B"),
        routing=block("routing", "policy", policy=policy),
        transport=block("transport", "kind", kind="open_loop"),
        streams=Streams(1),
    )
    start = np.arange(len(flows)) * APART
    fabric.submit(FlowBatch(src, dst, size, start, paths=paths))
    fabric.env.run()
    columns = fabric.flow_columns()
    ideal = ideal_completion(network, src, dst, size, payload=payload, header=64)
    return np.asarray(columns["end_rx"]) - start, ideal


def any_paths(network, draw, ends):
    """Return for each flow any path without loops, shortest or not."""
    graph = nx.MultiDiGraph()
    for link, pair in enumerate(zip(network.link_source, network.link_target, strict=True)):
        graph.add_edge(*map(int, pair), key=link)
    paths = []
    for src, dst in ends:
        known = sorted(nx.all_simple_edge_paths(graph, src, dst))
        chosen = draw(st.sampled_from(known))
        paths.append(tuple(link for _, _, link in chosen))
    return paths


def flows_of(draw, network):
    host = st.integers(0, network.host_count - 1)
    pairs = st.tuples(host, host).filter(lambda pair: pair[0] != pair[1])
    # Up to five packets; sizes just above a whole number of them make the last one short.
    size = st.builds(lambda n, rest: n * 1000 + rest, st.integers(0, 4), st.integers(1, 1000))
    flow = st.builds(lambda pair, size: (*pair, size), pairs, size)
    return draw(st.lists(flow, min_size=1, max_size=12))


@pytest.mark.parametrize("policy", ["stripe", "rps", "ecmp", "single"])
@settings(max_examples=100)
@given(data=st.data(), network=networks())
def test_a_flow_alone_takes_its_ideal_time_or_longer(policy, data, network):
    flows = flows_of(data.draw, network)
    paths = None
    if policy == "single":
        paths = any_paths(network, data.draw, [flow[:2] for flow in flows])

    taken, ideal = alone(network, flows, policy, 1000, paths)

    assert np.all(taken >= ideal), (flows, taken, ideal)


@settings(max_examples=100)
@given(data=st.data(), network=networks())
def test_packets_cross_the_core_as_fast_as_a_search_for_each_size_finds(data, network):
    leaf = st.integers(0, len(network.leaf_switches) - 1)
    packet = st.tuples(leaf, leaf, st.integers(1, 5000))
    packets = np.array(data.draw(st.lists(packet, min_size=1, max_size=8)))

    times = core_times(network, *packets.T)

    delay = hop_delay(network)
    for (source, target, size), time in zip(packets.tolist(), times.tolist(), strict=True):
        graph = nx.DiGraph()
        for link, (a, b) in enumerate(zip(network.link_source, network.link_target, strict=True)):
            if min(a, b) >= network.host_count:
                rate = int(network.link_rate[link])
                graph.add_edge(
                    int(a), int(b), time=-(-size * 8 * 10**12 // rate) + int(delay[link])
                )
        ends = (int(network.host_count + network.leaf_switches[n]) for n in (source, target))
        assert time == nx.dijkstra_path_length(graph, *ends, weight="time")
