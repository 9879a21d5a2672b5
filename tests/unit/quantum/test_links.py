"""When and how often links herald, against the timing rules, the laws and played photons."""

from __future__ import annotations

import math

import numpy as np
import pytest
import quantum_blocks as blocks
from scipy import stats

import netsim
from netsim.quantum.links.absorptive_source import AbsorptiveSource
from netsim.quantum.links.clicks import Detectors, Station, one_click
from netsim.quantum.links.free_space import FreeSpaceConfig
from netsim.quantum.links.kind import Hardware
from netsim.quantum.links.memory_memory import MemoryMemory
from netsim.quantum.links.midpoint_source import MidpointSource
from netsim.quantum.links.sender_receiver import SenderReceiver
from netsim.quantum.links.single_click import SingleClick
from netsim.quantum.links.two_click import TwoClick
from netsim.quantum.links.two_round import TwoRound
from netsim.quantum.states import werner
from netsim.quantum.wiring import Routers
from netsim.rng import Streams

KINDS = {
    "two_round": (TwoRound, TwoRound.Config(visibility=0.6)),
    "single_click": (
        SingleClick,
        SingleClick.Config(bright=0.2, visibility=0.8, phase_noise="0.3 rad"),
    ),
    "two_click": (TwoClick, TwoClick.Config()),
    "midpoint_source": (MidpointSource, MidpointSource.Config(slots=20)),
    "absorptive_source": (AbsorptiveSource, AbsorptiveSource.Config(pair=0.3)),
    "sender_receiver": (SenderReceiver, SenderReceiver.Config()),
    "memory_memory": (MemoryMemory, MemoryMemory.Config(absorption=0.7)),
}


@pytest.mark.parametrize("name", KINDS)
def test_played_photons_have_the_odds_and_the_mean_state_of_the_closed_form(name):
    kind, config = KINDS[name]
    dark = 0.03 if getattr(kind, "counts_dark", False) else 0.0
    hardware = Hardware((0.5, 0.4), werner(0.97), dark)
    play = kind.play(config, hardware, np.random.default_rng(3))
    model = kind.model(config, hardware)

    n, passed, states = 40_000, 0, []
    for _ in range(n):
        ok, state = play.first()
        if ok and model.rounds == 2:
            passed += 1
            ok, state = play.second()
        if ok:
            states.append(state)

    def within(measured, chance):
        return abs(measured / n - chance) < 5 * np.sqrt(chance * (1 - chance) / n)

    assert within(len(states), model.success)
    begun = model.success + (1 - model.success) * model.second
    assert model.rounds == 1 or within(passed, begun)
    mean, error = np.mean(states, axis=0), np.std(states, axis=0) / np.sqrt(len(states))
    assert (np.abs(mean - model.state) <= 5 * error + 1e-12).all()
    assert sum(model.state) == pytest.approx(1, abs=1e-12)


def test_a_station_without_dark_counts_clicks_for_photons_only():
    station = Station((0.5, 0.5), 0.0, 0.5, np.random.default_rng(1))

    assert not any(station.look(False, False)[0] for _ in range(100))
    # By hand: both photons arrive with 1/4 and share a detector with 1/2, one arrives with 1/2.
    assert one_click((0.5, 0.5), 0.0, 0.5) == pytest.approx((0, 0.5, 0.5, 0.625))


def test_the_first_herald_of_a_sure_link_follows_the_messages():
    # One photon each for certain: D = 100 us. Approval is back at 2 D; the pairing request takes D,
    # the negotiation D, the reply D; the photon flies D/2 and the herald D/2.
    result = blocks.run(
        memory={"efficiency": 1.0, "frequency": "1 MHz"},
        detector={"efficiency": 1.0},
        chain={"routers": 2, "segment": "20 km", "attenuation": "0 dB/km"},
        link={"kind": "two_click", "bell": 1.0},
        request={"end": "10 ms", "pairs": 2},
    )

    first, second = blocks.rows(result)

    assert first["created"] == (2 + 3 + 1) * 100_000_000
    # Consumed on delivery, the next follows after flight + 3 D.
    assert second["created"] - first["created"] == 4 * 100_000_000
    assert first["age"] == pytest.approx(100e-6)


def test_the_memory_rests_between_emissions():
    result = blocks.run(
        memory={"efficiency": 1.0, "frequency": "1 kHz"},
        detector={"efficiency": 1.0},
        chain={"routers": 2, "segment": "20 km", "attenuation": "0 dB/km"},
        link={"kind": "two_click", "bell": 1.0},
        request={"end": "10 ms", "pairs": 3},
    )

    created = [row["created"] for row in blocks.rows(result)]

    # 1 ms of rest is over before the reply, which takes another D.
    assert np.diff(created).tolist() == [1_100_000_000] * 2


def test_the_mean_time_of_a_pair_is_that_of_the_rules():
    # eta = 0.75 * 0.8 * 10^-0.2, p = eta^2 / 2, a = P(round one passes); S1 = S2 = 600 us.
    eta = 0.6 * 10**-0.2
    p = eta * eta / 2
    a = eta / 2 + (2 * eta * (1 - eta) + eta * eta / 2) / 4
    mean = 600e-6 * (1 + a) / p
    result = blocks.run(request={"end": "60 s"}, seed=3)

    times = np.diff([row["created"] for row in blocks.rows(result)]) * 1e-12

    assert mean == pytest.approx(11.0927e-3, rel=1e-5)
    assert abs(times.mean() - mean) < 4 * times.std() / np.sqrt(len(times))


@pytest.mark.parametrize(
    "link",
    [
        {"kind": "two_round"},
        {"kind": "two_round", "control": "ideal"},
        {"kind": "single_click", "bright": 0.2},
        {"kind": "two_click"},
        {"kind": "midpoint_source"},
        {"kind": "sender_receiver", "modes": 3},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "case",
    [
        {"routers": 2, "memory": {"count": 1}},
        {"routers": 3, "memory": {"count": 3}},
        {"routers": 3, "memory": {"count": 2, "coherence": "50 ms", "cutoff": "40 ms"}},
    ],
    ids=["link", "three routers", "cutoff"],
)
def test_jumps_have_the_law_of_attempts_played_one_by_one(link, case):
    times = []
    for engine, seed in (("jump", 1), ("attempt", 2)):
        result = blocks.run(
            case["routers"],
            10,
            memory=case["memory"],
            link={**link, "engine": engine},
            swap={"policy": "nested", "success": 0.8},
            request={"end": "60 s", "pairs": 1001, "fidelity": 0.25},
            record={"pairs": "delivered"},
            seed=seed,
        )
        ended = sorted(row["ended"] for row in blocks.rows(result))
        times.append(np.round(np.diff(ended) / 1e6))

    assert min(map(len, times)) >= 1000
    assert stats.ks_2samp(*times).pvalue > 0.001


def test_more_requests_and_routers_shift_no_draw_of_a_link():
    few = blocks.run(3, request={"to": "r1", "end": "1 s"})
    more = blocks.run(4, request=[{"to": "r1", "end": "1 s"}, {"from": "r2", "end": "1 s"}])

    def own(result):
        kept = [row for row in blocks.rows(result) if row["request"] == 0]
        return [(row["created"], row["ended"], row["fidelity"]) for row in kept]

    assert len(own(few)) > 50
    assert own(few) == own(more)


def test_a_request_against_the_order_of_names_is_one_message_slower():
    sure = {
        "memory": {"efficiency": 1.0, "frequency": "1 MHz"},
        "detector": {"efficiency": 1.0},
        "link": {"kind": "two_click", "bell": 1.0},
        "chain": {"routers": 2, "segment": "20 km", "attenuation": "0 dB/km"},
    }
    along = blocks.run(**sure, request={"end": "9 ms", "pairs": 2})
    against = blocks.run(**sure, request={"from": "r1", "to": "r0", "end": "9 ms", "pairs": 2})

    spacing = [np.diff([row["created"] for row in blocks.rows(r)])[0] for r in (along, against)]

    assert spacing == [400_000_000, 500_000_000]


def test_two_emissions_never_share_a_slot():
    # Four memories that would all emit at the same instant take consecutive slots of 1 us.
    result = blocks.run(
        memory={"efficiency": 1.0, "frequency": "1 kHz", "count": 4},
        detector={"efficiency": 1.0},
        chain={"routers": 2, "segment": "20 km", "attenuation": "0 dB/km"},
        link={"kind": "two_click", "bell": 1.0, "slot": "1 us"},
        request={"end": "9 ms", "pairs": 4},
    )

    created = [row["created"] for row in blocks.rows(result)]

    assert np.diff(created).tolist() == [1_000_000] * 3


def test_a_pair_beyond_the_end_never_comes():
    result = blocks.run(km=2000, request={"end": "1 s"})

    assert blocks.rows(result) == []
    assert result.runs[0]["pairs"] == 0
    assert result.runs[0]["fidelity_mean"] is None


@pytest.mark.parametrize(
    "case",
    [
        {"routers": 5, "swap": {"policy": "asap"}, "memory": {"count": 2, "cutoff": "0.1 s"}},
        {"routers": 5, "swap": {"policy": "nested"}, "memory": {"count": 1}},
        {
            "routers": 2,
            "memory": {"count": 4, "raw_fidelity": 0.85},
            "purification": {"scheme": "dejmps"},
            "fidelity": 0.87,
        },
        {
            "routers": 3,
            "memory": {"count": 3, "raw_fidelity": 0.9},
            "purification": {"scheme": "bbpssw", "mode": "once"},
            "fidelity": 0.8,
        },
    ],
    ids=["asap", "nested", "purified link", "purified ends"],
)
def test_chains_have_one_law_whichever_way_their_heralds_come(case):
    case = dict(case)
    routers, fidelity = case.pop("routers"), case.pop("fidelity", 0.25)
    times = []
    for engine, seed in (("jump", 3), ("attempt", 4)):
        result = blocks.run(
            routers,
            10,
            **{"swap": {"policy": "nested"}, **case},
            link={"kind": "two_round", "engine": engine},
            request={"end": "60 s", "pairs": 1001, "fidelity": fidelity},
            record={"pairs": "delivered"},
            seed=seed,
        )
        ended = sorted(row["ended"] for row in blocks.rows(result))
        times.append(np.round(np.diff(ended) / 1e6))

    assert min(map(len, times)) >= 1000
    assert stats.ks_2samp(*times).pvalue > 0.001


def test_modes_of_two_rounds_are_tried_at_once_and_any_of_them_may_succeed():
    # Per mode p and the chance of a second round in vain; four modes fail together.
    one, four = (
        netsim.load(blocks.scenario(link={"kind": "two_round", "modes": modes})) for modes in (1, 4)
    )
    alone, together = (Routers(loaded.model, Streams(1)).edge(0, 1).model for loaded in (one, four))

    assert together.success == pytest.approx(1 - (1 - alone.success) ** 4, rel=1e-12)
    assert together.second == pytest.approx(1 - (1 - alone.second) ** 4, rel=1e-12)
    assert together.emissions == 4


def test_a_detector_is_blind_for_its_dead_time_and_only_then():
    detectors = Detectors(dead=100)
    station = Station((1.0, 1.0), 0.0, 1.0, np.random.default_rng(1))
    station.detectors = detectors
    seen = []
    for time in range(0, 40_000, 50):
        detectors.time = time
        seen.append(station.look(True, False)[0])

    # A photon each 50 ps into either detector by chance: a chain of two clocks, worked out by
    # going through its states. Blind ones lose what comes 50 ps after a click of theirs.
    last, expected = [-100, -100], []
    draws = np.random.default_rng(1)
    for time in range(0, 40_000, 50):
        draws.random()
        place = int(draws.random() < 0.5)
        expected.append(time - last[place] >= 100)
        if expected[-1]:
            last[place] = time
    assert seen == expected
    assert 0.6 < np.mean(seen) < 0.8


def test_slots_shorter_than_the_dead_time_lose_clicks_and_never_make_pairs():
    def rate(count_rate, engine="attempt", slot="10 ns"):
        result = blocks.run(
            2,
            0.001,
            chain={"routers": 2, "segment": "1 m", "attenuation": "0 dB/km"},
            classical={"delay": "1 us"},
            memory={"count": 2, "frequency": "1 MHz", "efficiency": 1.0},
            detector={"efficiency": 1.0, "count_rate": count_rate},
            link={"kind": "single_click", "bright": 0.4, "engine": engine, "slot": slot},
            request={"end": "30 ms", "fidelity": 0.25},
            record={"pairs": "delivered"},
        )
        return result.runs[0]["pairs"]

    fast, blind = rate("1 GHz"), rate("50 MHz")
    # Two memories begin together and keep their slots next to each other; the second loses its
    # click where the first's was in the same detector, and gains nothing.
    assert blind < fast - 5 * math.sqrt(fast)
    assert blind > 0.6 * fast
    # Nothing can be jumped over then, so the engine does not matter.
    assert rate("50 MHz", "jump") == blind


def test_an_arm_through_the_air_has_the_loss_of_its_beam():
    beam = FreeSpaceConfig(waist="0.2 m", receiver="0.4 m", zenith=0.8, elevation="30 deg")
    # w(z) = w0 sqrt(1 + (z lam / pi w0^2)^2) at 500 km: 1.2500 m; the air twice at 30 degrees.
    radius = 0.2 * math.sqrt(1 + (500e3 * 1550e-9 / (math.pi * 0.04)) ** 2)

    assert beam.passing(500e3) == pytest.approx(
        (1 - math.exp(-2 * 0.4**2 / radius**2)) * 0.8**2, rel=1e-12
    )


@pytest.mark.parametrize("name", KINDS)
def test_any_kind_of_link_may_go_through_the_air(name):
    given = {"kind": name, "free_space": {"waist": "0.2 m", "receiver": "0.5 m"}}
    scenario = netsim.load(
        blocks.scenario(
            chain={"routers": 2, "segment": "1000 km", "light_speed": "3e8 m/s"}, link=given
        )
    )
    edge = Routers(scenario.model, Streams(1)).edge(0, 1)
    place = 0.5 if edge.hardware.arms[0] == edge.hardware.arms[1] else 1.0
    beam = FreeSpaceConfig(waist="0.2 m", receiver="0.5 m")

    assert edge.hardware.arms[0] == pytest.approx(0.75 * 0.8 * beam.passing(place * 1000e3))
    assert edge.model.success > 1e-9
