"""Messages of routers that travel through a network."""

from __future__ import annotations

import pytest
import quantum_blocks as blocks

import netsim
from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.fabric.connect import connect
from netsim.family import RunContext
from netsim.rng import Streams

#: One leaf: between any two hosts there are two links of 100 us.
LEAF = {
    "kind": "leaf_spine",
    "leaves": 1,
    "spines": 1,
    "hosts_per_leaf": 6,
    "host_link": {"rate": "100 Gbps", "delay": "100 us"},
}
TABLES = ("entanglements", "requests", "keys")


def network(fidelity="packet", **more):
    return {"topology": LEAF, "fidelity": fidelity, **more}


def fabric_of(env, fidelity="packet", traffic=()):
    """Return a fabric on `env`, with background traffic."""
    given = blocks.scenario(network=network(fidelity, traffic=list(traffic)))
    model = netsim.load(given).model.network
    return connect(model, RunContext(env, Streams(1), None), range(6))


def latency(fidelity):
    """Return how long one message takes through the idle network (ps)."""
    env, done = Environment(), []
    transfer = fabric_of(env, fidelity).transfer(0, 1, 256)
    transfer.callbacks.append(lambda event: done.append(env.now))
    env.run()
    return done[0]


def tables(result):
    return [result.table(name).drop(["point"]) for name in TABLES]


TWO = {
    "memory": {"raw_fidelity": 0.95, "coherence": "1 s"},
    "request": {"end": "1 s", "fidelity": 0.5, "start": "2 ms"},
}


@pytest.mark.parametrize("fidelity", ["packet", "ideal"])
def test_an_idle_network_equals_constant_delays(fidelity):
    # Two routers with one memory each never send two messages at a time.
    delay = f"{latency(fidelity)} ps"
    constant = blocks.run(2, classical={"delay": delay}, **TWO)
    carried = blocks.run(2, classical={"delay": delay}, network=network(fidelity), **TWO)

    assert carried.runs[0]["pairs"] > 20
    for one, other in zip(tables(constant), tables(carried), strict=True):
        assert one.equals(other)


@pytest.mark.parametrize("sharing", ["reserved", "statistical"])
def test_on_an_idle_network_messages_wait_for_each_other_alone(sharing):
    # A middle router's two requests leave by one port, 20 ns after each other, which may cost a
    # round of asking again, and nothing more.
    given = {
        "classical": {"delay": f"{latency('packet')} ps"},
        "memory": {"raw_fidelity": 0.95, "count": 4},
        "purification": {"scheme": "dejmps"},
        "swap": {"policy": "nested"},
        "request": {"end": "2 s", "start": "2 ms", "fidelity": 0.9},
        "sharing": sharing,
    }
    constant, carried = (blocks.run(3, **given, **more) for more in ({}, {"network": network()}))
    found = [
        [sum(r["cause"] == cause for r in blocks.rows(one)) for cause in ("delivered", "swapped")]
        for one in (constant, carried)
    ]

    assert found[0][0] > 100
    for one, other in zip(*found, strict=True):
        assert abs(one - other) < 0.15 * one


def test_an_agenda_beside_an_idle_fabric_gives_equal_tables(monkeypatch):
    import netsim.quantum.run as run

    given = {"swap": {"policy": "asap", "success": 0.8}, "request": {"end": "1 s"}}
    alone = tables(blocks.run(4, memory={"count": 2, "cutoff": "50 ms"}, **given))

    def beside(env):
        # A flow now and then, and nothing of it matters to the routers.
        fabric = fabric_of(env)
        fabric.transfer(3, 4, 1_000_000)
        return Agenda(env)

    monkeypatch.setattr(run, "Agenda", beside)
    both = tables(blocks.run(4, memory={"count": 2, "cutoff": "50 ms"}, **given))

    assert all(one.equals(other) for one, other in zip(alone, both, strict=True))


def test_load_on_the_network_delays_swaps_and_lowers_fidelity():
    slow = LEAF | {"host_link": {"rate": "1 Gbps", "delay": "100 us"}}
    given = {
        "memory": {"coherence": "50 ms", "raw_fidelity": 0.98},
        "swap": {"policy": "nested"},
        "request": {"end": "2 s", "fidelity": 0.25},
        "record": {"pairs": "all"},
    }
    load = {"pattern": "random_pairs", "load": "90 %", "count": 30000, "size": "100 kB"}
    idle, loaded = (
        blocks.run(5, network={"topology": slow, "traffic": traffic}, **given)
        for traffic in ([], [load])
    )

    def waits(result):
        return [r["ended"] - r["created"] for r in blocks.rows(result) if r["cause"] == "swapped"]

    assert loaded.runs[0]["pairs"] > 10
    assert loaded.runs[0]["fidelity_mean"] < idle.runs[0]["fidelity_mean"] - 0.01
    assert loaded.runs[0]["pairs"] < idle.runs[0]["pairs"]
    # The shortest wait of a pair is its two messages there and back.
    assert sum(waits(loaded)) / len(waits(loaded)) > sum(waits(idle)) / len(waits(idle))


def test_tables_of_the_network_are_written_where_they_are_asked_for():
    result = blocks.run(
        3, network=network(), request={"end": "50 ms"}, record={"tables": ["flows"]}
    )
    flows = result.table("flows").to_pylist()

    assert len(flows) > 10
    assert {row["size"] for row in flows} == {256}
    # Reservation first: there and back over both hops.
    first = sorted(flows, key=lambda row: row["flow"])[:4]
    assert [(row["src"], row["dst"]) for row in first] == [(0, 1), (1, 2), (2, 1), (1, 0)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"routers": 7}, "7 routers need 7 hosts"),
        ({"swap": {"policy": "asap", "handshake": False}}, "routers ask before they swap"),
        ({"request": {"mode": "one_shot"}}, "trials of first pairs know constant delays only"),
        ({"message": {"size": "1 TB"}}, "too large for one transfer"),
    ],
)
def test_what_a_network_cannot_carry_is_refused(changes, message):
    routers = changes.pop("routers", 3)
    given = blocks.scenario(routers, network=network(), **changes)

    with pytest.raises(netsim.errors.ScenarioError, match=message):
        netsim.load(given)
