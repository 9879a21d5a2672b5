"""What a port does at its limits, what links say of themselves, and packet rows."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.fabric.batch import FlowBatch

FULL = 4160 * 80  # ps of a full packet on 100 Gb/s
HOP = FULL + 1_000_000


class Rows:
    """A recorder that keeps what it is given."""

    def __init__(self):
        self.batches = []

    def wants(self, table):
        return table == "packets"

    def write(self, table, columns):
        assert table == "packets"
        self.batches.append(columns)

    def column(self, name):
        return [value for batch in self.batches for value in np.ma.getdata(batch[name]).tolist()]


def incast(fabric, packets=4):
    """Let two hosts of one leaf send to a third at once, and run."""
    fabric.submit(FlowBatch([1, 2], [0, 0], [4096 * packets] * 2))
    fabric.env.run()
    links = fabric.link_columns()
    return {
        name: links[name][fabric.network.host_downlink[0]]
        for name in ("drops", "ecn_marks", "queue_max", "wait_max", "wait_sum", "tx", "busy")
    }


#: At the second rate a byte takes 26.67 ps, so a packet's time is rounded up.
RATES = pytest.mark.parametrize("rate", ["100 Gbps", "300 Gbps"])


@RATES
@pytest.mark.parametrize(("capacity", "drops"), [("8320 B", 3), ("12480 B", 2), ("20800 B", 0)])
def test_a_packet_is_dropped_if_its_bytes_and_the_unsent_ones_exceed_the_capacity(
    make_fabric, capacity, drops, rate
):
    # Pairs of packets arrive every 332.8 ns, and one leaves in that time. With room for c packets
    # the first pair leaves 2, each further one adds 1 until c are there; then one of a pair is
    # lost: 4 pairs lose 3 with c = 2, 2 with c = 3, none with c = 5.
    options = {"queue": {"capacity": capacity}, "topology": {"host_link": {"rate": rate}}}
    port = incast(make_fabric((1, 3, 1), "ecmp", **options))

    assert port["drops"] == drops
    assert port["queue_max"] <= int(capacity.split()[0])


@RATES
def test_a_step_marks_packets_that_find_more_than_the_threshold(make_fabric, rate):
    # The queue that the 8 packets find: 0 1, 1 2, 2 3, 3 4 packets. More than two: three of them.
    options = {"queue": {"ecn": {"kmin": "8320 B"}}, "topology": {"host_link": {"rate": rate}}}
    port = incast(make_fabric((1, 3, 1), "ecmp", **options))

    assert port["ecn_marks"] == 3


def test_a_ramp_marks_all_above_its_end_and_none_up_to_its_start(make_fabric):
    queue = {"ecn": {"kmin": "8320 B", "kmax": "12479 B", "pmax": 0}}
    port = incast(make_fabric((1, 3, 1), "ecmp", queue=queue))

    # With probability 0 on the ramp, only those that find 3, 3 or 4 packets are marked.
    assert port["ecn_marks"] == 3


def test_waits_queue_and_bytes_of_a_port_are_exact(make_fabric):
    port = incast(make_fabric((1, 3, 1), "ecmp"))

    assert port["wait_max"] == 4 * FULL
    assert port["wait_sum"] == (0 + 1 + 1 + 2 + 2 + 3 + 3 + 4) * FULL
    assert port["queue_max"] == 5 * 4160
    assert port["tx"] == 8 * 4160
    assert port["busy"] == 8 * FULL


def test_the_queue_of_a_port_whose_bytes_take_fractions_of_a_picosecond_is_rounded(make_fabric):
    # At 300 Gb/s a byte takes 26.67 ps; a packet's 110,933.3 ps are rounded up once.
    fabric = make_fabric((1, 2, 1), "ecmp", topology={"host_link": {"rate": "300 Gbps"}})

    fabric.submit(FlowBatch([0], [1], [4096]))
    fabric.env.run()

    links = fabric.link_columns()
    assert fabric.env.now == 2 * (110_934 + 1_000_000)
    assert links["queue_max"][fabric.network.host_downlink[1]] == 4160


def test_samples_tell_what_links_did_since_the_last_one(make_fabric):
    fabric = make_fabric((1, 3, 1), "ecmp")
    fabric.submit(FlowBatch([1, 2], [0, 0], [4096 * 4] * 2))
    link = int(fabric.network.host_downlink[0])

    # The first pair arrives at 1.3328 us; half a packet later 1.5 of 2 packets are unsent.
    fabric.env.run(HOP + FULL // 2)
    first = {name: column[link] for name, column in fabric.sample_links().items()}
    fabric.env.run(HOP + FULL // 2 + 2 * FULL)
    second = {name: column[link] for name, column in fabric.sample_links().items()}

    assert (first["queue"], first["tx"]) == (1.5 * 4160, 2 * 4160)
    assert first["utilization"] == pytest.approx((FULL // 2) / (HOP + FULL // 2))
    assert (second["queue"], second["tx"], second["utilization"]) == (3.5 * 4160, 4 * 4160, 1.0)


def test_samples_tell_the_largest_queue_so_far_the_rate_and_whether_a_link_is_up(make_fabric):
    slow = {"link": "leaf0-host0", "rate": "50 Gbps"}
    cut = {"link": "leaf2-spine0", "up": False}
    fabric = make_fabric((3, 3, 1), "ecmp", topology={"overrides": (slow, cut)})
    fabric.submit(FlowBatch([1], [0], [4096 * 2]))

    # Two packets come in a packet's time apart, and each takes twice that to go out.
    fabric.env.run(HOP + FULL // 2)
    first = fabric.sample_links()
    fabric.env.run()
    last = fabric.sample_links()

    link = int(fabric.network.host_downlink[0])
    other = int(fabric.network.host_downlink[1])
    assert first["queue_max"][link] == 4160
    assert (last["queue"][link], last["queue_max"][link]) == (0, 4160 + 2080)
    assert (last["rate"][link], last["rate"][other]) == (50 * 10**9, 100 * 10**9)
    down = np.flatnonzero(~last["up"]).tolist()
    assert {fabric.network.link_names[n] for n in down} == {"leaf2->spine0", "spine0->leaf2"}


def test_packet_rows_tell_each_hop(make_fabric):
    rows = Rows()
    fabric = make_fabric((1, 2, 1), "ecmp", recorder=rows)

    fabric.submit(FlowBatch([0], [1], [4096]))
    fabric.env.run()
    fabric.finish(rows)

    events = list(zip(rows.column("t"), rows.column("event"), rows.column("node"), strict=True))
    assert events == [
        (0, "enq", "host0"),
        (FULL, "deq", "host0"),
        (HOP, "enq", "leaf0"),
        (HOP + FULL, "deq", "leaf0"),
        (2 * HOP, "deliver", "host1"),
    ]
    assert rows.column("row") == [0, 1, 2, 3, 4]
    assert np.ma.getdata(rows.batches[0]["queue"])[0] == 4160
    assert np.ma.getmaskarray(rows.batches[0]["queue"]).tolist() == [False, True] * 2 + [True]


def test_packet_rows_end_before_the_end_of_the_run(make_fabric):
    # The packet would leave the switch at the very instant at which the run is stopped.
    end = HOP + FULL
    rows = Rows()
    fabric = make_fabric((1, 2, 1), "ecmp", recorder=rows, until=end)

    fabric.submit(FlowBatch([0], [1], [4096]))
    fabric.env.run(end)
    fabric.finish(rows)

    events = list(zip(rows.column("t"), rows.column("event"), strict=True))
    assert events == [(0, "enq"), (FULL, "deq"), (HOP, "enq")]


def test_the_queue_of_a_packet_row_counts_the_packet_if_it_is_queued_and_not_if_it_is_dropped(
    make_fabric,
):
    # Pairs arrive in step. The first fills the two places; by the second pair one packet has left,
    # so one of them is queued behind the other, and the last one finds both places taken.
    rows = Rows()
    fabric = make_fabric((1, 3, 1), "ecmp", recorder=rows, queue={"capacity": "8320 B"})

    fabric.submit(FlowBatch([1, 2], [0, 0], [4096 * 2] * 2))
    fabric.env.run()
    fabric.finish(rows)

    told = zip(rows.column("node"), rows.column("event"), rows.column("queue"), strict=True)
    at_the_leaf = [(event, queue) for node, event, queue in told if node == "leaf0"]
    assert [row for row in at_the_leaf if row[0] != "deq"] == [
        ("enq", 4160),
        ("enq", 8320),
        ("enq", 8320),
        ("drop", 8320),
    ]


def test_waits_of_a_link_are_those_of_data_packets_alone(make_fabric):
    # Hosts that send to each other acknowledge behind their own data. The data never waits: a NIC
    # takes up the next packet when its port is free.
    rows = Rows()
    fabric = make_fabric((1, 2, 1), "ecmp", "fixed_window", recorder=rows)

    fabric.submit(FlowBatch([0, 1], [1, 0], [4096 * 16] * 2))
    fabric.env.run()
    fabric.finish(rows)

    links = fabric.link_columns()
    port = fabric.network.host_uplink[0]
    names = ("node", "event", "ack", "queue")
    told = zip(*(rows.column(name) for name in names), strict=True)
    behind = [queue for *where, queue in told if where == ["host0", "enq", True]]
    assert (links["packets"][port], links["data_packets"][port]) == (32, 16)
    assert max(behind) > 64
    assert (links["wait_sum"][port], links["wait_max"][port]) == (0, 0)


def test_a_packet_keeps_its_number_and_what_is_sent_again_has_another(make_fabric):
    rows = Rows()
    fabric = make_fabric(
        (1, 3, 1), "ecmp", "fixed_window", recorder=rows, queue={"capacity": "9 kB"}, rto="30 us"
    )

    fabric.submit(FlowBatch([1, 2], [0, 0], [4096 * 6] * 2))
    fabric.env.run()
    fabric.finish(rows)

    told = ("packet", "flow", "seq", "ack", "event")
    columns = zip(*(rows.column(name) for name in told), strict=True)
    ends, names = {}, {}
    for packet, *name, event in columns:
        assert names.setdefault(packet, name) == name
        if event in ("drop", "deliver"):
            assert ends.setdefault(packet, event) == event
    sent_again = int(fabric.flow_columns()["retransmits"].sum())
    assert sent_again == list(ends.values()).count("drop") > 0
    # Every packet ends once: 12 in the data, as many acknowledgements, and each of those lost.
    assert len(ends) == len(names) == 24 + sent_again


def test_packet_rows_are_handed_over_in_batches_and_none_is_lost(make_fabric):
    rows = Rows()
    fabric = make_fabric((1, 3, 1), "ecmp", recorder=rows, queue={"capacity": "20 kB"})

    fabric.submit(FlowBatch([1, 2], [0, 0], [4096 * 12_000] * 2))
    fabric.env.run()
    fabric.finish(rows)

    event = np.array(rows.column("event"))
    drops = int(fabric.link_columns()["drops"].sum())
    assert len(rows.batches) > 1
    assert max(len(batch["t"]) for batch in rows.batches) < 66_000
    assert (event == "drop").sum() == drops > 0
    assert (event == "deliver").sum() == 24_000 - drops
    assert (event == "enq").sum() == (event == "deq").sum() == 48_000 - drops
    assert rows.column("row") == list(range(len(event)))


def test_an_event_of_many_packets_finds_room_for_its_rows(make_fabric, monkeypatch):
    # Fifteen hosts send at once, so fifteen packets reach the leaf at one instant.
    def record():
        rows = Rows()
        fabric = make_fabric((1, 16, 1), "ecmp", recorder=rows)
        fabric.submit(FlowBatch(np.arange(1, 16), np.zeros(15, int), np.full(15, 20_000)))
        fabric.env.run()
        fabric.finish(rows)
        names = ("t", "event", "flow", "packet")
        return len(rows.batches), [rows.column(name) for name in names]

    _, all_at_once = record()
    monkeypatch.setattr("netsim.fabric.kernel.arrays.TRACE_BATCH", 1)
    batches, in_pieces = record()

    assert batches > 15
    assert in_pieces == all_at_once


def test_dctcp_keeps_the_queue_near_its_threshold_where_a_fixed_window_fills_it(make_fabric):
    # Three senders into one port. With marks beyond K, windows settle so that the queue stays
    # below K plus a few packets per sender; three fixed windows of 1.5 products leave 3.5.
    size, senders = 4_000_000, [1, 2, 3]
    waits = {}
    for transport in ("dctcp", "fixed_window"):
        fabric = make_fabric((1, 4, 1), "ecmp", transport)
        fabric.submit(FlowBatch(senders, [0] * 3, [size] * 3))
        fabric.env.run()
        port = fabric.network.host_downlink[0]
        links = fabric.link_columns()
        waits[transport] = links["wait_sum"][port] / links["data_packets"][port]
        assert fabric.flow_columns()["drops"].sum() == 0

    # A full packet over two links, and an acknowledgement over two.
    product = 2 * (FULL + 1_000_000) + 2 * (64 * 80 + 1_000_000)
    assert waits["dctcp"] < (0.17 + 1.0) * product
    assert waits["fixed_window"] > 2 * product


def test_a_receiver_acknowledges_duplicates_of_a_flow_that_its_sender_has_finished(make_fabric):
    # The round trip takes four hops each way, over 8 us; a timeout of 3 us sends the one packet
    # again before it is over. Every copy arrives and is answered: the receiver cannot know that its
    # first acknowledgement has ended the flow meanwhile.
    fabric = make_fabric((2, 1, 1), "ecmp", "fixed_window", rto="3 us")

    fabric.transfer(0, 1, 100)
    fabric.env.run()

    links = fabric.link_columns()
    back = fabric.network.host_uplink[1]
    again = int(fabric.flow_columns()["retransmits"][0])
    assert again > 0
    assert links["packets"][back] - links["data_packets"][back] == 1 + again
