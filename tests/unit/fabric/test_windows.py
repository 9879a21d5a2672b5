"""Where windows end, how small rings begin and where calls are cut changes no result at all."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest

from netsim.errors import TransferFailed
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.slots import Slots

QUEUE = {"capacity": "40 kB", "ecn": {"kmin": "8 kB"}}


class Rows:
    """A recorder that keeps the rows of table `packets`."""

    def __init__(self):
        self.batches = []

    def wants(self, table):
        return table == "packets"

    def write(self, table, columns):
        self.batches.append(columns)

    def columns(self):
        names = self.batches[0]
        return {
            name: [value for batch in self.batches for value in np.ma.getdata(batch[name]).tolist()]
            for name in names
        }


def schedule(hosts):
    """Return a batch in which many wait for others, on other hosts too, some not at all."""
    draws = np.random.default_rng(3)
    count = 60
    src = draws.integers(hosts, size=count)
    dst = (src + 1 + draws.integers(hosts - 1, size=count)) % hosts
    first, flows = [0], []
    for flow in range(count):
        waits = np.unique(draws.integers(max(0, flow - 9), flow, 2)) if flow % 3 else []
        flows += list(waits)
        first.append(len(flows))
    lag = draws.choice([0, 1, 300_000, 4_000_000], len(flows))
    size = draws.choice([0, 100, 4096, 50_000, 300_000], count)
    return FlowBatch(src, dst, size, predecessors=(first, flows), lag=lag)


def observed(make_fabric, *, traced=False, change=None, transport="fixed_window", **options):
    """Run a schedule, processes that send one message after another, a cancel and a probe."""
    rows = Rows()
    fabric = make_fabric(
        (3, 3, 2), "rps", transport, queue=QUEUE, recorder=rows if traced else None, **options
    )
    fabric.ledger.keeps = True
    if change is not None:
        change(fabric._store.state)
    env = fabric.env
    seen = []

    def sends(host):
        for turn in range(4):
            flow = yield fabric.transfer(host, (host + turn + 1) % 9, 30_000 * turn)
            seen.append((env.now, host, flow, fabric.flow_columns()["end_rx"].count()))

    def cancels():
        transfer = fabric.transfer(0, 5, 10**7)
        yield env.timeout(40_000_000)
        transfer.cancel()

    done = fabric.submit(schedule(9))
    done.callbacks.append(lambda _: seen.append((env.now, "all")))
    for host in (1, 4):
        env.process(sends(host))
    env.process(cancels())
    env.probe(
        7_654_321, lambda now: seen.append((now, fabric.link_columns()["queue_max"].tolist()))
    )
    env.run()
    fabric.finish(rows)
    tables = {**fabric.flow_columns(), **{f"l_{k}": v for k, v in fabric.link_columns().items()}}
    found = {name: np.ma.filled(column, -1).tolist() for name, column in tables.items()}
    return found, seen, env.now, rows.columns() if traced else None


@pytest.fixture(scope="module")
def plain_runs():
    return {}


@pytest.fixture
def usual(make_fabric, plain_runs):
    """Return what is observed with windows, rings and calls as they usually are."""

    def run(**options):
        key = tuple(sorted(options.items()))
        if key not in plain_runs:
            plain_runs[key] = observed(make_fabric, **options)
        return plain_runs[key]

    return run


def divided(by):
    def change(state):
        for width in (at.FREE_WIDTH, at.MERGED_WIDTH):
            state.fixed[width] = max(1, state.fixed[width] // by)

    return change


@pytest.mark.parametrize("transport", ["fixed_window", "dctcp"])
@pytest.mark.parametrize("by", [2, 7, 10**9])
def test_shorter_windows_give_the_same_tables_and_events(make_fabric, usual, by, transport):
    shorter = observed(make_fabric, change=divided(by), transport=transport)

    assert shorter == usual(transport=transport)
    assert sum(shorter[0]["drops"]) + sum(shorter[0]["l_ecn_marks"]) > 0


@pytest.mark.parametrize("by", [7, 10**9])
def test_shorter_windows_give_the_same_rows_of_packets(make_fabric, usual, by):
    shorter = observed(make_fabric, change=divided(by), traced=True)

    assert shorter == usual(traced=True)


def test_packet_rows_come_in_the_order_of_events(usual):
    columns = usual(traced=True)[3]
    # A departure is written when the packet joins its queue; all else at its own time.
    times = [t for t, event in zip(columns["t"], columns["event"], strict=True) if event != "deq"]

    assert times == sorted(times)
    assert columns["row"] == list(range(len(columns["row"])))


def test_rings_that_begin_with_one_packet_give_the_same_rows(make_fabric, usual, monkeypatch):
    monkeypatch.setattr("netsim.fabric.kernel.layout.FIRST_ROWS", 1)

    assert observed(make_fabric, traced=True) == usual(traced=True)


def test_arrays_that_grow_flow_by_flow_give_the_same_rows(make_fabric, usual):
    assert observed(make_fabric, traced=True, expected_flows=1) == usual(traced=True)


@pytest.mark.parametrize("most", [1, 7, 2**18])
def test_calls_cut_after_few_events_give_the_same_rows(make_fabric, usual, most):
    assert observed(make_fabric, traced=True, slice_events=most) == usual(traced=True)


def test_rows_of_flows_that_are_used_again_give_the_same_rows_of_packets(
    make_fabric, usual, monkeypatch
):
    plain = usual(traced=True)
    take = Slots.take
    free = []

    def collecting(self, count):
        self.collect()
        free.append(len(self._free))
        return take(self, count)

    monkeypatch.setattr(Slots, "take", collecting)

    assert observed(make_fabric, traced=True) == plain
    assert max(free) > 0


def test_an_arena_and_a_trace_without_room_to_spare_give_the_same_rows(
    make_fabric, usual, monkeypatch
):
    def tight(state):
        # Room for one turn only: the call returns again and again within its windows.
        state.fixed[at.ARENA_ROWS] = state.clock[at.ARENA]
        state.fixed[at.TRACE_LIMIT] = 3

    tight_run = observed(make_fabric, traced=True, change=tight)

    assert tight_run == usual(traced=True)


def test_windows_are_free_while_nothing_can_end_and_merged_before_something_does(make_fabric):
    # One flow of 100 packets, alone: its batch is over when its receiver has everything.
    fabric = make_fabric((2, 1, 1), "rps", "fixed_window")
    state = fabric._store.state
    fabric.submit(FlowBatch([0], [1], [4096 * 100]))
    near = int(state.fixed[at.NEAR_PACKETS])

    assert near < 100
    merged = []
    while fabric.peek() < at.NEVER:
        fabric._run(fabric._store.state, at.NEVER, 1)
        missing = 100 - int(fabric._store.flow_rows()[0, at.ARRIVED] & at.LOW)
        merged.append((missing, int(state.clock[at.CLOSE])))
        if fabric._store.state.clock[at.FINISHED]:
            break

    assert [close for missing, close in merged if missing > near] == [0] * sum(
        missing > near for missing, _ in merged
    )
    assert [close for missing, close in merged if 0 < missing <= near] == [1] * sum(
        0 < missing <= near for missing, _ in merged
    )
    assert merged[-1] == (0, 0)


def test_links_without_delay_work_to_the_picosecond(make_fabric):
    # Store and forward over four hops of 100 Gb/s: the last of 3 packets leaves the sender after
    # 3 services and takes 3 more; nothing else takes time.
    link = {"rate": "100 Gbps", "delay": "0 s"}
    fabric = make_fabric(
        (2, 1, 1), "rps", "open_loop", topology={"host_link": link, "fabric_link": {"delay": "0 s"}}
    )
    fabric.transfer(0, 1, 3 * 4096)
    fabric.env.run()

    assert fabric.flow_columns()["end_rx"][0] == 6 * 4160 * 80


@pytest.mark.parametrize("transport", ["fixed_window", "open_loop"])
def test_what_hosts_sent_has_arrived_or_was_dropped_or_is_under_way_at_every_instant(
    make_fabric, transport
):
    # Packets that entered a host's link = packets that left the last link to a host + drops at
    # switches + packets in rings; looked at from processes and from a probe, mid-window or not.
    fabric = make_fabric((3, 3, 2), "rps", transport, queue={"capacity": "20 kB"})
    env, network = fabric.env, fabric.network
    link = fabric._parts.layout.link
    looks = []

    def look(now):
        rows = fabric._store.state.links.reshape(-1, at.LINK)[link]
        entered = rows[:, at.PACKETS_SENT] + rows[:, at.ACKS_SENT]
        under_way = rows[:, at.HEAD] >> 32
        there = (entered - under_way)[network.host_downlink].sum()
        looks.append((now, int(under_way.sum()), int(rows[:, at.DROPS].sum())))
        assert entered[network.host_uplink].sum() == there + looks[-1][2] + looks[-1][1]

    def sends(host):
        for turn in range(5):
            with suppress(TransferFailed):
                yield fabric.transfer(host, (host + 1 + turn) % 9, 40_000)
            look(env.now)

    for host in range(9):
        env.process(sends(host))
    fabric.submit(FlowBatch(np.arange(1, 9), np.zeros(8, int), np.full(8, 100_000)))
    env.probe(777_777, look)
    env.run()

    assert max(under_way for _, under_way, _ in looks) > 20
    assert looks[-1][2] > 0
    assert sum(now % 777_777 > 0 for now, _, _ in looks) > 10
