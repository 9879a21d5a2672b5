"""Ports that a policy draws come equally often, counted over flows, packets and turns."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from evenly import assert_shares, assert_uniform

from netsim.fabric.balancing import ecmp, ops, rps, rr
from netsim.fabric.kernel import port
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.label import ACK, label_of

FIRST = 40


@pytest.fixture
def state(make_fabric):
    """Return a kernel's arrays; functions of policies are called on them in plain Python."""
    with np.errstate(over="ignore"):
        fabric = make_fabric((3, 2, 2), policy="rr")
        yield fabric._store.state._replace(policy=np.array([1]))


def asked(choose, state, label, n, switch=0):
    """Return which of `n` ports `choose` takes for the packet with `label`."""
    state.packets[at.PACKET + at.LABEL] = label
    return int(choose(state, 1, switch, FIRST, n, 0)) - FIRST


@pytest.mark.parametrize("kind", [0, ACK])
@pytest.mark.parametrize("n", [2, 5])
def test_ecmp_hashes_flows_to_all_ports_and_switches_independently(state, n, kind):
    drawn = [
        tuple(
            asked(ecmp.choose, state, label_of(flow, 3, 0) | kind, n, switch) for switch in (0, 1)
        )
        for flow in range(1000)
    ]

    assert_uniform(drawn, list(itertools.product(range(n), repeat=2)))


@pytest.mark.parametrize("n", [2, 5])
def test_rps_draws_ports_equally_often_for_packets_in_a_row(state, n):
    drawn = [
        tuple(asked(rps.choose, state, label_of(flow, seq, 0), n) for seq in (0, 1))
        for flow in range(1000)
    ]

    assert_uniform(drawn, list(itertools.product(range(n), repeat=2)))


@pytest.mark.parametrize("retry", [0, 1])
def test_ops_hashes_entropies_to_all_ports_equally_often(state, retry):
    state = state._replace(policy=np.array([64]))
    drawn = []
    for flow in range(50):
        for seq in range(20):
            label = label_of(flow, seq, retry)
            own = ops.tag(state, flow, label, 0)
            state.packets[at.PACKET + at.ROUTE] = own << 28
            drawn.append(asked(ops.choose, state, label, 5))

    assert_uniform(drawn, range(5))


def test_ops_walks_its_entropies_in_every_of_its_orders_equally_often(state):
    # Entropy i of a walk is i XOR mask: four masks of four entropies.
    state = state._replace(policy=np.array([4]))
    walks = [
        tuple(ops.tag(state, flow, label_of(flow, 4 * walk + i, 0), 0) % 4 for i in range(4))
        for flow in range(50)
        for walk in range(8)
    ]

    assert_uniform(walks, [tuple(i ^ mask for i in range(4)) for mask in range(4)])


@pytest.mark.parametrize("n", [3, 4, 6, 10])
def test_rr_deals_in_every_of_its_orders_equally_often(state, n):
    # Turn i goes to port (a i + b) mod n: n shifts b, and as many steps a as numbers below n are
    # coprime with n (2, 2, 2 and 4).
    steps = [a for a in range(1, n) if math.gcd(a, n) == 1]
    space = [tuple((a * i + b) % n for i in range(n)) for a in steps for b in range(n)]

    orders = [
        tuple(asked(rr.choose, state, label_of(0, 0, 0), n) for _ in range(n))
        for _ in range(15 * len(space))
    ]

    assert_uniform(orders, space)


def test_packets_on_the_ramp_are_marked_with_its_probability(state):
    # Half way between the thresholds, half of the largest probability 0.6.
    state.links[at.MARK_ABOVE] = 1000
    state.setup[at.MARK_ALL] = 3000
    state.setup[at.MARK_CHANCE] = round(0.6 * 2**53)

    marked = [
        bool(port.marks(state, 0, label_of(flow, seq, 0), 2000))
        for flow in range(50)
        for seq in range(20)
    ]

    assert_shares(marked, {True: 0.3, False: 0.7})
