"""Named random streams."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.errors import UsageError
from netsim.rng import Streams, draw, draws


@pytest.mark.parametrize(("seed", "replication"), [(-1, 0), (0, -1)])
def test_nothing_is_drawn_below_zero(seed, replication):
    with pytest.raises(UsageError, match="count from 0 up"):
        Streams(seed, replication)


def test_a_stream_depends_on_seed_replication_purpose_and_entity_alone():
    first = Streams(1).generator("a", 2).random()

    assert first == Streams(1, 0).generator("a", 2).random()
    others = [Streams(2), Streams(1, 1)]
    assert first not in [streams.generator("a", 2).random() for streams in others]
    assert first not in [Streams(1).generator(*name).random() for name in [("b", 2), ("a", 3)]]


WORDS = st.integers(0, 2**64 - 1)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=5), st.lists(WORDS, min_size=1, max_size=5))
def test_many_draws_at_once_follow_the_law_of_one(key, entities, counters):
    found = draws(key, np.array(entities, np.uint64)[:, None], np.array(counters, np.uint64))

    assert found.tolist() == [[draw(key, a, b) for b in counters] for a in entities]


def test_draws_are_the_same_however_many_are_made_at_once():
    many = draws(7, np.arange(3), np.arange(20_000)[:, None])

    assert many.shape == (20_000, 3)
    assert int(draws(7, 2, 19_999)) == int(many[-1, 2])
    np.testing.assert_array_equal(draws(7, np.arange(2), 12_345), many[12_345, :2])


def test_draws_leave_what_they_are_given_alone():
    entities, counters = np.arange(4, dtype=np.uint64), np.arange(4, dtype=np.uint64)

    draws(1, entities, counters)

    assert entities.tolist() == counters.tolist() == [0, 1, 2, 3]


def test_no_draws_are_none():
    assert draws(1, np.zeros(0, np.int64), 3).shape == (0,)


def test_a_draw_has_its_published_value():
    # mix(0) = 0, so the draw of key 0, entity 0 and counter 1 is mix(1): SplitMix64's first output.
    assert int(draws(0, 0, 1)) == 0xE220A8397B1DCDAF
