"""The longest round trip of a network, against a plain search over every pair of hosts."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from netsim.fabric.packet import PacketConfig
from netsim.fabric.scale import longest_trip
from netsim.topology.leaf_spine import LeafSpine

PACKET = PacketConfig(payload="1000 B", header="0 B", ack="100 B")


def leaf_spine(leaves, spines, hosts, bundle=1):
    config = LeafSpine.Config(leaves=leaves, spines=spines, hosts_per_leaf=hosts, bundle=bundle)
    return LeafSpine.build(config)


def longest_way(network, src, dst, size):
    """Return the largest cost of a path with the fewest links, all paths tried in turn."""
    away, frontier, best = {src: 0}, [src], {src: 0}
    while frontier:
        reached = []
        for node in frontier:
            for link in np.flatnonzero((network.link_source == node) & network.link_up).tolist():
                to, rate = int(network.link_target[link]), int(network.link_rate[link])
                cost = best[node] - (-size * 8 * 10**12 // rate) + int(network.link_delay[link])
                if to not in away:
                    away[to], best[to] = away[node] + 1, cost
                    if to >= network.host_count:
                        reached.append(to)
                elif away[to] == away[node] + 1:
                    best[to] = max(best[to], cost)
        frontier = reached
    return best[dst]


def longest_round_trip(network, hosts=None):
    hosts = range(network.host_count) if hosts is None else hosts
    pairs = [(a, b) for a in hosts for b in hosts if a != b]
    return max(longest_way(network, a, b, 1000) + longest_way(network, b, a, 100) for a, b in pairs)


@pytest.mark.parametrize("kind", ["leaf_spine", "file"])
@pytest.mark.parametrize("seed", range(12))
def test_the_round_trip_is_that_of_the_slowest_pair_of_hosts(kind, seed):
    draws = np.random.default_rng(seed)
    leaves, spines, bundle = (int(n) for n in draws.integers(1, 4, 3))
    net = leaf_spine(leaves + 1, spines, 2, bundle)
    odd = draws.integers(0, net.link_count, 4)
    rate, delay = net.link_rate.copy(), net.link_delay.copy()
    rate[odd], delay[odd] = 10**9, draws.integers(0, 10**7, 4)
    net = replace(net, link_rate=rate, link_delay=delay, kind=kind)

    assert longest_trip(net, PACKET) == longest_round_trip(net)


@pytest.mark.parametrize("kind", ["leaf_spine", "file"])
@pytest.mark.parametrize("hosts", [[0, 1], [0, 2, 5], [1, 3]])
def test_only_hosts_with_traffic_count(kind, hosts):
    net = leaf_spine(3, 2, 2)
    delay = net.link_delay.copy()
    delay[net.host_uplink[4]] = 10**9
    net = replace(net, link_delay=delay, kind=kind)

    assert longest_trip(net, PACKET, np.array(hosts)) == longest_round_trip(net, hosts)
    assert longest_trip(net, PACKET) > 10**9 > longest_trip(net, PACKET, np.array(hosts))


def test_alike_links_give_the_textbook_round_trip():
    # Four links there with 1000 B at 100 Gb/s (80 ns) and 1 us each, four back with 100 B (8 ns).
    assert longest_trip(leaf_spine(3, 2, 2), PACKET) == 4 * 1_080_000 + 4 * 1_008_000


def test_sixteen_thousand_leaves_are_measured_without_a_table_of_their_pairs():
    net = leaf_spine(16_384, 2, 1)
    pairs = 16_384**2

    tracemalloc.start()
    trip = longest_trip(net, PACKET)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert trip == 4 * 1_080_000 + 4 * 1_008_000
    assert net.joined
    assert peak < pairs / 8
