"""Flows that a planner cuts: the kernel simulates pieces, everybody else sees requested flows."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.errors import SimulationError, TransferCancelled, TransferFailed
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import state as at
from netsim.fabric.pieces import Pieces
from netsim.fabric.planning.equitable import Equitable


def halves(network, src, dst, size):
    """Cut each flow between leaves in two, one over each spine; larger piece first."""
    across = network.leaf_of_host[src] != network.leaf_of_host[dst]
    counts = np.where(across & (size > 1), 2, 1)
    flow = np.repeat(np.arange(len(src)), counts)
    second = np.concatenate([[False], flow[1:] == flow[:-1]]) if len(flow) else flow > 0
    sizes = np.where(counts[flow] == 1, size[flow], (size[flow] + ~second) // 2)
    return Pieces(flow, sizes, second.astype(np.int64))


@pytest.fixture
def make_cut(make_fabric, monkeypatch):
    """Return a function that makes a fabric whose policy cuts flows in halves."""
    monkeypatch.setattr(Equitable, "split", staticmethod(halves), raising=False)

    def make(transport="fixed_window", shape=(2, 2, 2), **options):
        return make_fabric(shape, "equitable", transport, **options)

    return make


def columns(fabric, *names):
    found = fabric.flow_columns()
    return [np.ma.filled(found[name], -1).tolist() for name in names]


def test_halves_take_spines_of_their_own_one_after_another_to_the_picosecond(make_cut):
    # `open_loop` sends the second half when the first has left, after 100 services of full packets.
    # An uplink of half the rate takes two of them for each packet: one service at the host, 200 at
    # the leaf, two at the spine and one to the receiver.
    half = {"rate": "50 Gbps", "delay": "1 us"}
    fabric = make_cut("open_loop", topology={"fabric_link": half})
    fabric.submit(FlowBatch([0], [2], [4096 * 200]))

    fabric.env.run()

    assert columns(fabric, "flow", "size", "pieces", "packets", "status") == [
        [0],
        [4096 * 200],
        [2],
        [200],
        ["done"],
    ]
    full = 4160 * 80
    end = fabric.flow_columns()["end_rx"][0]
    assert end == 100 * full + (1 + 200 + 2 + 1) * full + 4 * 1_000_000
    packets = dict(zip(fabric.network.link_names, fabric.link_columns()["packets"], strict=True))
    assert [packets[f"leaf0->spine{spine}"] for spine in (0, 1)] == [100, 100]


def test_rows_are_of_requested_flows_whatever_their_pieces_are(make_cut):
    fabric = make_cut()
    done = fabric.submit(FlowBatch([0, 0, 1], [2, 1, 3], [9001, 5000, 1]))
    told = fabric.env.run(done)
    last = fabric.env.run(fabric.transfer(1, 2, 7000))
    fabric.env.run()

    assert told == range(3)
    assert last == 3
    assert columns(fabric, "flow", "src", "dst", "size", "pieces", "packets") == [
        [0, 1, 2, 3],
        [0, 0, 1, 1],
        [2, 1, 3, 2],
        [9001, 5000, 1, 7000],
        [2, 1, 1, 1],
        [2 + 2, 2, 1, 2],
    ]
    assert fabric.received.tolist() == [9001, 5000, 1, 7000]
    assert fabric._intake.flows == 5


def test_successors_wait_for_all_pieces_and_each_piece_waits(make_cut):
    # Flow 1 waits for both halves of flow 0 with 1 us of lag, flow 2 for a calculation of flow 1.
    fabric = make_cut()
    batch = FlowBatch(
        [0, 2, 2, 2],
        [2, 1, 2, 0],
        [100_001, 60_000, 0, 50_000],
        delay=[0, 0, 5_000, 0],
        predecessors=([0, 0, 1, 2, 3], [0, 1, 2]),
        lag=[1_000_000, 0, 7],
    )
    fabric.env.run(fabric.submit(batch))

    rows = fabric._store.flow_rows()[:7]
    ends = rows[:, at.END_RX]
    assert rows[2:4, at.START].tolist() == [ends[:2].max() + 1_000_000] * 2
    assert rows[4, at.START] == ends[2:4].max()
    assert rows[5:7, at.START].tolist() == [ends[4] + 7] * 2
    start, end = columns(fabric, "start", "end_rx")
    assert start == [0, ends[:2].max() + 1_000_000, ends[4] + 7]
    assert end == [ends[:2].max(), ends[2:4].max(), ends[5:7].max()]


def test_gates_hold_all_pieces_of_a_flow(make_cut):
    fabric = make_cut()
    gate = fabric.gate()
    done = fabric.submit(FlowBatch([0, 1], [2, 3], [9000, 9000], gates=([0, 1, 1], [gate])))
    fabric.env.timeout(50_000_000).callbacks.append(lambda _: fabric.open(gate))

    fabric.env.run(done)

    assert columns(fabric, "start") == [[50_000_000, 0]]


def test_cancelling_a_flow_cancels_all_of_its_pieces_and_no_other(make_cut):
    fabric = make_cut()
    first = fabric.submit(FlowBatch([0], [2], [400_000]))
    other = fabric.submit(FlowBatch([1], [3], [400_000]))
    fabric.env.timeout(10_000_000).callbacks.append(lambda _: fabric.cancel(0))

    with pytest.raises(TransferCancelled, match="flow 0 was cancelled"):
        fabric.env.run(first)
    fabric.env.run(other)
    fabric.env.run()

    assert columns(fabric, "status", "pieces") == [["cancelled", "done"], [2, 2]]
    state = fabric._store.flow_rows()[:2, at.STATUS] & at.STATUS_MASK
    assert state.tolist() == [at.CANCELLED] * 2


def test_a_flow_fails_with_a_piece_and_the_error_names_the_flow(make_cut):
    fabric = make_cut(retries=1, rto="30 us")
    fabric.submit(FlowBatch([3], [1], [5000]))
    event = fabric.submit(FlowBatch([0, 2], [2, 0], [400_000] * 2, predecessors=([0, 0, 1], [0])))
    link = fabric.network.find_links("leaf0->spine1")
    fabric.env.timeout(5_000_000).callbacks.append(lambda _: fabric.change(link, up=False))

    with pytest.raises(TransferFailed, match="flow 1 failed: retries are used up"):
        fabric.env.run(event)
    fabric.env.run()

    status, reason = columns(fabric, "status", "reason")
    assert status == ["done", "failed", "failed"]
    assert reason[1] == "retries are used up"
    assert reason[2].startswith("predecessor")


@pytest.mark.parametrize("slice_events", [1, 7, 1 << 18])
def test_other_pieces_stop_at_the_instant_of_a_failure_and_other_flows_go_on(
    make_cut, slice_events
):
    # Two flows of one batch lose their second pieces on the link that is cut; the third is within
    # a leaf. Uncut, the first pieces would need 4 ms, and have sent about a quarter of that.
    fabric = make_cut(retries=1, rto="30 us", shape=(2, 3, 2), slice_events=slice_events)
    sizes = [40_000_000, 40_000_000, 20_000_000]
    event = fabric.submit(FlowBatch([0, 1, 3], [3, 4, 5], sizes))
    link = fabric.network.find_links("leaf0->spine1")
    fabric.env.timeout(5_000_000).callbacks.append(lambda _: fabric.change(link, up=False))
    told = []
    event.callbacks.append(lambda _: told.append(fabric.env.now))

    with pytest.raises(TransferFailed, match="flow 0 failed: retries are used up"):
        fabric.env.run(event)
    fabric.env.run()

    assert columns(fabric, "status") == [["failed", "failed", "done"]]
    state = fabric._store.flow_rows()[:4, at.STATUS] & at.STATUS_MASK
    assert state.tolist() == [at.CANCELLED, at.FAILED] * 2
    # What the first pieces had sent by then is far less than they hold: 12.5 kB a microsecond.
    most = (told[0] // 1_000_000 + 60) * 12_500
    assert (fabric.received[:2] < most).all()
    assert most < 10_000_000
    assert fabric.received[2] == sizes[2]
    assert fabric.unfinished == 0


def test_where_calls_end_does_not_matter_to_pieces_that_stop(make_cut):
    found = []
    for slice_events in (1, 1 << 18):
        fabric = make_cut(retries=1, rto="30 us", shape=(2, 3, 2), slice_events=slice_events)
        fabric.submit(FlowBatch([0, 1, 3], [3, 4, 5], [4_000_000] * 3))
        link = fabric.network.find_links("leaf0->spine1")
        fabric.env.timeout(5_000_000).callbacks.append(
            lambda _, fabric=fabric, link=link: fabric.change(link, up=False)
        )
        fabric.env.run()
        found.append((fabric.received.tolist(), columns(fabric, "status", "end_rx", "packets")))
        found[-1] += (fabric.link_columns()["packets"].tolist(), fabric.env.now)

    assert found[0] == found[1]
    assert found[0][0][0] < 4_000_000


def test_a_batch_of_cut_flows_is_done_with_its_last_flow(make_cut):
    fabric = make_cut()
    event = fabric.submit(FlowBatch([0, 1, 2], [2, 3, 2], [9000, 400_000, 7]))

    assert fabric.env.run(event) == range(3)
    assert fabric.env.now == fabric.flow_columns()["end_rx"].max()


def test_packets_name_the_requested_flow(make_cut):
    parts = []

    class Rows:
        def wants(self, table):
            return table == "packets"

        def write(self, table, columns):
            if table == "packets":
                parts.append(columns)

    fabric = make_cut(recorder=Rows())
    fabric.submit(FlowBatch([0, 1], [2, 3], [9000, 9000]))
    fabric.env.run()
    fabric.finish(Rows())

    found = np.concatenate([part["flow"] for part in parts])
    assert sorted(set(found.tolist())) == [0, 1]


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        (Pieces(np.array([0]), np.array([9000]), np.array([0])), "one piece at least, in order"),
        (Pieces(np.array([1, 0]), np.array([5, 5]), np.array([0, 0])), "one piece at least"),
        (Pieces(np.array([0, 1]), np.array([9000, 1]), np.array([0, 0])), "9000 B into pieces"),
        (
            Pieces(np.array([0, 0, 1]), np.array([9000, 0, 9000]), np.array([0, 0, 0])),
            "or hold nothing",
        ),
    ],
)
def test_pieces_that_are_none_of_the_flows_are_refused(make_cut, monkeypatch, pieces, message):
    monkeypatch.setattr(Equitable, "split", staticmethod(lambda *_: pieces))
    fabric = make_cut()

    with pytest.raises(SimulationError, match=message):
        fabric.submit(FlowBatch([0, 1], [2, 3], [9000, 9000]))
