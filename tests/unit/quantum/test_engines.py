"""Runs of attempts at once against attempts played photon by photon, for every kind of link."""

from __future__ import annotations

import numpy as np
import pytest
import quantum_blocks as blocks
from scipy import stats

import netsim
from netsim import registry
from netsim.quantum.wiring import Routers
from netsim.rng import Streams

KINDS = {
    "two_round": {},
    "single_click": {"bright": 0.05},
    "two_click": {},
    "midpoint_source": {"slots": 20, "pair": 0.2},
    "absorptive_source": {"pair": 0.5},
    "sender_receiver": {},
    "memory_memory": {"absorption": 0.3},
}
CASES = {
    "link": {},
    "modes": {"link": {"modes": 3}},
    "ideal": {"routers": 3, "link": {"control": "ideal"}},
    "slots": {"memory": {"count": 3}, "link": {"slot": "1 us"}},
    "three routers": {"routers": 3},
    "five routers": {"routers": 5},
    "nine routers": {"routers": 9},
    "several memories": {"routers": 3, "memory": {"count": 3}},
    "purification": {
        "memory": {"count": 4},
        "purification": {"scheme": "dejmps"},
        "fidelity": 0.962,
    },
    "pumping over a swap": {
        "routers": 3,
        "memory": {"count": 3},
        "purification": {"scheme": "pumping", "circuit": "bbpssw"},
        "fidelity": 0.93,
    },
    "cutoff": {
        "routers": 3,
        "memory": {"count": 2, "coherence": "30 ms", "cutoff": "4 ms"},
        "swap": {"policy": "asap", "success": 0.8},
    },
    "cutoff by fidelity": {
        "routers": 3,
        "memory": {"count": 2, "coherence": "30 ms", "cutoff_fidelity": 0.8},
        "swap": {"policy": "sequential", "success": 0.8},
    },
}


def stream(kind, case, engine, seed, pairs=3001):
    """Return times between delivered pairs (us), and their fidelities: of every third one.

    What memories hold at a delivery is there for the next one too, so neighbours are alike.
    """
    case = {"routers": 2, "fidelity": 0.25, **CASES[case]}
    result = blocks.run(
        case["routers"],
        5,
        memory={"efficiency": 0.9, "raw_fidelity": 0.95, **case.get("memory", {})},
        detector={"efficiency": 0.95, "dark_count": "1 kHz", "resolution": "10 ns"},
        link={"kind": kind, "engine": engine, **KINDS[kind], **case.get("link", {})},
        swap={"policy": "nested", **case.get("swap", {})},
        request={"end": "600 s", "pairs": pairs, "fidelity": case["fidelity"]},
        record={"pairs": "delivered"},
        seed=seed,
        **{"purification": case["purification"]} if "purification" in case else {},
    )
    rows = sorted(blocks.rows(result), key=lambda row: row["ended"])
    ended = np.array([row["ended"] for row in rows])
    fidelities = np.array([round(row["fidelity"], 9) for row in rows])
    return np.round(np.diff(ended) / 1e6)[::3], fidelities[::3]


def test_every_kind_of_link_is_compared():
    assert set(KINDS) == set(registry.names("link"))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_either_engine_gives_times_and_fidelities_of_one_law(kind, case):
    jump, attempt = (stream(kind, case, *engine) for engine in (("jump", 1), ("attempt", 2)))

    for one, other in zip(jump, attempt, strict=True):
        assert min(len(one), len(other)) >= 1000
        assert stats.ks_2samp(one, other, method="asymp").pvalue > 0.001


def mean_time(kind):
    """Return the exact mean time between pairs of a plain link, by its model and its timing."""
    scenario = netsim.load(blocks.scenario(2, 5, link={"kind": kind, **KINDS[kind]}))
    routers = Routers(scenario.model, Streams(1))
    edge = routers.edge(0, 1)
    timing, model = routers.timing(edge, 0, 1), edge.model
    begun = model.success + (1 - model.success) * model.second if model.rounds == 2 else 0.0
    return (timing.first + begun * timing.second) / model.success


@pytest.mark.parametrize("engine", ["jump", pytest.param("attempt", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_of_many_pairs_is_that_of_the_closed_form(kind, engine):
    result = blocks.run(
        2,
        5,
        link={"kind": kind, "engine": engine, **KINDS[kind]},
        request={"end": "100000 s", "pairs": 50_001},
        record={"pairs": "delivered"},
    )
    created = np.sort(result.table("entanglements").column("created").to_numpy())
    times = np.diff(created)
    error = 4 * times.std() / np.sqrt(len(times))

    assert len(times) >= 50_000
    assert abs(times.mean() - mean_time(kind)) < error
    # A chance that is wrong by 3 % would be seen.
    assert error < 0.025 * mean_time(kind)
