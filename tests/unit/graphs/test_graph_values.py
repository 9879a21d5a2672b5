"""The value `Graph`: canonical edges, neighbours, components, parts of it."""

from __future__ import annotations

import doctest
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from graph_blocks import graph, oracle, pairs
from hypothesis import given
from hypothesis import strategies as st

from netsim.graphs import kind, trials
from netsim.graphs.graph import Graph, graph_of

PAGE = Path(__file__).parents[3] / "docs" / "graphs.md"

EDGES = st.sets(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] < pair[1])
)


def test_edges_are_sorted_with_the_lower_node_first_and_take_their_columns_along():
    built = graph_of(
        4, [3, 1, 2], [0, 0, 1], length=np.array([30.0, 10.0, 21.0]),
        edge_columns={"colour": np.array(["c", "a", "b"])},
    )  # fmt: skip

    assert built.edges.tolist() == [[0, 1], [0, 3], [1, 2]]
    assert built.length.tolist() == [10, 30, 21]
    assert built.edge_columns["colour"].tolist() == ["a", "c", "b"]


def test_arcs_keep_their_direction_and_both_may_be_there():
    built = graph_of(3, [1, 0, 2], [0, 1, 0], directed=True)

    assert built.edges.tolist() == [[0, 1], [1, 0], [2, 0]]
    assert built.out_degree.tolist() == [1, 1, 1]
    assert built.in_degree.tolist() == [2, 1, 0]
    assert built.neighbours(2).tolist() == [0]


@pytest.mark.parametrize(
    "edges",
    [[[1, 0]], [[0, 0]], [[0, 1], [0, 1]], [[1, 2], [0, 1]], [[0, 3]], [[-1, 0]]],
)
def test_edges_out_of_order_are_no_graph(edges):
    with pytest.raises(ValueError, match=r"order|outside"):
        Graph(("a", "b", "c"), np.array(edges))


def test_a_column_of_the_wrong_length_is_no_part_of_a_graph():
    with pytest.raises(ValueError, match="2 values for 3 rows"):
        graph_of(3, [0], [1], x=np.zeros(2))


def test_nothing_of_a_graph_can_be_changed():
    built = graph("ring", nodes=5, length="1 m")

    for array in (built.edges, built.length, built.x):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@given(EDGES)
def test_components_neighbours_and_degrees_are_those_of_networkx(edges):
    source, target = np.array(sorted(edges), np.int64).reshape(-1, 2).T
    built = graph_of(12, source, target)
    known = oracle(built)

    groups = {}
    for node, component in enumerate(built.components.tolist()):
        groups.setdefault(component, set()).add(node)
    assert sorted(map(sorted, groups.values())) == sorted(
        map(sorted, nx.connected_components(known))
    )
    assert list(groups) == list(range(len(groups)))  # numbered by their lowest nodes
    assert built.is_connected == nx.is_connected(known)
    assert built.degree.tolist() == [known.degree(node) for node in range(12)]
    for node in range(12):
        assert built.neighbours(node).tolist() == sorted(known[node])


def test_every_edge_is_found_from_both_of_its_ends():
    built = graph("erdos_renyi", nodes=30, p=0.2)
    near = built.adjacency

    for node in range(30):
        run = slice(near.first[node], near.first[node + 1])
        for other, edge in zip(near.node[run], near.edge[run], strict=True):
            assert sorted((node, other)) == built.edges[edge].tolist()


def test_a_long_line_is_one_component():
    assert graph("line", nodes=100_000).is_connected


def test_the_largest_component_keeps_names_places_and_lengths():
    # Two components, {0, 3} and {1, 2, 4}.
    built = graph_of(
        5, [0, 1, 2], [3, 4, 1], length=np.array([1.0, 2.0, 3.0]), x=np.arange(5.0),
        y=np.zeros(5), node_columns={"memories": np.arange(5) * 10},
    )  # fmt: skip

    part = built.largest_component()

    assert part.names == ("1", "2", "4")
    assert part.edges.tolist() == [[0, 1], [0, 2]]
    assert part.length.tolist() == [3, 2]
    assert part.x.tolist() == [1, 2, 4]
    assert part.node_columns["memories"].tolist() == [10, 20, 40]


def test_of_two_largest_components_that_of_the_lowest_node_is_taken():
    built = graph_of(4, [2, 0], [3, 1])

    assert built.largest_component().names == ("0", "1")


def test_a_block_may_ask_for_the_largest_component():
    whole = graph("erdos_renyi", nodes=200, p=0.008)
    part = graph("erdos_renyi", nodes=200, p=0.008, largest_component=True)

    assert not whole.is_connected
    assert part.is_connected
    assert part.node_count == max(map(len, nx.connected_components(oracle(whole))))


def test_the_same_stream_gives_the_same_graph_and_another_seed_another():
    block = {"kind": "barabasi_albert", "nodes": 60, "m": 2}

    assert pairs(graph(**block)) == pairs(graph(**block))
    assert pairs(graph(**block)) != pairs(graph(seed=2, **block))


def test_examples_say_what_comes_out():
    page = doctest.testfile(str(PAGE), module_relative=False)

    assert page.attempted
    assert not page.failed
    for module in (kind, trials):
        assert not doctest.testmod(module).failed
