"""When halves are given up: by age, by age over all, by fidelity; and who hears of it when."""

from __future__ import annotations

import math

import pytest
import quantum_blocks as blocks

from netsim.quantum.cutoffs import falls_to
from netsim.quantum.states import werner

DECAY = {"count": 2, "coherence": "0.2 s", "raw_fidelity": 0.95}


def expired(result):
    return [row for row in blocks.rows(result) if row["cause"] == "expired"]


def delivered(result):
    return [row for row in blocks.rows(result) if row["cause"] == "delivered"]


def test_a_werner_pair_falls_to_a_threshold_when_its_exponential_does():
    rate = 8 / 3
    time = falls_to(0.8, werner(0.95), (rate, rate, rate))

    assert time == pytest.approx(math.log(0.70 / 0.55) / rate, rel=1e-12)
    assert falls_to(0.95, werner(0.95), (rate, rate, rate)) == 0
    assert falls_to(0.25, werner(0.95), (rate, rate, rate)) == math.inf


def test_dephasing_alone_stops_at_half_and_never_falls_below():
    # ZZ stays at one: F = (2 + 2 exp(-r t)) / 4.
    pure = (1.0, 0.0, 0.0, 0.0)

    assert falls_to(0.6, pure, (0.0, 2.0, 2.0)) == pytest.approx(math.log(1 / 0.2) / 2)
    assert falls_to(0.5, pure, (0.0, 2.0, 2.0)) == math.inf
    assert falls_to(0.6, pure, (0.0, 0.0, 0.0)) == math.inf


def test_unequal_rates_are_solved_to_the_last_picosecond():
    state, rates = (0.9, 0.06, 0.01, 0.03), (1.0, 30.0, 4.0)
    time = falls_to(0.7, state, rates)
    i, z, x, y = state
    parts = i + z - x - y, i - z - x + y, i - z + x - y

    total = 1 + sum(c * math.exp(-r * time) for c, r in zip(parts, rates, strict=True))
    assert total / 4 == pytest.approx(0.7, abs=1e-14)


def test_pairs_given_up_by_fidelity_are_at_the_threshold():
    result = blocks.run(
        3,
        memory={**DECAY, "coherence": "50 ms", "cutoff_fidelity": 0.8},
        swap={"policy": "nested"},
        request={"end": "3 s", "fidelity": 0.25},
    )
    own = [row for row in expired(result) if row["level"] == 1]

    assert len(own) > 30
    assert [row["fidelity"] for row in own] == pytest.approx([0.8] * len(own), abs=1e-9)
    # F = 1/4 + 0.7 exp(-8 t / 3 T) is at 0.8 after so long.
    stored = 50e-3 * 3 / 8 * math.log(0.70 / 0.55)
    waits = [(row["ended"] - row["created"]) * 1e-12 for row in own]
    assert waits == pytest.approx([stored] * len(own), abs=2e-12)
    assert all(row["fidelity"] > 0.25 for row in delivered(result))


def test_by_end_to_end_age_no_pair_is_made_that_both_ends_would_have_to_give_up():
    vain = {}
    for kind in ("local_age", "end_to_end_age"):
        result = blocks.run(
            4,
            memory={**DECAY, "count": 4, "cutoff": "13 ms", "cutoff_by": kind, "efficiency": 1.0},
            chain={"routers": 4, "segment": "100 km", "attenuation": "0.02 dB/km"},
            link={"kind": "single_click", "bright": 0.3},
            swap={"policy": "nested", "handshake": False},
            request={"end": "3 s", "fidelity": 0.25},
        )
        ages = [row["age"] for row in delivered(result)]
        assert len(ages) > 50
        assert max(ages) <= 13e-3
        vain[kind] = sum(row["level"] == 3 for row in expired(result))

    # Results travel for up to a millisecond, which the age at a router does not count.
    assert vain["local_age"] > 10
    assert vain["end_to_end_age"] == 0


def test_giving_up_makes_up_for_pairs_that_nobody_can_swap_any_more():
    kept, renewed = (
        blocks.run(
            3,
            memory={**DECAY, "coherence": "30 ms", **cutoff},
            swap={"policy": "nested"},
            request={"end": "4 s", "fidelity": 0.75},
        )
        for cutoff in ({}, {"cutoff_fidelity": 0.8})
    )

    # Pairs that fell below the target hold their memories for ever, unless they are given up.
    assert len(delivered(renewed)) > 10 * max(1, len(delivered(kept)))
