"""Named random streams."""

from __future__ import annotations

import pytest

from netsim.errors import UsageError
from netsim.rng import Streams


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
