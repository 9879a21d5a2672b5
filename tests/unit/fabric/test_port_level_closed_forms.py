"""Schedules over ports alone take the time of their closed forms, to the picosecond.

With ``a`` the lead of a message and ``b`` the time that its bytes hold a port, N ranks on one leaf.
The forms are those of the alpha-beta model with one port each way (R. Thakur, R. Rabenseifner, W.
Gropp, Optimization of collective communication operations in MPICH, IJHPCA 19, 2005).
"""

from __future__ import annotations

import numpy as np
import pytest

from netsim.engine.environment import Environment
from netsim.fabric.batch import FlowBatch
from netsim.fabric.packet import PacketConfig
from netsim.fabric.port_level.fabric import PortFabric
from netsim.topology.leaf_spine import LeafSpine

PACKETS = 3
SIZE = PACKETS * 4096
#: Three packets of 4160 B at 80 ps a byte; the lead is one packet and two delays of 1 us.
B = PACKETS * 332_800
A = 332_800 + 2_000_000


def lasts(ranks, messages):
    """Return how long a schedule takes: (source, target, numbers of those that it waits for)."""
    network = LeafSpine.build(LeafSpine.Config(leaves=1, hosts_per_leaf=ranks, spines=1))
    fabric = PortFabric(Environment(), network, PacketConfig())
    src, dst, waits = zip(*messages, strict=True)
    cuts = np.cumsum([0, *map(len, waits)])
    entries = np.array([before for row in waits for before in row], np.int64)
    fabric.submit(FlowBatch(src, dst, [SIZE] * len(src), predecessors=(cuts, entries)))
    fabric.env.run()
    return fabric.env.now


@pytest.mark.parametrize("ranks", [2, 3, 8, 13])
def test_a_ring_all_reduce_takes_two_times_n_minus_one_steps(ranks):
    # In step k rank i sends on what it got in step k - 1 from rank i - 1.
    ring = [
        (i, (i + 1) % ranks, [(k - 1) * ranks + (i - 1) % ranks] if k else [])
        for k in range(2 * (ranks - 1))
        for i in range(ranks)
    ]

    assert lasts(ranks, ring) == 2 * (ranks - 1) * (A + B)


@pytest.mark.parametrize("ranks", [2, 3, 8, 13])
def test_an_all_to_all_posted_at_once_takes_one_latency_and_the_bytes_of_a_port(ranks):
    linear = [(i, (i + k) % ranks, []) for i in range(ranks) for k in range(1, ranks)]

    assert lasts(ranks, linear) == A + (ranks - 1) * B


@pytest.mark.parametrize("ranks", [2, 3, 8, 13])
def test_an_all_to_all_in_rounds_takes_a_latency_a_round(ranks):
    # Rank i sends to i + k in round k, once what it gets in round k - 1 is there, from i - k + 1.
    rounds = [
        (i, (i + k) % ranks, [(k - 2) * ranks + (i - k + 1) % ranks] if k > 1 else [])
        for k in range(1, ranks)
        for i in range(ranks)
    ]

    assert lasts(ranks, rounds) == (ranks - 1) * (A + B)


@pytest.mark.parametrize("ranks", [2, 3, 8, 13, 16])
def test_a_binomial_broadcast_reaches_each_rank_by_the_bits_of_its_number(ranks):
    # Every holder i sends to i + d for d = 1, 2, 4, ...; rank q gets it from q less its top bit.
    number, tree = {}, []
    distance = 1
    while distance < ranks:
        for i in range(min(distance, ranks - distance)):
            number[i + distance] = len(tree)
            tree.append((i, i + distance, [number[i]] if i else []))
        distance *= 2

    # Each bit that is set costs a latency, each position up to the highest a message of the port.
    expected = max(q.bit_count() * A + q.bit_length() * B for q in range(1, ranks))
    assert lasts(ranks, tree) == expected


@pytest.mark.parametrize("segments", [1, 2, 7])
def test_a_chain_of_segments_takes_its_length_once_and_a_segment_for_each_further_one(segments):
    ranks = 5
    chain = [
        (i, i + 1, [(i - 1) * segments + k] if i else [])
        for i in range(ranks - 1)
        for k in range(segments)
    ]

    assert lasts(ranks, chain) == (ranks - 1) * (A + B) + (segments - 1) * B


def test_a_star_takes_two_latencies_and_twice_the_bytes_of_the_hub():
    ranks = 6
    there = [(i, 0, []) for i in range(1, ranks)]
    back = [(0, i, list(range(ranks - 1))) for i in range(1, ranks)]

    assert lasts(ranks, there + back) == 2 * (A + (ranks - 1) * B)
