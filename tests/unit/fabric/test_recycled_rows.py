"""Rows of flows that are over are used again: nothing that can be seen depends on it."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import numpy as np
import pytest
from reference.random_fabrics import Case

from netsim.errors import InvariantError, TransferCancelled, TransferFailed
from netsim.fabric import ledger
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.classes import alike
from netsim.fabric.kernel.slots import Slots

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "fabric_results.json").read_text())[
    "random"
]


class Rows:
    """A recorder that wants some tables and keeps what is written, call by call."""

    def __init__(self, *tables):
        self.tables = tables
        self.batches = []

    def wants(self, table):
        return table in self.tables

    def write(self, table, columns):
        if table == "flows":
            self.batches.append(columns)

    def column(self, name):
        return [value for batch in self.batches for value in np.ma.filled(batch[name], -1).tolist()]


@pytest.fixture
def eager(monkeypatch):
    """Take rows back whenever new ones are asked for, and count those used again."""
    take = Slots.take
    again = []

    def collecting(self, count):
        self.collect()
        again.append(min(count, len(self._free)))
        return take(self, count)

    monkeypatch.setattr(Slots, "take", collecting)
    return again


def chains(fabric, count, at_once, size=1000, hosts=8):
    """Send `count` messages, each when one of the `at_once` before it is there."""
    left = [count]

    def send(_):
        if left[0]:
            left[0] -= 1
            number = count - left[0]
            src = number * 5 % hosts
            fabric.transfer(src, (src + 1 + number % (hosts - 1)) % hosts, size).callbacks.append(
                send
            )

    for _ in range(at_once):
        send(None)
    fabric.env.run()


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_random_runs_that_use_rows_again_are_as_those_that_do_not(eager, first):
    found = [Case(seed).run() for seed in range(first, first + 20)]

    assert found == GOLDEN[first : first + 20]
    assert sum(eager) > 50


def test_room_follows_the_flows_at_once_and_not_the_flows(make_fabric):
    fabric = make_fabric((4, 2, 2), "rps", "fixed_window", recorder=Rows())
    sizes = []
    for _ in range(3):
        chains(fabric, 4000, 100)
        state = fabric._store.state
        sizes.append({name: array.nbytes for name, array in state._asdict().items()})

    assert fabric._slots.handed_over > 11_000
    assert sizes[1] == sizes[2]
    assert fabric._store.flow_room <= 8 * 64
    assert len(fabric._store.state.finished) <= 8 * 64
    assert fabric.delivered == 1.0


def test_rows_that_are_handed_over_make_the_table_of_those_that_are_not(
    make_fabric, eager, monkeypatch
):
    monkeypatch.setattr(ledger, "BATCH", 50)
    tables = []
    for recorder in (Rows("flows"), None):
        fabric = make_fabric((4, 2, 2), "rps", "dctcp", recorder=recorder)
        # An early long flow holds back what is over before it.
        fabric.transfer(0, 7, 300_000)
        chains(fabric, 400, 9)
        rows = recorder or Rows("flows")
        fabric.finish(rows)
        tables.append(rows)
    handed_over, kept = tables

    assert len(handed_over.batches) > 2
    assert len(kept.batches) == 1
    for name in kept.batches[0]:
        assert handed_over.column(name) == kept.column(name), name
    assert kept.column("flow") == list(range(401))


def test_where_nobody_wants_rows_sums_are_left(make_fabric, eager):
    fabric = make_fabric((4, 2, 2), "rps", "fixed_window", recorder=Rows())
    fabric.submit(FlowBatch([0, 1], [4, 5], [10_000, 20_000]))
    fabric.traffic_flows = 2
    chains(fabric, 100, 4, size=777)

    assert fabric.received_beside_traffic == 77_700
    assert fabric.delivered == 1.0
    assert fabric.unfinished == 0
    with pytest.raises(InvariantError, match="handed to the recorder"):
        fabric.received.tolist()


def test_a_flow_is_cancelled_by_its_number_and_one_that_is_gone_stays_as_it_is(make_fabric, eager):
    fabric = make_fabric((4, 2, 2), "rps", "fixed_window")
    chains(fabric, 50, 3)
    last = fabric.transfer(0, 5, 10**7)

    fabric.cancel(3)
    last.cancel()

    with pytest.raises(TransferCancelled, match="flow 50 was"):
        fabric.env.run(last)
    status = fabric.flow_columns()["status"]
    assert status.tolist() == ["done"] * 50 + ["cancelled"]


def test_the_row_of_a_cancelled_flow_is_not_used_while_its_predecessor_runs(make_fabric, eager):
    # Were it, the predecessor's end would start the new flow a second time, or count it as free.
    fabric = make_fabric((4, 2, 2), "rps", "fixed_window")
    fabric.submit(FlowBatch([0, 1], [5, 6], [400_000, 1000], predecessors=([0, 0, 1], [0])))
    fabric.cancel(1)
    gate = fabric.gate()
    held = fabric.submit(FlowBatch([2], [7], [1000], gates=([0, 1], [gate])))
    fabric.env.timeout(100_000_000).callbacks.append(lambda _: fabric.open(gate))

    fabric.env.run(held)

    columns = fabric.flow_columns()
    assert columns["status"].tolist() == ["done", "cancelled", "done"]
    assert columns["start"][2] == 100_000_000


def test_a_gate_keeps_the_row_of_a_failed_flow_until_it_opens(make_fabric, eager):
    fabric = make_fabric((4, 2, 2), "rps", "fixed_window")
    gate = fabric.gate()
    fabric.submit(
        FlowBatch(
            [0, 1],
            [5, 6],
            [1000, 1000],
            predecessors=([0, 0, 1], [0]),
            gates=([0, 0, 1], [gate]),
        )
    )
    fabric.cancel(0)
    chains(fabric, 20, 2)
    assert 1 in fabric._slots.alive()

    fabric.open(gate)
    chains(fabric, 20, 2)

    assert fabric.flow_columns()["reason"][1].startswith("predecessor")
    assert fabric.flow_columns()["status"].tolist() == ["cancelled", "failed"] + ["done"] * 40


def test_successors_of_flows_that_are_over_are_forgotten(make_fabric):
    fabric = make_fabric((4, 2, 2), "rps", "fixed_window", recorder=Rows())
    count = 50
    cuts = np.maximum(np.arange(count + 1) - 1, 0)
    hosts = np.arange(count) % 8
    lengths = []
    for _ in range(40):
        done = fabric.submit(
            FlowBatch(
                hosts,
                (hosts + 1) % 8,
                np.full(count, 900),
                predecessors=(cuts, np.arange(count - 1)),
            )
        )
        fabric.env.run(done)
        lengths.append(len(fabric._store.state.successors))

    assert lengths[-1] == lengths[20] <= 8 * count


def test_a_failure_names_the_flow_and_not_its_row(make_fabric, eager):
    fabric = make_fabric((4, 2, 2), "rps", "fixed_window", retries=1, rto="1 us", recorder=Rows())
    chains(fabric, 30, 2, size=0)
    event = fabric.transfer(0, 5, 10**6)

    with pytest.raises(TransferFailed, match="flow 30 failed: retries"):
        fabric.env.run(event)


def test_a_packet_on_its_way_keeps_the_row_of_its_flow(make_fabric):
    fabric = make_fabric((4, 2, 2), "rps", "fixed_window")
    transfer = fabric.transfer(0, 5, 400_000)
    fabric.env.timeout(8_000_000).callbacks.append(lambda _: transfer.cancel())
    fabric.env.run(9_000_000)
    on_the_way = int(fabric._store.flow_rows()[0, at.IDENTITY]) >> at.HIGH

    fabric._slots.collect()
    assert on_the_way > 5
    assert fabric._slots.handed_over == 0

    fabric.env.run()
    fabric._slots.collect()
    assert fabric._slots.handed_over == 1


@pytest.mark.parametrize("kinds", [1, 2, 4, 5, 40])
def test_classes_are_found_one_by_one_or_sorted_alike(kinds):
    draws = np.random.default_rng(kinds)
    columns = draws.integers(0, 3, (3, kinds))[:, draws.integers(kinds, size=500)]

    found, which = alike(columns)

    assert found == sorted({tuple(column) for column in columns.T.tolist()})
    assert [found[place] for place in which] == [tuple(column) for column in columns.T.tolist()]
    assert alike(np.zeros((3, 0), np.int64))[0] == []


@pytest.mark.slow
def test_ten_million_messages_take_no_more_memory_than_one_million(make_fabric):
    fabric = make_fabric((8, 8, 8), "rps", "fixed_window", recorder=Rows())
    chains(fabric, 10**6, 10**4, hosts=64)
    after_a_million = resident()

    chains(fabric, 9 * 10**6, 10**4, hosts=64)

    assert fabric._slots.handed_over > 9.9 * 10**6
    assert resident() <= 1.1 * after_a_million


def resident():
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
