"""Hosts with several NICs: flows and tables name hosts, packets travel between NICs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netsim import rng
from netsim.engine.environment import Environment
from netsim.errors import SimulationError
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import state as at
from netsim.fabric.nics import Spread
from netsim.fabric.packet import PacketConfig
from netsim.fabric.pieces import Pieces
from netsim.fabric.planning.equitable import Equitable
from netsim.fabric.port_level.fabric import PortFabric
from netsim.fabric.recording import flow_table
from netsim.fabric.service import Fabric
from netsim.rng import Streams
from netsim.topology.network import Network
from tests.unit.fabric.conftest import block

_HOSTS = 4


def rails(nics=2, hosts=_HOSTS):
    """Return hosts whose NIC `i` is at leaf `i`, and one spine that joins the leaves."""
    count = hosts * nics
    nic = np.arange(count)
    leaf = count + nic % nics
    leaves, spine = count + np.arange(nics), np.full(nics, count + nics)
    source = np.concatenate([nic, leaf, leaves, spine])
    return Network(
        hosts=tuple(f"host{i}" for i in range(hosts)),
        switches=(*(f"leaf{i}" for i in range(nics)), "spine0"),
        link_source=source,
        link_target=np.concatenate([leaf, nic, spine, leaves]),
        link_rate=np.full(len(source), 100 * 10**9),
        link_delay=np.full(len(source), 10**6),
        link_up=np.ones(len(source), np.bool_),
        switch_latency=np.zeros(nics + 1, np.int64),
        nics=(nics,) * hosts,
    )


def packets(network, rule="hash", policy="ecmp", transport="fixed_window", **options):
    return Fabric(
        Environment(),
        network,
        packet=PacketConfig(),
        routing=block("routing", "policy", policy=policy),
        transport=block("transport", "kind", kind=transport),
        streams=Streams(1),
        spread=rule,
        **options,
    )


def ports(network, rule="hash"):
    spread = Spread(network, rule, Streams(1))
    return PortFabric(Environment(), network, PacketConfig(), spread=spread)


def naive(flow, rule, counts):
    """Return which NIC of either host a flow takes, one draw after another."""
    key = Streams(1).key("nics")
    first, second = ((rng.draw(key, flow, end) >> 32) for end in (0, 1))
    if rule == "rail":
        index = first * min(counts) >> 32
        return index, index
    return first * counts[0] >> 32, second * counts[1] >> 32


def all_pairs(times=4):
    pairs = [(a, b) for a in range(_HOSTS) for b in range(_HOSTS) if a != b] * times
    src, dst = np.array(pairs).T
    return FlowBatch(src, dst, np.full(len(pairs), 3 * 4096))


def test_nics_of_hosts_are_nodes_and_one_each_is_the_host_itself():
    network = rails()

    assert (network.host_count, network.nic_count) == (4, 8)
    assert network.nic_host.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [list(network.nics_of(host)) for host in range(4)] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert network.nics_of_all(np.array([3, 0])).tolist() == [6, 7, 0, 1]
    assert network.nodes[2:4] == ("host1.nic0", "host1.nic1")
    assert network.link_names[3] == "host1.nic1->leaf1"
    assert network.leaf_of_nic.tolist() == [0, 1] * 4
    assert network.leaf_of_host.tolist() == [0] * 4
    assert network.changed([0], up=False).nic_host.tolist() == network.nic_host.tolist()


def test_nics_of_a_network_with_one_each_have_the_numbers_of_hosts(make_fabric):
    network = make_fabric().network

    assert network.nic_count == network.host_count
    assert network.nic_host.tolist() == list(range(network.host_count))
    assert list(network.nics_of(3)) == [3]
    assert network.nodes == network.hosts + network.switches
    assert network.leaf_of_host is network.leaf_of_nic


@pytest.mark.parametrize("counts", [(2, 2, 2), (2, 2, 2, 0)])
def test_a_network_without_a_number_of_nics_for_each_host_is_refused(counts):
    with pytest.raises(ValueError, match="a number for each host, one at least"):
        replace(rails(), nics=counts)


@pytest.mark.parametrize("rule", ["hash", "rail"])
@pytest.mark.parametrize("make", [packets, ports])
def test_flows_take_the_nics_that_the_rule_says_and_tables_name_hosts(make, rule):
    network, batch = rails(), all_pairs()
    fabric = make(network, rule)
    fabric.submit(batch)
    fabric.env.run()

    found = fabric.flow_columns(nics=True)
    expected = [naive(flow, rule, (2, 2)) for flow in range(len(batch.src))]
    out, into = np.array(expected).T + 2 * np.array([batch.src, batch.dst])
    assert found["src"].tolist() == out.tolist()
    assert found["dst"].tolist() == into.tolist()
    hosts = flow_table(fabric, fabric.flow_columns(nics=True))
    for columns in (fabric.flow_columns(), hosts):
        assert columns["src"].tolist() == batch.src.tolist()
        assert columns["dst"].tolist() == batch.dst.tolist()
    # Every packet has left by the NIC of its flow, and come by the other one.
    links = fabric.link_columns()
    data = dict(zip(links["index"].tolist(), links["data_packets"].tolist(), strict=True))
    for ends, edge in ((out, network.host_uplink), (into, network.host_downlink)):
        sent = 3 * np.bincount(ends, minlength=network.nic_count)
        assert [data[link] for link in edge.tolist()] == sent.tolist()
        assert (sent > 0).all()


def test_a_rail_is_never_left_and_hashes_cross_the_spine():
    crossed = []
    for rule in ("rail", "hash"):
        network = rails()
        fabric = packets(network, rule)
        fabric.submit(all_pairs())
        fabric.env.run()
        inner = (network.link_source >= network.nic_count) & (
            network.link_target >= network.nic_count
        )
        crossed.append(int(fabric.link_columns()["packets"][inner].sum()))

    assert crossed[0] == 0
    assert crossed[1] > 0


@pytest.mark.parametrize("make", [packets, ports])
def test_flows_on_nics_of_their_own_do_not_wait_for_each_other(make):
    # Two flows between the same hosts: on different rails both take the least time, and on one
    # rail the later one is behind the other.
    seen = {}
    for before in range(40):
        rail = [naive(flow, "rail", (2, 2))[0] for flow in (before, before + 1)]
        apart = rail[0] != rail[1]
        if apart in seen:
            continue
        fabric = make(rails(), "rail")
        fabric.submit(
            FlowBatch([2] * before + [0, 0], [3] * before + [1, 1], [4096 * 20] * (before + 2))
        )
        fabric.env.run()
        seen[apart] = flow_table(fabric, fabric.flow_columns(nics=True))["slowdown"][-2:]

    assert seen[True].tolist() == [1.0, 1.0]
    assert max(seen[False]) > 1.5


def test_messages_of_processes_take_the_nics_of_their_numbers():
    batch = all_pairs(1)
    alone, together = packets(rails()), packets(rails())
    together.submit(batch)
    for src, dst, size in zip(batch.src, batch.dst, batch.size, strict=True):
        alone.transfer(int(src), int(dst), int(size))
    found = []
    for fabric in (alone, together):
        fabric.env.run()
        columns = fabric.flow_columns(nics=True)
        found.append([columns[name].tolist() for name in ("src", "dst", "end_rx")])

    assert found[0] == found[1]


def test_a_path_says_which_nics_its_flow_takes():
    network = rails()
    path = (int(network.host_uplink[1]), int(network.host_downlink[3]))
    fabric = packets(network, policy="single")
    fabric.submit(FlowBatch([0] * 8, [1] * 8, [5000] * 8, paths=[path] * 8))
    fabric.transfer(0, 1, 5000, path=path)
    fabric.env.run()

    columns = fabric.flow_columns(nics=True)
    assert (columns["src"].tolist(), columns["dst"].tolist()) == ([1] * 9, [3] * 9)
    message = "from host2 to host1 has host0.nic1 at an end, which is no NIC of host2"
    with pytest.raises(SimulationError, match=message):
        fabric.transfer(2, 1, 5000, path=path)


def leaf_spine():
    """Return the rails as a leaf-spine, for which plans are made."""
    return replace(rails(), kind="leaf_spine", leaves=2, spines=1, bundle=1, hosts_per_leaf=4)


def test_plans_lead_from_nic_to_nic():
    fabric = packets(leaf_spine(), policy="equitable")
    batch = all_pairs()
    fabric.submit(batch)
    fabric.transfer(0, 1, 100)
    fabric.env.run()

    columns = fabric.flow_columns(nics=True)
    expected = [naive(flow, "hash", (2, 2))[0] for flow in range(len(batch.src) + 1)]
    assert set(columns["status"]) == {"done"}
    assert (columns["src"] % 2).tolist() == expected


def test_all_pieces_of_a_flow_take_its_nics(monkeypatch):
    def halves(network, src, dst, size):
        flow = np.repeat(np.arange(len(src)), 2)
        return Pieces(flow, size[flow] // 2, np.zeros(len(flow), np.int64))

    monkeypatch.setattr(Equitable, "split", staticmethod(halves), raising=False)
    fabric = packets(leaf_spine(), policy="equitable")
    batch = all_pairs(1)
    fabric.submit(batch)
    fabric.env.run()

    ends = fabric._store.flow_rows()[: 2 * len(batch.src), at.ENDS]
    expected = [naive(flow, "hash", (2, 2)) for flow in range(len(batch.src))]
    out, into = np.array(expected).T + 2 * np.array([batch.src, batch.dst])
    assert (ends & at.LOW).tolist() == np.repeat(out, 2).tolist()
    assert (ends >> at.HIGH).tolist() == np.repeat(into, 2).tolist()
    assert fabric.flow_columns()["dst"].tolist() == batch.dst.tolist()


@pytest.mark.parametrize("make", [packets, ports])
def test_what_stays_on_a_host_uses_no_nic(make):
    fabric = make(rails())
    fabric.submit(FlowBatch([1, 2], [1, 2], [10**6, 10**6], delay=[7, 9]))
    fabric.env.run()

    assert fabric.env.now == 9
    assert len(fabric.flow_columns()["flow"]) == 0
    assert fabric.link_columns()["packets"].sum() == 0


@pytest.mark.parametrize("make", [packets, ports])
def test_flows_to_hosts_that_are_none_are_refused_whatever_nics_there_are(make):
    fabric = make(rails())
    message = "flow 0 goes from host 0 to host 4, but hosts are 0 to 3"

    with pytest.raises(SimulationError, match=message):
        fabric.submit(FlowBatch([0], [4], [1]))
    with pytest.raises(SimulationError, match=message):
        fabric.transfer(0, 4, 1)


def test_a_rail_is_drawn_once_for_both_ends_and_fairly():
    spread = Spread(rails(), "rail", Streams(1))
    flows = np.arange(200)
    out, into = spread.of(np.zeros(200, np.int64), np.ones(200, np.int64), 0)

    assert (out + 2 == into).all()
    assert [naive(int(flow), "rail", (2, 2))[0] for flow in flows] == out.tolist()
    # 200 fair draws: three standard deviations are 21.
    assert abs(int(out.sum()) - 100) < 22
    with pytest.raises(ValueError, match="by 'hash' or 'rail', not by 'least'"):
        Spread(rails(), "least", Streams(1))


@pytest.mark.parametrize("rule", ["hash", "rail"])
def test_hosts_may_have_different_numbers_of_nics(rule):
    network = replace(rails(hosts=2), hosts=("one", "three"), nics=(1, 3))
    src, dst = np.zeros(60, np.int64), np.ones(60, np.int64)
    out, into = Spread(network, rule, Streams(1)).of(src, dst, 5)

    expected = [naive(flow, rule, (1, 3))[1] for flow in range(5, 65)]
    assert set(out.tolist()) == {0}
    assert (into - 1).tolist() == expected
    assert set(expected) == ({0} if rule == "rail" else {0, 1, 2})
