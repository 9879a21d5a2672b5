"""Purification schemes: their circuits against qubits, and which pairs they take for which."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import quantum_blocks as blocks

import netsim
from netsim.quantum.purification.bbpssw import Bbpssw
from netsim.quantum.purification.dejmps import Dejmps
from netsim.quantum.purification.double_selection import DoubleSelection
from netsim.quantum.purification.ladder import Ladder
from netsim.quantum.purification.pumping import Pumping
from netsim.quantum.purification.recurrence import Recurrence
from netsim.quantum.purification.scheme import Candidate, Stage, compare, lucky, rotated, select
from netsim.quantum.states import werner
from tests.reference import bell_pairs as twin

RANDOM = np.random.default_rng(11)
TRIPLES = [tuple(map(tuple, RANDOM.dirichlet([6, 1, 1, 1], 3))) for _ in range(4)]


@pytest.mark.parametrize("states", TRIPLES)
def test_double_selection_equals_the_circuit_of_six_qubits_with_noise_in_both_nodes(states):
    chance, state = select(*states, 0.95 * 0.97, 0.99 * 0.96 + 0.01 * 0.04)

    expected_chance, expected = twin.select(*states, (0.95, 0.97), (0.99, 0.96))

    assert chance == pytest.approx(expected_chance, abs=1e-13)
    assert state == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("states", TRIPLES)
def test_double_selection_is_a_sum_over_errors(states):
    weights, bits = np.zeros(4), [(0, 0), (0, 1), (1, 0), (1, 1)]
    for i, (xi, zi) in enumerate(bits):
        for j, (xj, zj) in enumerate(bits):
            for k, (xk, zk) in enumerate(bits):
                if xi ^ xj ^ xk == 0 and zj == zk:
                    weights[2 * xi + (zi ^ zj)] += states[0][i] * states[1][j] * states[2][k]

    chance, state = select(*states)

    assert chance == pytest.approx(weights.sum(), abs=1e-14)
    assert state == pytest.approx(weights / weights.sum(), abs=1e-14)


def test_double_selection_of_werner_pairs_has_its_printed_values():
    p, state = DoubleSelection.purify(DoubleSelection.Config(), [werner(0.85)] * 3)

    assert p == pytest.approx(0.666, abs=1e-12)
    assert state[0] == pytest.approx(0.925675675675676, abs=1e-12)


def test_a_perfect_third_pair_checks_more_and_a_mixed_one_nothing():
    a, b, _ = TRIPLES[0]
    p, state = select(a, b, (0.25, 0.25, 0.25, 0.25))
    perfect, kept = select(a, b, (1.0, 0.0, 0.0, 0.0))

    # A mixed third pair lets a quarter through, whose phase errors are those of both.
    assert p == pytest.approx(0.25)
    assert state[0] == pytest.approx(a[0] * (b[0] + b[2]) + a[1] * (b[1] + b[3]))
    assert perfect < compare(a, b)[0]
    assert kept[0] > compare(a, b)[1][0]


def candidate(level=0, rounds=0, fidelity=0.8):
    return Candidate(fidelity, Stage(level, rounds))


def test_circuits_take_pairs_of_equal_fidelity_whatever_their_past():
    config = Bbpssw.Config(tolerance=0.01)

    assert Bbpssw.fits(config, candidate(), candidate(0, 3, 0.805))
    assert not Dejmps.fits(config, candidate(), candidate(fidelity=0.82))


def test_recurrence_takes_equal_levels_up_to_the_last():
    config = Recurrence.Config(rounds=2)

    assert Recurrence.fits(config, candidate(), candidate(fidelity=0.7))
    assert Recurrence.fits(config, candidate(0, 1), candidate(0, 1))
    assert not Recurrence.fits(config, candidate(0, 1), candidate())
    assert not Recurrence.fits(config, candidate(0, 2), candidate(0, 2))


def test_pumping_takes_fresh_pairs_only():
    config = Pumping.Config(rounds=2)

    assert Pumping.fits(config, candidate(0, 1), candidate())
    assert not Pumping.fits(config, candidate(), candidate(0, 1))
    assert not Pumping.fits(config, candidate(0, 2), candidate())


def test_a_ladder_pumps_with_finished_pairs_of_the_level_below():
    config = Ladder.Config(rounds=2, levels=2)
    stages = [Stage()]
    for _ in range(4):
        stages.append(Ladder.after(config, stages[-1]))

    assert stages == [(0, 0), (1, 1), (1, 2), (2, 1), (2, 2)]
    assert [Ladder.alike(config, stage) for stage in stages] == [True, False, True, False, True]
    for kept, given, right in (
        ((0, 0), (0, 0), True),
        ((1, 1), (0, 0), True),
        ((1, 1), (1, 1), False),
        ((1, 2), (0, 0), False),
        ((1, 2), (1, 2), True),
        ((2, 1), (1, 2), True),
        ((2, 1), (1, 1), False),
        ((2, 2), (2, 2), False),
    ):
        assert Ladder.fits(config, candidate(*kept), candidate(*given)) is right, (kept, given)


def test_one_round_a_level_is_recurrence():
    fresh = werner(0.8), Stage()
    ladder = lucky(Ladder, Ladder.Config(rounds=1), fresh, fresh)
    recurrence = lucky(Recurrence, Recurrence.Config(), fresh, fresh)

    assert list(islice(ladder, 5)) == list(islice(recurrence, 5))


def test_pumping_tends_to_a_limit_that_a_ladder_exceeds():
    fresh = werner(0.8), Stage()
    bbpssw = {"circuit": "bbpssw"}
    pumped = [state[0] for state in lucky(Pumping, Pumping.Config(**bbpssw), fresh, fresh)]
    laddered = lucky(Ladder, Ladder.Config(rounds=3, levels=3, **bbpssw), fresh, fresh)
    # F' = F of the closed form of unequal Werner pairs, solved by hand for the fixed point.
    f, e = 0.8, 0.2 / 3
    limit = pumped[-1]
    rest = (1 - limit) / 3

    assert limit == pytest.approx(
        (limit * f + rest * e) / (limit * f + limit * e + rest * f + 5 * rest * e), abs=1e-12
    )
    assert len(pumped) == 64
    assert max(state[0] for state in laddered) > limit + 0.02
    assert len(list(lucky(Pumping, Pumping.Config(rounds=3), fresh, fresh))) == 3


def test_unequal_werner_pairs_have_the_closed_form():
    f1, f2 = 0.9, 0.8
    e1, e2 = (1 - f1) / 3, (1 - f2) / 3
    p, state = Bbpssw.purify(Bbpssw.Config(), (werner(f1), werner(f2)))

    assert p == pytest.approx(f1 * f2 + f1 * e2 + e1 * f2 + 5 * e1 * e2, abs=1e-12)
    assert state[0] == pytest.approx((f1 * f2 + e1 * e2) / p, abs=1e-12)


def test_luck_may_lead_through_worse_states():
    # All errors Y: a round of DEJMPS takes them for phase errors that it cannot see, the next can.
    fresh = (0.8, 0.0, 0.0, 0.2), Stage()
    fidelities = [state[0] for state in lucky(Dejmps, Dejmps.Config(), fresh, fresh)]

    assert fidelities[0] == pytest.approx(0.68)
    assert max(fidelities) > 0.99
    assert rotated(fresh[0]) == (0.8, 0.2, 0.0, 0.0)


SCHEMES = {
    "double_selection": {},
    "pumping": {"circuit": "bbpssw"},
    "recurrence": {"circuit": "bbpssw", "rounds": 2},
    "ladder": {"rounds": 2, "levels": 2},
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pairs_of_a_link_come_out_with_the_fidelity_of_their_rounds(scheme):
    given = SCHEMES[scheme]
    result = blocks.run(
        2,
        10,
        memory={"count": 5, "raw_fidelity": 0.85},
        purification={"scheme": scheme, **given},
        request={"end": "2 s", "fidelity": 0.9},
    )
    delivered = [row for row in blocks.rows(result) if row["cause"] == "delivered"]
    kind = {
        "double_selection": DoubleSelection,
        "pumping": Pumping,
        "recurrence": Recurrence,
        "ladder": Ladder,
    }[scheme]
    fresh = werner(0.85), Stage()
    states = [state[0] for state in lucky(kind, kind.Config(**given), fresh, fresh)]
    rounds = next(at for at, fidelity in enumerate(states) if fidelity >= 0.9) + 1

    assert len(delivered) > 20
    assert {row["purifications"] for row in delivered} == {rounds}
    assert [r["fidelity"] for r in delivered] == pytest.approx(
        [states[rounds - 1]] * len(delivered)
    )


def test_what_pumping_cannot_reach_is_not_tried_and_told_with_the_best_there_is():
    given = blocks.scenario(
        2,
        10,
        memory={"count": 4, "raw_fidelity": 0.8},
        purification={"scheme": "pumping", "circuit": "bbpssw"},
        request={"end": "0.3 s", "fidelity": 0.95},
    )
    scenario = netsim.load(given)
    (note,) = scenario.family.notes(scenario.model)

    assert {row["cause"] for row in blocks.rows(netsim.run(scenario))} == {"ended"}
    assert "no pair of a link reaches fidelity 0.95; the best is 0.870404" in note


@pytest.mark.parametrize(
    ("purification", "warned"),
    [
        ({"scheme": "bbpssw"}, True),
        ({"scheme": "double_selection", "tolerance": 0.01}, False),
        ({"scheme": "recurrence"}, False),
    ],
    ids=str,
)
def test_decaying_pairs_that_must_be_equal_are_warned_of(purification, warned):
    given = blocks.scenario(2, memory={"coherence": "1 s"}, swap={"policy": "asap"})
    scenario = netsim.load(given | {"purification": purification})
    notes = scenario.family.notes(scenario.model)

    assert any("purification.tolerance" in note for note in notes) is warned


def test_a_loss_that_no_pair_survives_is_told_and_gives_no_rows():
    scenario = netsim.load(
        blocks.scenario(3, 100_000, classical={"delay": "1 ms"}, purification={"scheme": "pumping"})
    )
    notes = scenario.family.notes(scenario.model)
    result = netsim.run(scenario)

    assert any("no pair is to be expected before the end" in note for note in notes)
    assert blocks.rows(result) == []
    assert result.runs[0]["key_rate"] == 0
