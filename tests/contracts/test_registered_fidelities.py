"""Every fidelity keeps what the doors promise, whoever wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from netsim import registry
from netsim.engine.environment import Environment
from netsim.errors import SimulationError, TransferCancelled
from netsim.fabric.batch import FlowBatch
from netsim.fabric.connect import connect
from netsim.fabric.schema import NETWORK_TABLES, NetworkConfig
from netsim.family import RunContext
from netsim.metrics.recorder import MemorySink, Recorder
from netsim.rng import Streams

every_fidelity = pytest.mark.parametrize("name", registry.names("fidelity"))

BLOCKS: dict[str, Any] = {
    "topology": {"kind": "leaf_spine", "leaves": 2, "spines": 2, "hosts_per_leaf": 2},
    "transport": {"kind": "open_loop"},
}
#: One packet of 4096 + 64 B over four links of 100 Gb/s and 1 us.
ONE_PACKET = 4 * (4160 * 80 + 1_000_000)


def connected(name: str, tables: tuple[str, ...] = ()) -> tuple[Any, Any, MemorySink]:
    """Return a fabric of that fidelity, its recorder and where the tables go."""
    sink = MemorySink()
    recorder = Recorder([registry.lookup("table", table) for table in tables], sink)
    context = RunContext(Environment(), Streams(1), recorder, keep_flows=True)
    config = NetworkConfig.model_validate(BLOCKS | {"fidelity": name})
    return connect(config, context), recorder, sink


@every_fidelity
def test_a_transfer_succeeds_with_its_flow_when_the_last_byte_is_there(name):
    fabric, *_ = connected(name)
    seen = []

    def process():
        for _ in range(2):
            flow = yield fabric.transfer(0, 2, 4096)
            seen.append((flow, fabric.env.now))

    fabric.env.process(process())
    fabric.env.run()

    assert seen == [(0, ONE_PACKET), (1, 2 * ONE_PACKET)]
    assert fabric.received.tolist() == [4096, 4096]
    assert fabric.delivered == 1.0


@every_fidelity
def test_a_batch_succeeds_with_its_numbers_when_all_are_done(name):
    fabric, *_ = connected(name)
    fabric.transfer(0, 1, 10)

    event = fabric.submit(
        FlowBatch([1, 3], [3, 0], [4096] * 2, predecessors=([0, 0, 1], [0]), lag=5_000)
    )
    fabric.env.run()

    assert event.value == range(1, 3)
    assert fabric.env.now == 2 * ONE_PACKET + 5_000


@every_fidelity
def test_cancelling_a_flow_fails_its_event_and_what_waits_for_it(name):
    fabric, *_ = connected(name)
    transfer = fabric.transfer(1, 2, 10**6)
    event = fabric.submit(FlowBatch([0, 2], [2, 3], [10**6] * 2, predecessors=([0, 0, 1], [0])))
    cut = fabric.env.timeout(20_000_000)
    cut.callbacks.append(lambda _: (transfer.cancel(), fabric.cancel(1)))
    fabric.env.run()

    assert isinstance(transfer.value, TransferCancelled)
    assert isinstance(event.value, TransferCancelled)
    columns = fabric.flow_columns()
    assert columns["status"].tolist() == ["cancelled", "cancelled", "failed"]
    assert columns["reason"][2].startswith("predecessor")
    assert 0 < fabric.received[0] < 10**6
    transfer.cancel()
    assert fabric.env.now < 100_000_000


@every_fidelity
def test_it_writes_the_tables_that_it_says_it_has_and_that_are_wanted(name):
    level = registry.lookup("fidelity", name)
    assert set(level.tables) <= set(NETWORK_TABLES)
    assert {"flows", "link_totals", "hosts"} <= set(level.tables)
    fabric, recorder, sink = connected(name, level.tables)
    fabric.submit(FlowBatch([0, 1, 2], [2, 2, 0], [5000, 100, 4096]))
    fabric.env.run()

    returned = fabric.finish(recorder)
    recorder.close()

    assert set(returned) == {"flows", "link_totals"}
    assert all(sink.tables[table].num_rows for table in level.tables)
    assert sink.tables["flows"]["flow"].to_pylist() == [0, 1, 2]
    assert sink.tables["hosts"]["name"].to_pylist() == [f"host{i}" for i in range(4)]
    links = sink.tables["link_totals"].to_pylist()
    sent = {row["link"]: row["tx"] for row in links}
    # 5000 B are two packets; each has 64 B of header.
    assert sent["host0->leaf0"] == 5000 + 2 * 64
    assert sent["leaf1->host2"] == 5000 + 100 + 3 * 64


@every_fidelity
def test_it_writes_no_table_that_is_not_wanted(name):
    fabric, recorder, sink = connected(name)
    fabric.transfer(0, 1, 10)
    fabric.env.run()

    assert fabric.finish(recorder) == {}
    recorder.close()
    assert sink.tables == {}


@every_fidelity
def test_it_ignores_blocks_of_a_network_alone(name):
    assert set(registry.lookup("fidelity", name).ignores) <= set(NetworkConfig.model_fields)


@every_fidelity
def test_a_simulation_has_one_fabric(name):
    fabric, recorder, _ = connected(name)
    context = RunContext(fabric.env, Streams(1), recorder)

    with pytest.raises(SimulationError, match="has one fabric"):
        connect(NetworkConfig.model_validate(BLOCKS), context)
