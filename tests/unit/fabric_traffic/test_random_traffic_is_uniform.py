"""What is called random traffic is uniform: every outcome as often as any other, counted."""

from __future__ import annotations

import itertools
from math import erf, exp, factorial, log, sqrt

import numpy as np
import pytest
from evenly import assert_shares, assert_uniform

from netsim.fabric.patterns.all_to_all import AllToAll
from netsim.fabric.patterns.crossing import bound, crossing_permutation, scaling
from netsim.fabric.patterns.incast import Incast
from netsim.fabric.patterns.permutation import Permutation
from netsim.fabric.patterns.random_pairs import RandomPairs
from netsim.fabric.sizes.empirical import Empirical
from netsim.fabric.sizes.exponential import Exponential
from netsim.fabric.sizes.lognormal import Lognormal
from netsim.fabric.sizes.pareto import Pareto
from netsim.fabric.sizes.uniform import Uniform
from netsim.fabric.sizes.web_search import WebSearch
from netsim.rng import Streams
from netsim.topology.leaf_spine import LeafSpine


def network(leaves, hosts_per_leaf):
    return LeafSpine.build(LeafSpine.Config(leaves=leaves, spines=1, hosts_per_leaf=hosts_per_leaf))


def many(pattern, net, times, **fields):
    """Return the flows of many draws from one stream."""
    config, stream = pattern.Config(**fields), Streams(7).generator("traffic", 0)
    return [pattern.generate(config, net, stream) for _ in range(times)]


def admissible(leaf):
    return [
        to
        for to in itertools.permutations(range(len(leaf)))
        if all(leaf[a] != leaf[b] for a, b in enumerate(to))
    ]


def test_three_leaves_of_two_hosts_have_80_permutations_between_leaves_equally_often():
    net = network(3, 2)
    space = admissible([0, 0, 1, 1, 2, 2])
    drawn = [
        tuple(flows.dst.tolist())
        for flows in many(Permutation, net, 4000, size="1 kB", inter_leaf=True)
    ]

    # Where both hosts of a leaf send to one leaf, for every leaf, the leaves form one of two
    # cycles, and each leaf has two ways to do it: 2 * 2^3 = 16 of the 80, a fifth.
    concentrated = [to for to in space if all(to[i] // 2 == to[i + 1] // 2 for i in (0, 2, 4))]
    assert len(space) == 80
    assert len(concentrated) == 16
    assert_uniform(drawn, space)
    share = sum(to in set(concentrated) for to in drawn) / len(drawn)
    # The standard deviation is sqrt(0.2 * 0.8 / 4000) = 0.0063; five of them.
    assert abs(share - 0.2) < 0.032


@pytest.mark.parametrize(
    "leaf", [[0, 1, 2], [0, 0, 0, 1, 1, 2], [0, 1, 1, 2, 3], [2, 0, 1, 2, 1, 3], [1, 1, 0, 3]]
)
def test_permutations_between_uneven_leaves_come_equally_often(leaf):
    # Half of the hosts on one leaf, leaves without hosts, hosts in any order.
    space = admissible(leaf)
    stream = np.random.default_rng(11)

    drawn = [
        tuple(crossing_permutation(np.array(leaf), stream).tolist()) for _ in range(30 * len(space))
    ]

    assert_uniform(drawn, space)


@pytest.mark.parametrize("members", [[32] * 32, [400, *[1] * 402], [300] * 3, [0, 4, 2, 2]])
def test_a_large_permutation_between_leaves_is_one(members):
    leaf = np.repeat(np.arange(len(members)), members)

    to = crossing_permutation(leaf, np.random.default_rng(3))

    assert sorted(to.tolist()) == list(range(len(leaf)))
    assert np.all(leaf[to] != leaf)


@pytest.mark.parametrize("members", [[2, 2, 2], [5, 3, 3], [16] * 16, [7, 1, 1, 1, 5], [9, 8, 2]])
def test_the_scaled_matrix_has_rows_that_add_up_to_one(members):
    counts = np.array(members)
    factor = scaling(counts)

    rows = factor * (np.sum(counts * factor) - counts * factor)

    assert rows == pytest.approx(np.ones(len(counts)), rel=1e-6)


def test_the_bound_falls_fast_enough_for_the_steps_to_add_up_to_one_at_most():
    # s >= t for every column if log(h(r) / h(r - a)) >= a / h(r - a) for 0 <= a <= 1, a <= r;
    # for r = a = 1 both are 1, as h(0) = 1 and h(1) = e.
    r = np.concatenate([np.linspace(0, 4, 801), np.geomspace(4, 1e6, 400)])

    for a in np.linspace(0, 1, 101):
        left = bound(r[r >= a] - a)
        assert np.all(np.log(bound(r[r >= a]) / left) >= a / left - 1e-12)


def test_the_bound_is_above_the_number_of_ways_of_a_full_matrix():
    for n in range(1, 30):
        assert (bound(n) / exp(1)) ** n >= factorial(n) * (1 - 1e-12)


def test_the_nine_derangements_of_four_hosts_come_equally_often():
    space = [to for to in itertools.permutations(range(4)) if all(a != b for a, b in enumerate(to))]

    drawn = many(Permutation, network(2, 2), 900, size="1 B")

    assert len(space) == 9
    assert_uniform([tuple(flows.dst.tolist()) for flows in drawn], space)


@pytest.mark.parametrize("receiver", [None, 2])
def test_every_receiver_and_row_of_senders_of_an_incast_comes_equally_often(receiver):
    hosts = range(4) if receiver is None else [receiver]
    space = [(*senders, to) for to in hosts for senders in itertools.permutations(range(4), 2)]
    space = [row for row in space if row[2] not in row[:2]]

    drawn = many(Incast, network(2, 2), 1000, size="1 B", fan_in=2, receiver=receiver)

    assert len(space) == 6 * len(hosts)
    assert_uniform([(*flows.src.tolist(), int(flows.dst[0])) for flows in drawn], space)


def test_every_order_of_every_host_of_a_random_all_to_all_comes_equally_often():
    # Each of three hosts has two orders of its two destinations.
    drawn = many(AllToAll, network(3, 1), 800, size="1 B", order="random")

    firsts = [tuple(flows.dst[:3].tolist()) for flows in drawn]
    assert_uniform(firsts, list(itertools.product([1, 2], [0, 2], [0, 1])))


@pytest.mark.parametrize("inter_leaf", [False, True])
def test_every_pair_of_random_pairs_comes_equally_often(inter_leaf):
    size = {"dist": "constant", "size": "1 B"}
    space = [
        (a, b) for a, b in itertools.permutations(range(6), 2) if not inter_leaf or a // 2 != b // 2
    ]

    (flows,) = many(
        RandomPairs, network(3, 2), 1, size=size, rate="1 kHz", count=6000, inter_leaf=inter_leaf
    )

    assert_uniform(zip(flows.src.tolist(), flows.dst.tolist(), strict=True), space)


def test_arrivals_in_a_duration_come_at_any_time_equally_often():
    size = {"dist": "constant", "size": "1 B"}

    (flows,) = many(RandomPairs, network(2, 2), 1, size=size, rate="5 MHz", duration="1 ms")

    assert_uniform((flows.start // 10**8).tolist(), range(10))


def test_gaps_of_counted_arrivals_are_exponential():
    size = {"dist": "constant", "size": "1 B"}

    (flows,) = many(RandomPairs, network(2, 2), 1, size=size, rate="1 MHz", count=5001)

    # In units of the mean; a tenth of all gaps lies between two of these.
    edges = [-log(1 - tenth / 10) * 1e6 for tenth in range(1, 10)]
    assert_uniform(np.searchsorted(edges, np.diff(flows.start)).tolist(), range(10))


def test_every_size_of_a_uniform_distribution_comes_equally_often():
    config = Uniform.Config(low="3 B", high="9 B")

    assert_uniform(Uniform.draw(config, np.random.default_rng(2), 2100).tolist(), range(3, 10))


def normal(x):
    return (1 + erf(x / sqrt(2))) / 2


@pytest.mark.parametrize(
    ("sizes", "fields", "share"),
    [
        (Exponential, {"mean": "1 kB"}, lambda x: 1 - exp(-x / 1000)),
        (Lognormal, {"median": "1 kB", "sigma": 0.5}, lambda x: normal(log(x / 1000) / 0.5)),
        (
            Pareto,
            {"minimum": "500 B", "maximum": "1 GB", "shape": 1.2},
            lambda x: (1 - min(1, 500 / x) ** 1.2) / (1 - (500 / 1e9) ** 1.2),
        ),
        (WebSearch, {}, lambda x: float(np.interp(x, [0, 1e4], [0, 0.15]))),
    ],
)
def test_sizes_between_two_values_come_as_often_as_their_distribution_says(sizes, fields, share):
    # Sizes are rounded up, so P(size <= x) is that of the distribution at every whole x.
    edges = [300, 600, 900, 1200, 1800, 3000]
    shares = np.diff([0, *map(share, edges), 1])
    expected = {cell: float(part) for cell, part in enumerate(shares) if part > 0}

    drawn = sizes.draw(sizes.Config(**fields), np.random.default_rng(4), 8000)

    assert_shares(np.searchsorted(edges, drawn, side="left").tolist(), expected)


def test_an_atom_of_a_measured_distribution_has_its_share(tmp_path):
    (tmp_path / "sizes.csv").write_text("size,share\n10,0.3\n20,0.5\n30,1\n")
    config = Empirical.Config.model_validate({"file": "sizes.csv"}, context={"folder": tmp_path})

    drawn = Empirical.draw(config, np.random.default_rng(6), 2000).tolist()

    # 0.3 at 10 B, then 0.02 a byte up to 20 B, then 0.05.
    shares = {10: 0.3} | dict.fromkeys(range(11, 21), 0.02) | dict.fromkeys(range(21, 31), 0.05)
    assert_shares(drawn, shares)
