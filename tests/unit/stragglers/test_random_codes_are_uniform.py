"""What codes, patterns and resampling draw comes equally often, counted over small spaces."""

from __future__ import annotations

import itertools

import numpy as np
from evenly import assert_uniform

from netsim import registry
from netsim.fields import OneOf
from netsim.rng import Streams
from netsim.stragglers import patterns
from netsim.stragglers.selection.probe import bootstrap


def drawn_codes(workers, **block):
    """Return the coefficients, (workers, parts), that many replications draw."""
    config = OneOf("code", key="scheme").models()[block["scheme"]].model_validate(block)
    code = registry.lookup("code", block["scheme"])
    return [
        np.eye(workers) @ code(config, workers, streams=Streams(6, number)).coefficients
        for number in range(120)
    ]


def test_every_set_of_workers_of_a_part_comes_equally_often():
    drawn = drawn_codes(4, scheme="stochastic_gc", d=2)

    sets = [tuple(np.flatnonzero(part).tolist()) for matrix in drawn for part in matrix.T]
    assert_uniform(sets, list(itertools.combinations(range(4), 2)))


def test_every_deal_of_the_parts_of_a_regular_assignment_comes_equally_often():
    drawn = drawn_codes(3, scheme="approximate_gc", d=1, assignment="regular")

    deals = [tuple(np.argmax(matrix, axis=1).tolist()) for matrix in drawn]
    assert_uniform(deals, list(itertools.permutations(range(3))))


def test_every_set_of_stragglers_of_a_full_round_comes_equally_often():
    # At density 1 each round has s stragglers: 6 pairs of 4 workers, whatever came before.
    drawn = patterns.sample_per_round((600, 2, 4), 2, np.random.default_rng(2), density=1.0)

    pairs = list(itertools.combinations(range(4), 2))
    sets = [tuple(tuple(np.flatnonzero(row).tolist()) for row in one) for one in drawn]
    assert_uniform(sets, list(itertools.product(pairs, repeat=2)))


def test_every_block_of_a_probe_is_resampled_equally_often():
    measured = np.arange(4.0)[:, None]

    drawn = bootstrap(measured, 2, 400, np.random.default_rng(3))[:, :, 0].astype(int)

    blocks = [(start, (start + 1) % 4) for start in range(4)]
    space = [(*one, *other) for one in blocks for other in blocks]
    assert_uniform(map(tuple, drawn.tolist()), space)
