"""Processes and the kernel share one clock: what order they act in, and how transfers end."""

from __future__ import annotations

import numpy as np
import pytest
import simpy

from netsim.errors import (
    SimulationError,
    StalledError,
    TransferCancelled,
    TransferFailed,
)
from netsim.fabric.batch import FlowBatch
from netsim.fabric.columns import received_bytes
from netsim.fabric.kernel import state as at

COLUMNS = ("end_rx", "end_tx", "out_of_order", "max_reorder")


def busy_flows():
    """Return flows of which several share a host and an instant."""
    return [
        (src, (src + 1 + k) % 8, 20_000 + 1000 * src, 250_000 * (k // 2))
        for k in range(6)
        for src in range(8)
    ]


def in_order_of_start(flows):
    return sorted(flows, key=lambda flow: flow[3])


def as_batch(fabric, flows):
    src, dst, size, start = (np.array(column) for column in zip(*flows, strict=True))
    fabric.submit(FlowBatch(src, dst, size, start))
    fabric.env.run()
    return fabric


def by_processes(fabric, flows):
    env = fabric.env

    def send(src, dst, size, start):
        if start:
            yield env.timeout(start)
        yield fabric.transfer(src, dst, size)

    for flow in flows:
        env.process(send(*flow))
    env.run()
    return fabric


def results(fabric):
    columns = fabric.flow_columns()
    return {name: columns[name].tolist() for name in COLUMNS}


@pytest.mark.parametrize("transport", ["open_loop", "fixed_window"])
def test_a_batch_and_processes_give_the_same_result(make_fabric, transport):
    flows = in_order_of_start(busy_flows())
    shape = (4, 2, 2)

    batch = as_batch(make_fabric(shape, transport=transport), flows)
    processes = by_processes(make_fabric(shape, transport=transport), flows)

    assert results(batch) == results(processes)
    assert batch.env.now == processes.env.now


@pytest.mark.parametrize("cut", [1, 7])
def test_where_calls_are_cut_changes_nothing(make_fabric, cut):
    flows = in_order_of_start(busy_flows())
    queue = {"capacity": "9 kB"}
    whole = as_batch(make_fabric((4, 2, 2), "stripe", "fixed_window", queue=queue), flows)

    pieces = make_fabric((4, 2, 2), "stripe", "fixed_window", queue=queue, slice_events=cut)
    as_batch(pieces, flows)

    assert results(whole) == results(pieces)
    assert whole.flow_columns()["drops"].sum() > 0


def test_unrelated_events_change_nothing(make_fabric):
    flows = in_order_of_start(busy_flows())
    alone = as_batch(make_fabric((4, 2, 2), transport="fixed_window"), flows)
    fabric = make_fabric((4, 2, 2), transport="fixed_window")

    def tick():
        for _ in range(500):
            yield fabric.env.timeout(33_280)

    fabric.env.process(tick())
    as_batch(fabric, flows)

    assert results(alone) == results(fabric)


def test_a_process_sees_the_clock_at_the_end_of_its_transfer(make_fabric):
    fabric = make_fabric()
    seen = []

    def sender():
        flow = yield fabric.transfer(0, 2, 4096)
        seen.append((flow, fabric.env.now))

    fabric.env.process(sender())
    fabric.env.run()

    # Four links, each 4,160 B at 80 ps and 1 us.
    assert seen == [(0, 4 * (4160 * 80 + 1_000_000))]


def test_at_one_instant_timeouts_come_before_completions(make_fabric):
    fabric, order = make_fabric(), []
    end = 4 * (4160 * 80 + 1_000_000)

    def sender(name, src, dst):
        yield fabric.transfer(src, dst, 4096)
        order.append((name, fabric.env.now))

    def alarm():
        yield fabric.env.timeout(end)
        order.append(("timeout", fabric.env.now))

    # Both transfers take the same time over disjoint links.
    fabric.env.process(sender("to host 3", 1, 3))
    fabric.env.process(sender("to host 2", 0, 2))
    fabric.env.process(alarm())
    fabric.env.run()

    # Arrivals of one instant are taken node by node, so host 2 comes before host 3.
    assert order == [("timeout", end), ("to host 2", end), ("to host 3", end)]


def test_a_run_until_a_time_stops_before_that_time(make_fabric):
    end = 4 * (4160 * 80 + 1_000_000)
    before, after = make_fabric(), make_fabric()
    for fabric in (before, after):
        fabric.submit(FlowBatch([0], [2], [4096]))

    before.env.run(end)
    after.env.run(end + 1)

    assert (before.unfinished, after.unfinished) == (1, 0)
    assert before.flow_columns()["status"].tolist() == ["unfinished"]
    assert before.flow_columns()["end_rx"].mask.tolist() == [True]
    assert before.env.now == end


def test_a_cancelled_transfer_sends_nothing_more_and_fails_its_event(make_fabric):
    fabric, seen = make_fabric(), []

    def sender():
        transfer = fabric.transfer(0, 2, 1_000_000)
        yield fabric.env.timeout(10_000_000)
        transfer.cancel()
        try:
            yield transfer
        except TransferCancelled as problem:
            seen.append((fabric.env.now, str(problem)))

    fabric.env.process(sender())
    fabric.env.run()

    columns = fabric.flow_columns()
    assert seen == [(10_000_000, "the transfer of flow 0 was cancelled")]
    assert columns["status"].tolist() == ["cancelled"]
    # 10 us at 332.8 ns a packet: 31 of 245 packets were under way.
    nic = fabric.link_columns()["data_packets"][fabric.network.host_uplink[0]]
    assert nic == 31
    assert fabric.unfinished == 0


def test_what_was_received_of_a_cancelled_transfer_is_what_was_there_by_then(make_fabric):
    fabric = make_fabric()

    def sender():
        whole, cut = fabric.transfer(1, 3, 1_000_000), fabric.transfer(0, 2, 1_000_000)
        yield fabric.env.timeout(10_000_000)
        cut.cancel()
        yield whole

    fabric.env.process(sender())
    fabric.env.run()

    # Packets of 4096 + 64 B take 332.8 ns on each of four links, and 1 us of delay: number k is
    # there after 5.3312 us + k * 332.8 ns, so 15 of them by 10 us. The last of a whole transfer
    # holds what is left over 244 packets.
    assert fabric.received.tolist() == [1_000_000, 15 * 4096]


def test_received_bytes_know_whether_the_short_last_packet_is_among_them():
    rows = np.zeros((3, at.FLOW), np.int64)
    rows[:, at.SIZE], rows[:, at.PACKETS] = 250, 3
    # Two packets each: the first two, or the first and the last; and none.
    rows[:, at.ARRIVED] = 2, 2, 0
    rows[:, at.ORDER] = 2, 3, 0

    assert received_bytes(rows, 100).tolist() == [200, 150, 0]


def test_an_interrupted_process_leaves_its_transfer_alone(make_fabric):
    fabric, seen = make_fabric(), []

    def sender():
        try:
            yield fabric.transfer(0, 2, 100_000)
        except simpy.Interrupt:
            seen.append(fabric.env.now)

    process = fabric.env.process(sender())

    def interrupter():
        yield fabric.env.timeout(5_000_000)
        process.interrupt()

    fabric.env.process(interrupter())
    fabric.env.run()

    assert seen == [5_000_000]
    assert fabric.flow_columns()["status"].tolist() == ["done"]


def test_a_flow_whose_retries_are_used_up_fails_its_event(make_fabric):
    # No packet fits into a queue of 1 kB, so nothing ever gets through a switch.
    fabric = make_fabric(
        (2, 2, 2), "ecmp", "fixed_window", queue={"capacity": "1 kB"}, rto="10 us", retries=3
    )
    seen = []

    def sender():
        try:
            yield fabric.transfer(0, 2, 4096)
        except TransferFailed as problem:
            seen.append(str(problem))

    fabric.env.process(sender())
    fabric.env.run()

    columns = fabric.flow_columns()
    assert len(seen) == 1
    assert seen[0].startswith("flow 0 failed: retries are used up (transport fixed_window, ")
    assert "retries: 3); raise retries, doublings or rto" in seen[0]
    assert (columns["status"][0], columns["reason"][0]) == ("failed", "retries are used up")
    assert (columns["timeouts"][0], columns["drops"][0]) == (3, 4)


def test_a_flow_is_done_that_its_receiver_has_though_its_sender_gives_up(make_fabric):
    # The packet arrives after four hops, 5.3 us; its acknowledgement would be back after 9.3 us,
    # but the second timeout, with which retries are used up, comes after 6 us.
    fabric = make_fabric((2, 2, 2), "ecmp", "fixed_window", rto="3 us", retries=1)

    transfer = fabric.transfer(0, 2, 4096)
    fabric.env.run()

    columns = fabric.flow_columns()
    assert (transfer.ok, transfer.value) == (True, 0)
    assert columns["end_rx"][0] == 4 * (4160 * 80 + 1_000_000)
    assert columns["end_tx"][0] is np.ma.masked
    assert columns["timeouts"][0] == 1
    assert (columns["status"][0], columns["reason"][0]) == ("done", None)


def test_a_flow_without_a_path_fails_and_the_others_go_on(make_fabric):
    down = {"overrides": ({"link": "host3-leaf1", "up": False},)}
    fabric = make_fabric(policy="ecmp", topology=down)

    event = fabric.submit(FlowBatch([0, 0], [3, 2], [4096, 4096]))
    fabric.env.run()

    assert isinstance(event.value, TransferFailed)
    assert fabric.flow_columns()["status"].tolist() == ["failed", "done"]
    assert fabric.flow_columns()["reason"].tolist() == ["no path joins its hosts", None]


def test_an_open_loop_flow_with_losses_fails_once_its_last_packet_is_known(make_fabric):
    # Two hosts in step at full rate into a port that holds one packet and a bit: flow 0 comes first
    # at every instant, so flow 1 loses its packets until flow 0 is done.
    fabric = make_fabric(queue={"capacity": "5 kB"})

    event = fabric.submit(FlowBatch([0, 1], [2, 2], [200_000, 200_000]))
    fabric.env.run()

    columns = fabric.flow_columns()
    arrived = fabric.link_columns()["data_packets"][fabric.network.host_downlink[2]]
    assert isinstance(event.value, TransferFailed)
    assert columns["status"].tolist() == ["done", "failed"]
    assert arrived + columns["drops"].sum() == 2 * 49
    assert fabric.unfinished == 0


def test_a_flow_starts_after_its_last_predecessor_and_its_lag(make_fabric):
    fabric = make_fabric()
    one_packet = 4 * (4160 * 80 + 1_000_000)
    # Flow 2 waits for 0 and 1, flow 3 for 2 with 5 us of lag.
    first, waits_for = [0, 0, 0, 2, 3], [0, 1, 2]

    event = fabric.submit(
        FlowBatch(
            src=[0, 1, 2, 0],
            dst=[2, 3, 0, 3],
            size=[4096] * 4,
            start=[0, 2_000_000, 0, 0],
            predecessors=(first, waits_for),
            lag=[0, 0, 5_000_000],
        )
    )
    fabric.env.run()

    start = fabric.flow_columns()["start"].tolist()
    assert start[2] == 2_000_000 + one_packet
    assert start[3] == start[2] + one_packet + 5_000_000
    assert event.value == range(4)
    assert fabric.env.now == start[3] + one_packet


def test_a_trigger_at_the_sender_waits_for_the_acknowledgement(make_fabric):
    fabric = make_fabric(policy="ecmp", transport="fixed_window")
    there, back = 4 * (4160 * 80 + 1_000_000), 4 * (64 * 80 + 1_000_000)

    fabric.submit(
        FlowBatch([0, 2], [2, 0], [4096] * 2, predecessors=([0, 0, 1], [0]), trigger="tx")
    )
    fabric.env.run()

    assert fabric.flow_columns()["start"].tolist() == [0, there + back]


def test_a_trigger_at_the_sender_is_refused_without_acknowledgements(make_fabric):
    with pytest.raises(SimulationError, match="use 'rx'"):
        make_fabric().submit(FlowBatch([0], [2], [4096], trigger="tx"))


def test_a_transfer_to_its_own_host_is_refused(make_fabric):
    with pytest.raises(SimulationError, match="from host 1 to itself"):
        make_fabric().transfer(1, 1, 10)


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        ((0, 9, 10), "hosts are 0 to 3"),
        ((0, 1, -1), "negative size"),
        ((0, 1, 4096 << 25), "packets is too long"),
    ],
)
def test_an_impossible_flow_is_refused_at_either_door(make_fabric, flow, message):
    fabric = make_fabric()

    with pytest.raises(SimulationError, match=message):
        fabric.transfer(*flow)
    with pytest.raises(SimulationError, match=message):
        fabric.submit(FlowBatch(*([value] for value in flow)))


def test_an_empty_batch_is_done_at_once(make_fabric):
    fabric = make_fabric()

    event = fabric.submit(FlowBatch([], [], []))
    fabric.env.run()

    assert event.ok
    assert fabric.env.now == 0


def test_a_process_that_waits_for_nothing_is_a_stall(make_fabric):
    fabric = make_fabric()
    never = fabric.env.event()
    fabric.env.expect(never, "rank 5: recv from 4", group="ranks", total=64)
    fabric.submit(FlowBatch([0], [2], [4096]))

    with pytest.raises(StalledError, match=r"t=5.3312 us.*1 of 64 ranks wait \(rank 5: recv"):
        fabric.env.run()


def test_messages_of_one_instant_are_numbered_as_they_come_and_can_be_cancelled(make_fabric):
    def run(gathers):
        fabric = make_fabric((2, 4, 2), "rps", "fixed_window")
        fabric._intake.gathers = gathers
        env = fabric.env
        seen = []

        def sends(host):
            for turn in range(3):
                flow = yield fabric.transfer(host, (host + 1 + turn) % 8, 5000)
                seen.append((env.now, host, flow))

        for host in range(6):
            env.process(sends(host))
        env.run(1)
        late = [fabric.transfer(7, host, 10**6) for host in range(3)]
        seen.append([transfer.flow for transfer in late])
        seen.append(fabric.unfinished)
        late[1].cancel()
        seen.append(fabric.unfinished)
        env.run()
        flows = fabric.flow_columns()
        return seen, {name: np.ma.filled(column, -1).tolist() for name, column in flows.items()}

    seen, flows = run(gathers=True)

    assert seen[:3] == [[6, 7, 8], 9, 8]
    assert flows["src"][:9] == [0, 1, 2, 3, 4, 5, 7, 7, 7]
    assert flows["start"][:9] == [0] * 6 + [1] * 3
    assert flows["status"] == ["done"] * 7 + ["cancelled"] + ["done"] * 13
    # One by one they do the same.
    assert (seen, flows) == run(gathers=False)
