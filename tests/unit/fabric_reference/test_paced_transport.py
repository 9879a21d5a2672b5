"""A transport that paces its packets, to the picosecond, against its twin and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from reference.comparison import (
    NETWORKS,
    assert_equal,
    leaf_spine,
    policies,
    random_flows,
    run_kernel,
    run_plain,
    windowed,
)
from reference.paced import Paced

from netsim.errors import SimulationError
from netsim.fabric.kernel import assemble, builder, merge
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.compile import references
from netsim.fabric.kernel.packet import marked_at
from netsim.fabric.transports.fixed_window import FixedWindow
from netsim.fabric.transports.fixed_window import acknowledge as note_reply
from netsim.fabric.transports.selective_repeat import take as take_one

GAP, LEAST, MOST, STEP = 777_777, 200_001, 20_000_000, 33_333
LAST, PACE = 0, 1


def begin(state, flow, now):
    state.reals[2 * flow + PACE] = GAP
    state.reals[2 * flow + LAST] = now - GAP


def next_time(state, flow, now):
    return int(state.reals[2 * flow + LAST] + state.reals[2 * flow + PACE])


def take(state, flow, now):
    state.reals[2 * flow + LAST] = now
    return take_one(state, flow, now)


def acknowledge(state, flow, packet, now):
    cell = 2 * flow + PACE
    if marked_at(state, packet):
        state.reals[cell] = min(2 * state.reals[cell], MOST)
    else:
        state.reals[cell] = max(state.reals[cell] - STEP, LEAST)
    note_reply(state, flow, packet, now)


class PacedWindow(FixedWindow):
    """A window whose packets keep a gap that marks double and other replies shorten."""

    reals = 2
    begin = staticmethod(begin)
    next_time = staticmethod(next_time)
    take = staticmethod(take)
    acknowledge = staticmethod(acknowledge)


@pytest.fixture
def chosen(monkeypatch):
    """Return a function that makes a transport stand for `fixed_window`."""
    find = assemble.implementation

    def choose(transport):
        def implementation(kind, *rest, **key):
            return transport if kind == "transport" else find(kind, *rest, **key)

        monkeypatch.setattr(assemble, "implementation", implementation)

    return choose


def kernel(network, flows, queue=None):
    return run_kernel(network, flows, {"policy": "rps"}, {"kind": "fixed_window"}, queue=queue)


@pytest.mark.parametrize("name", ["oversubscribed", "hosts and spines of mixed rates"])
def test_paced_flows_with_marks_losses_and_timeouts_end_alike(name, chosen):
    network = NETWORKS[name]()
    flows = random_flows(network, 100, seed=3, span=3_000_000)
    queue = {"capacity": "20 kB", "ecn": {"kmin": "6 kB", "kmax": "15 kB", "pmax": 0.7}}
    chosen(PacedWindow)

    fabric = kernel(network, flows, queue)
    numbers = windowed(network, "rps", capacity=20_000).numbers
    simulator = run_plain(
        *(network, flows, policies()["rps"]),
        Paced(numbers, gap=GAP, least=LEAST, most=MOST, step=STEP),
        limits=(20_000, (6_000, 15_000, 0.7)),
    )

    assert sum(link.marks for link in simulator.net.links) > 0
    assert sum(flow.timeouts for flow in simulator.flows) > 0
    assert_equal(fabric, simulator)


def test_a_lone_paced_flow_sends_a_packet_a_gap(chosen):
    # Replies of two hops come 2 (x + d) + 2 (a + d) after a packet is sent; x, a: services. The gap
    # shrinks with each, so that packet n + 1 is sent as soon as what it has shrunk to has passed.
    chosen(PacedWindow)
    x, a, d = 4160 * 80, 64 * 80, 10**6
    trip = 2 * (x + d) + 2 * (a + d)

    fabric = kernel(leaf_spine(1, 2, 1), [(0, 1, 12 * 4096, 0)])

    sent, replies = [0], [trip]
    while len(sent) < 12:
        time, gap = sent[-1], GAP - STEP * sum(reply <= sent[-1] for reply in replies)
        for reply in (reply for reply in replies if reply > time):
            if sent[-1] + gap <= reply:
                break
            gap = max(gap - STEP, LEAST)
            time = reply
        sent.append(max(sent[-1] + gap, time))
        replies.append(sent[-1] + trip)
    assert fabric.flow_columns()["end_rx"].tolist() == [sent[-1] + 2 * (x + d)]
    assert fabric.flow_columns()["end_tx"].tolist() == [sent[-1] + trip]
    assert min(np.diff(sent)) < GAP
    assert len(fabric._store.state.paced) == fabric._store.flow_room


def test_a_transport_without_a_pace_has_no_cells_for_it():
    fabric = kernel(leaf_spine(1, 2, 1), [(0, 1, 4096, 0)])

    assert len(fabric._store.state.paced) == 0


def never(state, flow, now):
    return at.NEVER


def test_a_time_beyond_the_clock_is_an_error_at_the_line_of_the_hook(chosen, monkeypatch):
    transport = type("Never", (PacedWindow,), {"next_time": staticmethod(never)})
    chosen(transport)
    place = f"{__file__}:{never.__code__.co_firstlineno}:1: 'next_time' of Never answered the time"

    with builder.in_python(), pytest.raises(SimulationError) as caught:
        kernel(leaf_spine(1, 2, 1), [(0, 1, 4096, 0)])

    assert str(caught.value).startswith(place)


def test_a_function_of_the_kernel_that_is_named_as_a_hook_is_none():
    plugs = builder.plugs_of(PacedWindow, PacedWindow, traced=False)

    assert plugs["next_time"] is next_time
    assert references(merge.place, plugs)["next_time"] is merge.next_time
