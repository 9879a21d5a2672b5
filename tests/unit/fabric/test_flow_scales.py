"""Base round trip and rate of a flow's own path, against all its paths looked at one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reference import fabric as plain

from netsim.fabric.flow_scale import FlowScales, way_of
from netsim.fabric.packet import PacketConfig
from netsim.registry import lookup
from netsim.topology.file import read_topology
from netsim.topology.leaf_spine import LeafSpine

TOPOLOGIES = Path(__file__).parents[3] / "topologies"


def as_plain(network):
    columns = (network.link_source, network.link_target, network.link_rate, network.link_delay)
    links = [plain.Link(*map(int, row)) for row in zip(*columns, strict=True)]
    for link, up in zip(links, network.link_up.tolist(), strict=True):
        link.up = up
    return plain.Net(
        network.host_count, len(network.switches), links, network.switch_latency.tolist()
    )


def scales(network, way):
    return FlowScales(network, PacketConfig(), way, np.zeros(network.link_count, np.int64))


def pairs(network):
    hosts = range(network.host_count)
    return [(a, b) for a in hosts for b in hosts if a != b]


def leaf_spine(leaves, spines, hosts, **fields):
    return LeafSpine.build(
        LeafSpine.Config(leaves=leaves, spines=spines, hosts_per_leaf=hosts, **fields)
    )


@pytest.mark.parametrize("way", ["one", "all"])
@pytest.mark.parametrize("seed", range(10))
def test_flows_count_on_what_their_equal_paths_let_through(way, seed):
    draws = np.random.default_rng(seed)
    leaves, spines, bundle = (int(n) for n in draws.integers(1, 4, 3))
    net = leaf_spine(leaves + 1, spines, 2, bundle=bundle)
    odd = draws.integers(0, net.link_count, net.link_count // 2)
    rate, delay = net.link_rate.copy(), net.link_delay.copy()
    rate[odd] = draws.integers(1, 200, len(odd)) * 10**9
    delay[odd] = draws.integers(0, 10**7, len(odd))
    net = replace(net, link_rate=rate, link_delay=delay)

    ends = np.array(pairs(net))
    trip, found, _ = scales(net, way).of(*ends.T)

    naive = [plain.flow_scale(as_plain(net), a, b, spread=way == "all") for a, b in pairs(net)]
    assert list(zip(trip.tolist(), found.tolist(), strict=True)) == naive


@pytest.mark.parametrize("way", ["one", "all"])
@pytest.mark.parametrize("name", ["fat_tree_k4.json", "ring.graphml", "dumbbell.yaml"])
def test_flows_on_shipped_networks_count_on_their_own_paths(name, way):
    net = read_topology(TOPOLOGIES / name)

    trip, rate, _ = scales(net, way).of(*np.array(pairs(net)).T)

    naive = [plain.flow_scale(as_plain(net), a, b, spread=way == "all") for a, b in pairs(net)]
    assert list(zip(trip.tolist(), rate.tolist(), strict=True)) == naive


def test_a_flow_on_a_path_of_its_own_counts_on_the_slowest_link_of_it():
    slow = {"link": "leaf0->spine1", "rate": "7 Gbps", "delay": "9 us"}
    net = leaf_spine(2, 2, 1, overrides=(slow,))
    measured = scales(net, "given")

    fast, through = net.paths(0, 1)
    trip, rate, _ = measured.of(np.array([0, 0]), np.array([1, 1]), [fast, through])

    # Four links there and four back at 80 ps a byte and 1 us; the slow one takes 4160 B at 7 Gb/s.
    alike = 4 * (4160 * 80 + 10**6) + 4 * (64 * 80 + 10**6)
    longer = -(-4160 * 8000 // 7) - 4160 * 80 + 8 * 10**6
    assert rate.tolist() == [100 * 10**9, 7 * 10**9]
    assert trip.tolist() == [alike, alike + longer]


def test_a_full_queue_is_the_one_of_the_path_that_takes_longest():
    net = leaf_spine(2, 1, 2)
    drain = np.arange(net.link_count, dtype=np.int64)

    _, _, longest = FlowScales(net, PacketConfig(), "one", drain).of(
        np.array([0, 0]), np.array([1, 2])
    )

    up, down = (
        net.between(net.node("leaf0"), net.node("spine0")),
        net.between(net.node("spine0"), net.node("leaf1")),
    )
    across = max(*up, *down, int(net.host_downlink[2]))
    assert longest.tolist() == [int(net.host_downlink[1]), across]


@pytest.mark.parametrize(
    ("policy", "way"),
    [
        ("ecmp", "one"),
        ("rps", "all"),
        ("stripe", "all"),
        ("single", "given"),
        ("equitable", "given"),
    ],
)
def test_policies_say_how_flows_use_their_paths(policy, way):
    assert way_of(lookup("routing", policy)) == way
