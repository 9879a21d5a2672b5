"""Schedules with calculations and gates, packet by packet, against hand calculations."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.errors import SimulationError, TransferFailed
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import state as at

SIZE = 1000
#: One packet within a leaf: two hops of 1064 B at 80 ps and 1 us.
ONE = 2 * (1064 * 80 + 1_000_000)
#: What a host that answers a packet sends before its next one: 64 B.
ANSWER = {"open_loop": 0, "fixed_window": 64 * 80}
KINDS = pytest.mark.parametrize("transport", ["open_loop", "fixed_window"])


@pytest.fixture
def leaf(make_fabric):
    """Return a function that makes one leaf with four hosts."""

    def make(transport="open_loop"):
        return make_fabric((1, 4, 1), "ecmp", transport)

    return make


def ends(fabric):
    return fabric.flow_columns()["end_rx"].tolist()


@KINDS
def test_a_schedule_with_calculations_and_lags_ends_when_it_must(leaf, transport):
    fabric = leaf(transport)

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
    seen = []
    event.callbacks.append(lambda _: seen.append(fabric.env.now))
    fabric.env.run()

    third, fourth = 2 * ONE + 5_000_000, 2 * ONE + 7_000_000
    last = max(third + 1_000_000, fourth + ANSWER[transport]) + ONE
    assert ends(fabric) == [ONE, third, fourth, last]
    assert fabric.flow_columns()["flow"].tolist() == [0, 2, 3, 4]
    assert event.value == range(5)
    assert seen == [last]
    assert fabric.unfinished == 0
    assert fabric.received.tolist() == [SIZE, 0, SIZE, SIZE, SIZE]


@KINDS
def test_calculations_that_take_no_time_are_over_before_packets_move(leaf, transport):
    fabric = leaf(transport)

    # Two empty calculations, then a message: it starts at 0 beside another of the same host.
    waits = ([0, 0, 1, 2, 2], [0, 1])
    fabric.submit(FlowBatch([0, 0, 1, 1], [0, 0, 3, 2], [0, 0, SIZE, SIZE], predecessors=waits))
    fabric.env.run()

    # They take turns in the order of flows, which is that of their numbers.
    assert fabric.flow_columns()["start"].tolist() == [0, 0]
    assert sorted(ends(fabric)) == [ONE, ONE + 1064 * 80]


def test_a_batch_of_calculations_alone_is_told_at_its_end(leaf):
    fabric = leaf()
    event = fabric.submit(
        FlowBatch(
            [2, 2, 0],
            [2, 2, 0],
            [0] * 3,
            1_000,
            delay=[5, 7, 100],
            predecessors=([0, 0, 1, 1], [0]),
        )
    )
    seen = []
    event.callbacks.append(lambda _: seen.append(fabric.env.now))
    fabric.env.run()

    # 1000 + 5 + 7 and 1000 + 100.
    assert seen == [1_100]
    assert fabric.env.now == 1_100
    assert len(fabric.flow_columns()["flow"]) == 0


@KINDS
def test_one_batch_waits_for_another_through_a_gate(leaf, transport):
    fabric = leaf(transport)
    gate, other = fabric.gate(), fabric.gate()
    first = fabric.submit(FlowBatch([0], [1], [SIZE]))
    gates = ([0, 1, 2, 4], [gate, gate, gate, other])
    second = fabric.submit(FlowBatch([1, 2, 3], [2, 0, 0], [SIZE] * 3, gates=gates))
    first.callbacks.append(lambda _: fabric.open(gate))
    fabric.env.timeout(9_000_000).callbacks.append(lambda _: fabric.open(other))

    fabric.env.run(9_000_000)
    assert not second.triggered
    fabric.env.run()

    assert ends(fabric) == [ONE, 2 * ONE + ANSWER[transport], 2 * ONE, 9_000_000 + ONE]
    assert fabric.flow_columns()["start"].tolist() == [0, ONE, ONE, 9_000_000]
    assert second.value == range(1, 4)


def test_a_gate_that_is_open_holds_nobody_back_and_opening_it_again_changes_nothing(leaf):
    fabric = leaf()
    gate = fabric.gate()

    fabric.open(gate)
    fabric.open(gate)
    fabric.submit(FlowBatch([0], [1], [SIZE], gates=([0, 1], [gate])))
    fabric.env.run()

    assert ends(fabric) == [ONE]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"gates": ([0, 1], [0])}, "a gate that is none of 0"),
        ({"dst": [0], "delay": -1}, "a delay is from 0"),
    ],
)
def test_what_does_not_exist_or_lies_in_the_past_is_refused(leaf, asked, message):
    with pytest.raises(SimulationError, match=message):
        leaf().submit(FlowBatch(**{"src": [0], "dst": [2], "size": [1], **asked}))


def test_a_gate_that_was_never_made_cannot_be_opened(leaf):
    with pytest.raises(SimulationError, match="there is no gate 3"):
        leaf().open(3)


def schedule(seed, hosts=9, count=50):
    """Return a random batch with flows and calculations, and which of it waits for a gate."""
    draws = np.random.default_rng(seed)
    src = draws.integers(hosts, size=count)
    away = draws.integers(0, hosts, count) * (draws.random(count) < 0.7)
    first, flows = [0], []
    for flow in range(count):
        many = int(draws.integers(0, 4)) if flow else 0
        flows += np.unique(draws.integers(max(0, flow - 8), flow, many)).tolist() if many else []
        first.append(len(flows))
    lag = draws.choice([0, 0, 1, 400_000, 3_000_000], len(flows))
    delay = draws.choice([0, 1, 100_000, 900_000, 20_000_000], count)
    size = draws.choice([0, 100, 5000, 90_000], count)
    return src, (src + away) % hosts, size, delay, (first, flows), lag


@pytest.mark.parametrize("seed", range(12))
def test_random_schedules_end_alike_whatever_windows_are_and_nobody_waits_for_ever(
    make_fabric, seed
):
    src, dst, size, delay, waits, lag = schedule(seed)
    kind = ("fixed_window", "open_loop")[seed % 2]
    queue = {"capacity": "20 kB"} if seed % 3 == 0 else None

    def run(divided):
        fabric = make_fabric((3, 3, 2), "rps", kind, queue=queue)
        for width in (at.FREE_WIDTH, at.MERGED_WIDTH):
            fixed = fabric._store.state.fixed
            fixed[width] = max(1, fixed[width] // divided)
        gate = fabric.gate()
        cuts = np.minimum(np.arange(len(src) + 1), 3)
        batch = FlowBatch(src, dst, size, delay=delay, predecessors=waits, lag=lag)
        one = fabric.submit(batch)
        two = fabric.submit(
            FlowBatch(
                src, dst, size, delay=delay, predecessors=waits, lag=lag, gates=(cuts, [gate] * 3)
            )
        )
        seen = []
        for event in (one, two):
            event.callbacks.append(lambda e: seen.append((fabric.env.now, str(e.value)[:40])))
        fabric.env.timeout(4_000_000).callbacks.append(lambda _: fabric.open(gate))
        if seed % 4 == 1:
            fabric.env.timeout(6_000_000).callbacks.append(lambda _: fabric.cancel(7))
        fabric.env.run()
        columns = fabric.flow_columns()
        table = {name: np.ma.filled(column, -1).tolist() for name, column in columns.items()}
        return table, seen, fabric.env.now, fabric.unfinished

    usual = run(1)

    assert usual == run(5) == run(10**9)
    assert usual[3] == 0
    assert len(usual[1]) == 2
    assert "unfinished" not in usual[0]["status"]


def test_predecessors_end_before_their_successors_start(make_fabric):
    src, dst, size, delay, (first, flows), lag = schedule(3)
    fabric = make_fabric((3, 3, 2), "rps", "fixed_window")
    fabric.submit(FlowBatch(src, dst, size, delay=delay, predecessors=(first, flows), lag=lag))
    fabric.env.run()

    rows = fabric._store.flow_rows()[: len(src)]
    for flow in range(len(src)):
        held = [rows[flows[k], at.END_RX] + lag[k] for k in range(first[flow], first[flow + 1])]
        assert rows[flow, at.START] == max(held, default=0)
        if src[flow] == dst[flow]:
            assert rows[flow, at.END_RX] == rows[flow, at.START] + delay[flow]


def test_a_failed_flow_ends_the_calculations_that_wait_for_it(make_fabric):
    # One retry, and a queue for one packet under an incast: somebody gives up.
    fabric = make_fabric((1, 4, 1), "ecmp", "fixed_window", retries=1, queue={"capacity": "4160 B"})
    flows = FlowBatch(
        [1, 2, 3, 0, 0],
        [0, 0, 0, 0, 1],
        [10**6] * 5,
        delay=9,
        predecessors=([0, 0, 0, 0, 3, 4], [0, 1, 2, 3]),
    )
    event = fabric.submit(flows)
    fabric.env.run()

    columns = fabric.flow_columns()
    assert isinstance(event.value, TransferFailed)
    assert columns["status"][-1] == "failed"
    assert columns["reason"][-1].startswith("predecessor")
    assert fabric.unfinished == 0
