"""Arrays that grow, times far away, and sizes that packed fields cannot hold."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.errors import SimulationError
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.label import (
    SEQ_BITS,
    counter_of,
    flow_of,
    is_ack,
    label_of,
    retry_of,
    seq_of,
)

SECOND = 10**12


def ends(fabric):
    return fabric.flow_columns()["end_rx"] - fabric.flow_columns()["start"]


def all_to_one(fabric, start=0):
    fabric.submit(FlowBatch(np.arange(1, 8), np.zeros(7, int), np.full(7, 100_000), start))
    fabric.env.run()
    return fabric


@pytest.mark.parametrize("transport", ["open_loop", "fixed_window"])
def test_a_late_start_moves_times_and_nothing_else(make_fabric, transport):
    # 66 days are near the end of a fabric's clock.
    early = all_to_one(make_fabric((4, 2, 2), transport=transport))
    late = all_to_one(make_fabric((4, 2, 2), transport=transport), 66 * 86_400 * SECOND)

    assert ends(early).tolist() == ends(late).tolist()
    assert late.flow_columns()["start"][0] == 66 * 86_400 * SECOND


def rows_in_rings(fabric):
    """Return the rows of all links' rings, and of those that no link uses any more."""
    state = fabric._store.state
    used = sum(1 << int(shape & 255) for shape in state.links[at.TAIL :: at.LINK][:-1])
    unused = 0
    for bits in range(32):
        ring = int(state.clock[at.FREE_RINGS + bits])
        while ring != 0:
            unused += 1 << bits
            ring = int(state.packets[ring * at.PACKET])
    return used, unused


def test_rings_of_packets_grow_as_needed_and_none_is_lost(make_fabric):
    # 7 x 300 packets of an incast wait in one unbounded queue; a ring holds 8 at first.
    fabric = make_fabric((4, 2, 2))
    room = len(fabric._store.state.packets)

    fabric.submit(FlowBatch(np.arange(1, 8), np.zeros(7, int), np.full(7, 4096 * 300)))
    fabric.env.run()

    state = fabric._store.state
    used, unused = rows_in_rings(fabric)
    assert len(state.packets) > room
    assert used > 1024
    assert used + unused == state.clock[at.ARENA] - 2
    assert (state.links[at.HEAD :: at.LINK] >> 32 == 0).all()
    out = np.zeros(len(state.nodes) // at.NODES, np.int64)
    # The last row is that of no link.
    sizes = 1 << (state.links[at.TAIL :: at.LINK][:-1] & 255)
    np.add.at(out, state.setup[at.SOURCE_NODE :: at.SETUP][:-1], sizes)
    assert out.tolist() == state.nodes[at.OUT_ROWS :: at.NODES].tolist()


def test_a_packet_that_takes_seconds_on_a_link_arrives_to_the_picosecond(make_fabric):
    # Two fast hops of 332.8 ns and 1 us, and two of 4160 B at 8 kb/s = 4.16 s and 0 s.
    fabric = make_fabric((2, 1, 1), topology={"fabric_link": {"rate": "8 kbps", "delay": "0 s"}})

    fabric.transfer(0, 1, 4096)
    fabric.env.run()

    assert ends(fabric)[0] == 2 * (4160 * 80 + 1_000_000) + 2 * 4160 * SECOND // 1000


@pytest.mark.parametrize("transport", ["open_loop", "fixed_window", "dctcp"])
def test_a_flow_takes_at_most_320_bytes_and_a_packet_64(make_fabric, transport):
    fabric = make_fabric((4, 2, 2), transport=transport, expected_flows=1000)
    fabric.transfer(0, 7, 1)
    state = fabric._store.state
    per_flow = ("flows", "reals", "bits", "due", "fresh", "batch_of", "class_of", "policy_flows")

    assert sum(getattr(state, name).nbytes for name in per_flow) / 1000 <= (
        320 if transport == "dctcp" else 256
    )
    assert at.PACKET * 8 <= 64


def test_a_label_keeps_its_parts_apart_at_their_limits():
    label = label_of(2**28 - 1, 2**24 - 1, 63)

    assert (flow_of(label), seq_of(label), retry_of(label)) == (2**28 - 1, 2**24 - 1, 63)
    assert not is_ack(label)
    assert label < 2**63


def test_a_packet_and_its_acknowledgement_draw_under_different_counters():
    label = label_of(5, 77, 2)

    assert counter_of(label) == 77 << 6 | 2
    assert counter_of(label | 1 << 10) == 1 << 40 | 77 << 6 | 2


def test_the_longest_flow_that_a_label_holds_is_the_limit(make_fabric):
    fabric = make_fabric()

    with pytest.raises(SimulationError, match="too long"):
        fabric.transfer(0, 1, 4096 * 2**SEQ_BITS + 1)
