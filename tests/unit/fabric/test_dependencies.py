"""What a batch may ask for is checked on entry; what waits for whom is turned round."""

from __future__ import annotations

import pytest

from netsim.errors import SimulationError
from netsim.fabric.batch import FlowBatch
from netsim.fabric.dependencies import dependencies
from netsim.fabric.packet import PacketConfig


def batch(waits_for, **more):
    """Return a batch in which flow `i` waits for ``waits_for[i]``."""
    cuts = [0]
    for flows in waits_for:
        cuts.append(cuts[-1] + len(flows))
    count = len(waits_for)
    entries = [flow for flows in waits_for for flow in flows]
    return FlowBatch([0] * count, [1] * count, [1] * count, predecessors=(cuts, entries), **more)


def test_a_batch_without_predecessors_has_no_dependencies():
    assert dependencies(FlowBatch([0], [1], [10])) is None


def test_dependencies_are_turned_round_with_their_lags():
    found = dependencies(batch([[], [0], [0, 1], []], lag=[5, 6, 7]))

    assert found.waits.tolist() == [0, 1, 2, 0]
    assert found.first.tolist() == [0, 2, 3, 3, 3]
    assert found.successors.tolist() == [1, 2, 2]
    assert found.lag.tolist() == [5, 6, 7]


def test_a_flow_may_wait_for_a_later_number():
    found = dependencies(batch([[2], [], [1]]))

    assert found.first.tolist() == [0, 0, 1, 2]
    assert found.successors.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("waits_for", "circle"),
    [
        ([[0]], "0 -> 0"),
        ([[], [0, 3], [1], [2]], "1 -> 3 -> 2 -> 1"),
        # Flow 0 only waits for the circle; it is no part of it.
        ([[1], [2], [1]], "1 -> 2 -> 1"),
    ],
)
def test_flows_that_wait_in_a_circle_are_refused_by_name(waits_for, circle):
    with pytest.raises(SimulationError, match=f"in a circle: {circle}$"):
        dependencies(batch(waits_for))


@pytest.mark.parametrize(
    ("cuts", "entries", "lag", "message"),
    [
        ([0, 1, 2], [0], 0, "needs 3 cuts that rise from 0 to the number of entries, 1"),
        ([0, 1], [0], 0, "needs 3 cuts"),
        ([0, 2, 1], [0], 0, "needs 3 cuts"),
        ([0, 0, 1], [7], 0, "waits for flow 7, but those of its batch are 0 to 1"),
        ([0, 0, 1], [-1], 0, "waits for flow -1"),
        ([0, 0, 1], [0], -5, "a lag is from 0"),
        ([0, 0, 1], [0], [1, 2], "1 dependencies has 2 lags"),
    ],
)
def test_what_does_not_fit_together_is_refused(cuts, entries, lag, message):
    with pytest.raises(SimulationError, match=message):
        dependencies(FlowBatch([0, 0], [1, 1], [1, 1], predecessors=(cuts, entries), lag=lag))


def test_a_flow_starts_at_the_latest_end_of_a_predecessor_plus_its_own_lag(make_fabric):
    # Both predecessors go from host 0 to host 1 of one leaf, so flow 1 ends a packet of 5.2 ns (65
    # B at 80 ps) after flow 0. With 100 ns more of lag, flow 0 is the one that counts.
    waits = ([0, 0, 0, 2], [0, 1])
    flows = FlowBatch([0, 0, 1], [1, 1, 0], [1] * 3, predecessors=waits, lag=[100_000, 0])
    fabric = make_fabric()

    fabric.submit(flows)
    fabric.env.run()

    known = fabric.flow_columns()
    assert known["end_rx"][1] - known["end_rx"][0] == 65 * 80
    assert known["start"][2] == known["end_rx"][0] + 100_000


def test_flows_without_a_byte_in_their_packets_are_refused(make_fabric):
    packet = PacketConfig(header="0 B")

    fabric = make_fabric(packet=packet)
    with pytest.raises(SimulationError, match="give packets a header"):
        fabric.transfer(0, 2, 0)
    with pytest.raises(SimulationError, match="give packets a header"):
        fabric.submit(FlowBatch([0, 1], [2, 3], [1, 0]))
