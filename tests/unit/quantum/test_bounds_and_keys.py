"""Bounds, waiting times, keys and time cards at the corners that their formulas have."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netsim.quantum import bounds, keys, waiting
from netsim.quantum.states import werner


def test_one_path_has_its_narrowest_edge_and_many_paths_their_cut():
    # Two ways from 0 to 3: over 1 (1 and 2 wide) and over 2 (3 and 1.5 wide), and a bridge.
    edges = [(0, 1, 1.0), (1, 3, 2.0), (0, 2, 3.0), (2, 3, 1.5), (2, 1, 0.25)]

    assert bounds.widest_path(edges, 0, 3) == 1.5
    # Into 3 at most 1.5 over 2, and over 1 what comes from 0 (1) and over the bridge (0.25).
    assert bounds.minimum_cut(edges, 0, 3) == pytest.approx(2.75)
    assert bounds.minimum_cut(edges, 3, 0) == pytest.approx(2.75)


def test_what_is_not_joined_carries_nothing():
    assert bounds.widest_path([(0, 1, 1.0)], 0, 2) == 0
    assert bounds.minimum_cut([(0, 1, 1.0)], 0, 2) == 0
    assert bounds.minimum_cut([(0, 1, 1.0)], 0, 0) == math.inf


def test_edges_between_the_same_nodes_add_up():
    assert bounds.minimum_cut([(0, 1, 1.0), (1, 0, 2.0)], 0, 1) == 3


def test_a_chain_has_its_worst_link_and_a_perfect_link_no_bound():
    assert bounds.chain([0.5, 0.75, 1.0]) == pytest.approx(1.0)
    assert bounds.plob(1.0) == math.inf
    assert bounds.plob(0.0) == 0


def test_capacities_of_erasure_and_dephasing_are_those_of_the_textbook():
    assert bounds.erasure(0.3) == pytest.approx(0.7)
    assert bounds.dephasing(0.0) == 1
    assert bounds.dephasing(0.5) == pytest.approx(0)


def test_a_single_lossy_station_has_one_arm_in_each_link():
    # Half of the line in either link, and the root of the station's transmissivity.
    assert bounds.lossy_stations(0.01, 1, 0.64) == pytest.approx(bounds.plob(0.8 * 0.1))


@pytest.mark.parametrize("links", [31, 40])
def test_many_links_are_summed_by_their_tail(links):
    # With p = 1/2 the survival function is 1 - (1 - 2^-t)^n, summed here term by term.
    expected = math.fsum(1 - (1 - 0.5**t) ** links for t in range(200))

    assert waiting.all_links(0.5, links) == pytest.approx(expected, rel=1e-12)


def test_the_sum_and_the_tail_agree_where_they_meet():
    below, above = waiting.all_links(0.1, 30), waiting.all_links(0.1, 31)

    # H_n / -log(1 - p) plus a half is the mean to within a per mille; so is the step between.
    assert above - below == pytest.approx(1 / 31 / -math.log(0.9), rel=0.01)


def test_sure_attempts_take_one_and_a_nested_law_is_a_law():
    assert waiting.all_links(1.0, 5) == 1
    law = waiting.nested_law(0.3, 0.7, 2, 1 << 12)
    assert law.sum() == pytest.approx(1, abs=1e-9)
    assert (law > -1e-12).all()


def test_ages_under_a_cutoff_sum_to_one_and_fall():
    ages = waiting.two_links_ages(0.2, 7)

    assert ages.sum() == pytest.approx(1)
    assert (np.diff(ages[1:]) < 0).all()


def test_keys_vanish_where_errors_reach_their_thresholds():
    # BB84 ends at an error rate of 11.0 %, F = 0.835; hashing at F = 0.8107.
    assert keys.bb84(werner(0.834)) == 0
    assert keys.bb84(werner(0.836)) > 0
    assert keys.six_state(werner(0.8100)) == 0
    assert keys.six_state(werner(0.8115)) > 0
    assert keys.bb84(werner(0.95), 1.2) < keys.bb84(werner(0.95))
    assert keys.bb84(werner(1.0)) == keys.six_state(werner(1.0)) == 1


def test_nonlocality_and_teleportation_follow_from_the_fidelity():
    assert keys.chsh(1.0) == pytest.approx(2 * math.sqrt(2))
    assert keys.chsh(0.7804) > 2 > keys.chsh(0.7802)
    # A classical channel teleports with 2/3, which F = 1/2 just reaches.
    assert keys.teleportation_fidelity(0.5) == pytest.approx(2 / 3)


def test_the_largest_chsh_value_of_states_is_that_of_their_correlations():
    # Dephased pairs: correlations 1, c, -c give 2 sqrt(1 + c^2).
    for c in (0.0, 0.3, 1.0):
        dephased = ((1 + c) / 2, (1 - c) / 2, 0.0, 0.0)
        assert keys.chsh_of(dephased) == pytest.approx(2 * math.sqrt(1 + c * c))
    assert keys.chsh_of(werner(0.8)) == pytest.approx(keys.chsh(0.8))
