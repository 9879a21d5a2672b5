"""Kinds without chance: edge by edge those of networkx, or what their definition says."""

from __future__ import annotations

import itertools
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from graph_blocks import graph, oracle, pairs


def numbered(known):
    """Return the edges of a graph whose nodes are row and column, numbered row by row."""
    place = {node: number for number, node in enumerate(sorted(known))}
    return {tuple(sorted((place[a], place[b]))) for a, b in known.edges}


def edges_of(known):
    return {tuple(sorted(edge)) for edge in known.edges}


@pytest.mark.parametrize(
    ("block", "known"),
    [
        ({"kind": "line", "nodes": 7}, nx.path_graph(7)),
        ({"kind": "line", "nodes": 1}, nx.path_graph(1)),
        ({"kind": "ring", "nodes": 7}, nx.cycle_graph(7)),
        ({"kind": "star", "nodes": 7}, nx.star_graph(6)),
        ({"kind": "complete", "nodes": 7}, nx.complete_graph(7)),
        ({"kind": "grid", "rows": 3, "columns": 5}, nx.grid_2d_graph(3, 5)),
        ({"kind": "torus", "rows": 3, "columns": 4}, nx.grid_2d_graph(3, 4, periodic=True)),
        ({"kind": "tree", "nodes": 12}, nx.full_rary_tree(2, 12)),
        ({"kind": "tree", "nodes": 15, "branching": 3}, nx.full_rary_tree(3, 15)),
        ({"kind": "barbell", "clique": 4, "path": 3}, nx.barbell_graph(4, 3)),
        ({"kind": "barbell", "clique": 4}, nx.barbell_graph(4, 0)),
        ({"kind": "caveman", "cliques": 4, "clique": 5}, nx.connected_caveman_graph(4, 5)),
        ({"kind": "exponential", "nodes": 11, "directed": False},
         nx.circulant_graph(11, [1, 2, 4, 8])),
        ({"kind": "exponential", "nodes": 8, "directed": False},
         nx.circulant_graph(8, [1, 2, 4])),
        ({"kind": "bcube", "n": 5, "k": 0}, nx.relabel_nodes(nx.star_graph(5), {0: 5, 5: 0})),
        ({"kind": "watts_strogatz", "nodes": 12, "k": 4, "p": 0}, nx.circulant_graph(12, [1, 2])),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_the_edges_are_those_of_networkx(block, known):
    built = graph(**block)

    assert pairs(built) == (numbered(known) if "columns" in block else edges_of(known))
    assert built.node_count == len(known)


def test_arcs_of_the_exponential_graph_lead_to_powers_of_two():
    built = graph("exponential", nodes=6)

    assert built.directed
    assert built.neighbours(4).tolist() == sorted([(4 + hop) % 6 for hop in (1, 2, 4)])
    assert built.in_degree.tolist() == [3] * 6


def test_listed_edges_are_taken_as_they_are():
    built = graph("edges", edges=((0, 1), (2, 1)), lengths=("1 km", "20 m"), nodes=4)

    assert built.edges.tolist() == [[0, 1], [1, 2]]
    assert built.length.tolist() == [1000, 20]
    assert built.degree.tolist() == [1, 2, 1, 0]


def test_listed_arcs_keep_their_direction():
    built = graph("edges", edges=((0, 1), (1, 2), (2, 0), (2, 1)), directed=True)

    assert [built.neighbours(node).tolist() for node in range(3)] == [[1], [2], [0, 1]]


def test_nodes_are_as_many_as_listed_edges_need_or_the_scenario_says():
    assert graph("edges", edges=((0, 5),)).node_count == 6
    assert graph("edges", edges=((0, 5),), around=9).node_count == 9


@pytest.mark.parametrize("k", [2, 4, 6])
def test_a_fat_tree_has_the_levels_degrees_and_paths_of_its_paper(k):
    built = graph("fat_tree", k=k)
    known = oracle(built)
    tier = dict(enumerate(built.node_columns["tier"].tolist()))

    assert Counter(tier.values()) == {
        "host": k**3 // 4, "edge": k**2 // 2, "aggregation": k**2 // 2, "core": k**2 // 4
    }  # fmt: skip
    assert {(tier[node], known.degree(node)) for node in known} == {
        ("host", 1), ("edge", k), ("aggregation", k), ("core", k)
    }  # fmt: skip
    # From host 0: k/2 - 1 below the same switch, (k/2)^2 in the pod, and (k/2)^2 ways to the rest.
    far = nx.single_source_shortest_path_length(known, 0)
    apart = Counter(far[host] for host in known if tier[host] == "host")
    half = k // 2
    expected = {0: 1, 2: half - 1, 4: half**2 - half, 6: (k - 1) * half**2}
    assert apart == {hops: count for hops, count in expected.items() if count}
    last = k**3 // 4 - 1
    assert len(list(nx.all_shortest_paths(known, 0, last))) == half**2
    assert built.names[0] == "host0"
    assert built.names[-1] == f"core{k**2 // 4 - 1}"


@pytest.mark.parametrize(("n", "k"), [(2, 1), (4, 1), (3, 2)])
def test_servers_of_a_bcube_share_a_switch_where_one_digit_differs(n, k):
    built = graph("bcube", n=n, k=k)
    known = oracle(built)
    digits = list(itertools.product(range(n), repeat=k + 1))  # in the order of numbers

    servers, switches = n ** (k + 1), (k + 1) * n**k
    assert built.node_count == servers + switches
    assert built.degree.tolist() == [k + 1] * servers + [n] * switches
    for a, b in itertools.combinations(range(servers), 2):
        differing = sum(x != y for x, y in zip(digits[a], digits[b], strict=True))
        shared = len(set(known[a]) & set(known[b]))
        assert shared == (differing == 1)


def test_a_square_number_of_nodes_makes_a_square_grid():
    assert pairs(graph("grid", nodes=16)) == pairs(graph("grid", rows=4, columns=4))
    assert pairs(graph("grid", nodes=12)) == pairs(graph("grid", rows=3, columns=4))
    assert pairs(graph("grid", around=12, rows=2)) == pairs(graph("grid", rows=2, columns=6))


@pytest.mark.parametrize(
    "block",
    [
        {"kind": "line", "nodes": 6},
        {"kind": "ring", "nodes": 7},
        {"kind": "star", "nodes": 7},
        {"kind": "grid", "rows": 3, "columns": 4},
    ],
)
def test_nodes_lie_as_far_apart_as_their_edge_is_long(block):
    built = graph(**block, length="20 km")

    source, target = built.edges.T
    apart = np.hypot(built.x[source] - built.x[target], built.y[source] - built.y[target])
    assert apart == pytest.approx(built.length)
    assert built.length.tolist() == [20_000] * built.edge_count


def test_edges_have_no_length_and_nodes_no_place_where_none_is_given():
    built = graph("ring", nodes=5)

    assert built.length is None
    assert built.x is None
