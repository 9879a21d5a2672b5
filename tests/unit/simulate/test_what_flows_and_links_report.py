"""What runs report of flows, packets and links, on inputs at which other simulators failed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from netsim.errors import ScenarioError
from netsim.verify.scenarios import csv, simulate

COLUMNS = ("src", "dst", "size", "start")


def leaf_spine(leaves: int, spines: int, hosts: int, rate: str = "100 Gbps", delay: str = "1 us"):
    link = {"rate": rate, "delay": delay}
    shape = {"leaves": leaves, "spines": spines, "hosts_per_leaf": hosts}
    return {"kind": "leaf_spine", **shape, "host_link": link}


def run(topology: Any, flows: list[tuple[Any, ...]], transport: str, **more: Any) -> Any:
    files = {"flows.csv": csv(COLUMNS, flows)}
    traffic = {"traffic": [{"file": "flows.csv"}], "transport": {"kind": transport}}
    return simulate({"workload": "fabric", "topology": topology, **traffic, **more}, files)


BUSY = {
    "workload": "fabric",
    "seed": 11,
    "replications": 2,
    "topology": leaf_spine(4, 4, 4),
    "routing": {"policy": "rps"},
    "transport": {"kind": "dctcp"},
}
TRAFFIC = [
    {"pattern": "incast", "fan_in": 12, "size": "400 kB"},
    {"pattern": "all_to_all", "size": "20 kB"},
]


def flow_rows(**more: Any) -> list[dict[str, Any]]:
    rows = simulate({**BUSY, **more}).table("flows").to_pylist()
    # The point is another one, since what is recorded is part of a scenario.
    return [{name: value for name, value in row.items() if name != "point"} for row in rows]


@pytest.fixture(scope="module")
def unwatched() -> list[dict[str, Any]]:
    return flow_rows(traffic=TRAFFIC)


@pytest.mark.parametrize("every", ["1 us", "777777 ps"])
def test_watching_links_and_packets_changes_no_flow(unwatched, every):
    record = {"tables": ["links", "packets"], "sample_every": every}

    assert flow_rows(traffic=TRAFFIC, record=record) == unwatched


def test_flows_that_are_added_later_change_none_before_them(unwatched):
    late = {"pattern": "incast", "fan_in": 3, "size": "10 kB", "start": "1 s"}

    rows = flow_rows(traffic=[*TRAFFIC, late])

    count = 12 + 16 * 15
    assert len(rows) == len(unwatched) + 2 * 3
    assert [row for row in rows if row["flow"] < count] == unwatched


def test_every_data_packet_that_a_host_sends_is_delivered_or_dropped():
    result = simulate({**BUSY, "traffic": TRAFFIC, "record": {"tables": ["packets"]}})

    for replication in range(2):
        rows = [
            row
            for row in result.table("packets").to_pylist()
            if row["replication"] == replication and not row["ack"]
        ]
        flows = [r for r in result.table("flows").to_pylist() if r["replication"] == replication]
        sent = sum(row["event"] == "enq" and row["node"].startswith("host") for row in rows)
        ended = Counter(row["event"] for row in rows if row["event"] in ("deliver", "drop"))
        assert sent == sum(flow["packets"] + flow["retransmits"] for flow in flows)
        assert sent == ended["deliver"] + ended["drop"]
        assert ended["drop"] == sum(flow["drops"] for flow in flows)


def test_flows_in_opposite_directions_do_not_share_a_link():
    flows = [(0, 2, "10 MB", 0), (2, 0, "10 MB", 0)]
    # 2,442 packets of 64 B of header, 3 times a full packet and 4 us on the way.
    alone = (10_000_000 + 2442 * 64) * 80 + 3 * 4160 * 80 + 4 * 10**6

    ends = run(leaf_spine(2, 1, 2), flows, "open_loop").table("flows")["end_rx"].to_pylist()
    acknowledged = run(leaf_spine(2, 1, 2), flows, "fixed_window").table("flows")["end_rx"]

    assert ends == [alone, alone]
    # Each direction also carries 2,442 acknowledgements of 64 B.
    assert all(alone < end <= alone + 2442 * 64 * 80 for end in acknowledged.to_pylist())


def test_flows_cut_off_by_the_end_have_no_completion_time_and_are_in_no_mean():
    flows = [(1, 0, "400 kB", 0), (2, 0, "40 MB", "10 us"), (1, 2, "1 kB", "200 us")]

    result = run(leaf_spine(1, 1, 3), flows, "fixed_window", until="100 us")

    table = result.table("flows")
    assert table["status"].to_pylist() == ["done", "unfinished", "unfinished"]
    assert [time is None for time in table["fct"].to_pylist()] == [False, True, True]
    row = result.runs[0]
    assert (row["status"], row["unfinished"]) == ("unfinished", 2)
    assert row["fct_mean"] == table["fct"][0].as_py()


@pytest.mark.parametrize("link", ["leaf1->spine0", "host1->leaf1", "leaf0->host0"])
def test_acknowledged_flows_without_a_way_back_are_refused_and_others_run(link):
    topology = leaf_spine(2, 1, 1) | {"overrides": [{"link": link, "up": False}]}
    flows = [(0, 1, 100_000, 0)]

    with pytest.raises(ScenarioError, match="gets no acknowledgements: no working links lead back"):
        run(topology, flows, "fixed_window")
    # 25 packets over four links.
    (end,) = run(topology, flows, "open_loop").table("flows")["end_rx"].to_pylist()
    assert end == (100_000 + 25 * 64) * 80 + 3 * 4160 * 80 + 4 * 10**6


def incast_of_63(transport: str, **more: Any) -> Any:
    traffic = [{"pattern": "incast", "fan_in": 63, "size": "200 kB", "receiver": 0}]
    scenario = {"workload": "fabric", "seed": 1, "topology": leaf_spine(8, 8, 8), **more}
    return simulate({**scenario, "transport": {"kind": transport}, "traffic": traffic})


@pytest.mark.parametrize("transport", ["fixed_window", "dctcp"])
def test_a_port_of_two_packets_that_63_hosts_send_to_ends_its_run_with_every_flow_accounted_for(
    transport,
):
    queue = {"kind": "drop_tail", "capacity": "8320 B"}

    result = incast_of_63(transport, queue=queue)

    flows = result.table("flows").to_pylist()
    assert {flow["status"] for flow in flows} <= {"done", "failed"}
    assert all(flow["reason"] for flow in flows if flow["status"] == "failed")
    assert any(flow["timeouts"] for flow in flows)


@pytest.mark.parametrize("transport", ["fixed_window", "dctcp"])
def test_a_run_ends_with_its_last_acknowledgement_and_not_with_a_timer(transport):
    result = incast_of_63(transport)

    assert result.runs[0]["t_end"] == max(result.table("flows")["end_tx"].to_pylist())


@pytest.mark.parametrize("transport", ["fixed_window", "dctcp"])
def test_63_hosts_that_send_to_one_all_finish(transport):
    result = incast_of_63(transport)

    assert set(result.table("flows")["status"].to_pylist()) == {"done"}
    assert sum(result.table("flows")["timeouts"].to_pylist()) > 0


NODES = [("h0", "host"), ("h1", "host"), ("s0", "switch"), ("s1", "switch")]
EDGES = [("h0", "s0", 0, 100), ("h1", "s1", 0, 100), *(("s0", "s1", n, 40) for n in range(3))]


def test_parallel_edges_of_a_graphml_file_whose_ids_repeat_are_links_of_their_own():
    nodes = [f'<node id="{n}"><data key="k">{kind}</data></node>' for n, kind in NODES]
    edges = [
        f'<edge source="{a}" target="{b}" id="{n}"><data key="r">{rate} Gbps</data>'
        '<data key="d">1 us</data></edge>'
        for a, b, n, rate in EDGES
    ]
    keys = [
        f'<key id="{i}" for="{of}" attr.name="{name}" attr.type="string"/>'
        for i, of, name in (("k", "node", "kind"), ("r", "edge", "rate"), ("d", "edge", "delay"))
    ]
    body = "".join([*keys, '<graph edgedefault="undirected">', *nodes, *edges, "</graph>"])
    graph = f'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{body}</graphml>'
    scenario = {
        "workload": "fabric",
        "topology": {"file": "net.graphml"},
        "routing": {"policy": "rr"},
        "transport": {"kind": "open_loop"},
        "traffic": [{"file": "flows.csv"}],
    }
    files = {"net.graphml": graph, "flows.csv": csv(COLUMNS, [(0, 1, "3 MB", 0)])}

    links = simulate(scenario, files).table("link_totals").to_pylist()

    # 733 packets in turn over three links: the numbers differ by one round of three at most.
    packets = {row["link"]: row["packets"] for row in links if row["link"].startswith("s0->s1")}
    assert set(packets) == {"s0->s1#0", "s0->s1#1", "s0->s1#2"}
    assert sorted(packets.values()) == [244, 244, 245]


def test_each_of_a_hundred_resends_of_a_packet_has_a_number_of_its_own():
    # The timeout is far below the round trip of 4 s, so every retry is sent before any answer.
    scenario = {
        "workload": "fabric",
        "topology": leaf_spine(1, 1, 2, delay="1 s"),
        "transport": {"kind": "fixed_window", "rto": "1 us", "retries": 100},
        "traffic": [{"pattern": "incast", "fan_in": 1, "size": "1 kB"}],
        "record": {"tables": ["packets"]},
    }

    rows = simulate(scenario).table("packets").to_pylist()

    sent = [row["packet"] for row in rows if row["event"] == "enq" and row["node"] != "leaf0"]
    assert len(sent) >= 101
    assert len(set(sent)) == len(sent)


def test_waits_whose_sum_is_beyond_64_bits_have_the_right_mean():
    # Two senders of n packets meet at a port of their rate; the k-th of 2n waits (k - k // 2) x, so
    # the sum is n^2 x = 1.3e19 ps, the mean n x / 2, the longest wait n x.
    n, x = 2000, 4160 * 8 * 10**12 // 10_000
    size = n * 4096
    topology = leaf_spine(1, 1, 3, rate="10 kbps")

    result = run(topology, [(1, 0, size, 0), (2, 0, size, 0)], "open_loop")

    (port,) = (r for r in result.table("link_totals").to_pylist() if r["link"] == "leaf0->host0")
    assert n * n * x > 2**63
    assert port["wait_mean"] == pytest.approx(n * x / 2 / 1e12, rel=1e-12)
    assert port["wait_max"] == n * x / 1e12


@pytest.mark.parametrize(("transport", "most"), [("fixed_window", 1.0), ("dctcp", 1.01)])
@pytest.mark.parametrize("idle", [True, False])
def test_an_idle_slow_host_slows_nobody_down(transport, most, idle):
    fast = {"rate": "400 Gbps", "delay": "500 ns"}
    hosts = {"gpu0": fast, "gpu1": fast} | ({"mgmt": fast | {"rate": "1 Gbps"}} if idle else {})
    nodes = [{"name": name, "kind": "host"} for name in hosts]
    nodes.append({"name": "sw", "kind": "switch"})
    links = [{"a": name, "b": "sw", **link} for name, link in hosts.items()]
    files = {
        "net.json": json.dumps({"nodes": nodes, "links": links}),
        "flows.csv": csv(COLUMNS, [("gpu0", "gpu1", "64 MB", 0)]),
    }
    scenario = {
        "workload": "fabric",
        "topology": {"file": "net.json"},
        "transport": {"kind": transport},
        "traffic": [{"file": "flows.csv"}],
    }

    (flow,) = simulate(scenario, files).table("flows").to_pylist()

    # 15,625 full packets at 20 ps a byte, one more of them on the second link, and 1 us.
    alone = 15_625 * 4160 * 20 + 4160 * 20 + 10**6
    assert alone <= flow["end_rx"] <= most * alone


def test_a_link_whose_packets_still_travel_at_the_end_was_busy_for_as_long_as_they_took_to_send():
    # The only flow gives up after its first resend; both packets are on their way at the end.
    scenario = {
        "workload": "fabric",
        "until": "1 s",
        "topology": leaf_spine(1, 1, 2, delay="1 s"),
        "transport": {"kind": "fixed_window", "rto": "1 ps", "retries": 1},
        "traffic": [{"pattern": "permutation", "size": "1 kB"}],
    }

    assert simulate(scenario).runs[0]["link_utilization_max"] == 2 * 1064 * 80 / 10**12


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("until", [None, "3 us", "40 us", "1 ms"])
def test_no_link_is_ever_busy_for_less_than_none_or_more_than_all_of_the_time(seed, until):
    scenario = {
        "workload": "fabric",
        "seed": seed,
        "topology": leaf_spine(2, 1, 3),
        "routing": {"policy": "rps"},
        "transport": {"kind": "fixed_window", "rto": f"{1 + 7 * seed} us", "retries": 1 + seed},
        "queue": {"kind": "drop_tail", "capacity": "12480 B"},
        "traffic": [
            {"pattern": "all_to_all", "size": "30 kB"},
            {"pattern": "incast", "fan_in": 5, "size": "90 kB", "start": "20 us"},
        ],
        "record": {"tables": ["links"], "sample_every": "777 ns"},
    }

    result = simulate(scenario if until is None else {**scenario, "until": until})

    shares = result.table("links")["utilization"].to_pylist()
    shares += result.table("link_totals")["utilization_mean"].to_pylist()
    assert 0 <= min(shares) <= max(shares) <= 1
