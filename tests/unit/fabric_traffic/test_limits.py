"""What is too large to be simulated is refused before the run; what is just not too large runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import netsim
from netsim.errors import SimulationError
from netsim.fabric import limits
from netsim.fabric.flows import LATEST, Flows
from netsim.fabric.packet import PacketConfig
from netsim.fabric.transports.selective_repeat import ring_for
from netsim.scenario import check
from netsim.topology.leaf_spine import LeafSpine

SECOND = 10**12


@pytest.fixture
def scenario(tmp_path):
    (tmp_path / "flows.csv").write_text("src,dst,size,start\n0,2,4096,0\n1,3,8192,1 us\n")
    path = tmp_path / "base.yaml"
    path.write_text(
        "netsim: 1\nworkload: fabric\n"
        "topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2}\n"
        "traffic: [{file: flows.csv}]\n"
    )
    return path


@pytest.mark.parametrize(
    ("overrides", "message", "hint"),
    [
        (["packet.payload=2 MB"], "a packet of 2,000,064 B", "at most 1,000,000 B"),
        (["packet.header=3 GB"], "a packet of 3,000,004,096 B", "at most 1,000,000 B"),
        (["packet.ack=3 GB"], "a packet of 3,000,000,000 B", "at most 1,000,000 B"),
        (
            ["traffic=[{pattern: permutation, size: 70 GB}]"],
            "has 17,089,844 packets",
            "at most 16,777,216, which is 68,719,476,736 B",
        ),
        (
            ["topology.host_link.delay=2 d"],
            "1.73e+05 s to travel on link host0->leaf0",
            "less than 100,000 s",
        ),
        (
            ["topology.switch_latency=2 d"],
            "1.73e+05 s to travel on link host0->leaf0",
            "less than 100,000 s",
        ),
        (
            ["topology.host_link.delay=53 d", "topology.switch_latency=53 d"],
            "9.16e+06 s to travel",
            "less than 100,000 s",
        ),
        (
            ["topology.fabric_link.rate=1 bps", "packet.payload=20 kB"],
            "1.61e+05 s to leave and 1e-06 s to travel on link leaf0->spine0",
            "less than 100,000 s",
        ),
        (["topology.host_link.rate=4000000 Tbps"], "host0->leaf0 is too fast", "1e+06 Tbps"),
        (["queue={kind: drop_tail, capacity: 1000000 TB}"], "to send a full queue", "lower"),
        (["transport={kind: dctcp, rto: 50 d}"], "a timeout of 4.32e+06 s", "at most 3.6e+04"),
        (["transport={kind: fixed_window, rto: 8 d}"], "a timeout of 6.91e+05 s", "5.76e+05 s"),
        (["transport={kind: fixed_window, rto: 8 d, doublings: 1}"], None, None),
        (["traffic=[{pattern: permutation, size: 1 MB, stagger: 50 d}]"], "150 days", "53.38"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_place_and_remedy(
    scenario, overrides, message, hint
):
    found, problems = check(scenario, overrides)

    if hint is None:
        assert found is not None
        return
    assert found is None
    assert len(problems) == 1
    assert message in problems[0].message
    assert hint in problems[0].hint
    assert problems[0].code == "out-of-range"
    assert problems[0].span is not None
    assert "fidelity" not in problems[0].message + problems[0].hint


@pytest.mark.parametrize(
    "overrides",
    [
        {"packet.payload": "999936 B"},
        {"packet.ack": "1 MB"},
        {"packet.header": "990 kB"},
        {"topology.host_link.delay": "3 s"},
        {"topology.host_link.delay": "3 s", "transport.kind": "dctcp"},
        {"topology.host_link.rate": "1000000 Tbps", "transport.kind": "open_loop"},
        {"topology.fabric_link.rate": "10 kbps", "transport.kind": "open_loop"},
    ],
)
def test_what_is_just_within_the_limits_runs(scenario, overrides):
    flows = netsim.run(netsim.load(scenario, overrides)).table("flows").to_pylist()

    assert [row["status"] for row in flows] == ["done", "done"]
    assert all(row["fct"] >= row["ideal_fct"] > 0 for row in flows)


def network(**fields):
    return LeafSpine.build(LeafSpine.Config(leaves=2, spines=2, hosts_per_leaf=2, **fields))


def flows(size, src=(0,), dst=(2,)):
    ends = [np.array(column, np.int64) for column in (src, dst)]
    return Flows(*ends, np.full(len(src), size, np.int64), np.zeros(len(src), np.int64))


def test_the_longest_flow_has_as_many_packets_as_a_label_numbers():
    packet = PacketConfig(payload="100 B")
    most = 100 * limits.MOST_PACKETS

    assert limits.of_flows(flows(most), network(), packet) == []
    assert "16,777,217 packets" in limits.of_flows(flows(most + 1), network(), packet)[0].message


@pytest.mark.parametrize(
    ("src", "dst", "told"),
    [((0, 0, 0), (1, 2, 3), "host0 sends"), ((0, 1, 2), (3, 3, 3), "host3 receives")],
)
def test_a_host_port_must_be_done_before_the_clock_ends(src, dst, told):
    # A packet of 4096 B in 3.2768 s; the clock's share of 2^62 ps is 4.6e6 s: 1.41e6 packets.
    net, packet = network(host_link={"rate": "10 kbps"}), PacketConfig(header="0 B")
    packets = LATEST // (32_768 * SECOND // 10_000)

    assert limits.of_flows(flows(4096 * (packets // 3), src, dst), net, packet) == []
    found = limits.of_flows(flows(4096 * (packets // 3 + 1), src, dst), net, packet)
    assert told in found[0].message


def test_a_hop_takes_less_than_the_limit_by_sending_and_travelling_together():
    net, packet = network(host_link={"rate": "1 Gbps", "delay": "0 s"}), PacketConfig()
    own = 4160 * 8 * 1000

    fits = replace(net, link_delay=np.full(net.link_count, limits.LONGEST_HOP - own - 1))
    late = replace(net, link_delay=np.full(net.link_count, limits.LONGEST_HOP - own))

    assert limits.of_network(fits, packet) == []
    assert "on link host0->leaf0" in limits.of_network(late, packet)[0].message


def test_a_size_drawn_too_large_is_told_when_the_run_draws_it(scenario):
    # One size in a hundred is above 2^24 packets of 1 B, and of 400 one is drawn but for 2 %.
    drawn = (
        "traffic=[{pattern: random_pairs, count: 400, rate: 1 kHz, "
        "size: {dist: exponential, mean: 3600 kB}}]"
    )
    found, _ = check(scenario, [drawn, "packet.payload=1 B", "seed=1"])

    assert found is not None
    with pytest.raises(SimulationError, match="packets is too long, at most 16,777,216"):
        netsim.run(found)


def test_no_flow_is_drawn_to_validate_a_network_in_which_all_find_a_way(scenario, monkeypatch):
    def drawn(*_):
        raise AssertionError("flows were drawn")

    monkeypatch.setattr("netsim.fabric.connect._generated", drawn)
    many = (
        "traffic=[{pattern: random_pairs, count: 100000000, load: 0.5, "
        "size: {dist: constant, size: 1 kB}}, {pattern: all_to_all, size: 1 kB}]"
    )

    assert check(scenario, [many])[0] is not None


def test_flows_of_one_size_are_judged_without_being_drawn(scenario):
    large = ["traffic=[{pattern: permutation, size: 1 TB}]", "packet.payload=1 kB"]
    _, problems = check(scenario, large)

    assert "a flow of 1,000,000,000,000 B has 1,000,000,000 packets" in problems[0].message
    assert "at most 16,777,216" in problems[0].hint


def test_more_flows_than_can_be_numbered_are_refused_over_all_blocks_together(
    scenario, monkeypatch
):
    monkeypatch.setattr("netsim.fabric.connect.MOST_FLOWS", 3)

    assert check(scenario, [])[0] is not None
    monkeypatch.chdir(scenario.parent)
    twice = ["traffic=[{file: flows.csv}, {pattern: incast, fan_in: 2, size: 1 B}]"]
    _, problems = check(scenario, twice)

    assert [problem.message for problem in problems] == ["4 flows are too many"]


def test_a_ring_holds_no_more_packets_than_a_flow_can_have():
    assert ring_for(1) == 64
    assert ring_for(65) == 128
    assert ring_for(10**12) == limits.MOST_PACKETS
