"""Which way a request takes, by every rule, and what differs between routers and links."""

from __future__ import annotations

import itertools
import json
from typing import ClassVar

import numpy as np
import pytest
import quantum_blocks as blocks

import netsim
from netsim.quantum.wiring import Routers
from netsim.rng import Streams

nx = pytest.importorskip("networkx")


def square(tmp_path, **given):
    """Return a scenario on a square with a diagonal: a - b - d is the shortest way."""
    lengths = {"ab": 60, "bd": 20, "ac": 45, "cd": 45, "ad": 95}
    links = [{"a": a, "b": b, "length": f"{km} km"} for (a, b), km in lengths.items()]
    file = tmp_path / "square.json"
    file.write_text(json.dumps({"nodes": [{"name": n} for n in "abcd"], "links": links}))
    base = blocks.scenario(
        chain=None,
        topology={"kind": "file", "file": str(file)},
        memory={"count": 4},
        request={"from": "a", "to": "d", "end": "2 s", "memories": 1},
    )
    return netsim.load(base | given).model


def way(scenario, source="a", target="d"):
    routers = Routers(scenario, Streams(0))
    request = scenario.requests[0]
    found = routers.path(routers.numbers[source], routers.numbers[target], request)
    return "".join(routers.names[at] for at in found)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("length", "abd"),
        ("hops", "ad"),
        ("link_time", "acd"),
        ("widest", "acd"),
        ("link_state", "abd"),
        ({"kind": "link_state", "cost": "time"}, "acd"),
        ("k_shortest", "abd"),
        # Two swaps cost: 0.99^2 0.99 < 0.98, which the long fibre alone reaches.
        ("fidelity_aware", "ad"),
    ],
)
def test_rules_differ_where_their_aims_do(tmp_path, path, expected):
    request = {"from": "a", "to": "d", "end": "2 s", "memories": 1, "fidelity": 0.98}
    scenario = square(tmp_path, path=path, request=request)

    assert way(scenario) == expected
    if path != "link_state":
        assert way(scenario, "d", "a") == expected[::-1]


def test_the_fastest_way_is_taken_that_is_good_enough(tmp_path):
    request = {"from": "a", "to": "d", "end": "2 s", "memories": 1, "fidelity": 0.9}

    assert way(square(tmp_path, path="fidelity_aware", request=request)) == "acd"


def test_loaded_ways_are_left_aside(tmp_path):
    # The first request takes all memories of b that the shortest way needs.
    both = {"from": "a", "to": "d", "memories": 2, "start": "10 ms", "end": "1 s"}
    later = {"arrivals": {"rate": "5 /s"}, "from": "c", "to": "b", "memories": 1, "pairs": 1}
    scenario = square(
        tmp_path,
        path={"kind": "k_shortest", "k": 3},
        request=[both, {**later, "deadline": "100 ms", "start": "20 ms", "end": "1 s"}],
    )
    routers = Routers(scenario, Streams(0))
    taken = {routers.numbers["b"], routers.numbers["d"]}
    routers.ways.load = lambda router, start, end: 1.0 if router in taken else 0.0
    routers.ways.now = lambda: 0

    assert [routers.names[at] for at in routers.path(0, 3, scenario.requests[0])] == ["a", "b", "d"]
    routers.ways.load = lambda router, start, end: float(router == routers.numbers["b"])
    assert [routers.names[at] for at in routers.path(0, 3, scenario.requests[0])] == ["a", "c", "d"]


def test_news_of_fibres_travels_and_requests_wait_for_it(tmp_path):
    scenario = square(tmp_path, path="link_state")
    routers = Routers(scenario, Streams(0))
    a, d = routers.numbers["a"], routers.numbers["d"]

    # a knows its own fibres at once, so it knows a - d, and later what b says of b - d.
    assert routers.ways.since(a, d) == 0
    routers.ways.now = lambda: 0
    assert routers.ways.find(a, d) == [a, d]
    routers.ways.now = lambda: round(60 / 2e5 * 1e12)
    assert routers.ways.find(a, d) == [a, routers.numbers["b"], d]
    b, c = routers.numbers["b"], routers.numbers["c"]
    assert routers.ways.since(b, c) == round(20 / 2e5 * 1e12)


def test_searches_find_what_networkx_finds():
    compared = 0
    for seed in range(25):
        random = np.random.default_rng(seed)
        nodes = int(random.integers(4, 10))
        graph = nx.gnm_random_graph(nodes, int(random.integers(nodes, 2 * nodes)), seed=seed)
        lengths = {edge: float(random.integers(1, 60)) for edge in graph.edges}
        nx.set_edge_attributes(graph, lengths, "km")
        ways = _ways(nodes, lengths)
        for source, target in itertools.combinations(range(nodes), 2):
            mine = ways.cheapest(source, target, ways.length, 4)
            if not nx.has_path(graph, source, target):
                assert mine == []
                continue
            theirs = itertools.islice(
                nx.shortest_simple_paths(graph, source, target, weight="km"), 4
            )
            sums = [nx.path_weight(graph, one, "km") for one in theirs]
            assert [ways.cost(one, ways.length) for one in mine] == pytest.approx(sums)
            assert len({tuple(one) for one in mine}) == len(mine)
            compared += 1
    assert compared > 200


def _ways(nodes, lengths):
    """Return ways over a graph that is given as lengths by pairs."""
    from netsim.quantum.ways import Ways

    class Given:
        names = tuple(f"{at:02d}" for at in range(nodes))
        numbers: ClassVar = {f"{at:02d}": at for at in range(nodes)}

        @staticmethod
        def length(one, other):
            return lengths[min(one, other), max(one, other)]

    scenario = netsim.load(blocks.scenario()).model
    ways = Ways(Given(), scenario)
    ways.beside = [
        sorted({b if a == at else a for a, b in lengths if at in (a, b)}) for at in range(nodes)
    ]
    return ways


def test_the_widest_way_is_that_of_all_ways_by_their_slowest_link(tmp_path):
    scenario = square(tmp_path, path="widest")
    routers = Routers(scenario, Streams(0))
    ways = routers.ways

    def slowest(found):
        return max(ways.seconds(a, b) for a, b in itertools.pairwise(found))

    everything = ways.cheapest(0, 3, ways.length, 50)
    assert len(everything) == 3
    assert slowest(ways.find(0, 3)) == min(map(slowest, everything))


# What differs.


def test_a_router_and_a_link_that_differ_change_their_own_odds_alone():
    overrides = [
        {"router": "r1", "memory": {"count": 3, "efficiency": 0.5, "frequency": "1 kHz"}},
        {"between": "r2-r3", "attenuation": "0.4 dB/km", "detector": {"efficiency": 0.4}},
        {"between": "r3-r2", "raw_fidelity": 0.9, "link": {"kind": "two_click"}},
    ]
    scenario = netsim.load(blocks.scenario(5, overrides=overrides)).model
    routers = Routers(scenario, Streams(0))
    plain = 0.75 * 10**-0.2 * 0.8
    edges = [routers.edge(at, at + 1) for at in range(4)]

    assert edges[0].hardware.arms == pytest.approx((plain, plain / 0.75 * 0.5))
    assert edges[1].hardware.arms == pytest.approx((plain / 0.75 * 0.5, plain))
    assert edges[2].hardware.arms == pytest.approx((0.75 * 10**-0.4 * 0.4,) * 2)
    assert edges[3].hardware.arms == pytest.approx((plain, plain))
    assert [edge.model.state[0] for edge in edges] == [0.99, 0.99, 0.9, 0.99]
    assert [edge.model.rounds for edge in edges] == [2, 2, 1, 2]
    assert [edge.recovery for edge in edges] == [10**9, 10**9, 5 * 10**8, 5 * 10**8]
    assert [routers.capacity(at) for at in range(5)] == [1, 6, 2, 2, 1]


def test_overrides_equal_to_the_rest_change_nothing():
    overrides = [
        {"router": "r1", "memory": {"count": 2, "efficiency": 0.75}},
        {"between": "r0-r1", "link": {"kind": "two_round"}, "attenuation": "0.2 dB/km"},
    ]
    tables = [
        blocks.run(3, memory={"count": 2}, **given).table("entanglements").drop(["point"])
        for given in ({}, {"overrides": overrides})
    ]

    assert tables[0].equals(tables[1])


def test_a_router_whose_memories_decay_faster_costs_fidelity_where_it_stores():
    overrides = [{"router": "r1", "memory": {"coherence": "50 ms"}}]
    fidelity = [
        blocks.run(
            3,
            memory={"raw_fidelity": 0.95, "coherence": "10 s"},
            swap={"policy": "asap"},
            request={"end": "4 s", "fidelity": 0.25},
            **given,
        ).runs[0]["fidelity_mean"]
        for given in ({}, {"overrides": overrides})
    ]

    assert fidelity[1] < fidelity[0] - 0.02


def test_delays_may_be_given_pair_by_pair(tmp_path):
    file = tmp_path / "delays.yaml"
    rows = [("a", "b", "1 ms"), ("b", "d", "2 ms"), ("d", "a", "5 ms")]
    lines = [f"  - {{a: {a}, b: {b}, delay: {delay}}}" for a, b, delay in rows]
    file.write_text("delays:\n" + "\n".join(lines) + "\n")
    scenario = square(tmp_path, classical={"file": str(file)})
    routers = Routers(scenario, Streams(0))
    path = routers.path(0, 3)

    assert [[d // 10**9 for d in row] for row in routers.delays(path)] == [
        [0, 1, 5],
        [1, 0, 2],
        [5, 2, 0],
    ]
    assert [hop // 10**9 for hop in routers.hops(path)] == [1, 2]
    # The long fibre's delay is given too, and replaces that of light.
    assert routers.edge(0, 3).delay == 5 * 10**9
