"""Routes and paths of random graphs against networkx, an independent implementation."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim.topology.network import PATH_LIMIT, Network


@st.composite
def networks(draw):
    """Hosts on random switches, cables (some of them down) between random pairs of switches."""
    switches = draw(st.integers(1, 7))
    hosts = draw(st.integers(2, 6))
    homes = draw(st.lists(st.integers(0, switches - 1), min_size=hosts, max_size=hosts))
    number = st.integers(0, switches - 1)
    drawn = draw(st.lists(st.tuples(number, number), max_size=16))
    pairs = [(a, b) for a, b in drawn if a != b]
    ends = [(i, hosts + home) for i, home in enumerate(homes)]
    ends += [(hosts + a, hosts + b) for a, b in pairs]
    ends += [(b, a) for a, b in ends]
    up = np.ones(len(ends), np.bool_)
    down = draw(st.sets(st.integers(0, len(pairs) - 1), max_size=4)) if pairs else set()
    up[[hosts + index for index in sorted(down)]] = False
    source, target = np.array(ends, np.int64).T.copy()
    return Network(
        hosts=tuple(f"h{i}" for i in range(hosts)),
        switches=tuple(f"s{i}" for i in range(switches)),
        link_source=source,
        link_target=target,
        link_rate=np.full(len(ends), 10**9, np.int64),
        link_delay=np.zeros(len(ends), np.int64),
        link_up=up,
        switch_latency=np.zeros(switches, np.int64),
    )


def graph_of(network):
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(network.nodes)))
    for number in np.flatnonzero(network.link_up).tolist():
        ends = int(network.link_source[number]), int(network.link_target[number])
        graph.add_edge(*ends, key=number)
    return graph


@settings(max_examples=150)
@given(networks())
def test_paths_are_all_the_shortest_ones_and_routes_their_next_hops(network):
    graph = graph_of(network)

    for src in range(network.host_count):
        for dst in range(network.host_count):
            if src == dst:
                continue
            expected = set()
            if nx.has_path(graph, src, dst):
                nodes = {tuple(path) for path in nx.all_shortest_paths(graph, src, dst)}
                expected = {path for way in nodes for path in links_along(network, way)}
            found = network.paths(src, dst)

            assert network.reachable(src, dst) == bool(expected)
            assert len(found) == len(set(found)) <= PATH_LIMIT
            assert set(found) == expected
            assert found == sorted(found)
            assert next_hops(network, src, dst) == {path[1] for path in expected if len(path) > 2}


def links_along(network, nodes):
    ways = [()]
    for a, b in pairwise(nodes):
        joined = [link for link in network.between(a, b) if network.link_up[link]]
        ways = [(*way, link) for way in ways for link in joined]
    return ways


def next_hops(network, src, dst):
    switch = network.leaf_switches[network.leaf_of_host[src]]
    leaf = network.leaf_of_host[dst]
    first, count = network.routes.first[switch, leaf], network.routes.count[switch, leaf]
    return set(network.routes.ports[first : first + count].tolist())


@settings(max_examples=100)
@given(networks())
def test_every_link_is_found_by_its_name(network):
    for number, name in enumerate(network.link_names):
        assert network.find_links(name) == [number]
