"""Pairs that are made before anybody asks for them."""

from __future__ import annotations

import numpy as np
import pytest
import quantum_blocks as blocks

import netsim
from netsim.quantum.policies.adaptive import Adaptive

REQUESTS = {"arrivals": {"rate": "2 /s"}, "pairs": 1, "deadline": "0.4 s", "start": "1 s"}


def chain(routers=3, standing=2, policy="continuous", seconds=40, **given):
    """Return a chain of two memories a side, and some that make pairs all the time."""
    generation = {"policy": policy, "memories": standing} if standing else {"policy": "on_request"}
    memory = {"count": 2 + standing, "raw_fidelity": 0.95} | given.pop("memory", {})
    request = {**REQUESTS, "memories": 1, "end": f"{seconds} s", **given.pop("request", {})}
    return blocks.run(routers, memory=memory, generation=generation, request=request, **given)


def served(result):
    rows = blocks.rows(result, "requests")
    return [row["time_to_serve"] for row in rows if row["time_to_serve"] is not None]


def test_a_ready_pair_is_handed_over_as_soon_as_both_ends_know():
    times = served(chain(2))
    delay = 20 / 2e5

    # The approval is back after two delays, and the other end hears of the pair one later.
    assert len(times) > 50
    assert np.median(times) == pytest.approx(3 * delay)
    assert min(times) == pytest.approx(3 * delay)


def test_requests_are_served_sooner_where_pairs_are_ready():
    waiting, ready = np.mean(served(chain(standing=0))), np.mean(served(chain(standing=2)))

    assert ready < waiting / 2


@pytest.mark.parametrize("policy", ["continuous", "adaptive"])
@pytest.mark.parametrize("cutoff", [None, "60 ms"])
def test_pairs_are_conserved_and_memories_hold_one_at_a_time(policy, cutoff):
    memory = {"coherence": "0.2 s"} | ({"cutoff": cutoff} if cutoff else {})
    result = chain(4, policy=policy, memory=memory, seconds=10, request={"fidelity": 0.5})
    rows = blocks.rows(result)
    made, used = {}, {}
    for row in rows:
        assert row["created"] <= row["ended"]
        if row["level"] > 1:
            made[row["created"]] = made.get(row["created"], 0) + row["level"]
        if row["cause"] == "swapped":
            used[row["ended"]] = used.get(row["ended"], 0) + row["level"]

    assert made == used
    assert [row["pair"] for row in rows] == list(range(len(rows)))
    assert any(row["request"] is None for row in rows)
    # Halves at a router never outnumber its memories. A half moves when its pair is swapped.
    for at in range(4):
        steps = []
        for row in rows:
            if row["level"] == 1 and f"r{at}" in (row["node_a"], row["node_b"]):
                steps += [(row["created"], 1), (row["ended"], -1)]
        held = np.cumsum([step for _, step in sorted(steps)])
        assert held.max() <= (4 if at in (0, 3) else 8)


def test_pairs_in_stock_expire_and_their_memories_make_others():
    request = {"start": "0.5 s", "end": "1 s", "fidelity": 0.5}
    result = blocks.run(
        2,
        memory={"count": 3, "cutoff": "20 ms"},
        generation={"policy": "continuous", "memories": 2},
        request=request | {"memories": 1},
    )
    early = [row for row in blocks.rows(result) if row["created"] < 0.4e12]

    assert len(early) > 10
    assert {row["cause"] for row in early} == {"expired"}
    for row in early:
        assert row["age"] == pytest.approx(0.02)


def test_weights_lean_towards_what_requests_use():
    config = Adaptive.Config(memories=1, alpha=0.25)
    weights = Adaptive.learned(config, [1 / 3] * 3, [0.5, 0.5, 0.0])

    assert weights == pytest.approx([0.375, 0.375, 0.25])
    assert sum(weights) == pytest.approx(1)


def test_adaptive_generation_makes_more_pairs_where_requests_go():
    star = {"kind": "star", "nodes": 5, "length": "20 km"}

    def share(policy):
        result = blocks.run(
            chain=None,
            topology=star,
            memory={"count": 8, "raw_fidelity": 0.95, "cutoff": "50 ms"},
            generation={"policy": policy, "memories": 2},
            request=REQUESTS | {"from": "1", "to": "2", "memories": 1, "end": "30 s"},
        )
        rows = [row for row in blocks.rows(result) if row["level"] == 1 and row["created"] > 10e12]
        used = [row for row in rows if {row["node_a"], row["node_b"]} & {"1", "2"}]
        return len(used) / len(rows)

    # The hub chooses; leaves have nobody else to ask.
    assert share("adaptive") > share("continuous") + 0.02


def test_equal_seeds_give_equal_tables():
    first, second = (chain(seconds=3, seed=5).table("entanglements") for _ in range(2))

    assert first.drop(["point"]).equals(second.drop(["point"]))


def test_too_few_memories_are_refused():
    given = blocks.scenario(
        3, memory={"count": 2}, generation={"policy": "continuous", "memories": 2}
    )

    with pytest.raises(netsim.errors.ScenarioError, match="none left for requests"):
        netsim.load(given)
