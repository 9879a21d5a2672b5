"""Leaf-spine networks: numbering, paths, overrides and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from netsim.problems import ProblemsFound
from netsim.topology.leaf_spine import LeafSpine

GBPS = 10**9


def build(**fields):
    config = {"leaves": 4, "spines": 3, "hosts_per_leaf": 2, **fields}
    return LeafSpine.build(LeafSpine.Config(**config))


def names(network, path):
    return [network.link_names[link] for link in path]


def test_hosts_are_numbered_leaf_by_leaf_and_switches_follow_leaves_first():
    network = build()

    assert network.nodes[:2] == ("host0", "host1")
    assert network.nodes[8:] == (*(f"leaf{i}" for i in range(4)), "spine0", "spine1", "spine2")
    assert network.leaf_of_host.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_every_cable_is_two_links_with_the_rate_and_delay_of_its_tier():
    network = build(
        host_link={"rate": "10 Gbps", "delay": "1 us"},
        fabric_link={"rate": "40 Gbps", "delay": "2 us"},
    )

    assert network.link_count == 2 * (8 + 4 * 3)
    edge = (network.link_source < 8) | (network.link_target < 8)
    assert set(network.link_rate[edge].tolist()) == {10 * GBPS}
    assert set(network.link_rate[~edge].tolist()) == {40 * GBPS}
    assert set(network.link_delay[~edge].tolist()) == {2_000_000}


def test_fabric_links_are_like_host_links_where_they_are_not_given():
    network = build(host_link={"rate": "25 Gbps", "delay": "3 us"})

    assert set(network.link_rate.tolist()) == {25 * GBPS}
    assert set(network.link_delay.tolist()) == {3_000_000}


@pytest.mark.parametrize(
    ("given", "rate", "delay"),
    [
        ({}, 25, 3_000_000),
        ({"rate": "400 Gbps"}, 400, 3_000_000),
        ({"delay": "0 s"}, 25, 0),
        ({"rate": "400 Gbps", "delay": "500 ns"}, 400, 500_000),
    ],
)
def test_what_fabric_links_leave_out_is_as_in_host_links(given, rate, delay):
    network = build(host_link={"rate": "25 Gbps", "delay": "3 us"}, fabric_link=given)

    inner = (network.link_source >= 8) & (network.link_target >= 8)
    assert set(network.link_rate[inner].tolist()) == {rate * GBPS}
    assert set(network.link_delay[inner].tolist()) == {delay}
    assert set(network.link_delay[~inner].tolist()) == {3_000_000}


def test_path_k_goes_through_spine_k_modulo_spines_on_parallel_link_k_over_spines():
    network = build(bundle=2)

    paths = network.paths(0, 7)

    assert len(paths) == 6
    for k, path in enumerate(paths):
        spine, parallel = k % 3, k // 3
        assert names(network, path) == [
            "host0->leaf0",
            f"leaf0->spine{spine}#{parallel}",
            f"spine{spine}->leaf3#{parallel}",
            "leaf3->host7",
        ]


def test_hosts_of_one_leaf_are_two_links_apart():
    network = build()

    assert [names(network, path) for path in network.paths(0, 1)] == [
        ["host0->leaf0", "leaf0->host1"]
    ]


def test_a_leaf_has_all_its_uplinks_towards_another_and_a_spine_its_links_down():
    network = build(bundle=2)
    routes = network.routes

    towards = routes.ports[routes.first[0, 3] :][: routes.count[0, 3]].tolist()
    down = routes.ports[routes.first[4, 3] :][: routes.count[4, 3]].tolist()

    assert names(network, towards) == [f"leaf0->spine{s}#{i}" for i in (0, 1) for s in (0, 1, 2)]
    assert names(network, down) == ["spine0->leaf3#0", "spine0->leaf3#1"]
    assert routes.count[0, 0] == 0


def test_an_override_of_one_direction_leaves_the_other_alone():
    network = build(overrides=({"link": "leaf0->spine1", "rate": "1 Gbps"},))

    slow = np.flatnonzero(network.link_rate == GBPS).tolist()

    assert names(network, slow) == ["leaf0->spine1"]


def test_an_override_with_a_dash_changes_both_directions_of_the_whole_bundle():
    network = build(bundle=2, overrides=({"link": "leaf0-spine1", "delay": "9 us"},))

    changed = np.flatnonzero(network.link_delay == 9_000_000).tolist()

    assert sorted(names(network, changed)) == [
        *("leaf0->spine1#0", "leaf0->spine1#1", "spine1->leaf0#0", "spine1->leaf0#1")
    ]


def test_of_two_overrides_of_a_link_the_later_one_wins():
    network = build(
        overrides=(
            {"link": "leaf0-spine1", "rate": "1 Gbps"},
            {"link": "leaf0-spine1", "rate": "2 Gbps"},
        )
    )

    assert network.link_rate[network.find_links("leaf0->spine1")].tolist() == [2 * GBPS]


def test_an_override_of_the_rate_alone_leaves_a_link_down_that_an_earlier_one_set_down():
    network = build(
        overrides=(
            {"link": "leaf0-spine1", "up": False},
            {"link": "leaf0-spine1", "rate": "2 Gbps"},
        )
    )

    assert not network.link_up[network.find_links("leaf0-spine1")].any()


def test_an_override_can_set_up_again_what_an_earlier_one_set_down():
    network = build(
        overrides=(
            {"link": "leaf0-spine1", "up": False},
            {"link": "leaf0->spine1", "up": True},
        )
    )

    down = np.flatnonzero(~network.link_up).tolist()

    assert names(network, down) == ["spine1->leaf0"]


def test_an_override_that_changes_nothing_is_refused():
    with pytest.raises(ValidationError) as caught:
        build(overrides=({"link": "leaf0-spine0", "up": False}, {"link": "leaf0-spine1"}))

    context = caught.value.errors()[0]["ctx"]
    assert "'leaf0-spine1' changes nothing" in context["text"]
    assert "'rate', 'delay' or 'up'" in context["hint"]
    assert context["at"] == ("overrides", 1)


def test_routes_and_paths_avoid_a_link_that_is_down_at_the_far_side_too():
    network = build(overrides=({"link": "spine1->leaf3", "up": False},))
    routes = network.routes

    towards = routes.ports[routes.first[0, 3] :][: routes.count[0, 3]].tolist()

    assert names(network, towards) == ["leaf0->spine0", "leaf0->spine2"]
    assert len(network.paths(0, 7)) == 2
    assert len(network.paths(7, 0)) == 3


def test_a_leaf_without_working_uplinks_cannot_be_reached():
    network = build(overrides=tuple({"link": f"leaf3-spine{s}", "up": False} for s in range(3)))

    assert not network.reachable(0, 7)
    assert network.reachable(6, 7)
    assert network.paths(0, 7) == []


@pytest.mark.parametrize(
    ("link", "message", "hint"),
    [
        ("leaf0-spine9", "no node named 'spine9'", "spine0 to spine2"),
        ("laef0-spine1", "no node named 'laef0'", "did you mean 'leaf0'?"),
        ("host3-leaf0", "no link 'host3-leaf0'", "host3 is joined to leaf1"),
        ("spine0-spine1", "no link 'spine0-spine1'", "links join a host and its leaf"),
        ("leaf0-spine1#4", "no link 'leaf0-spine1#4'", "there is only one"),
        ("leaf0", "'leaf0' names no link", "'leaf0-spine1' is both directions"),
        ("leaf0-spine" + "9" * 60, "no node named", ""),
    ],
)
def test_an_override_of_a_link_that_is_not_there_is_refused_where_it_stands(link, message, hint):
    with pytest.raises(ValidationError) as caught:
        LeafSpine.Config(leaves=4, spines=3, hosts_per_leaf=2, overrides=({"link": link},))

    context = caught.value.errors()[0]["ctx"]
    assert message in context["text"]
    assert hint in context["hint"]
    assert context["at"] == ("overrides", 0, "link")


def test_a_shape_with_millions_of_links_is_refused_before_anything_is_built():
    with pytest.raises(ValidationError, match="directed links"):
        LeafSpine.Config(leaves=65_536, spines=65_536, hosts_per_leaf=1)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("leaf0-spin1", "did you mean 'spine1'?"),
        ("leaf0-leaf1", "leaf0 is joined to"),
        ("x", "a-b"),
    ],
)
def test_looking_up_a_link_that_is_not_there_names_the_cure(name, hint):
    with pytest.raises(ProblemsFound) as caught:
        build().find_links(name)

    assert hint in caught.value.problems[0].hint


def test_arrays_of_a_network_cannot_be_written():
    network = build()

    with pytest.raises(ValueError, match="read-only"):
        network.link_rate[0] = 1
