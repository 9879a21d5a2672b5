"""Random kinds: their laws in the smallest cases exactly, in large ones by closed forms.

Frequencies are compared with probabilities to within five standard errors (false alarms below one
in a million); seeds are fixed.
"""

from __future__ import annotations

import math
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from graph_blocks import graph, oracle, pairs

SEEDS = 2000


def assert_near(count, probability, trials=SEEDS):
    """Fail where a binomial count is five standard deviations from its mean."""
    spread = math.sqrt(trials * probability * (1 - probability))
    assert abs(count - trials * probability) < 5 * spread, (count, trials * probability, spread)


def frequencies(**block):
    """Return how often each set of edges comes up."""
    return Counter(frozenset(pairs(graph(seed=seed, **block))) for seed in range(SEEDS))


def test_all_eight_graphs_of_three_nodes_are_equally_likely_at_p_one_half():
    found = frequencies(kind="erdos_renyi", nodes=3, p=0.5)

    assert len(found) == 8
    for count in found.values():
        assert_near(count, 1 / 8)


@pytest.mark.parametrize("p", [0.001, 0.03, 0.6])
def test_the_edges_of_a_large_random_graph_are_as_many_as_p_says(p):
    built = graph("erdos_renyi", nodes=2000, p=p)

    assert_near(built.edge_count, p, 2000 * 1999 // 2)


def test_certain_and_impossible_edges():
    assert graph("erdos_renyi", nodes=9, p=1).edge_count == 36
    assert graph("erdos_renyi", nodes=9, p=0).edge_count == 0


def test_a_new_node_takes_two_others_by_their_neighbours():
    # Star 0-1, 0-2 with neighbours (2, 1, 1): node 3 takes {1, 2} with 2 * 1/4 * 1/3 = 1/6,
    # and {0, 1} and {0, 2} with 1/4 * 2/3 + 1/2 * 1/2 = 5/12 each.
    found = frequencies(kind="barabasi_albert", nodes=4, m=2)
    star = {(0, 1), (0, 2)}

    assert_near(found[frozenset(star | {(1, 3), (2, 3)})], 1 / 6)
    assert_near(found[frozenset(star | {(0, 3), (1, 3)})], 5 / 12)
    assert_near(found[frozenset(star | {(0, 3), (2, 3)})], 5 / 12)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_degrees_of_a_grown_graph_follow_the_power_law(m):
    nodes = 20_000
    built = graph("barabasi_albert", nodes=nodes, m=m)

    assert built.edge_count == m * (nodes - m)
    assert built.degree[m + 1 :].min() == m
    shares = np.bincount(built.degree) / nodes
    for k in range(m, m + 4):
        expected = 2 * m * (m + 1) / (k * (k + 1) * (k + 2))
        assert shares[k] == pytest.approx(expected, abs=5 * math.sqrt(expected / nodes))


def test_few_grown_nodes_have_the_degrees_that_networkx_grows():
    ours = [graph("barabasi_albert", seed, nodes=60, m=2) for seed in range(300)]
    theirs = [nx.barabasi_albert_graph(60, 2, seed=seed) for seed in range(300)]

    for figure in (lambda degrees: np.mean(degrees == 2), np.max, lambda d: np.mean(d**2)):
        here = np.array([figure(built.degree) for built in ours])
        there = np.array([figure(np.array([d for _, d in known.degree])) for known in theirs])
        error = math.hypot(here.std(), there.std()) / math.sqrt(300)
        assert abs(here.mean() - there.mean()) < 5 * error


def test_all_matchings_of_four_nodes_are_equally_likely():
    found = frequencies(kind="k_regular", nodes=4, k=1)

    assert len(found) == 3
    for count in found.values():
        assert_near(count, 1 / 3)


@pytest.mark.parametrize(("nodes", "k"), [(6, 2), (7, 4), (50, 3), (50, 25), (50, 46), (9, 0)])
def test_every_node_of_a_regular_graph_has_k_neighbours(nodes, k):
    built = graph("k_regular", nodes=nodes, k=k)

    assert set(built.degree.tolist()) == {k}


@pytest.mark.parametrize("k", [2, 4])
def test_any_pair_of_a_regular_graph_is_as_likely_as_another(k):
    # By symmetry a pair is joined with probability k / (nodes - 1); k = 4 is drawn as a complement.
    found = [pairs(graph("k_regular", seed, nodes=6, k=k)) for seed in range(SEEDS)]

    for pair in ((0, 1), (2, 5)):
        assert_near(sum(pair in edges for edges in found), k / 5)


def test_a_small_world_keeps_its_edges_and_moves_a_share_of_them():
    nodes, k, p = 5000, 6, 0.2
    built = graph("watts_strogatz", nodes=nodes, k=k, p=p)
    lattice = {tuple(sorted((i, (i + j) % nodes))) for i in range(nodes) for j in (1, 2, 3)}

    assert built.edge_count == nodes * k // 2
    assert built.degree.min() >= k // 2
    # An edge moves on to one of its old place with probability below k / nodes: no matter here.
    assert_near(len(pairs(built) - lattice), p, nodes * k // 2)


def test_clustering_of_a_small_world_falls_as_its_theory_says():
    # Barrat and Weigt 2000: 3 (k - 2) / (4 (k - 1)) (1 - p)^3, up to terms of 1 / nodes.
    built = graph("watts_strogatz", nodes=4000, k=8, p=0.1)
    plain = 3 * 6 / (4 * 7)

    assert nx.average_clustering(oracle(built)) == pytest.approx(plain * 0.9**3, rel=0.02)


def test_a_wholly_rewired_ring_ends_also_where_everybody_is_joined():
    assert graph("watts_strogatz", nodes=5, k=4, p=1).edge_count == 10


def test_every_pair_of_a_block_model_has_its_probability():
    block = {"kind": "sbm", "blocks": (2, 3), "p_in": 0.7, "p_out": 0.2}
    found = Counter()
    for seed in range(SEEDS):
        found.update(pairs(graph(seed=seed, **block)))

    for low in range(5):
        for high in range(low + 1, 5):
            assert_near(found[low, high], 0.7 if (low < 2) == (high < 2) else 0.2)


def test_a_number_of_blocks_deals_the_nodes_out_in_turn():
    built = graph("sbm", nodes=301, blocks=3, p_in=0.5, p_out=0.1)

    block = built.node_columns["block"]
    assert block.tolist()[:5] == [0, 1, 2, 0, 1]
    same = block[built.edges[:, 0]] == block[built.edges[:, 1]]
    inside = sum(math.comb(size, 2) for size in np.bincount(block).tolist())
    assert_near(int(same.sum()), 0.5, inside)
    assert_near(int((~same).sum()), 0.1, math.comb(301, 2) - inside)


def test_two_nodes_of_a_square_are_near_each_other_as_often_as_geometry_says():
    # Unit square, r <= 1: pi r^2 - 8 r^3 / 3 + r^4 / 2.
    r = 0.3
    block = {"kind": "random_geometric", "nodes": 2, "radius": "300 m", "area": ("1 km", "1 km")}
    joined = sum(graph(seed=seed, **block).edge_count for seed in range(SEEDS))

    assert_near(joined, math.pi * r**2 - 8 * r**3 / 3 + r**4 / 2)


@pytest.mark.parametrize("radius", ["1 m", "40 m", "130 m", "2 km"])
def test_exactly_the_near_nodes_are_joined(radius):
    built = graph("random_geometric", nodes=300, radius=radius, area=("1 km", "200 m"))
    reach = {"1 m": 1, "40 m": 40, "130 m": 130, "2 km": 2000}[radius]

    apart = np.hypot(built.x[:, None] - built.x, built.y[:, None] - built.y)
    near = {(i, j) for i, j in np.argwhere(apart <= reach).tolist() if i < j}
    assert pairs(built) == near
    assert built.length == pytest.approx(apart[tuple(built.edges.T)])
    assert built.x.max() <= 1000
    assert built.y.max() <= 200


def test_far_nodes_of_a_waxman_graph_are_joined_as_rarely_as_its_law_says():
    # Given the places, each pair is a trial of its own: the sum of (joined - p) has this variance.
    built = graph("waxman", nodes=800, beta=0.6, alpha=0.15, area=("3 km", "4 km"))
    i, j = np.triu_indices(800, 1)
    apart = np.hypot(built.x[i] - built.x[j], built.y[i] - built.y[j])
    p = 0.6 * np.exp(-apart / (0.15 * 5000))
    joined = np.zeros((800, 800), bool)
    joined[tuple(built.edges.T)] = True

    for low, high in ((0, 500), (500, 1500), (1500, 5000)):
        here = (apart >= low) & (apart < high)
        error = math.sqrt((p[here] * (1 - p[here])).sum())
        assert abs(joined[i, j][here].sum() - p[here].sum()) < 5 * error
    assert built.length == pytest.approx(
        np.hypot(
            *(axis[built.edges[:, 0]] - axis[built.edges[:, 1]] for axis in (built.x, built.y))
        )
    )


def test_the_internets_graph_has_the_tiers_and_mean_numbers_of_its_model():
    nodes, seeds = 1000, 12
    built = [graph("as_like", seed, nodes=nodes) for seed in range(seeds)]

    for one in built:
        tiers = Counter(one.node_columns["tier"].tolist())
        assert (tiers["M"], tiers["CP"]) == (150, 50)
        assert 4 <= tiers["T"] <= 6
        assert one.is_connected
    # 150 nodes of 2.25 providers each, 50 of 2.15, some 795 of 1.05; peerings likewise.
    transit = [(one.edge_columns["relation"] == "transit").sum() for one in built]
    peering = [(one.edge_columns["relation"] == "peer").sum() for one in built]
    assert np.mean(transit) == pytest.approx(150 * 2.25 + 50 * 2.15 + 795 * 1.05, rel=0.02)
    clique = 10
    assert np.mean(peering) == pytest.approx(clique + 150 * 1.2 + 50 * 0.4 + 50 * 0.07, rel=0.1)


def test_the_internets_graph_has_the_degrees_that_networkx_gives_it():
    ours = [graph("as_like", seed, nodes=1000).degree for seed in range(12)]
    theirs = [
        np.array([degree for _, degree in nx.random_internet_as_graph(1000, seed=seed).degree])
        for seed in range(12)
    ]

    for figure in (
        lambda degrees: degrees.mean(),
        lambda degrees: np.mean(degrees == 1),
        lambda degrees: np.sort(degrees)[-20:].mean(),
    ):
        here, there = ([figure(degrees) for degrees in some] for some in (ours, theirs))
        error = math.hypot(np.std(here), np.std(there)) / math.sqrt(12)
        # There, numbers of providers are spread a little less: rounding halves their ends.
        assert abs(np.mean(here) - np.mean(there)) < 5 * error + 0.03 * np.mean(there)


GROWING = [
    {"kind": "erdos_renyi", "p": 0.05},
    {"kind": "barabasi_albert", "m": 3},
    {"kind": "random_geometric", "radius": "150 m"},
    {"kind": "waxman", "beta": 0.8, "alpha": 0.3},
    {"kind": "sbm", "blocks": 4, "p_in": 0.3, "p_out": 0.02},
    {"kind": "tree", "branching": 3},
]


@pytest.mark.parametrize("block", GROWING, ids=lambda block: block["kind"])
def test_nodes_added_after_change_no_draw_of_those_before(block):
    small, large = (graph(seed=5, nodes=nodes, **block) for nodes in (80, 2000))

    before = large.subgraph(range(80))

    assert pairs(small) == pairs(before)
    assert small.edge_count > 0
    for ours, theirs in ((small.x, before.x), (small.length, before.length)):
        assert (ours is None) == (theirs is None)
        assert ours is None or (ours == theirs).all()


def test_a_larger_last_group_or_a_further_one_changes_no_draw_of_those_before():
    block = {"kind": "sbm", "p_in": 0.4, "p_out": 0.1}
    small = graph(blocks=(20, 20), **block)

    for blocks in ((20, 300), (20, 20, 60)):
        assert pairs(graph(blocks=blocks, **block).subgraph(range(40))) == pairs(small)
