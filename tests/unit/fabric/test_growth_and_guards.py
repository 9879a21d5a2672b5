"""Arrays that grow, epochs that move, and sizes that packed fields cannot hold."""

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
from netsim.fabric.kernel.layout import PortLimits, lay_out

SECOND = 10**12


def ends(fabric):
    return fabric.flow_columns()["end_rx"] - fabric.flow_columns()["start"]


def all_to_one(fabric, start=0):
    fabric.submit(FlowBatch(np.arange(1, 8), np.zeros(7, int), np.full(7, 100_000), start))
    fabric.env.run()
    return fabric


@pytest.mark.parametrize("transport", ["open_loop", "fixed_window"])
def test_a_late_start_moves_the_epoch_and_nothing_else(make_fabric, transport):
    # Keys hold 4.4 s from their epoch; 66 days are near the end of a fabric's clock.
    early = all_to_one(make_fabric((4, 2, 2), transport=transport))
    late = all_to_one(make_fabric((4, 2, 2), transport=transport), 66 * 86_400 * SECOND)

    assert ends(early).tolist() == ends(late).tolist()
    assert late.flow_columns()["start"][0] == 66 * 86_400 * SECOND


def test_flows_that_cross_an_epoch_move_end_as_others(make_fabric):
    # The epoch moves 2^42 ps after the start, in the middle of these flows.
    crossing = all_to_one(make_fabric((4, 2, 2)), 2**42 - 20_000_000)
    other = all_to_one(make_fabric((4, 2, 2)))

    assert ends(crossing).tolist() == ends(other).tolist()


def test_the_pool_of_packets_grows_as_needed_and_gets_all_packets_back(make_fabric):
    # 1,500 packets of an incast wait in one unbounded queue; the pool holds 1,023 at first.
    fabric = make_fabric((4, 2, 2))
    room = len(fabric._store.state.packets)

    fabric.submit(FlowBatch(np.arange(1, 8), np.zeros(7, int), np.full(7, 4096 * 300)))
    fabric.env.run()

    state = fabric._store.state
    assert len(state.packets) > room
    free, packet = 0, int(state.clock[at.FREE])
    while packet != at.NONE:
        free, packet = free + 1, int(state.packets[packet * at.PACKET + at.NEXT])
    assert free == len(state.packets) // at.PACKET - 1


@pytest.mark.parametrize("transport", ["open_loop", "fixed_window", "dctcp"])
def test_a_flow_takes_at_most_256_bytes_and_a_packet_64(make_fabric, transport):
    fabric = make_fabric((4, 2, 2), transport=transport, expected_flows=1000)
    fabric.transfer(0, 7, 1)
    state = fabric._store.state
    per_flow = (
        "flows",
        "reals",
        "bits",
        "starts",
        "timers",
        "batch_of",
        "class_of",
        "policy_flows",
    )

    assert sum(getattr(state, name).nbytes for name in per_flow) / 1000 <= 256
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


def test_a_link_on_which_a_packet_takes_seconds_is_refused(make_fabric):
    with pytest.raises(SimulationError, match="must be less than 4 s"):
        make_fabric(topology={"fabric_link": {"rate": "8 kbps", "delay": "0 s"}})


def test_more_links_than_a_key_can_number_are_refused():
    with pytest.raises(SimulationError, match="together at most 1,048,576"):
        lay_out(Crowded(), PortLimits(), 4160)


class Crowded:
    """What is asked of a network with very many links before it is refused."""

    link_target = np.zeros(1 << 20, np.int64)
    link_count = 1 << 20
    host_count = 1


def test_the_longest_flow_that_a_label_holds_is_the_limit(make_fabric):
    fabric = make_fabric()

    with pytest.raises(SimulationError, match="too long"):
        fabric.transfer(0, 1, 4096 * 2**SEQ_BITS + 1)
