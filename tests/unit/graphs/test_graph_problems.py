"""Blocks that make no graph are told plainly."""

from __future__ import annotations

import pytest
from graph_blocks import graph
from pydantic import ValidationError

from netsim.graphs.kind import problems, read
from netsim.problems import ProblemsFound

WRONG = [
    ({"kind": "ring"}, None, "says how many nodes"),
    ({"kind": "ring", "nodes": 5}, 6, "has 5 nodes, not 6"),
    ({"kind": "fat_tree", "k": 4}, 50, "has 36 nodes, not 50"),
    ({"kind": "grid", "rows": 2, "columns": 3, "nodes": 7}, None, "has 6 nodes, not 7"),
    ({"kind": "ring", "nodes": 2}, None, "at least 3 nodes, not 2"),
    ({"kind": "grid", "nodes": 13}, None, "1 x 13"),
    ({"kind": "grid", "nodes": 10, "rows": 4}, None, "do not fill 4 rows"),
    ({"kind": "torus", "nodes": 8}, None, "2 x 4"),
    ({"kind": "k_regular", "nodes": 5, "k": 3}, None, "cannot each have 3 neighbours"),
    ({"kind": "k_regular", "nodes": 5, "k": 5}, None, "more than 5 nodes"),
    ({"kind": "watts_strogatz", "nodes": 9, "k": 3, "p": 0.1}, None, "no middle"),
    ({"kind": "watts_strogatz", "nodes": 4, "k": 4, "p": 0.1}, None, "more than 4 nodes"),
    ({"kind": "barabasi_albert", "nodes": 3, "m": 3}, None, "at least 4 nodes, not 3"),
    ({"kind": "sbm", "blocks": (3, 0), "p_in": 1, "p_out": 0}, None, "a group is empty"),
    ({"kind": "sbm", "blocks": 5, "p_in": 1, "p_out": 0}, 4, "at least 5 nodes, not 4"),
    ({"kind": "fat_tree", "k": 5}, None, "5 ports have no half"),
    ({"kind": "edges", "edges": ((0, 1), (1, 4))}, 4, "[1, 4] names no node: there are 4"),
    ({"kind": "complete", "nodes": 100_000}, None, "5e+09 pairs to draw"),
    ({"kind": "bcube", "n": 1000, "k": 18}, None, "more than 1,000,000"),
    ({"kind": "as_like", "nodes": 100_000}, None, "pairs to draw"),
]


@pytest.mark.parametrize(("block", "around", "told"), WRONG, ids=lambda value: str(value)[:40])
def test_what_cannot_be_built_is_said_before_it_is_built(block, around, told):
    found = problems(read(block), around)

    assert len(found) == 1
    assert told in found[0].message
    assert found[0].at[0] == "topology"
    assert found[0].hint
    with pytest.raises(ProblemsFound):
        graph(around=around, **block)


REFUSED = [
    ({"kind": "edges", "edges": ((0, 1), (1, 0))}, "stands twice"),
    ({"kind": "edges", "edges": ((1, 1),)}, "to itself"),
    ({"kind": "edges", "edges": ((-1, 1),)}, "names no node"),
    ({"kind": "edges", "edges": ((0, 1),), "lengths": ()}, "0 lengths for 1 edges"),
    ({"kind": "waxman", "nodes": 5, "area": ("0 m", "1 m")}, "must be positive"),
    ({"kind": "ring", "nodes": 5, "length": "0 m"}, "must be positive"),
    ({"kind": "erdos_renyi", "nodes": 5, "p": 1.5}, "outside 0 to 1"),
    ({"kind": "path", "nodes": 5}, "no graph named 'path'"),
    ({"kind": "ring", "nodes": 0}, "greater than or equal to 1"),
]


@pytest.mark.parametrize(("block", "told"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_wrong_block_is_refused_by_its_model(block, told):
    with pytest.raises(ValidationError, match=told):
        read(block)


def test_arcs_may_go_both_ways():
    assert graph("edges", edges=((0, 1), (1, 0)), directed=True).edge_count == 2


@pytest.mark.parametrize("around", [7, None])
def test_a_number_said_twice_alike_is_no_contradiction(around):
    assert graph("ring", nodes=7, around=around).node_count == 7
