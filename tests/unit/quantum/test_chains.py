"""Chains of repeaters: what happens when, what comes out, and what can never happen."""

from __future__ import annotations

import numpy as np
import pytest
import quantum_blocks as blocks
from scipy import stats

import netsim
from netsim.quantum import waiting
from netsim.quantum.swapping.nested import Nested

SURE = {
    "memory": {"efficiency": 1.0, "frequency": "1 MHz"},
    "detector": {"efficiency": 1.0},
    "link": {"kind": "two_click", "bell": 1.0},
}
D = 100_000_000


def chain(routers):
    return {"routers": routers, "segment": "20 km", "attenuation": "0 dB/km"}


def test_a_nested_swap_happens_when_the_messages_say():
    # Approval at 4 D, heralds 4 D later; the middle asks and hears back after 2 D, and both ends
    # know after another D.
    result = blocks.run(3, **SURE | {"chain": chain(3)}, request={"end": "9 ms", "pairs": 1})
    by_cause = {}
    for row in blocks.rows(result):
        by_cause.setdefault(row["cause"], []).append(row)

    heralds = [row for row in by_cause["swapped"] if row["created"] == 8 * D]
    (delivered,) = by_cause["delivered"]

    assert len(heralds) == 2
    assert {row["ended"] for row in heralds} == {10 * D}
    assert (delivered["created"], delivered["ended"]) == (10 * D, 11 * D)
    assert (delivered["node_a"], delivered["node_b"], delivered["level"]) == ("r0", "r2", 2)
    assert delivered["fidelity"] == pytest.approx(0.99**3)


def test_without_a_handshake_the_middle_measures_at_once():
    result = blocks.run(
        3,
        **SURE | {"chain": chain(3)},
        swap={"policy": "asap", "handshake": False},
        request={"end": "9 ms", "pairs": 1},
    )

    (delivered,) = [row for row in blocks.rows(result) if row["cause"] == "delivered"]

    assert (delivered["created"], delivered["ended"]) == (8 * D, 9 * D)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (5, {1: (0, 2), 3: (2, 4), 2: (0, 4)}),
        (4, {1: (0, 2), 2: (0, 3)}),
        (6, {1: (0, 2), 3: (2, 4), 2: (0, 4), 4: (0, 5)}),
    ],
)
def test_nested_swapping_halves_the_list_of_routers(nodes, expected):
    assert Nested.ranks(Nested.Config(), nodes) == expected


@pytest.mark.parametrize("handshake", [True, False])
@pytest.mark.parametrize("policy", ["nested", "asap", "sequential", "given"])
def test_pairs_are_conserved_and_every_memory_holds_one_at_a_time(policy, handshake):
    order = {"order": [2, 3, 1]} if policy == "given" else {}
    result = blocks.run(
        5,
        10,
        memory={"count": 2, "coherence": "0.2 s", "cutoff": "25 ms", "raw_fidelity": 0.95},
        swap={"policy": policy, "success": 0.8, "handshake": handshake, **order},
        request={"end": "3 s", "fidelity": 0.5},
    )
    rows = blocks.rows(result)
    causes = {row["cause"] for row in rows}
    delivered = [row for row in rows if row["cause"] == "delivered"]

    assert {"delivered", "swapped", "expired", "failed"} <= causes
    assert len(delivered) == result.runs[0]["pairs"] > 20
    assert len({row["pair"] for row in rows}) == len(rows)
    for row in delivered:
        assert (row["node_a"], row["node_b"], row["level"]) == ("r0", "r4", 4)
        assert row["age"] <= 0.025 + 4 * 50e-6 * 2
    # A swap takes two pairs and makes one of their levels' sum, at one instant.
    made = {}
    for row in rows:
        if row["level"] > 1:
            made[row["created"]] = made.get(row["created"], 0) + row["level"]
    used = {}
    for row in rows:
        if row["cause"] == "swapped":
            used[row["ended"]] = used.get(row["ended"], 0) + row["level"]
    assert {t: n for t, n in used.items() if t in made} == made
    assert set(used) == set(made)
    # Between two neighbours no more pairs at once than memories.
    for a in range(4):
        steps = []
        for row in rows:
            if row["level"] == 1 and row["node_a"] == f"r{a}":
                steps += [(row["created"], 1), (row["ended"], -1)]
        held = np.cumsum([step for _, step in sorted(steps)])
        assert held.max() <= 2


def test_fidelity_falls_with_waiting_as_the_decay_law_says():
    # A link's own pairs swapped in the middle: the older one's halves both waited.
    result = blocks.run(
        3,
        memory={"coherence": "50 ms", "raw_fidelity": 0.95},
        swap={"policy": "asap", "handshake": False},
        request={"end": "4 s", "fidelity": 0.25},
    )
    rows = [r for r in blocks.rows(result) if r["cause"] == "swapped"]

    stored = np.array([r["ended"] - r["created"] for r in rows]) * 1e-12
    expected = 0.25 + 0.70 * np.exp(-8 / 3 * stored / 50e-3)

    assert np.ptp(stored) > 10e-3
    assert [r["fidelity"] for r in rows] == pytest.approx(expected, abs=1e-12)


def one_shot(p, trials, **blocks_given):
    """Return first pairs of two links with chance `p` an attempt of 1 ms, ideal control."""
    memory = {"efficiency": 1.0, "frequency": "1 kHz", "raw_fidelity": 0.95}
    memory |= blocks_given.pop("memory", {})
    return blocks.run(
        3,
        0.0002,
        chain={"routers": 3, "segment": "20 cm", "attenuation": "0 dB/km"},
        classical={"delay": "0 s"},
        memory=memory,
        detector={"efficiency": 1.0},
        link={"kind": "two_click", "bell": p, "control": "ideal"},
        swap={"policy": "asap", "handshake": False},
        request={"mode": "one_shot", "trials": trials, "fidelity": 0.25},
        record={"pairs": "delivered"},
        **blocks_given,
    )


def test_first_pairs_of_two_links_wait_for_the_slower_one():
    rows = blocks.rows(one_shot(0.1, 4000))
    attempts = np.array([row["created"] for row in rows]) / 1e9
    error = attempts.std() / np.sqrt(len(attempts))

    assert [row["trial"] for row in rows] == list(range(4000))
    assert abs(np.round(attempts).mean() - waiting.all_links(0.1, 2)) < 4 * error


def test_first_pairs_under_a_cutoff_have_the_wait_and_the_ages_of_the_markov_chain():
    # A pair waits for at most 5 attempts of the other link; it is given up after the sixth ends.
    rows = blocks.rows(one_shot(0.1, 4000, memory={"cutoff": "6 ms"}))
    attempts = np.round(np.array([row["created"] for row in rows]) / 1e9)
    error = attempts.std() / np.sqrt(len(attempts))
    ages = np.round(np.array([row["wait"] for row in rows]) / 1e-3).astype(int)
    expected = waiting.two_links_ages(0.1, 5)

    assert abs(attempts.mean() - waiting.two_links(0.1, 5)) < 4 * error
    shares = np.bincount(ages, minlength=6) / len(ages)
    assert len(shares) == 6
    assert (np.abs(shares - expected) < 4.5 * np.sqrt(expected / len(ages))).all()


def test_purified_pairs_have_the_fidelity_of_one_round():
    result = blocks.run(
        2,
        10,
        memory={"count": 4, "raw_fidelity": 0.85},
        purification={"scheme": "bbpssw"},
        request={"end": "1 s", "fidelity": 0.88},
    )
    rows = blocks.rows(result)
    delivered = [row for row in rows if row["cause"] == "delivered"]

    assert len(delivered) > 50
    assert {row["purifications"] for row in delivered} == {1}
    assert [r["fidelity"] for r in delivered] == pytest.approx([0.884146341463415] * len(delivered))
    # Each needs another pair, and p = 0.82 of the tries succeed.
    tries = sum(row["cause"] in ("measured", "failed") for row in rows)
    assert tries > len(delivered)


def test_a_target_that_purification_cannot_reach_is_not_tried():
    result = blocks.run(
        2,
        10,
        memory={"count": 4, "raw_fidelity": 0.5},
        purification={"scheme": "bbpssw"},
        request={"end": "0.2 s", "fidelity": 0.9},
    )

    assert {row["cause"] for row in blocks.rows(result)} == {"ended"}


def test_a_request_whose_routers_are_reserved_is_refused():
    result = blocks.run(3, request=[{"end": "0.1 s"}, {"to": "r1", "end": "0.1 s"}])
    first, second = blocks.rows(result, "requests")

    assert (first["accepted"], second["accepted"]) == (True, False)
    assert (second["refusals"], second["pairs"]) == (1, 0)
    assert result.runs[0]["refused"] == 1


def test_a_reservation_ends_early_when_its_pairs_are_there():
    result = blocks.run(2, request={"end": "5 s", "pairs": 7})
    (request,) = blocks.rows(result, "requests")

    assert (request["pairs"], request["pairs_wanted"]) == (7, 7)
    assert request["end"] < 5 * 10**12
    assert request["time_to_serve"] == pytest.approx((request["end"] - request["start"]) * 1e-12)


def test_measured_ends_decay_no_more():
    kept, measured = (
        blocks.run(
            3,
            memory={"coherence": "50 ms", "raw_fidelity": 0.95},
            swap={"policy": "nested"},
            request={"end": "2 s", "fidelity": 0.25, "use": use},
        ).runs[0]["fidelity_mean"]
        for use in ("keep", "measure")
    )

    assert measured > kept + 0.01


def test_keys_stay_below_what_the_arms_of_the_links_allow():
    for link in ("two_round", "single_click", "two_click"):
        result = blocks.run(3, link={"kind": link}, swap={"policy": "asap"})
        for row in blocks.rows(result, "keys"):
            assert 0 < row["rate"] < row["bound"]


def test_routers_may_live_on_any_graph_with_lengths():
    result = blocks.run(
        chain=None,
        topology={"kind": "ring", "nodes": 6, "length": "20 km"},
        memory={"count": 4},
        request={"from": "1", "to": "5", "memories": 1, "end": "1 s"},
    )
    (request,) = blocks.rows(result, "requests")

    assert request["hops"] == 2
    assert request["pairs"] > 20


def test_equal_seeds_give_equal_tables_and_others_do_not():
    def table(seed):
        return blocks.run(5, memory={"count": 2}, seed=seed).table("entanglements")

    assert table(4).drop(["point"]).equals(table(4).drop(["point"]))
    assert not table(4).drop(["point"]).equals(table(5).drop(["point"]))


def test_looking_at_memories_changes_nothing_and_sees_their_pairs_decay():
    given = {
        "memory": {"count": 2, "coherence": "0.1 s", "raw_fidelity": 0.95},
        "swap": {"policy": "asap", "success": 0.8},
        "request": {"end": "0.5 s", "fidelity": 0.25},
    }
    alone = blocks.run(3, **given)
    looked = blocks.run(3, **given, record={"tables": ["memories"], "sample_every": "1 ms"})
    rows = blocks.rows(looked, "memories")
    held = [row for row in rows if row["state"] == "entangled"]

    for table in ("entanglements", "requests", "keys"):
        assert alone.table(table).drop(["point"]).equals(looked.table(table).drop(["point"]))
    # Two memories at either end and four in the middle, at 1 ms to 500 ms, before events then.
    assert len(rows) == 8 * 500
    assert {row["state"] for row in rows} == {"raw", "occupied", "entangled"}
    for row in held:
        assert 0.25 < row["fidelity"] <= 0.95
        assert row["age"] > 0


@pytest.mark.parametrize(
    "swap",
    [
        {"policy": "nested"},
        {"policy": "sequential", "handshake": False},
        {"policy": "asap", "handshake": False},
    ],
    ids=str,
)
def test_first_pairs_as_arrays_have_the_law_of_those_played_as_events(swap):
    found = []
    for bound, seed in ({}, 1), ({"end": "1000 s"}, 2):
        result = blocks.run(
            5,
            memory={"coherence": "1 s", "raw_fidelity": 0.95},
            swap={**swap, "gate_fidelity": 0.99, "measurement_fidelity": 0.98},
            request={"mode": "one_shot", "trials": 1500, "fidelity": 0.25, **bound},
            record={"pairs": "delivered"},
            seed=seed,
        )
        rows = blocks.rows(result)
        assert [row["trial"] for row in rows] == list(range(1500))
        found.append(
            [[round(row[name], 6) for row in rows] for name in ("ended", "fidelity", "attempts")]
        )

    for arrays, events in zip(*found, strict=True):
        assert stats.ks_2samp(arrays, events).pvalue > 0.001


def test_swaps_in_any_order_may_come_to_a_halt_and_are_warned_of():
    given = blocks.scenario(
        5, 10, memory={"count": 2}, swap={"policy": "asap"}, request={"end": "20 s"}
    )
    halted = netsim.run(netsim.load(given))
    freed = blocks.run(
        5,
        10,
        memory={"count": 2, "cutoff": "0.1 s"},
        swap={"policy": "asap"},
        request={"end": "20 s"},
    )

    def late(result):
        return sum(r["cause"] == "delivered" and r["ended"] > 15e12 for r in blocks.rows(result))

    def ends(result):
        left = [r for r in blocks.rows(result) if r["cause"] == "ended"]
        return {(r["node_a"], r["node_b"]) for r in left}

    scenario = netsim.load(given)
    assert any("may come to a halt" in note for note in scenario.family.notes(scenario.model))
    assert late(halted) == 0
    # Both memories of r0 and of r4 are taken by pairs that overlap and cannot be joined.
    assert all(a == "r0" or b == "r4" for a, b in ends(halted))
    assert late(freed) > 100
