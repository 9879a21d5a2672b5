"""Every routing policy, transport and queue keeps the contract of what runs in the kernel.

One contended case for all: six hosts of three leaves send to others, through spines that are too
few. The kernel's functions run as plain Python, so nothing is compiled; that compiled ones do the
same is tested elsewhere.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import Annotated

import numpy as np
import pytest
from pydantic import TypeAdapter

from netsim import registry
from netsim.engine.environment import Environment
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import builder
from netsim.fabric.kernel import state as at
from netsim.fabric.packet import PacketConfig
from netsim.fabric.service import Fabric
from netsim.fields import Config, OneOf, implementation
from netsim.rng import Streams
from netsim.topology.leaf_spine import LeafSpine

POLICIES = registry.names("routing")
TRANSPORTS = registry.names("transport")
QUEUES = registry.names("queue")
ECN = {"kmin": "5 kB", "kmax": "9 kB", "pmax": 0.7}
#: Queues as blocks; what ports do may depend on fields.
BLOCKS = {
    **{name: {"queue": name} for name in QUEUES},
    "drop_tail, marks": {"queue": "drop_tail", "ecn": ECN},
    "drop_tail, marks on the way out": {"queue": "drop_tail", "ecn": {**ECN, "mark": "dequeue"}},
    "drop_tail, control first": {"queue": "drop_tail", "classes": "strict"},
}

PAIRS = [(0, 2), (0, 4), (1, 2), (1, 3), (3, 0), (5, 2), (4, 2), (2, 5)]
SIZE = 10 * 4096


def block(kind, key, name, **fields):
    return TypeAdapter(Annotated[Config, OneOf(kind, key=key)]).validate_python(
        {key: name, **fields}
    )


@pytest.fixture
def simulated(monkeypatch):
    """Return a function that runs the contended case and gives its fabric."""
    monkeypatch.setattr(builder, "build", builder.interpreted)
    network = LeafSpine.build(LeafSpine.Config(leaves=3, spines=3, hosts_per_leaf=2))

    def run(policy="rps", transport="fixed_window", queue=None, *, seed=1, disturb=(), **limits):
        routing = block("routing", "policy", policy)
        fabric = Fabric(
            Environment(),
            network,
            packet=PacketConfig(),
            routing=routing,
            transport=block("transport", "kind", transport),
            queue=None if queue is None else block("queue", "kind", queue, **limits),
            streams=Streams(seed),
        )
        for key in disturb:
            fabric._store.state.fixed[key] ^= 0x5DEECE66D
        model = implementation("routing", routing, key="policy")
        paths = None
        if getattr(model, "paths", "") == "given" and not hasattr(model, "plan"):
            paths = [first_path(network, *pair) for pair in PAIRS]
        src, dst = np.array(PAIRS).T
        fabric.submit(FlowBatch(src, dst, np.full(len(src), SIZE), paths=paths))
        with np.errstate(over="ignore"):
            fabric.env.run()
        return fabric

    return run


def first_path(network, src, dst):
    leaf = network.leaf_of_host
    inner = network.leaf_paths(int(leaf[src]), int(leaf[dst]))[0]
    return (int(network.host_uplink[src]), *inner, int(network.host_downlink[dst]))


def digest(fabric):
    """Return a hash of all that happened to flows and links."""
    found = hashlib.sha256()
    for columns in (fabric.flow_columns(), fabric.link_columns()):
        for name, column in columns.items():
            found.update(name.encode() + np.ma.filled(column, -1).astype(str).tobytes())
    return found.hexdigest()


def models(test):
    """Run `test` once for every policy, every transport and every queue."""
    cases = [{"policy": name} for name in POLICIES]
    cases += [
        {"policy": policy, "transport": name} for name in TRANSPORTS for policy in ("ecmp", "rps")
    ]
    named = ["-".join(case.values()) for case in cases]
    cases += BLOCKS.values()
    named += BLOCKS
    return pytest.mark.parametrize("case", cases, ids=named)(test)


@models
def test_it_finishes_the_same_traffic_twice_in_the_same_way(simulated, case):
    first, again = simulated(**case), simulated(**case)

    assert first.unfinished == 0
    assert set(first.flow_columns()["status"].tolist()) == {"done"}
    assert digest(first) == digest(again)


def data_packets(fabric):
    """Return the data packets that left hosts, that reached hosts, and that were dropped."""
    state, layout, network = fabric._store.state, fabric._parts.layout, fabric.network
    sent = state.links.reshape(-1, at.LINK)[layout.link, at.PACKETS_SENT]
    drops = fabric._store.flow_rows()[: len(PAIRS), at.DISORDER] >> at.HIGH
    return sent[network.host_uplink].sum(), sent[network.host_downlink].sum(), drops.sum()


@models
def test_every_data_packet_that_is_sent_is_received(simulated, case):
    fabric = simulated(**case)

    sent, received, dropped = data_packets(fabric)

    assert sent == received + dropped
    assert received >= len(PAIRS) * SIZE // PacketConfig().payload
    assert fabric.received.tolist() == [SIZE] * len(PAIRS)


@models
def test_every_data_packet_that_is_sent_into_short_queues_is_received_or_dropped(simulated, case):
    # Two full packets fit; three flows to one host drop some, and timers send them again, or the
    # flows fail where nothing is sent again.
    fabric = simulated(**{"queue": "drop_tail", **case}, capacity="9 kB")

    sent, received, dropped = data_packets(fabric)

    assert dropped > 0
    assert sent == received + dropped
    assert fabric.unfinished == 0


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_draws_from_its_own_stream_alone(simulated, name):
    assert digest(simulated(name)) == digest(simulated(name, disturb=[at.MARK_KEY]))


@pytest.mark.parametrize("name", BLOCKS)
def test_a_queue_draws_from_its_own_stream_alone(simulated, name):
    usual = simulated("stripe", **BLOCKS[name])

    assert digest(usual) == digest(simulated("stripe", **BLOCKS[name], disturb=[at.POLICY_KEY]))


@pytest.mark.parametrize("name", TRANSPORTS)
def test_a_transport_draws_from_no_stream_of_others(simulated, name):
    usual = simulated("stripe", name)
    disturbed = simulated("stripe", name, disturb=[at.MARK_KEY, at.POLICY_KEY])

    assert digest(usual) == digest(disturbed)


@pytest.mark.parametrize(
    ("kind", "names"),
    [("policy", POLICIES), ("transport", TRANSPORTS), ("queue", BLOCKS)],
    ids=["policy", "transport", "queue"],
)
def test_no_two_of_a_kind_do_the_same_where_there_is_contention(simulated, kind, names):
    blocks = {name: BLOCKS[name] if kind == "queue" else {kind: name} for name in names}
    digests = {name: digest(simulated(**block)) for name, block in blocks.items()}

    same = [
        pair for pair in itertools.combinations(names, 2) if len({digests[n] for n in pair}) < 2
    ]
    assert not same


@models
def test_a_run_leaves_nothing_behind_in_a_class(simulated, case):
    def contents():
        return {
            (kind, name, key): repr(value)
            for kind in ("routing", "transport", "queue")
            for name in registry.names(kind)
            for key, value in vars(registry.lookup(kind, name)).items()
        }

    before = contents()
    simulated(**case)

    assert contents() == before
