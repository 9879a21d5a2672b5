"""The compiled kernel against the plain simulator: every flow and every link, not only sums."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from reference import fabric as plain
from reference.comparison import (
    NETWORKS,
    STREAMS,
    as_plain,
    assert_equal,
    leaf_spine,
    policies,
    random_flows,
    run_kernel,
    run_plain,
    windowed,
)

from netsim.fabric.kernel.builder import interpreted
from netsim.fabric.kernel.state import State


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    "policy",
    [
        "stripe",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("ecmp", "rps", "rr", "ops")),
    ],
)
def test_open_loop_flows_end_alike_on_every_kind_of_network(name, policy):
    network = NETWORKS[name]()
    flows = random_flows(network, 120, seed=1)

    fabric = run_kernel(network, flows, {"policy": policy}, {"kind": "open_loop"})
    simulator = run_plain(network, flows, policies()[policy], plain.OpenLoop())

    assert_equal(fabric, simulator)


@pytest.mark.parametrize("name", NETWORKS)
def test_flows_with_paths_of_their_own_end_alike(name):
    network = NETWORKS[name]()
    flows = random_flows(network, 120, seed=2)
    paths = [
        ways[number % len(ways)]
        for number, ways in enumerate(network.paths(src, dst) for src, dst, *_ in flows)
    ]

    fabric = run_kernel(network, flows, {"policy": "single"}, {"kind": "open_loop"}, paths=paths)
    simulator = run_plain(network, flows, plain.Single(), plain.OpenLoop(), paths=paths)

    assert_equal(fabric, simulator)


def test_many_flows_of_one_host_at_one_instant_end_alike():
    network = leaf_spine(2, 4, 2)
    flows = [(i % 3, 4 + i % 4, 5000 + i, 1000 * (i // 20)) for i in range(60)]

    fabric = run_kernel(network, flows, {"policy": "stripe"}, {"kind": "open_loop"})
    simulator = run_plain(network, flows, policies()["stripe"], plain.OpenLoop())

    assert_equal(fabric, simulator)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    "policy", [pytest.param("stripe", marks=pytest.mark.slow), "ecmp", "rps", "rr", "ops"]
)
def test_windowed_flows_with_small_queues_end_alike_on_every_kind_of_network(name, policy):
    network = NETWORKS[name]()
    flows = random_flows(network, 100, seed=3, span=3_000_000)
    queue = {"capacity": "20 kB", "ecn": {"kmin": "6 kB", "kmax": "15 kB", "pmax": 0.7}}

    fabric = run_kernel(network, flows, {"policy": policy}, {"kind": "fixed_window"}, queue=queue)
    simulator = run_plain(
        *(network, flows, policies()[policy]),
        windowed(network, policy, capacity=20_000),
        limits=(20_000, (6_000, 15_000, 0.7)),
    )

    assert sum(flow.drops for flow in simulator.flows) > 0
    assert sum(link.marks for link in simulator.net.links) > 0
    assert_equal(fabric, simulator)


@pytest.mark.parametrize("freeze", [0, 40_000_000])
def test_recycled_entropies_end_alike_with_marks_losses_and_frozen_rings(freeze):
    # A freeze of 40 us ends within the run, so rings explore afterwards too.
    network = leaf_spine(4, 4, 4, overrides=({"link": "leaf0->spine1", "rate": "10 Gbps"},))
    flows = random_flows(network, 40, seed=6, largest=400_000, span=1_000_000)
    queue = {"capacity": "30 kB", "ecn": {"kmin": "9 kB"}}
    routing = {"policy": "reps", "variant": "paper" if freeze else "htsim", "freeze": "40 us"}

    fabric = run_kernel(network, flows, routing, {"kind": "fixed_window"}, queue=queue)

    def product(flow):
        trip, rate = plain.flow_scale(as_plain(network), flow.src, flow.dst, spread=True)
        return math.ceil(trip * rate // (8 * 10**12) / 4160)

    policy = plain.Recycled(STREAMS.key("routing"), freeze=freeze, window=product)
    simulator = run_plain(
        *(network, flows, policy, windowed(network, "reps", capacity=30_000)),
        limits=(30_000, (9_000, 9_000, 1.0)),
    )

    assert sum(flow.timeouts for flow in simulator.flows) > 0
    assert sum(link.marks for link in simulator.net.links) > 0
    rings = policy.rings.values()
    assert any(ring["thaw"] or ring["explore"] for ring in rings) == bool(freeze)
    assert_equal(fabric, simulator)


@pytest.mark.parametrize("policy", ["ecmp", "rps"])
def test_an_oversubscribed_all_to_all_with_drops_ends_alike(policy):
    network = leaf_spine(4, 4, 1)
    flows = [(i, (i + r) % 16, 40_000, 100 * i) for r in range(1, 16) for i in range(16)]

    fabric = run_kernel(
        *(network, flows, {"policy": policy}, {"kind": "fixed_window"}),
        queue={"capacity": "60 kB"},
    )
    simulator = run_plain(
        *(network, flows, policies()[policy]),
        windowed(network, policy, capacity=60_000),
        limits=(60_000, None),
    )

    assert sum(flow.drops for flow in simulator.flows) > 100
    assert_equal(fabric, simulator)


@pytest.mark.parametrize("retries", [16, 1])
def test_an_incast_with_timeouts_ends_alike_and_so_do_flows_that_give_up(retries):
    network = leaf_spine(3, 8, 4)
    flows = [(8 + i, 3, 150_000, 10_000 * (i % 4)) for i in range(16)]
    transport = {"kind": "fixed_window", "window": 4.0, "rto": "60 us", "retries": retries}

    fabric = run_kernel(network, flows, {"policy": "rps"}, transport, queue={"capacity": "30 kB"})
    simulator = run_plain(
        *(network, flows, policies()["rps"]),
        windowed(network, "rps", window=4.0, rto=60_000_000, retries=retries),
        limits=(30_000, None),
    )

    assert sum(flow.timeouts for flow in simulator.flows) > 16
    assert any(flow.failed for flow in simulator.flows) == (retries == 1)
    assert_equal(fabric, simulator)


class Guarded:
    """An array that refuses every index that is not a place of its own."""

    def __init__(self, array):
        self._array = array

    def __getitem__(self, index):
        assert 0 <= index < len(self._array)
        return self._array[index]

    def __setitem__(self, index, value):
        assert 0 <= index < len(self._array)
        self._array[index] = value


def guarded(policy, transport, slow=None, *, traced):
    run = interpreted(policy, transport, slow, traced=traced)

    def run_guarded(state, limit, most):
        with np.errstate(over="ignore"):  # hashing wraps around
            return int(run(State(*map(Guarded, state)), limit, most))

    return run_guarded


@pytest.mark.parametrize(
    ("name", "policy", "kind"),
    [
        ("oversubscribed", "rps", "fixed_window"),
        ("ring", "rps", "dctcp"),
        ("fat tree", "rps", "dctcp"),
        ("oversubscribed", "stripe", "open_loop"),
    ],
)
def test_interpreted_code_ends_alike_and_passes_no_end_of_an_array(name, policy, kind, monkeypatch):
    """Compiled code reads through plain pointers, which nothing checks."""
    network = NETWORKS[name]()
    flows = random_flows(network, 12, seed=5, largest=150_000, span=1_000_000)
    blocks = ({"policy": policy}, {"kind": kind})
    queue = {"capacity": "9 kB", "ecn": {"kmin": "5 kB"}}

    compiled = run_kernel(network, flows, *blocks, queue=queue)
    monkeypatch.setattr("netsim.fabric.kernel.builder.build", guarded)
    slow = run_kernel(network, flows, *blocks, queue=queue)

    assert compiled.flow_columns()["drops"].sum() > 0
    for known, other in (
        (compiled.flow_columns(), slow.flow_columns()),
        (compiled.link_columns(), slow.link_columns()),
    ):
        for column in known:
            np.testing.assert_array_equal(known[column], other[column], column)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("dup", [3, 0])
def test_flows_under_dctcp_end_alike_with_marks_losses_and_timeouts(name, dup):
    network = NETWORKS[name]()
    flows = random_flows(network, 80, seed=4, largest=200_000, span=3_000_000)
    transport = {"kind": "dctcp", "dup_threshold": dup, "rto": "80 us"}
    queue = {"capacity": "40 kB", "ecn": {"kmin": "8 kB"}}

    fabric = run_kernel(network, flows, {"policy": "rps"}, transport, queue=queue)
    net = as_plain(network)

    @functools.cache
    def numbers(src, dst):
        trip, rate = plain.flow_scale(net, src, dst, spread=True)
        most = max(10.0, 4 * (trip * rate // (8 * 10**12)) / 4160)
        return most, 80_000_000, 1 << max(6, int(most).bit_length())

    simulator = run_plain(
        *(network, flows, policies()["rps"]),
        plain.Dctcp(numbers, dup=dup),
        limits=(40_000, (8_000, 8_000, 1.0)),
    )

    assert sum(flow.drops for flow in simulator.flows) > 0
    assert sum(link.marks for link in simulator.net.links) > 0
    assert_equal(fabric, simulator)
