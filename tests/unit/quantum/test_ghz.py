"""GHZ states over a star: their fidelity, when they come, and what their pairs become."""

from __future__ import annotations

import numpy as np
import pytest
import quantum_blocks as blocks

from netsim.quantum import waiting
from netsim.quantum.star import noisy_ghz
from netsim.quantum.states import swapped, werner
from tests.reference import bell_pairs as twin

D = 100_000_000


def star(leaves=3, **given):
    """Return the results of a star whose router is ``0``."""
    base = {
        "chain": None,
        "topology": {"kind": "star", "nodes": leaves + 1, "length": "20 km"},
        "swap": {"policy": "asap"},
        "memory": {"count": leaves, "raw_fidelity": 0.9},
        "request": {"application": "ghz", "end": "2 s", "fidelity": 0.5},
        "record": {"pairs": "all", "tables": ["ghz", "entanglements", "requests", "keys"]},
    }
    for name, block in given.items():
        base[name] = (
            {**base[name], **block}
            if isinstance(block, dict) and isinstance(base.get(name), dict)
            else block
        )
    return blocks.run(**base)


def test_fresh_pairs_give_the_fidelity_of_the_closed_form():
    rows = blocks.rows(star(), "ghz")

    assert len(rows) > 30
    assert {row["leaves"] for row in rows} == {3}
    assert [row["fidelity"] for row in rows] == pytest.approx([0.732148148148148] * len(rows))


@pytest.mark.parametrize("noise", [(1.0, 1.0), (0.97, 0.98)])
def test_two_leaves_share_what_a_swap_gives(noise):
    a, b = (0.9, 0.05, 0.03, 0.02), (0.85, 0.03, 0.1, 0.02)

    assert noisy_ghz([a, b], *noise) == pytest.approx(swapped(a, b, *noise)[0], abs=1e-14)


def test_a_wrong_bit_is_an_error_of_one_leaf():
    # Any Pauli error on a pair commutes with the measurement: readout errors are errors of pairs.
    pairs = [werner(0.9), werner(0.8), werner(0.95)]
    mu = 0.97
    read = [
        tuple(mu * p[k] + (1 - mu) * p[k ^ (2 if at else 1)] for k in range(4))
        for at, p in enumerate(pairs)
    ]

    assert noisy_ghz(pairs, 1.0, mu) == pytest.approx(twin.ghz(read), abs=1e-13)
    assert noisy_ghz(pairs, 0.0, 1.0) == pytest.approx(1 / 8)


def test_sure_links_make_states_when_the_messages_say():
    result = star(
        topology={"kind": "star", "nodes": 4, "length": "20 km"},
        fibre={"attenuation": "0 dB/km"},
        memory={"efficiency": 1.0, "frequency": "1 MHz", "count": 3, "raw_fidelity": 0.9},
        detector={"efficiency": 1.0},
        link={"kind": "two_click", "bell": 1.0},
        request={"pairs": 2},
    )
    first, second = blocks.rows(result, "ghz")

    # Answers are back at 2 D, heralds 4 D later; leaves hear D later, when they are asked anew.
    assert (first["created"], first["ended"]) == (6 * D, 7 * D)
    assert second["created"] - first["created"] == 4 * D
    (request,) = blocks.rows(result, "requests")
    assert (request["pairs"], request["hops"], request["accepted"]) == (2, 3, True)
    assert request["fidelity_mean"] == pytest.approx(first["fidelity"])
    assert blocks.rows(result, "keys") == []


def test_pairs_are_conserved_and_lost_with_a_failed_measurement():
    result = star(
        swap={"policy": "asap", "success": 0.6},
        memory={"count": 6, "coherence": "0.2 s", "cutoff": "15 ms"},
    )
    rows = blocks.rows(result)
    count = {cause: sum(row["cause"] == cause for row in rows) for cause in blocks.CAUSES}

    assert count["swapped"] == 3 * len(blocks.rows(result, "ghz")) + 3 * _under_way(result)
    assert count["failed"] % 3 == 0
    assert count["failed"] / (count["failed"] + count["swapped"]) == pytest.approx(0.4, abs=0.15)
    assert count["expired"] > 10
    assert count["delivered"] == count["measured"] == 0


def _under_way(result):
    """Return how many states the leaves had yet to hear of at the end."""
    swapped = [row for row in blocks.rows(result) if row["cause"] == "swapped"]
    end = blocks.rows(result, "requests")[0]["end"]
    return sum(row["ended"] + D > end for row in swapped) // 3


def test_halves_of_leaves_decay_until_they_hear():
    kept, measured = (
        star(memory={"count": 3, "coherence": "20 ms"}, request={"use": use, "fidelity": 0.25})
        for use in ("keep", "measure")
    )

    means = [
        np.mean([row["fidelity"] for row in blocks.rows(one, "ghz")]) for one in (kept, measured)
    ]
    assert means[1] > means[0] + 0.01


def test_states_come_after_the_slowest_of_all_links():
    # One attempt takes 1 ms and succeeds with a tenth; states are measured when the last is there.
    result = star(
        topology={"kind": "star", "nodes": 5, "length": "20 cm"},
        classical={"delay": "0 s"},
        fibre={"attenuation": "0 dB/km"},
        memory={"efficiency": 1.0, "frequency": "1 kHz", "count": 4},
        detector={"efficiency": 1.0},
        link={"kind": "two_click", "bell": 0.1, "control": "ideal"},
        request={"end": "80 s"},
    )
    created = np.array([row["created"] for row in blocks.rows(result, "ghz")])
    attempts = np.round(np.diff(created) / 1e9)

    error = 4 * attempts.std() / np.sqrt(len(attempts))
    assert len(attempts) > 2000
    assert abs(attempts.mean() - waiting.all_links(0.1, 4)) < error


def test_a_leaf_without_memories_refuses_for_all():
    result = star(
        request=[
            {"from": "0", "to": "1", "memories": 2, "end": "1 s"},
            {"application": "ghz", "end": "1 s", "memories": 1},
        ],
        memory={"count": 3},
    )
    first, second = blocks.rows(result, "requests")

    assert (first["accepted"], second["accepted"], second["refusals"]) == (True, False, 1)
