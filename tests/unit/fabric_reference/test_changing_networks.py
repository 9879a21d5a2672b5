"""Rates, links and routes that change in mid-run: the kernel against the plain simulator."""

from __future__ import annotations

import numpy as np
import pytest
from reference import fabric as plain
from reference.comparison import (
    STREAMS,
    as_plain,
    assert_equal,
    block,
    leaf_spine,
    policies,
    random_flows,
    windowed,
)

from netsim.engine.environment import Environment
from netsim.errors import TransferFailed
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import state as at
from netsim.fabric.packet import PacketConfig
from netsim.fabric.service import Fabric

GIGABIT = 10**9


def fabric_of(network, policy, transport, queue=None, **options):
    return Fabric(
        Environment(),
        network,
        packet=PacketConfig(),
        routing=block("routing", "policy", policy=policy),
        transport=block("transport", "kind", **transport),
        queue=None if queue is None else block("queue", "kind", kind="drop_tail", **queue),
        streams=STREAMS,
        **options,
    )


def changed_by(fabric, changes):
    """Let a process change the fabric's network at the given times."""
    env = fabric.env

    def process():
        for time, link, what, value in sorted(changes, key=lambda change: change[0]):
            if time > env.now:
                yield env.timeout(time - env.now)
            if what == "routes":
                fabric.reroute()
            else:
                fabric.change([link], **{what: value}, reroute=False)
        yield env.timeout(1)

    env.process(process())


def random_changes(network, count, seed, span):
    """Return changes of random links, each at an instant of its own or at that of the one before.

    Links between switches fail and come back, and routes are found anew now and then; rates of all
    links go up and down.
    """
    draws = np.random.default_rng(seed)
    inner = np.flatnonzero(
        (network.link_source >= network.host_count) & (network.link_target >= network.host_count)
    )
    times = np.sort(draws.integers(span // 10, span, count))
    times[3::4] = times[2::4][: len(times[3::4])]
    changes = []
    for time in times.tolist():
        if draws.random() < 0.5:
            rate = int(draws.choice([3, 10, 25, 40, 100, 200])) * GIGABIT
            changes.append((time, int(draws.integers(network.link_count)), "rate", rate))
        else:
            link = int(draws.choice(inner))
            changes.append((time, link, "up", False))
            back = time + int(draws.integers(1, span // 4))
            changes.append((back, link, "up", True))
            if draws.random() < 0.7:
                changes.append((time + int(draws.integers(0, 2_000_000)), 0, "routes", None))
                changes.append((back, 0, "routes", None))
    return sorted(changes, key=lambda change: change[0])


def both(network, flows, policy, transport, changes, *, queue=None, limits=None, twin=None):
    fabric = fabric_of(network, policy, transport, queue)
    src, dst, size, start = (np.array(column, np.int64) for column in zip(*flows, strict=True))
    fabric.submit(FlowBatch(src, dst, size, start))
    changed_by(fabric, changes)
    fabric.env.run()
    net = as_plain(network, *(limits or (None, None)))
    simulator = plain.Simulator(
        *(net, flows, policies()[policy], twin or plain.OpenLoop()),
        mark_key=STREAMS.key("queue"),
        changes=changes,
    )
    return fabric, simulator.run()


def stranded(fabric):
    state = fabric._store.state
    return int(state.links[state.fixed[at.NOWHERE] * at.LINK + at.DROPS])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("policy", ["ecmp", "rps"])
def test_windowed_flows_end_alike_while_rates_links_and_routes_change(policy, seed):
    network = leaf_spine(3, 3, 3)
    flows = random_flows(network, 60, seed=seed, largest=200_000, span=20_000_000)
    changes = random_changes(network, 16, seed, 30_000_000)
    queue = {"capacity": "40 kB", "ecn": {"kmin": "8 kB", "kmax": "30 kB", "pmax": 0.5}}

    fabric, simulator = both(
        *(network, flows, policy, {"kind": "fixed_window"}, changes),
        queue=queue,
        limits=(40_000, (8_000, 30_000, 0.5)),
        twin=windowed(network, policy, capacity=40_000),
    )

    assert sum(flow.drops for flow in simulator.flows) > 10
    assert stranded(fabric) == simulator.stranded
    assert_equal(fabric, simulator)


@pytest.mark.parametrize("seed", range(3))
def test_ports_that_act_change_as_plain_ones_do(seed):
    # One class served in order, with marks on the way out beyond a queue that is never so long.
    network = leaf_spine(3, 3, 3)
    flows = random_flows(network, 60, seed=seed, largest=200_000, span=20_000_000)
    src, dst, size, start = (np.array(column, np.int64) for column in zip(*flows, strict=True))
    changes = random_changes(network, 16, seed, 30_000_000)
    ends = []
    for mark in ("enqueue", "dequeue"):
        queue = {"capacity": "40 kB", "ecn": {"kmin": "40 kB", "kmax": "40 kB", "mark": mark}}
        fabric = fabric_of(network, "rps", {"kind": "fixed_window"}, queue)
        fabric.submit(FlowBatch(src, dst, size, start))
        changed_by(fabric, changes)
        fabric.env.run()
        columns, links = fabric.flow_columns(), fabric.link_columns()
        ends.append(
            [np.ma.filled(columns[name], -1).tolist() for name in ("end_rx", "end_tx", "drops")]
            + [links[name].tolist() for name in ("tx", "packets", "drops", "busy", "queue_max")]
        )
        assert (fabric._parts.slow is not None) == (mark == "dequeue")
        left = fabric._store.state.links[at.HEAD :: at.LINK] >> at.HIGH
        assert not left.any()

    assert sum(ends[0][2]) > 10
    assert ends[0] == ends[1]


@pytest.mark.parametrize("seed", range(3))
def test_open_loop_flows_end_alike_while_rates_change(seed):
    network = leaf_spine(3, 3, 2)
    flows = random_flows(network, 80, seed=10 + seed, span=5_000_000)
    rates = [
        change for change in random_changes(network, 40, seed, 20_000_000) if change[2] == "rate"
    ]

    fabric, simulator = both(network, flows, "stripe", {"kind": "open_loop"}, rates)

    assert len(rates) > 10
    assert_equal(fabric, simulator)
    busy = fabric.link_columns()["busy"].tolist()
    assert busy == [link.busy for link in simulator.net.links]


def test_a_packet_in_service_keeps_its_unsent_share_to_the_picosecond():
    # 4160 B at 100 Gb/s take 332,800 ps. At 400,000 ps the second of two packets at the NIC has
    # 265,600 ps left, which at 30 Gb/s are ceil(265,600 x 10 / 3) = 885,334; the third then takes
    # ceil(4160 x 8000 / 30) = 1,109,334. Over the leaf and to the host it takes 2 us and 332,800.
    network = leaf_spine(1, 2, 1)
    fabric = fabric_of(network, "rps", {"kind": "open_loop"})
    fabric.transfer(0, 1, 3 * 4096)
    up = int(network.host_uplink[0])
    fabric.env.timeout(400_000).callbacks.append(lambda _: fabric.change([up], rate=30 * GIGABIT))

    fabric.env.run()

    end = 400_000 + 885_334 + 1_109_334 + 2_000_000 + 332_800
    assert fabric.flow_columns()["end_rx"][0] == end
    busy = 332_800 + (400_000 - 332_800) + 885_334 + 1_109_334
    assert fabric.link_columns()["busy"][up] == busy
    assert fabric.link_columns()["rate"][up] == 30 * GIGABIT


def test_a_link_that_fails_loses_what_is_queued_and_under_way_and_flows_recover():
    network = leaf_spine(2, 2, 2)
    fabric = fabric_of(network, "rps", {"kind": "fixed_window"})
    fabric.submit(FlowBatch([0, 1], [2, 3], [500_000, 500_000]))
    (down,) = network.find_links("leaf0->spine0")
    seen = []

    def fail(_):
        state, row = fabric._store.state, int(fabric._parts.layout.link[down])
        seen.append(int(state.links[row * at.LINK + at.HEAD]) >> at.HIGH)
        fabric.change([down], up=False)
        seen.append(int(state.links[row * at.LINK + at.HEAD]) >> at.HIGH)

    fabric.env.timeout(20_000_000).callbacks.append(fail)
    fabric.env.run()

    links, flows = fabric.link_columns(), fabric.flow_columns()
    assert seen[0] > 2
    assert seen[1] == 0
    assert links["drops"][down] == flows["drops"].sum() == flows["retransmits"].sum() == seen[0]
    assert flows["status"].tolist() == ["done", "done"]
    # From then on everything goes by the other spine, which is joined by a link as fast.
    assert links["packets"][network.find_links("leaf0->spine1")[0]] > 120


def test_a_host_that_is_cut_off_sends_at_its_pace_into_nothing_and_its_flow_fails():
    network = leaf_spine(2, 2, 2)
    fabric = fabric_of(network, "rps", {"kind": "fixed_window", "retries": 2})
    transfer = fabric.transfer(0, 2, 500_000)
    fabric.env.timeout(5_000_000).callbacks.append(
        lambda _: fabric.change([int(network.host_uplink[0])], up=False)
    )

    with pytest.raises(TransferFailed, match="retries are used up"):
        fabric.env.run(transfer)

    with pytest.raises(TransferFailed, match="no path joins"):
        fabric.env.run(fabric.transfer(0, 2, 1))


def test_unacknowledged_flows_that_lose_packets_with_a_link_fail_at_once():
    network = leaf_spine(2, 1, 1)
    fabric = fabric_of(network, "rps", {"kind": "open_loop"})
    transfer = fabric.transfer(0, 1, 4096)
    # The only packet is on its way from the leaf to the spine then.
    fabric.env.timeout(1_500_000).callbacks.append(
        lambda _: fabric.change(network.find_links("leaf0->spine0"), up=False)
    )

    with pytest.raises(TransferFailed, match="packets were lost"):
        fabric.env.run(transfer)
    assert fabric.env.now == 1_500_000


def test_a_link_that_comes_back_is_used_again_and_routes_take_no_more_room():
    network = leaf_spine(2, 2, 2)
    fabric = fabric_of(network, "rps", {"kind": "fixed_window"})
    link = network.find_links("leaf0-spine0")
    rooms = []
    for _ in range(6):
        fabric.change(link, up=False)
        fabric.env.run(fabric.transfer(0, 2, 40_000))
        fabric.change(link, up=True)
        fabric.env.run(fabric.transfer(0, 2, 40_000))
        rooms.append(fabric._store.used("ports"))

    assert fabric.link_columns()["packets"][link[0]] > 5
    assert rooms[0] == rooms[-1]
    assert fabric.wiring.network.link_up.all()


def test_stripes_lead_over_the_paths_that_are_left_and_those_given_stay():
    network = leaf_spine(2, 2, 2)
    fabric = fabric_of(network, "stripe", {"kind": "fixed_window"})
    fabric.env.run(fabric.transfer(0, 2, 40_000))
    link = network.find_links("leaf0->spine0")
    before = fabric.link_columns()["packets"][link[0]]
    fabric.change(link, up=False)

    fabric.env.run(fabric.transfer(0, 2, 40_000))

    assert fabric.link_columns()["packets"][link[0]] == before
    assert fabric.link_columns()["drops"].sum() == 0


def test_samples_tell_rates_and_which_links_work_at_their_instants():
    network = leaf_spine(2, 2, 2)
    fabric = fabric_of(network, "rps", {"kind": "fixed_window"})
    link = network.find_links("leaf0->spine0")
    fabric.change(link, rate=25 * GIGABIT)
    slow = fabric.sample_links(1)
    fabric.change(link, up=False)
    down = fabric.sample_links(2)

    assert (slow["rate"][link[0]], slow["up"][link[0]]) == (25 * GIGABIT, True)
    assert not down["up"][link[0]]
    assert slow["rate"].max() == 100 * GIGABIT


def test_queues_keep_their_bytes_and_flows_that_come_are_measured_by_the_new_rate():
    network = leaf_spine(2, 2, 2)
    fabric = fabric_of(network, "rps", {"kind": "fixed_window"}, {"capacity": "83200 B"})
    fabric.transfer(0, 2, 1000)
    fabric.env.run()
    (last,) = network.find_links("leaf1->host2")
    state, row = fabric._store.state, int(fabric._parts.layout.link[last])
    full = int(state.links[row * at.LINK + at.CAPACITY])

    fabric.change([last], rate=10 * GIGABIT)
    fabric.transfer(0, 2, 1000)
    fabric.transfer(0, 3, 1000)
    fabric.env.run()

    state = fabric._store.state
    assert int(state.links[row * at.LINK + at.CAPACITY]) == 10 * full == 20 * 3_328_000
    first, slower, other = state.class_of[:3].tolist()
    assert (
        state.scales[slower * at.SCALE + at.PRODUCT] < state.scales[first * at.SCALE + at.PRODUCT]
    )
    assert other == first


def test_windows_become_shorter_with_faster_links_and_nothing_else_changes_with_them():
    network = leaf_spine(3, 3, 3, host_link={"rate": "10 Gbps", "delay": "100 ns"})
    flows = random_flows(network, 60, seed=5, largest=200_000, span=5_000_000)
    downlinks = [int(link) for link in network.host_downlink]
    changes = [(2_000_000, link, "rate", 400 * GIGABIT) for link in downlinks]

    fabric, simulator = both(
        *(network, flows, "rps", {"kind": "fixed_window"}, changes),
        queue={"capacity": "40 kB"},
        limits=(40_000, None),
        twin=windowed(network, "rps", capacity=40_000),
    )

    assert_equal(fabric, simulator)
    plainly = fabric_of(network, "rps", {"kind": "fixed_window"})
    widths = (at.FREE_WIDTH, at.MERGED_WIDTH)
    assert [fabric._store.state.fixed[w] for w in widths] < [
        plainly._store.state.fixed[w] for w in widths
    ]
