"""Rounds, workers, components and cells that a delay process draws come as often as it says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from evenly import assert_shares, assert_uniform

from netsim.delays import lanes
from netsim.delays.laws.empirical import Empirical
from netsim.delays.laws.mix import Mix
from netsim.delays.process import read, sample
from netsim.rng import Streams


def trace(tmp_path, **fields):
    """Return a trace whose time in round r at worker w is 1 + 10 r + w seconds."""
    cells = itertools.product(range(3), range(3))
    text = "round,worker,seconds\n" + "".join(f"{r},{w},{1 + 10 * r + w}\n" for r, w in cells)
    (tmp_path / "trace.csv").write_text(text)
    return read({"kind": "trace", "file": str(tmp_path / "trace.csv"), **fields})


def drawn_rounds(config, rounds):
    """Return the measured rounds that many replications play."""
    times = [sample(config, Streams(3, replication), rounds, 3) for replication in range(400)]
    return [tuple((one[:, 0] // 10).astype(int).tolist()) for one in times]


def test_a_cyclic_trace_starts_at_every_round_equally_often(tmp_path):
    config = trace(tmp_path, rounds="cyclic")

    assert_uniform(drawn_rounds(config, 3), [(0, 1, 2), (1, 2, 0), (2, 0, 1)])


def test_a_bootstrapped_trace_draws_every_sequence_of_rounds_equally_often(tmp_path):
    config = trace(tmp_path, rounds="bootstrap")

    assert_uniform(drawn_rounds(config, 2), list(itertools.product(range(3), repeat=2)))


def test_a_bootstrap_in_blocks_draws_every_block_equally_often(tmp_path):
    config = trace(tmp_path, rounds="bootstrap", block=2)

    assert_uniform(drawn_rounds(config, 2), [(0, 1), (1, 2), (2, 0)])


def test_every_order_of_the_workers_of_a_trace_comes_equally_often(tmp_path):
    config = trace(tmp_path, rounds="replay", permute_workers=True)

    orders = [
        tuple((sample(config, Streams(5, n), 1, 3)[0] - 1).astype(int).tolist()) for n in range(600)
    ]

    assert_uniform(orders, list(itertools.permutations(range(3))))


@pytest.mark.parametrize("probability", [0.02, 0.3])
def test_every_cell_is_marked_equally_often_by_gaps_and_one_by_one(probability):
    streams = [Streams(1, replication) for replication in range(60)]

    marks = lanes.mark(streams, "test", probability, rounds=20, workers=64)

    share = {True: probability, False: 1 - probability}
    assert_shares(marks.ravel().tolist(), share)
    # Two cells side by side are independent.
    pairs = itertools.product([True, False], repeat=2)
    assert_shares(
        map(tuple, marks.reshape(-1, 2).tolist()), {(a, b): share[a] * share[b] for a, b in pairs}
    )


def test_components_of_a_mixture_come_by_their_weights():
    parts = [{"weight": w, "law": {"dist": "constant", "value": f"{v} s"}} for v, w in WEIGHTS]
    config = Mix.Config.model_validate({"mix": tuple(parts)})

    drawn = Mix.draw(config, np.random.default_rng(8), 2000).astype(int).tolist()

    assert_shares(drawn, {1: 0.5, 2: 0.3, 3: 0.2})


WEIGHTS = [(1, 5.0), (2, 3.0), (3, 2.0)]


def test_measured_times_come_equally_often(tmp_path):
    (tmp_path / "times.csv").write_text("seconds\n1\n2\n3\n4\n5\n")
    config = Empirical.Config.model_validate({"file": "times.csv"}, context={"folder": tmp_path})

    drawn = Empirical.draw(config, np.random.default_rng(9), 1000).astype(int).tolist()

    assert_uniform(drawn, range(1, 6))


def slowed(kind, **fields):
    """Return which of three workers are slow, round by round, under a model of slow-downs."""
    base = {"kind": "independent", "law": {"dist": "constant", "value": "1 s"}}
    config = read({"kind": kind, "base": base, "factor": 4.0, **fields})
    return [
        tuple((row > 1.5).tolist())
        for replication in range(20)
        for row in sample(config, Streams(11, replication), 40 if kind != "fixed_slow" else 1, 3)
    ]


def independent(chance):
    """Return the shares of all patterns of three workers who are slow independently."""
    return {
        pattern: float(np.prod([chance if slow else 1 - chance for slow in pattern]))
        for pattern in itertools.product((False, True), repeat=3)
    }


def test_workers_slow_down_independently_as_often_as_they_are_told():
    assert_shares(slowed("bernoulli_slowdown", probability=0.4), independent(0.4))


def test_a_shocked_round_hits_each_worker_independently_and_the_others_nobody():
    nothing = {"dist": "constant", "value": "0 s"}
    shares = {pattern: 0.5 * share for pattern, share in independent(0.5).items()}
    shares[(False,) * 3] += 0.5

    found = slowed("round_shock", probability=0.5, fraction=0.5, extra=nothing)

    assert_shares(found, shares)


def test_a_shocked_rack_hits_all_of_its_workers():
    nothing = {"dist": "constant", "value": "0 s"}
    # Workers 0 and 1 share a rack, worker 2 is alone in the next one.
    shares = {
        (first, first, second): (0.3 if first else 0.7) * (0.3 if second else 0.7)
        for first, second in itertools.product((False, True), repeat=2)
    }

    found = slowed("rack_shock", probability=0.3, per_rack=2, extra=nothing)

    assert_shares(found, shares)
