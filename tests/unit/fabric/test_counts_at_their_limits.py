"""Packed fields at their last value and one beyond, and the bounds of every sum of a run.

============== ======================= ===================== ====================================
where          what                    largest step          what keeps it in its bounds
============== ======================= ===================== ====================================
links          BYTES                   10^6 B a packet       9.2e12 packets
links          PACKETS_SENT, ACKS_SENT 1                     9.2e18 packets
links          DROPS                   1                     9.2e18 packets
setup          MARKS                   1                     9.2e18 packets
links          WAIT_SUM                2^61 ps a packet      carried into WAIT_CARRIES at 2^62
setup          WAIT_CARRIES            1 in 2 packets        1.8e19 packets
links          BUSY                    less than the clock   a port is busy once at any time
links          FREE_AT, arrivals       2^61 ps ahead         a longer queue is an error
clock          NOW                     -                     an event beyond HORIZON is an error
clock          EVENTS                  1                     9.2e18 events
flows          START, TIMER            2^61 ps ahead         longer lags, timeouts are errors
flows          resends                 1                     2^30, then an error
flows          drops                   1                     first sendings and resends: < 2^31
flows          timeouts                1                     2^24 - 1, then an error
flows          timeouts in a row       1                     `retries` is at most 100 < 128
flows          packets, both halves    1                     2^24 of a flow
policies       turns of `rr`           1                     9.2e18 packets
transports     acknowledged, marked    1, 2^24 in a float64  2^24 packets of a flow, 2^48 < 2^53
Python         bytes planned           2^24 x 10^6 a flow    2^62 planned at once, then an error
Python         bytes received          2^24 x 10^6 a flow    summed in Python's integers
============== ======================= ===================== ====================================

A kernel handles some 10^7 packets a second, so 9.2e12 of them on one link take more than a week.
"""

from __future__ import annotations

import numpy as np
import pytest

from netsim.errors import SimulationError
from netsim.fabric.batch import FlowBatch
from netsim.fabric.flows import LATEST
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.arrays import MOST_ROWS
from netsim.fabric.kernel.flow import release
from netsim.fabric.kernel.label import (
    SENDING_BITS,
    counter_of,
    flow_of,
    label_of,
    number_of,
    retry_of,
    seq_of,
)
from netsim.fabric.kernel.overflow import check_overflow
from netsim.fabric.kernel.port import accept
from netsim.fabric.limits import LONGEST_TIMEOUT
from netsim.fabric.packet import LARGEST
from netsim.fabric.planning.planner import Planner
from netsim.fabric.transports.selective_repeat import give_up, resend, time_out, timeout
from netsim.fabric.transports.timer import TimerConfig
from netsim.fabric.wiring import Wiring

MOST = 2**63 - 1


@pytest.fixture
def one_flow(make_fabric):
    """Return a fabric with one flow whose row tests may write, and its state."""
    fabric = make_fabric((1, 2, 1), "ecmp", "fixed_window")
    fabric.submit(FlowBatch([0], [1], [4096 * 40], 0))
    return fabric, fabric._store.state


def row_of(state, flow=0):
    return state.flows[flow * at.FLOW : (flow + 1) * at.FLOW]


@pytest.mark.parametrize(("part", "bits"), [("flow", 28), ("seq", 24), ("retry", 6)])
def test_each_part_of_a_label_has_its_bits_and_one_beyond_touches_the_next(part, bits):
    read = {"flow": flow_of, "seq": seq_of, "retry": retry_of}
    last = {"flow": 0, "seq": 0, "retry": 0, part: 2**bits - 1}

    label = label_of(**last)

    assert {name: function(label) for name, function in read.items()} == last
    assert 0 <= label <= MOST
    beyond = label_of(**{**last, part: 2**bits})
    assert beyond > MOST or {n: f(beyond) for n, f in read.items()} != {**last, part: 2**bits}


def test_flows_are_numbered_up_to_the_last_number_of_a_label_and_not_beyond(make_fabric):
    fabric = make_fabric((1, 2, 1))

    fabric._intake.flows = 2**28 - 1
    fabric._intake._check_room(1, 1)
    with pytest.raises(SimulationError, match="more than 268,435,456 flows"):
        fabric._intake._check_room(2, 1)


def test_packet_numbers_have_room_for_every_flow_and_every_sending():
    # First sendings and resends of a flow are fewer than 2^31.
    assert 2**24 + at.MOST_RESENT < 1 << SENDING_BITS
    last = number_of(2**28 - 1, 2**SENDING_BITS - 1, True)
    assert last <= MOST
    numbers = {
        number_of(flow, sending, ack)
        for flow in (0, 1, 2**28 - 1)
        for sending in (0, 1, 2**24, 2**SENDING_BITS - 1)
        for ack in (False, True)
    }
    assert len(numbers) == 3 * 4 * 2


def test_a_resend_draws_otherwise_than_the_62_before_it_and_as_the_63rd_before(one_flow):
    _, state = one_flow

    counters = [counter_of(label_of(0, 5, resend(state, 0))) for _ in range(64)]

    first = counter_of(label_of(0, 5, 0))
    assert len({first, *counters[:63]}) == 64
    assert counters[63] == counters[0]


def test_resends_are_counted_up_to_their_limit_and_the_next_one_is_an_error(one_flow):
    fabric, state = one_flow
    row = row_of(state)
    row[at.RESENT] = 7 << 32 | at.MOST_RESENT - 1

    resend(state, 0)
    check_overflow(state, [])
    assert row[at.RESENT] == 7 << 32 | at.MOST_RESENT
    resend(state, 0)

    assert row[at.RESENT] == 7 << 32 | at.MOST_RESENT
    with pytest.raises(SimulationError, match=r"flow 0 has sent 2\^30 packets again"):
        fabric.env.run()


def test_timeouts_are_counted_up_to_their_limit_and_the_next_one_is_an_error(one_flow):
    fabric, state = one_flow
    row = row_of(state)
    row[at.RESENT] = 5 << 56 | (2**24 - 2) << 32 | 9

    time_out(state, 0, 0)
    check_overflow(state, [])
    assert row[at.RESENT] == 6 << 56 | (2**24 - 1) << 32 | 9
    time_out(state, 0, 0)

    assert row[at.RESENT] == 7 << 56 | (2**24 - 1) << 32 | 9
    with pytest.raises(SimulationError, match=r"flow 0 has timed out 2\^24 times"):
        fabric.env.run()


def test_the_most_timeouts_in_a_row_fit_their_field_and_more_are_refused(make_fabric):
    fabric = make_fabric((1, 2, 1), "ecmp", "fixed_window", retries=100)
    fabric.submit(FlowBatch([0], [1], [4096], 0))
    state = fabric._store.state
    row = row_of(state)

    for _ in range(100):
        assert not give_up(state, 0)
        time_out(state, 0, 0)

    assert give_up(state, 0)
    assert row[at.RESENT] > 0
    with pytest.raises(ValueError, match="less than or equal to 100"):
        TimerConfig(retries=101)


@pytest.mark.parametrize("doublings", [0, 1, 16])
def test_a_timeout_doubles_as_often_as_it_is_told_and_no_more(make_fabric, doublings):
    fabric = make_fabric((1, 2, 1), "ecmp", "fixed_window", rto="30 us", doublings=doublings)
    fabric.submit(FlowBatch([0], [1], [4096], 0))
    state = fabric._store.state
    lengths = []

    for _ in range(20):
        lengths.append(timeout(state, 0))
        time_out(state, 0, 0)

    assert lengths == [30_000_000 << min(times, doublings) for times in range(20)]


def test_a_timer_that_starts_at_the_end_of_the_clock_has_a_time():
    tick = LONGEST_TIMEOUT // 32

    assert at.HORIZON + LONGEST_TIMEOUT + tick <= MOST


def test_a_queue_at_the_end_of_the_clock_has_a_time_and_a_longer_one_is_an_error(make_fabric):
    assert at.HORIZON + at.UNBOUNDED + 4 * 10**12 <= MOST
    fabric = make_fabric((1, 2, 1))
    state = fabric._store.state
    link = int(fabric._parts.layout.link[fabric.network.host_downlink[1]])
    row = state.links[link * at.LINK : (link + 1) * at.LINK]
    state.packets[at.MADE * at.PACKET + at.WIRE] = 4160

    row[at.FREE_AT] = at.UNBOUNDED - 4160 * 80
    assert accept(state, link, at.MADE, 0)
    check_overflow(state, fabric.network.link_names)
    assert not accept(state, link, at.MADE, 0)

    assert row[at.FREE_AT] == at.UNBOUNDED
    names = [fabric.network.link_names[number] for number in fabric._parts.layout.number]
    with pytest.raises(
        SimulationError, match="the queue of leaf0->host1 would last beyond the clock"
    ):
        check_overflow(state, names)


def test_a_sum_of_waits_is_carried_and_exact(make_fabric):
    fabric = make_fabric((1, 2, 1))
    state = fabric._store.state
    port = fabric.network.host_downlink[1]
    link = int(fabric._parts.layout.link[port])
    wait = at.UNBOUNDED - 4160 * 80

    for _ in range(9):
        state.packets[at.MADE * at.PACKET + at.WIRE] = 4160
        state.packets[at.MADE * at.PACKET + at.LABEL] = 0
        state.links[link * at.LINK + at.FREE_AT] = wait
        assert accept(state, link, at.MADE, 0)

    assert fabric.link_columns()["wait_sum"][port] == 9 * wait > 2**64


def test_drops_and_marks_have_cells_of_their_own(make_fabric):
    fabric = make_fabric((1, 2, 1), queue={"capacity": "5 kB", "ecn": {"kmin": "0 B"}})
    state, port = fabric._store.state, fabric.network.host_downlink[1]
    link = int(fabric._parts.layout.link[port])
    state.links[link * at.LINK + at.DROPS] = 2**32 - 1
    state.setup[link * at.SETUP + at.MARKS] = 2**32 - 1
    state.links[link * at.LINK + at.FREE_AT] = 2**40
    state.packets[at.MADE * at.PACKET + at.WIRE] = 4160

    accept(state, link, at.MADE, 0)

    columns = fabric.link_columns()
    assert (columns["drops"][port], columns["ecn_marks"][port]) == (2**32, 2**32 - 1)


def test_a_successor_that_would_start_beyond_the_clock_is_an_error(make_fabric):
    fabric = make_fabric()
    start = at.HORIZON - LATEST

    # Flow 0 starts so late that flow 1 comes beyond the clock, since flow 0 takes some time.
    fabric.submit(
        FlowBatch([0, 0], [2, 2], [1, 1], start, predecessors=([0, 0, 1], [0]), lag=LATEST)
    )

    with pytest.raises(SimulationError, match="flow 1 would start beyond the clock"):
        fabric.env.run()


def test_a_lag_that_leads_to_the_last_instant_of_the_clock_is_none(make_fabric):
    fabric = make_fabric()
    flows = FlowBatch([0, 0], [2, 2], [1, 1], predecessors=([0, 0, 1], [0]), lag=LATEST)
    fabric.submit(flows)
    state = fabric._store.state

    release(state, 0, at.HORIZON - 1 - LATEST)

    check_overflow(state, [])
    assert row_of(state, 1)[at.START] == at.HORIZON - 1


@pytest.mark.parametrize("door", ["transfer", "submit"])
def test_a_start_at_the_end_of_the_clock_is_refused_at_either_door(make_fabric, door):
    fabric = make_fabric()
    if door == "submit":
        with pytest.raises(SimulationError, match="a fabric's clock ends after 67 days"):
            fabric.submit(FlowBatch([0], [2], [1], at.HORIZON))
        return

    def late():
        yield fabric.env.timeout(at.HORIZON)
        fabric.transfer(0, 2, 1)

    fabric.env.process(late())
    with pytest.raises(SimulationError, match="a fabric's clock ends after 67 days"):
        fabric.env.run()


def test_what_would_happen_beyond_the_end_of_the_clock_is_an_error(make_fabric):
    fabric = make_fabric()

    fabric.submit(FlowBatch([0], [2], [4096], at.HORIZON - 1))

    with pytest.raises(SimulationError, match="its clock ends after 67 days"):
        fabric.env.run()


def test_bytes_of_a_link_need_more_packets_than_a_run_can_have():
    assert MOST // LARGEST > 9 * 10**12


def test_planned_bytes_that_cannot_be_counted_are_an_error(make_fabric):
    network = make_fabric((2, 2, 2)).network
    planner = Planner(Wiring(network), lambda network, src, dst: np.zeros(len(src), np.int64))

    planner.alone(0, 0, 2, 2**62 - 1)
    with pytest.raises(SimulationError, match="planned at once"):
        planner.alone(1, 0, 2, 1)
    planner.release(0)

    assert planner.alone(2, 0, 2, 1)


def test_pools_of_more_packets_than_a_cell_can_number_are_refused(make_fabric):
    store = make_fabric((1, 2, 1))._store

    store.state.fixed[at.ARENA_ROWS] = MOST_ROWS // 2 + 1

    with pytest.raises(SimulationError, match="packets are under way at once"):
        store.double_packets()


def test_rings_that_grow_keep_what_is_in_them(make_fabric):
    fabric = make_fabric((1, 2, 1), "ecmp", "fixed_window")
    fabric.transfer(0, 1, 4096 * 500)
    store = fabric._store
    row = row_of(store.state)
    old = int(store.state.fixed[at.RING])
    low, high = 3 * old - 5, 7 * old + 9
    row[at.ACKED], row[at.ARRIVED] = low, high << at.HIGH
    draws = np.random.default_rng(1)
    marked = [{int(n) + 1 for n in draws.integers(old - 1, size=old // 2)} for _ in range(2)]
    for half, (base, ahead) in enumerate(zip((low, high), marked, strict=True)):
        for n in ahead:
            seq = base + n
            word = half * (old // 64) + (seq % old) // 64
            store.state.bits[word] |= np.int64(np.uint64(1 << seq % 64).astype(np.int64))

    store.widen_rings(8 * old)

    new = 8 * old
    for half, (base, ahead) in enumerate(zip((low, high), marked, strict=True)):
        found = set()
        for n in range(new):
            seq = base + n
            word = half * (new // 64) + (seq % new) // 64
            if int(store.state.bits[word]) >> seq % 64 & 1:
                found.add(n)
        assert found == ahead
