"""Nobody waits for ever: flows that wait for one that fails or is cancelled fail with it."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.errors import SimulationError, TransferCancelled, TransferFailed
from netsim.fabric.batch import FlowBatch

REASON = "predecessor: a flow that it waits for failed or was cancelled"
#: A queue that holds no packet, so that flows across the network fail.
NOWHERE = {"queue": {"capacity": "1 kB"}, "rto": "10 us", "retries": 2}


def chain(count, **more):
    """Return a batch in which each flow waits for the one before it."""
    cuts = [0, *range(count)]
    return FlowBatch(
        [0] * count, [2] * count, [4096] * count, predecessors=(cuts, range(count - 1)), **more
    )


def statuses(fabric):
    return fabric.flow_columns()["status"].tolist()


def test_flows_behind_one_that_fails_fail_with_it_and_so_does_their_batch(make_fabric):
    fabric = make_fabric((2, 2, 2), "ecmp", "fixed_window", **NOWHERE)

    event = fabric.submit(chain(4))
    fabric.env.run()

    assert isinstance(event.value, TransferFailed)
    assert "flow 0 failed: retries are used up" in str(event.value)
    assert statuses(fabric) == ["failed"] * 4
    assert fabric.flow_columns()["reason"].tolist() == ["retries are used up", *[REASON] * 3]
    assert fabric.unfinished == 0


def test_flows_behind_one_that_no_path_joins_fail_at_once(make_fabric):
    down = {"overrides": ({"link": "host3-leaf1", "up": False},)}
    fabric = make_fabric(policy="ecmp", topology=down)
    # Flow 1 has no path; flow 2 waits for it, flow 3 for 2, and has none either.
    flows = FlowBatch(
        [0, 0, 0, 1], [2, 3, 2, 3], [4096] * 4, predecessors=([0, 0, 0, 1, 2], [1, 2])
    )

    event = fabric.submit(flows)
    fabric.env.run()

    assert isinstance(event.value, TransferFailed)
    assert statuses(fabric) == ["done", "failed", "failed", "failed"]
    no_path = "no path joins its hosts"
    assert fabric.flow_columns()["reason"].tolist() == [None, no_path, REASON, no_path]
    assert fabric.unfinished == 0


def test_a_flow_cancelled_within_a_batch_fails_those_behind_it_and_whoever_waits_for_the_batch(
    make_fabric,
):
    fabric, seen = make_fabric(), []

    def waiter():
        try:
            yield fabric.submit(chain(3))
        except TransferCancelled as problem:
            seen.append((fabric.env.now, str(problem)))

    def canceller():
        yield fabric.env.timeout(6_000_000)
        fabric.cancel(1)

    fabric.env.process(waiter())
    fabric.env.process(canceller())
    fabric.env.run()

    # Flow 0 takes 5.3 us; flow 1 is on its way then.
    assert seen == [(6_000_000, "the transfer of flow 1 was cancelled")]
    assert statuses(fabric) == ["done", "cancelled", "failed"]
    assert fabric.flow_columns()["reason"].tolist() == [None, None, REASON]
    assert fabric.unfinished == 0


def test_flows_that_do_not_wait_for_the_cancelled_one_go_on(make_fabric):
    fabric = make_fabric()
    # Flow 2 waits for 0, flow 3 for 1.
    flows = FlowBatch(
        [0, 1, 0, 1], [2, 3, 2, 3], [4096] * 4, predecessors=([0, 0, 0, 1, 2], [0, 1])
    )

    event = fabric.submit(flows)
    fabric.cancel(0)
    fabric.env.run()

    assert isinstance(event.value, TransferCancelled)
    assert statuses(fabric) == ["cancelled", "done", "failed", "done"]


def test_cancelling_a_flow_that_is_over_does_nothing(make_fabric):
    fabric = make_fabric()
    event = fabric.submit(chain(2))
    fabric.env.run()

    fabric.cancel(0)

    assert (event.ok, statuses(fabric)) == (True, ["done", "done"])


@pytest.mark.parametrize(("trigger", "ends"), [("rx", "done"), ("tx", "failed")])
def test_a_sender_that_gives_up_on_what_has_arrived_fails_only_what_waits_for_its_knowledge(
    make_fabric, trigger, ends
):
    # Data arrives after 5.3 us, its acknowledgement would be back after 9.3 us; the sender gives up
    # after 6 us (3 us and one retry of 3 us: doubled, 9 us, which is too early all the same).
    fabric = make_fabric((2, 2, 2), "ecmp", "fixed_window", rto="3 us", retries=1)

    event = fabric.submit(
        FlowBatch([0, 1], [2, 3], [4096] * 2, predecessors=([0, 0, 1], [0]), trigger=trigger)
    )
    fabric.env.run()

    assert statuses(fabric) == ["done", ends]
    assert event.ok == (trigger == "rx")


@pytest.mark.parametrize("seed", range(8))
def test_no_flow_and_no_waiter_is_left_over_whatever_fails_or_is_cancelled(make_fabric, seed):
    draws = np.random.default_rng(seed)
    fabric = make_fabric(
        (2, 4, 2), "ecmp", "fixed_window", queue={"capacity": "9 kB"}, rto="9 us", retries=1
    )
    count = 40
    before = [
        sorted(set(draws.integers(0, i, draws.integers(0, 3)).tolist())) for i in range(1, count)
    ]
    cuts = np.cumsum([0, 0, *map(len, before)])
    src = draws.integers(0, 8, count)
    ends = src, (src + draws.integers(1, 8, count)) % 8
    flows = FlowBatch(
        *ends,
        draws.integers(1, 60_000, count),
        predecessors=(cuts, [flow for flows in before for flow in flows]),
    )
    events = [fabric.submit(flows), fabric.submit(flows)]

    def canceller():
        for flow in draws.integers(0, 2 * count, 5).tolist():
            yield fabric.env.timeout(int(draws.integers(1, 30_000_000)))
            fabric.cancel(flow)

    fabric.env.process(canceller())
    fabric.env.run()

    assert all(event.triggered for event in events)
    assert fabric.unfinished == 0
    assert "unfinished" not in statuses(fabric)
    assert REASON in fabric.flow_columns()["reason"].tolist()


def test_a_circle_of_flows_is_refused_before_anything_is_taken_in(make_fabric):
    fabric = make_fabric()

    with pytest.raises(SimulationError, match="in a circle: 0 -> 1 -> 0"):
        fabric.submit(FlowBatch([0, 0], [2, 2], [1, 1], predecessors=([0, 1, 2], [1, 0])))
    assert len(fabric.flow_columns()["flow"]) == 0
