"""What scenarios are said to cost before they run."""

from __future__ import annotations

import pytest
import quantum_blocks as blocks

import netsim
from netsim.quantum.cost import estimate_pairs


def estimate(routers=3, **given):
    return estimate_pairs(netsim.load(blocks.scenario(routers, **given)).model)


def test_a_stream_played_at_once_is_cheaper_than_what_others_may_interrupt():
    plain = estimate(request={"end": "50 s"})
    interrupted = estimate(request={"end": "50 s"}, memory={"cutoff": "20 ms"})

    assert plain.rows == interrupted.rows
    assert plain.seconds == pytest.approx(interrupted.seconds / 10)


@pytest.mark.parametrize("policy", [{"policy": "given", "order": [3, 1, 2]}, {"policy": "asap"}])
def test_an_order_of_five_routers_is_looked_at_as_such(policy):
    assert estimate(5, swap=policy).seconds > 0


def test_pairs_of_a_star_are_counted_link_by_link():
    star = {
        "chain": None,
        "topology": {"kind": "star", "nodes": 4, "length": "20 km"},
        "memory": {"count": 3},
    }
    found = estimate(**star, request={"application": "ghz", "end": "10 s"})
    result = netsim.run(
        netsim.load(blocks.scenario(3, **star, request={"application": "ghz", "end": "10 s"}))
    )

    # At most two rows a pair that each of three links can make.
    assert 0 < result.table("entanglements").num_rows < found.rows
