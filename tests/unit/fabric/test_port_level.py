"""What a network of ports alone does with all that a batch can ask for, by hand.

Links of 100 Gb/s take 80 ps a byte. A packet of 4096 + 64 B takes 332.8 ns; between hosts of one
leaf it crosses two links of 1 us. So a message of P full packets holds ports for P x 332.8 ns, and
its receiver's 332.8 ns + 2 us after its sender's.
"""

from __future__ import annotations

import numpy as np
import pytest

from netsim.engine.environment import Environment
from netsim.errors import SimulationError, TransferCancelled, TransferFailed
from netsim.fabric.batch import FlowBatch
from netsim.fabric.packet import PacketConfig
from netsim.fabric.port_level import state as at
from netsim.fabric.port_level.fabric import PortFabric
from netsim.topology.leaf_spine import LeafSpine

PACKET, SIZE = 332_800, 4096
LEAD = PACKET + 2_000_000
PREDECESSOR = "predecessor: a flow that it waits for failed or was cancelled"


def make(hosts=4, **more):
    network = LeafSpine.build(LeafSpine.Config(leaves=1, hosts_per_leaf=hosts, spines=1, **more))
    return PortFabric(Environment(), network, PacketConfig())


def ends(fabric):
    return fabric.flow_columns()["end_rx"].tolist()


def test_a_message_that_waits_for_its_receiver_holds_back_no_later_one_of_its_sender():
    fabric = make()

    # Host 2 receives ten packets from host 0 first; host 1 sends to host 3 in the meantime.
    fabric.submit(FlowBatch([0, 1, 1], [2, 2, 3], [10 * SIZE, SIZE, SIZE]))
    fabric.env.run()

    assert ends(fabric) == [LEAD + 10 * PACKET, LEAD + 11 * PACKET, LEAD + PACKET]


def test_at_one_instant_those_come_first_that_have_been_ready_longer():
    fabric = make(hosts=5)

    # When flow 0 frees the receiver, flow 2 has waited longer than flow 1, though its number is
    # the higher one; flow 3 became ready with flow 2.
    start = [0, 2 * PACKET, PACKET, PACKET]
    fabric.submit(FlowBatch([0, 1, 2, 3], [4] * 4, [3 * SIZE, SIZE, SIZE, SIZE], start))
    fabric.env.run()

    assert ends(fabric) == [LEAD + n * PACKET for n in (3, 6, 4, 5)]


def test_each_port_has_the_rate_of_its_own_link():
    fabric = make(overrides=({"link": "host2-leaf0", "rate": "50 Gbps"},))

    # The receiver's port takes twice as long as each of the senders', so the second message
    # waits, and its sender's port is free long before the receiver's.
    fabric.submit(FlowBatch([0, 1, 1], [2, 2, 3], [2 * SIZE, 2 * SIZE, SIZE]))
    fabric.env.run()

    slow = 2 * PACKET
    assert ends(fabric) == [LEAD + 2 * slow, LEAD + 4 * slow, LEAD + PACKET]


def test_a_schedule_with_calculations_and_lags_ends_when_it_must():
    fabric = make()

    # 0 -> 1, then host 1 computes for 5 us, then sends to 2; a second message to 2 may start 7 us
    # after the first arrives. What waits for both starts after the later of the two.
    event = fabric.submit(
        FlowBatch(
            src=[0, 1, 1, 3, 2],
            dst=[1, 1, 2, 2, 0],
            size=[SIZE, 0, SIZE, SIZE, SIZE],
            delay=[0, 5_000_000, 0, 0, 0],
            predecessors=([0, 0, 1, 2, 3, 5], [0, 1, 0, 2, 3]),
            lag=[0, 0, 7_000_000, 1_000_000, 0],
        )
    )
    fabric.env.run()

    one = LEAD + PACKET
    third, fourth = one + 5_000_000 + one, one + 7_000_000 + one
    last = max(third + 1_000_000, fourth) + one
    assert ends(fabric) == [one, third, fourth, last]
    assert fabric.flow_columns()["flow"].tolist() == [0, 2, 3, 4]
    assert event.value == range(5)
    assert fabric.env.now == last


def test_calculations_that_take_no_time_are_over_before_messages_start():
    fabric = make()

    # Flow 3 becomes ready at 0 through two empty calculations and goes before flow 4.
    fabric.submit(
        FlowBatch(
            [0, 0, 1, 2], [0, 0, 3, 3], [0, 0, SIZE, SIZE], predecessors=([0, 0, 1, 2, 2], [0, 1])
        )
    )
    fabric.env.run()

    assert ends(fabric) == [LEAD + PACKET, LEAD + 2 * PACKET]


def test_one_batch_waits_for_another_through_a_gate():
    fabric = make()
    gate, other = fabric.gate(), fabric.gate()
    first = fabric.submit(FlowBatch([0], [1], [SIZE]))
    second = fabric.submit(
        FlowBatch([1, 2, 3], [2, 0, 0], [SIZE] * 3, gates=([0, 1, 2, 4], [gate, gate, gate, other]))
    )
    first.callbacks.append(lambda _: fabric.open(gate))
    fabric.env.timeout(9_000_000).callbacks.append(lambda _: fabric.open(other))

    fabric.env.run(9_000_000)
    assert not second.triggered
    fabric.env.run()

    one = LEAD + PACKET
    assert ends(fabric) == [one, 2 * one, 2 * one, 9_000_000 + one]
    assert fabric.flow_columns()["start"].tolist() == [0, one, one, 9_000_000]
    assert second.value == range(1, 4)


def test_a_gate_that_is_open_holds_nobody_back_and_opening_it_again_changes_nothing():
    fabric = make()
    gate = fabric.gate()

    fabric.open(gate)
    fabric.open(gate)
    fabric.submit(FlowBatch([0], [1], [SIZE], gates=([0, 1], [gate])))
    fabric.env.run()

    assert ends(fabric) == [LEAD + PACKET]


def test_a_batch_may_count_its_flows_when_their_senders_know():
    fabric = make()

    event = fabric.submit(
        FlowBatch([0, 1], [1, 0], [SIZE] * 2, predecessors=([0, 0, 1], [0]), trigger="tx")
    )
    fabric.env.run()

    # An acknowledgement of 64 B crosses two links, alone.
    there, back = LEAD + PACKET, 2 * (64 * 80 + 1_000_000)
    columns = fabric.flow_columns()
    assert columns["end_rx"].tolist() == [there, 2 * there + back]
    assert columns["end_tx"].tolist() == [there + back, 2 * (there + back)]
    assert event.ok
    assert fabric.env.now == 2 * (there + back)


@pytest.mark.parametrize("slice_events", [1, 7])
def test_where_calls_are_cut_and_who_looks_on_changes_nothing(slice_events):
    def play(**options):
        network = LeafSpine.build(LeafSpine.Config(leaves=2, hosts_per_leaf=4, spines=2))
        fabric = PortFabric(Environment(), network, PacketConfig(), **options)
        src = np.repeat(np.arange(8), 7)
        dst = (src + np.tile(np.arange(1, 8), 8)) % 8
        fabric.submit(FlowBatch(src, dst, 1000 * (1 + src * dst % 9), 50_000 * (src % 3)))
        return fabric

    whole, cut = play(), play(slice_events=slice_events)
    for _ in range(200):
        cut.env.timeout(33_280 * _)
    whole.env.run()
    cut.env.run()

    assert ends(cut) == ends(whole)
    assert cut.events == whole.events


def test_processes_and_a_batch_send_alike():
    flows = [(0, 2, 9000, 0), (1, 2, 5000, 0), (1, 3, 4096, 400_000), (0, 3, 20_000, 400_000)]
    batch, processes = make(), make()
    batch.submit(FlowBatch(*(list(column) for column in zip(*flows, strict=True))))
    batch.env.run()
    seen = []

    def send(src, dst, size, start):
        yield processes.env.timeout(start)
        flow = yield processes.transfer(src, dst, size)
        seen.append((processes.env.now, flow))

    for flow in flows:
        processes.env.process(send(*flow))
    processes.env.run()

    assert ends(batch) == ends(processes)
    assert sorted(seen) == sorted(zip(ends(batch), range(4), strict=True))


def test_a_run_until_a_time_stops_before_that_time():
    end = LEAD + PACKET
    for until, status in ((end, "unfinished"), (end + 1, "done")):
        fabric = make()
        fabric.submit(FlowBatch([0], [1], [SIZE]))
        fabric.env.run(until)
        assert fabric.flow_columns()["status"].tolist() == [status]
        assert fabric.env.now == until


def test_cancelling_what_is_sent_frees_both_ports_as_far_as_they_have_come():
    fabric = make()
    first = fabric.transfer(0, 2, 10 * SIZE)
    fabric.transfer(1, 2, SIZE)
    fabric.transfer(0, 3, SIZE)
    half = 5 * PACKET

    fabric.env.timeout(half).callbacks.append(lambda _: first.cancel())
    fabric.env.run()

    # Host 0 sends to host 3 at once. Five packets have left; they are through at LEAD + half, and
    # host 1 starts LEAD before that.
    columns = fabric.flow_columns()
    assert columns["status"].tolist() == ["cancelled", "done", "done"]
    assert ends(fabric)[1:] == [half + LEAD + PACKET] * 2
    assert isinstance(first.value, TransferCancelled)
    assert fabric.unfinished == 0
    links = fabric.link_columns()
    busy = dict(zip(links["index"].tolist(), links["busy"].tolist(), strict=True))
    assert busy[fabric.network.host_uplink[0]] == half + PACKET


def test_what_was_received_of_a_cancelled_message_came_evenly():
    fabric = make()
    cut = fabric.transfer(0, 2, 10 * SIZE)
    fabric.transfer(1, 3, SIZE)

    fabric.env.timeout(LEAD + 4 * PACKET).callbacks.append(lambda _: cut.cancel())
    fabric.env.run()

    assert fabric.received.tolist() == [4 * SIZE, SIZE]


def test_cancelling_what_waits_leaves_its_place_to_others():
    fabric = make()
    fabric.transfer(0, 2, 3 * SIZE)
    waiting = fabric.transfer(1, 2, SIZE)
    fabric.transfer(3, 2, SIZE)

    fabric.env.timeout(PACKET).callbacks.append(lambda _: waiting.cancel())
    fabric.env.run()

    assert ends(fabric) == [LEAD + 3 * PACKET, None, LEAD + 4 * PACKET]


def test_cancelling_what_has_not_begun_moves_no_clock():
    fabric = make()
    fabric.submit(FlowBatch([0, 1, 1], [2, 2, 1], [SIZE] * 3, [0, 10**9, 0], [0, 0, 10**9]))
    fabric.env.run(1000)

    fabric.cancel(1)
    fabric.cancel(2)
    fabric.cancel(1)
    fabric.env.run()

    assert fabric.env.now == LEAD + PACKET
    assert fabric.unfinished == 0


def test_nobody_waits_for_a_flow_whose_predecessor_was_cancelled():
    fabric = make()
    event = fabric.submit(
        FlowBatch([0, 2, 3], [2, 3, 0], [SIZE] * 3, predecessors=([0, 0, 1, 2], [0, 1]))
    )
    seen = []

    def master():
        try:
            yield event
        except TransferCancelled as problem:
            seen.append(str(problem))

    fabric.env.process(master())
    fabric.env.timeout(10).callbacks.append(lambda _: fabric.cancel(0))
    fabric.env.run()

    columns = fabric.flow_columns()
    assert seen == ["the transfer of flow 0 was cancelled"]
    assert columns["status"].tolist() == ["cancelled", "failed", "failed"]
    assert columns["reason"].tolist() == [None, PREDECESSOR, PREDECESSOR]
    assert fabric.unfinished == 0


def test_a_flow_without_a_path_fails_with_what_waits_for_it_and_the_others_go_on():
    fabric = make(overrides=({"link": "host3-leaf0", "up": False},))

    event = fabric.submit(
        FlowBatch([0, 0, 1], [3, 2, 2], [SIZE] * 3, predecessors=([0, 0, 0, 1], [0]))
    )
    lone = fabric.transfer(0, 3, SIZE)
    fabric.env.run()

    columns = fabric.flow_columns()
    assert columns["status"].tolist() == ["failed", "done", "failed", "failed"]
    assert columns["reason"][0] == columns["reason"][3] == "no path joins its hosts"
    assert isinstance(event.value, TransferFailed)
    assert isinstance(lone.value, TransferFailed)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"src": [9]}, "hosts are 0 to 3"),
        ({"size": [-1]}, "negative size"),
        ({"delay": [-1]}, "starts and delays"),
        ({"start": [2**62]}, "starts and delays"),
        ({"gates": ([0, 1], [0])}, "a gate that is none of 0"),
        ({"predecessors": ([0, 1], [0])}, "in a circle: 0 -> 0"),
    ],
)
def test_an_impossible_batch_is_refused_and_nothing_of_it_is_left(asked, message):
    fabric = make()

    with pytest.raises(SimulationError, match=message):
        fabric.submit(FlowBatch(**({"src": [0], "dst": [1], "size": [1]} | asked)))
    assert len(fabric.received) == 0
    assert fabric.unfinished == 0


def test_an_impossible_transfer_or_gate_is_refused():
    fabric = make()

    with pytest.raises(SimulationError, match="to itself"):
        fabric.transfer(1, 1, 10)
    with pytest.raises(SimulationError, match="there is no gate 0"):
        fabric.open(0)


def test_an_empty_batch_is_done_at_once():
    fabric = make()

    event = fabric.submit(FlowBatch([], [], []))
    fabric.env.run()

    assert (event.ok, fabric.env.now) == (True, 0)


def test_time_beyond_the_clock_is_an_error():
    fabric = make()

    late = 2**62 - 1
    fabric.submit(
        FlowBatch([0, 1], [1, 0], [SIZE] * 2, [late, 0], predecessors=([0, 0, 1], [0]), lag=late)
    )
    with pytest.raises(SimulationError, match="its clock ends after 53 days"):
        fabric.env.run()


@pytest.mark.parametrize("size", [6 * 10**16, 2**62])
def test_a_message_that_takes_longer_than_the_clock_goes_is_refused(size):
    fabric = make()

    with pytest.raises(SimulationError, match=r"at most 4\.61e"):
        fabric.transfer(0, 1, size)
    with pytest.raises(SimulationError, match=r"at most 4\.61e"):
        fabric.submit(FlowBatch([0, 1], [1, 0], [10, size]))
    assert len(fabric.received) == 0


def test_the_longest_message_ends_within_the_clock():
    fabric = make()
    # 13.8 PB: 4.6e18 ps at 332.8 ns a packet.
    packets = (2**62 - 2 * LEAD) // PACKET

    fabric.submit(FlowBatch([0], [1], [packets * SIZE], [10_000]))
    fabric.env.run()

    assert ends(fabric) == [10_000 + LEAD + packets * PACKET]


def test_links_carry_wire_bytes_and_are_busy_as_long_as_messages_hold_them():
    fabric = make()
    fabric.submit(FlowBatch([0, 0], [1, 2], [3 * SIZE, 100]))
    fabric.env.run()

    columns = fabric.link_columns()
    found = {
        link: (tx, packets, busy)
        for link, tx, packets, busy in zip(
            *(columns[name].tolist() for name in ("link", "tx", "packets", "busy")), strict=True
        )
    }
    long, short = 3 * (SIZE + 64), 164
    assert found["host0->leaf0"] == (long + short, 4, (long + short) * 80)
    assert found["leaf0->host1"] == (long, 3, long * 80)
    assert found["leaf0->host2"] == (short, 1, short * 80)
    assert found["host1->leaf0"] == (0, 0, 0)
    assert fabric.packet_hops == 8
    assert len(found) == 8


def test_room_for_messages_grows_without_changing_anything():
    fabric = make()
    for number in range(300):
        fabric.env.timeout(number).callbacks.append(lambda _: fabric.transfer(0, 1, SIZE))
    fabric.env.run()

    assert ends(fabric) == [LEAD + (n + 1) * PACKET for n in range(300)]
    assert (fabric._rows[:, at.STATUS] == at.DONE).all()
