"""Planned paths: every uplink and downlink carries its floor or ceiling share of whole flows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim.fabric.planning.equitable import colour, plan
from netsim.topology.leaf_spine import LeafSpine


def shares_are_equal(leaf, path, colours):
    for number in np.unique(leaf):
        counts = np.bincount(path[leaf == number], minlength=colours)
        degree = counts.sum()
        if counts.min() < degree // colours or counts.max() > -(-degree // colours):
            return False
    return True


@settings(max_examples=400)
@given(st.data())
def test_any_demand_matrix_is_shared_equally_on_both_sides(data):
    leaves = data.draw(st.integers(2, 8))
    colours = data.draw(st.integers(1, 9))
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, leaves - 1), st.integers(0, leaves - 1)), max_size=150)
    )
    source = np.array([a for a, _ in pairs], np.int64)
    target = np.array([b for _, b in pairs], np.int64)

    path = colour(source, target, colours)

    assert len(path) == len(pairs)
    assert not len(path) or (path.min() >= 0 and path.max() < colours)
    assert shares_are_equal(source, path, colours)
    assert shares_are_equal(target, path, colours)


@pytest.mark.parametrize("seed", range(20))
def test_heavy_random_demand_between_many_leaves_is_shared_equally(seed):
    generator = np.random.default_rng(seed)
    source = generator.integers(24, size=3000)
    target = (source + 1 + generator.zipf(1.6, 3000) % 23) % 24

    path = colour(source, target, 16)

    assert shares_are_equal(source, path, 16)
    assert shares_are_equal(target, path, 16)


def test_an_all_to_all_that_divides_evenly_is_planned_like_ideal_spraying():
    # 4 leaves of 4 hosts: each leaf sends 4 x 12 flows out, 12 on each of 4 spines, none more.
    network = LeafSpine.build(LeafSpine.Config(leaves=4, spines=4, hosts_per_leaf=4))
    src, dst = np.array([(i, j) for i in range(16) for j in range(16) if i != j]).T

    path = plan(network, src, dst)

    across = src // 4 != dst // 4
    for leaf in range(4):
        for side in (src, dst):
            assert np.bincount(path[across & (side // 4 == leaf)]).tolist() == [12] * 4


def test_flows_avoid_links_that_are_down_and_still_share_the_others():
    config = LeafSpine.Config(
        leaves=2,
        spines=4,
        hosts_per_leaf=6,
        overrides=({"link": "leaf0->spine2", "up": False},),
    )
    network = LeafSpine.build(config)
    src = np.arange(6)

    path = plan(network, src, src + 6)

    links = [network.link_names[network.leaf_paths(0, 1)[k][0]] for k in path.tolist()]
    assert sorted(links) == sorted(f"leaf0->spine{s}" for s in (0, 1, 3) for _ in range(2))
