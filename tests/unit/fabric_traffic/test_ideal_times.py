"""The least time of a flow, by hand; all rates are such that a byte takes whole picoseconds."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.fabric.fastest import branching, core_times
from netsim.fabric.ideal import ideal_completion
from netsim.topology.leaf_spine import LeafSpine

US = 10**6
#: Of a full packet at 100 Gbps, 80 ps per byte.
X = 4160 * 80


def network(*overrides, **fields):
    shape = {"leaves": 2, "spines": 2, "hosts_per_leaf": 2, **fields}
    return LeafSpine.build(LeafSpine.Config(**shape, overrides=overrides))


def ideal(net, size, src=0, dst=2):
    flow = (np.array([value], np.int64) for value in (src, dst, size))
    return ideal_completion(net, *flow, payload=4096, header=64).item()


@pytest.mark.parametrize("size", [1, 100, 4096, 4097, 9000, 2_000_000])
@pytest.mark.parametrize(("spines", "dst", "links"), [(1, 2, 4), (1, 1, 2), (3, 1, 2)])
def test_with_equal_links_and_one_path_it_is_the_textbook_time(size, spines, dst, links):
    # size/R + (k - 1) times the first packet + k times the delay.
    packets = -(-size // 4096)
    first = X if packets > 1 else (size + 64) * 80

    expected = (size + 64 * packets) * 80 + (links - 1) * first + links * US

    assert ideal(network(spines=spines), size, dst=dst) == expected


@pytest.mark.parametrize("size", [3 * 4096 + 1, 4 * 4096, 2_000_000])
def test_several_paths_do_not_change_it_where_the_last_port_is_busy_all_the_time(size):
    packets = -(-size // 4096)

    assert ideal(network(), size) == (size + 64 * packets) * 80 + 3 * X + 4 * US


def test_a_short_last_packet_may_overtake_where_there_are_several_paths():
    # Over two paths the full packet is at the last port at 3 X, the one of y bytes at X + 3 y:
    # sent and gone before the full one comes, so that this one alone counts.
    size, y = 4096 + 36, 100 * 80

    assert X + 4 * y < 3 * X
    assert ideal(network(), size) == 4 * X + 4 * US
    # Behind its predecessor, on one path, it is the last to leave.
    assert ideal(network(spines=1), size) == 4 * X + y + 4 * US


def test_an_overtaking_packet_delays_those_that_come_while_it_is_sent():
    # The last packet comes at X + 3 y; it takes y, the full one behind it X, but that comes at 3 X.
    size, y = 4096 + 2436, 2500 * 80

    assert X + 3 * y < 3 * X < X + 4 * y
    assert ideal(network(), size) == X + 4 * y + X + 4 * US


def test_a_slow_sender_leaves_gaps_at_the_last_port_in_which_short_packets_pass():
    # Sender at 25 Gbps: two full packets are at the last port at 4 X and 8 X, plus 2 X through the
    # core; the last one of y at 8 X + 4 y, plus 2 y.
    slow = network({"link": "host0-leaf0", "rate": "25 Gbps"})
    y = 100 * 80
    assert 6 * y < 2 * X  # it overtakes the second full packet, which is the last to arrive
    assert ideal(slow, 2 * 4096 + 36) == 11 * X + 4 * US
    y = 4000 * 80
    assert 6 * y > 2 * X
    assert ideal(slow, 2 * 4096 + 3936) == 8 * X + 7 * y + 4 * US


def test_the_fastest_path_is_chosen_for_the_size_of_each_packet():
    # Spine 0: 400 Gbps, 3 us; spine 1: 10 Gbps, 1 us. A full packet takes 2 X / 4 + 6 us or 20 X +
    # 2 us = 8.656 us, one of 100 bytes 2 y / 4 + 6 us or 20 y + 2 us = 2.16 us.
    pair = [("leaf0-spine0", "400 Gbps", "3 us"), ("spine0-leaf1", "400 Gbps", "3 us")]
    pair += [("leaf0-spine1", "10 Gbps", "1 us"), ("spine1-leaf1", "10 Gbps", "1 us")]
    net = network(*({"link": link, "rate": rate, "delay": delay} for link, rate, delay in pair))

    assert ideal(net, 36) == 22 * 100 * 80 + 4 * US
    assert ideal(net, 4096) == 2 * X + X // 2 + 8 * US
    # Both: the full packet comes at 1.5 X + 7 us, the short one before, at X + 21 y + 3 us.
    assert X + 22 * 100 * 80 + 3 * US < X + X // 2 + 7 * US
    assert ideal(net, 4096 + 36) == 2 * X + X // 2 + 8 * US


def test_a_detour_over_fast_links_counts_where_it_is_faster():
    # Each spine is near to two leaves only: from leaf 0 to leaf 2 both direct ways take 1 ms.
    far = [{"link": link, "delay": "1 ms"} for link in ("spine0-leaf2", "leaf0-spine1")]
    net = network(*far, leaves=3)

    y = 100 * 80
    assert ideal(net, 36, dst=4) == 6 * y + 6 * US


def test_links_that_are_down_are_not_used_and_nothing_is_counted_between_torn_leaves():
    slow = {"link": "leaf0-spine1", "delay": "5 us"}
    down = {"link": "spine0-leaf1", "up": False}
    y = 100 * 80

    assert ideal(network(slow), 36) == 4 * y + 4 * US
    assert ideal(network(slow, down), 36) == 4 * y + 8 * US
    assert ideal(network(slow, down, {"link": "spine1-leaf1", "up": False}), 36) == 2 * y + 2 * US


def test_pairs_of_leaves_branch_where_more_than_one_shortest_path_joins_them():
    down = [{"link": link, "up": False} for link in ("leaf0->spine0", "spine2->leaf1")]
    net = network(*down, leaves=3, spines=3)
    pairs = np.array([(0, 0), (0, 1), (1, 0), (0, 2), (1, 2), (2, 1)])

    # From leaf 0 to leaf 1 only spine 1 is left.
    assert branching(net, *pairs.T).tolist() == [False, False, True, True, True, True]


def test_so_many_sizes_that_some_are_rounded_give_times_that_are_never_too_long():
    conflict = {"link": "leaf0-spine0", "rate": "400 Gbps", "delay": "3 us"}
    slow = {"link": "leaf0-spine1", "rate": "10 Gbps"}
    net = network(conflict, slow)
    sizes = np.arange(65, 4161)
    leaf = np.zeros_like(sizes)

    times = core_times(net, leaf, leaf + 1, sizes)

    first = sizes * 20 + 3 * US + sizes * 80 + US
    second = sizes * 800 + US + sizes * 80 + US
    exact = np.minimum(first, second)
    assert np.all(times <= exact)
    # 4,096 sizes, 64 of them searched: a packet is taken as up to 66 bytes smaller.
    assert np.all(exact - times <= 66 * 880)
    assert times[0] == exact[0]
    assert times[-1] == exact[-1]
