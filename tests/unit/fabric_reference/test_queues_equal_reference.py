"""Queues that act, compiled, against their plain twins: every flow and every link."""

from __future__ import annotations

import functools

import pytest
from reference import fabric as plain
from reference.comparison import (
    NETWORKS,
    as_plain,
    assert_equal,
    policies,
    random_flows,
    run_kernel,
    run_plain,
    windowed,
)
from reference.queues import ControlFirst, Fifo

MARKS = {"kmin": "6 kB", "kmax": "15 kB", "pmax": 0.7}
LIMITS = (20_000, (6_000, 15_000, 0.7))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("classes", "twin"), [(None, Fifo("dequeue")), ("strict", ControlFirst("enqueue"))]
)
def test_windowed_flows_through_queues_that_act_end_alike(name, classes, twin):
    network = NETWORKS[name]()
    flows = random_flows(network, 100, seed=3, span=3_000_000)
    queue = {"capacity": "20 kB", "ecn": {**MARKS, "mark": twin.mark}, "classes": classes}

    fabric = run_kernel(network, flows, {"policy": "rps"}, {"kind": "fixed_window"}, queue=queue)
    simulator = run_plain(
        *(network, flows, policies()["rps"], windowed(network, "rps", capacity=20_000)),
        limits=LIMITS,
        queue=twin,
    )

    assert sum(flow.drops for flow in simulator.flows) > 0
    assert sum(link.marks for link in simulator.net.links) > 0
    assert_equal(fabric, simulator)


def test_flows_under_dctcp_with_control_first_and_marks_on_the_way_out_end_alike():
    network = NETWORKS["bundled, slow, with latency"]()
    flows = random_flows(network, 80, seed=4, largest=200_000, span=3_000_000)
    transport = {"kind": "dctcp", "rto": "80 us"}
    queue = {"capacity": "40 kB", "ecn": {"kmin": "8 kB", "mark": "dequeue"}, "classes": "strict"}

    fabric = run_kernel(network, flows, {"policy": "ecmp"}, transport, queue=queue)
    net = as_plain(network)

    @functools.cache
    def numbers(src, dst):
        trip, rate = plain.flow_scale(net, src, dst, spread=False)
        most = max(10.0, 4 * (trip * rate // (8 * 10**12)) / 4160)
        return most, 80_000_000, 1 << max(6, int(most).bit_length())

    simulator = run_plain(
        *(network, flows, policies()["ecmp"], plain.Dctcp(numbers)),
        limits=(40_000, (8_000, 8_000, 1.0)),
        queue=ControlFirst("dequeue"),
    )

    assert sum(link.marks for link in simulator.net.links) > 0
    assert_equal(fabric, simulator)
