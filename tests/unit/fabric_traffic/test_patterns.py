"""Traffic patterns: who sends to whom, when, and which blocks fit no network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from netsim.fabric.flows import concatenate
from netsim.fabric.patterns.all_to_all import AllToAll
from netsim.fabric.patterns.incast import Incast
from netsim.fabric.patterns.permutation import Permutation
from netsim.fabric.patterns.random_pairs import RandomPairs, _longest, arrivals_per_second
from netsim.problems import ProblemsFound
from netsim.rng import Streams
from netsim.topology.leaf_spine import LeafSpine


def network(leaves=4, hosts_per_leaf=4, **fields):
    return LeafSpine.build(
        LeafSpine.Config(leaves=leaves, spines=2, hosts_per_leaf=hosts_per_leaf, **fields)
    )


def generate(pattern, net, seed=1, **fields):
    config = pattern.Config(**fields)
    return pattern.generate(config, net, Streams(seed).generator("traffic", 0))


def refusal(pattern, net, **fields):
    with pytest.raises(ProblemsFound) as caught:
        generate(pattern, net, **fields)
    return caught.value.problems[0]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("inter_leaf", [False, True])
def test_a_permutation_sends_from_and_to_every_host_once_and_never_to_itself(seed, inter_leaf):
    net = network()

    flows = generate(Permutation, net, seed, size="1 MB", inter_leaf=inter_leaf)

    assert flows.src.tolist() == list(range(16))
    assert sorted(flows.dst.tolist()) == list(range(16))
    assert not np.any(flows.src == flows.dst)
    if inter_leaf:
        assert not np.any(flows.src // 4 == flows.dst // 4)


def test_between_two_leaves_a_permutation_can_always_be_mended_to_cross():
    net = network(leaves=2, hosts_per_leaf=8)

    for seed in range(50):
        flows = generate(Permutation, net, seed, size="1 B", inter_leaf=True)
        assert np.all(flows.src // 8 != flows.dst // 8)


def test_a_derangement_of_three_is_one_of_the_two_rotations_equally_often():
    net = network(leaves=1, hosts_per_leaf=3)

    ups = sum(int(generate(Permutation, net, seed, size="1 B").dst[0] == 1) for seed in range(400))

    # Binomial(400, 1/2): beyond 5 standard deviations (10 each) with probability below 1e-6.
    assert 150 <= ups <= 250


def test_a_shift_and_a_stagger_give_the_flows_of_an_exact_case():
    flows = generate(Permutation, network(), shift=5, size="2 MB", start="7 ps", stagger="1 ns")

    assert flows.dst.tolist() == [(i + 5) % 16 for i in range(16)]
    assert flows.start.tolist() == [7 + 1000 * i for i in range(16)]
    assert set(flows.size.tolist()) == {2_000_000}


def test_shifts_that_send_a_host_to_itself_or_within_its_leaf_are_refused():
    assert refusal(Permutation, network(), size="1 B", shift=32).at == ("shift",)
    assert refusal(Permutation, network(), size="1 B", shift=3, inter_leaf=True).at == ("shift",)
    one_leaf = network(leaves=1)
    assert refusal(Permutation, one_leaf, size="1 B", inter_leaf=True).at == ("inter_leaf",)


def test_an_incast_has_as_many_senders_as_asked_and_one_receiver_apart_from_them():
    for seed in range(20):
        flows = generate(Incast, network(), seed, fan_in=15, size="1 MB", receiver="host3")
        assert sorted(flows.src.tolist()) == [i for i in range(16) if i != 3]
        assert set(flows.dst.tolist()) == {3}

    drawn = {
        int(generate(Incast, network(), seed, fan_in=1, size="1 B").dst[0]) for seed in range(60)
    }
    assert len(drawn) > 8


def test_an_incast_beyond_the_hosts_or_to_an_unknown_one_is_refused():
    assert refusal(Incast, network(), fan_in=16, size="1 B").at == ("fan_in",)
    found = refusal(Incast, network(), fan_in=2, size="1 B", receiver="hots3")
    assert (found.at, found.hint) == (("receiver",), "did you mean 'host3'?")
    assert refusal(Incast, network(), fan_in=2, size="1 B", receiver=99).at == ("receiver",)


def test_an_all_to_all_in_shift_order_is_numbered_by_round_then_host():
    net = network(leaves=2, hosts_per_leaf=2)

    flows = generate(AllToAll, net, size="1 KiB", stagger="1 ns", step="1 ps")

    expected = [(i, (i + r) % 4, 1000 * i + r) for r in (1, 2, 3) for i in range(4)]
    assert list(zip(flows.src, flows.dst, flows.start, strict=True)) == expected


def test_an_all_to_all_in_random_order_has_the_same_pairs_and_one_flow_per_host_and_round():
    net = network(leaves=2, hosts_per_leaf=3)

    flows = generate(AllToAll, net, size="1 B", order="random")

    pairs = sorted(zip(flows.src.tolist(), flows.dst.tolist(), strict=True))
    assert pairs == [(i, j) for i in range(6) for j in range(6) if i != j]
    assert flows.src.reshape(5, 6).tolist() == [list(range(6))] * 5
    shifts = (flows.dst - flows.src) % 6
    assert len({tuple(column) for column in shifts.reshape(5, 6).T.tolist()}) > 1


def test_random_pairs_offer_the_load_that_was_asked_for():
    # 16 hosts of 100 Gbps at 50 %: 800 Gbps of payload; 1 MB flows arrive 100,000 times a second.
    net = network()
    block = {"size": {"dist": "constant", "size": "1 MB"}, "load": 0.5, "count": 20_000}

    assert arrivals_per_second(RandomPairs.Config(**block), net) == pytest.approx(100_000)
    flows = generate(RandomPairs, net, **block)

    gaps = np.diff(flows.start) / 1e12
    # The mean of n exponential gaps has a relative deviation of 1 / sqrt(n) = 0.7 %.
    assert gaps.mean() == pytest.approx(1e-5, rel=0.05)
    assert gaps.std() == pytest.approx(1e-5, rel=0.05)
    assert np.all(gaps >= 0)


@pytest.mark.parametrize("inter_leaf", [False, True])
def test_random_pairs_choose_every_allowed_pair_equally_often(inter_leaf):
    net = network(leaves=3, hosts_per_leaf=2)
    block = {"size": {"dist": "constant", "size": "1 B"}, "rate": "1 kHz", "inter_leaf": inter_leaf}

    flows = generate(RandomPairs, net, count=60_000, **block)

    counts = np.bincount(flows.src * 6 + flows.dst, minlength=36).reshape(6, 6)
    allowed = ~np.eye(6, dtype=bool)
    if inter_leaf:
        allowed = np.arange(6)[:, None] // 2 != np.arange(6) // 2
    expected = 60_000 / allowed.sum()
    assert counts[~allowed].sum() == 0
    assert np.all(np.abs(counts[allowed] - expected) < 6 * np.sqrt(expected))


def test_arrivals_in_a_duration_stay_within_it_and_are_sorted():
    block = {"size": {"dist": "constant", "size": "1 B"}, "rate": "1 MHz", "duration": "1 ms"}

    flows = generate(RandomPairs, network(), start="5 us", **block)

    # Poisson of mean 1000: beyond 6 standard deviations with probability below 1e-8.
    assert 800 < len(flows) < 1200
    assert flows.start.min() >= 5_000_000
    assert flows.start.max() < 5_000_000 + 10**9
    assert np.all(np.diff(flows.start) >= 0)


@pytest.mark.parametrize(
    "block",
    [
        {"load": 0.5},
        {"count": 5},
        {"load": 0.5, "rate": "1 Hz", "count": 5},
        {"load": 0.5, "count": 5, "duration": "1 s"},
        {"load": 0.0, "count": 5},
        {"load": 1.5, "count": 5},
    ],
)
def test_random_pairs_need_one_of_load_and_rate_and_one_of_count_and_duration(block):
    with pytest.raises(ValidationError):
        RandomPairs.Config(size={"dist": "constant", "size": "1 B"}, **block)


def test_more_flows_than_can_be_numbered_or_times_beyond_the_clock_are_refused():
    size = {"dist": "constant", "size": "1 B"}
    net = network()

    assert refusal(RandomPairs, net, size=size, rate="5 GHz", duration="1 s").at == ("duration",)
    assert refusal(RandomPairs, net, size=size, rate="1e-9 /s", count=10).at == ("count",)


@pytest.mark.parametrize(
    ("pattern", "block", "blamed"),
    [
        (Permutation, {"stagger": "50 d"}, "stagger"),
        (Permutation, {"start": "53 d", "stagger": "12 h"}, "start"),
        (Incast, {"fan_in": 3, "stagger": "40 d"}, "stagger"),
        (AllToAll, {"stagger": "40 d"}, "stagger"),
        (AllToAll, {"step": "40 d"}, "step"),
        (AllToAll, {"stagger": "6 d", "step": "13 d"}, "step"),
        (RandomPairs, {"start": "40 d", "duration": "39 d"}, "start"),
        (RandomPairs, {"start": "1 d", "duration": "53 d"}, "duration"),
        (RandomPairs, {"count": 2}, "count"),
    ],
)
def test_starts_beyond_the_clock_are_refused_and_never_wrap_around(pattern, block, blamed):
    # int64 picoseconds end after 106 days, the latest start is half of that. 3 x 50 d, 2 x 40 d,
    # and 2 arrivals at one in ten days, which may come after 60 days, lie beyond.
    if pattern is RandomPairs:
        block = {"size": {"dist": "constant", "size": "1 B"}, "rate": "1.2e-6 /s", **block}
    net = network(leaves=2, hosts_per_leaf=2)

    problem = refusal(pattern, net, **({"size": "1 B"} | block))

    assert problem.at == (blamed,)
    assert problem.code == "out-of-range"
    assert "the last flow would start after" in problem.message
    assert problem.hint.startswith("flows start within 53.38 days")


def test_the_latest_start_itself_is_allowed():
    # 3 x 17 d 19 h = 53.375 d is just below 2^62 ps = 53.376 d.
    flows = generate(Permutation, network(2, 2), size="1 B", shift=1, stagger="427 h")

    assert flows.start.tolist() == [host * 427 * 3600 * 10**12 for host in range(4)]


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_drawn_arrivals_stay_within_the_time_that_is_checked_for_them(count):
    gap = 1e12
    last = [np.random.default_rng(seed).exponential(gap, count).sum() for seed in range(2000)]

    assert max(last) < _longest(count, gap)


def test_a_load_too_low_for_any_arrival_is_refused_or_gives_no_flow():
    size = {"dist": "constant", "size": "1 TB"}
    net = network(2, 2)

    assert refusal(RandomPairs, net, size=size, load=1e-320, count=1).at == ("count",)
    assert len(generate(RandomPairs, net, size=size, load=1e-320, duration="1 s")) == 0


@pytest.mark.parametrize(
    ("receiver", "host"), [(1, 1), ("1", 1), ("host1", 1), ("+1", 1), (0, 0), (None, None)]
)
def test_the_receiver_of_an_incast_is_a_number_or_a_name(receiver, host):
    flows = generate(Incast, network(2, 2), fan_in=3, size="1 B", receiver=receiver)

    assert len(set(flows.dst.tolist())) == 1
    assert host is None or flows.dst[0] == host


@pytest.mark.parametrize("receiver", [4, -1, "4", "host4", "leaf0", ""])
def test_a_receiver_that_is_no_host_is_refused(receiver):
    problem = refusal(Incast, network(2, 2), fan_in=3, size="1 B", receiver=receiver)

    assert problem.at == ("receiver",)
    assert problem.message == f"no host named '{receiver}'"
    assert problem.hint


@pytest.mark.parametrize("receiver", [1, "1"])
def test_a_receiver_that_may_be_two_hosts_is_refused(receiver):
    net = replace(network(2, 2), hosts=("1", "2", "3", "gw"))

    problem = refusal(Incast, net, fan_in=3, size="1 B", receiver=receiver)

    assert problem.at == ("receiver",)
    assert "name of host 0 and the number of host '2'" in problem.message


@pytest.mark.parametrize(
    ("pattern", "block"),
    [
        (Permutation, {"size": "1 B"}),
        (Incast, {"fan_in": 3, "size": "1 B"}),
        (AllToAll, {"size": "1 B", "order": "random"}),
        (RandomPairs, {"size": {"dist": "web_search"}, "load": 0.3, "count": 50}),
    ],
)
def test_the_same_seed_gives_the_same_flows_and_another_seed_others(pattern, block):
    def columns(seed):
        flows = generate(pattern, network(), seed, **block)
        return [getattr(flows, name).tolist() for name in ("src", "dst", "size", "start")]

    assert columns(1) == columns(1)
    assert columns(1) != columns(2)


def test_one_host_is_too_few_for_traffic():
    assert "two hosts" in refusal(Permutation, network(1, 1), size="1 B").message


def test_flows_of_several_blocks_are_numbered_one_block_after_another():
    net = network()
    first = generate(Permutation, net, size="1 B", shift=1)
    second = generate(Incast, net, fan_in=2, size="5 B", receiver=0)

    flows = concatenate([first, second])

    assert len(flows) == 18
    assert flows.size.tolist() == [1] * 16 + [5] * 2
    assert flows.spine is None
    assert len(concatenate([])) == 0
