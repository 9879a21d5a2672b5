"""Seeds worked out for many streams at once are those that numpy gives one by one."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.delays.lanes import generator
from netsim.delays.seeding import generators, seeds
from netsim.rng import Streams


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**63 - 1, 2**130 + 5])
def test_the_words_are_those_of_a_seed_sequence(seed):
    streams = [Streams(seed, replication) for replication in (0, 1, 999_999)]

    words = seeds(streams, "delays.good", 5)

    for row, source in zip(words, streams, strict=True):
        for lane, found in enumerate(row):
            sequence = source.sequence("delays.good", lane)
            np.testing.assert_array_equal(found, sequence.generate_state(3, np.uint64))


def test_the_generators_draw_what_those_opened_alone_draw():
    streams = [Streams(7, replication) for replication in range(3)]

    for replication, lane, stream in generators(streams, "marks", 4):
        alone = generator(streams[replication], "marks", lane)
        np.testing.assert_array_equal(stream.standard_normal(100), alone.standard_normal(100))


def test_the_generators_have_the_children_that_those_opened_alone_have():
    for _, lane, stream in generators([Streams(7)], "marks", 3):
        alone = generator(Streams(7), "marks", lane)
        # Twice: a seed sequence counts its children.
        for _ in range(2):
            for child, other in zip(stream.spawn(2), alone.spawn(2), strict=True):
                np.testing.assert_array_equal(child.random(100), other.random(100))


def test_no_streams_have_no_generators():
    assert not list(generators([], "marks", 4))
