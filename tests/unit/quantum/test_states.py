"""States of pairs against density matrices, and decay against the master equation."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.quantum.decay import pauli, relaxation
from netsim.quantum.purification.dejmps import Dejmps
from netsim.quantum.purification.scheme import compare
from netsim.quantum.states import convolve, ghz_fidelity, swapped, werner
from tests.reference import bell_pairs as twin

RANDOM = np.random.default_rng(5)
PAIRS = [tuple(RANDOM.dirichlet([4, 1, 1, 1], 2)) for _ in range(6)]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_swapping_equals_the_circuit_with_noisy_gate_and_readout(a, b):
    found = swapped(tuple(a), tuple(b), 0.93, 0.97)

    assert found == pytest.approx(twin.swap(a, b, 0.93, 0.97), abs=1e-13)


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_purification_equals_the_circuit_with_noise_in_both_nodes(a, b):
    chance, state = compare(tuple(a), tuple(b), 0.95 * 0.97, 0.99 * 0.96 + 0.01 * 0.04)

    expected_chance, expected = twin.purify(a, b, (0.95, 0.97), (0.99, 0.96))

    assert chance == pytest.approx(expected_chance, abs=1e-13)
    assert state == pytest.approx(expected, abs=1e-13)


def test_dejmps_exchanges_phi_minus_and_psi_minus_before_it_compares():
    a, b = PAIRS[0]

    rotated = [np.array(s)[[0, 3, 2, 1]] for s in (a, b)]
    expected_chance, expected = twin.purify(*rotated, (1, 1), (1, 1))
    chance, state = Dejmps.purify(Dejmps.Config(), (tuple(a), tuple(b)))

    assert chance == pytest.approx(expected_chance, abs=1e-13)
    assert state == pytest.approx(expected, abs=1e-13)


def test_a_star_of_three_gives_ghz_as_its_density_matrix_says():
    states = [tuple(a) for pair in PAIRS[:2] for a in pair][:3]

    assert ghz_fidelity(*states) == pytest.approx(twin.ghz(states), abs=1e-13)


def test_weights_of_a_short_time_are_the_rates_of_z_x_and_y():
    t = 1e-7

    i, z, x, y = pauli(1.0, (0.2, 0.3, 0.5)).weights(t)

    assert (z / t, x / t, y / t) == pytest.approx((0.5, 0.2, 0.3), rel=1e-5)
    assert i + z + x + y == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("decay", [pauli(0.7, (0.2, 0.3, 0.5)), relaxation(0.9, 1.1)])
def test_decay_in_steps_is_decay_at_once_and_a_convolution(decay):
    state = tuple(PAIRS[0][0])

    once = decay.after(state, 0.4)

    assert decay.after(decay.after(state, 0.1), 0.3) == pytest.approx(once, abs=1e-14)
    assert convolve(state, decay.weights(0.4)) == pytest.approx(once, abs=1e-14)
    arrays = decay.weights_of(np.array([0.4, 0.0]))
    assert [a[0] for a in arrays] == pytest.approx(decay.weights(0.4), abs=1e-15)


def test_relaxation_has_the_twirled_weights_of_t1_and_t2():
    t, t1, t2 = 0.3, 0.8, 1.2
    flip = (1 - np.exp(-t / t1)) / 4
    phase = (1 - np.exp(-t / t2)) / 2 - flip

    assert relaxation(t1, t2).weights(t) == pytest.approx(
        (1 - 2 * flip - phase, phase, flip, flip), abs=1e-15
    )


def test_no_memory_keeps_coherence_longer_than_twice_its_population():
    with pytest.raises(ValueError, match="exceeds 2 T1"):
        relaxation(1.0, 2.1)


def test_functions_of_states_take_arrays_of_trials():
    fidelities = np.array([0.9, 0.8])

    joined = swapped(werner(fidelities), werner(fidelities), 0.99, 0.98)

    for trial, fidelity in enumerate(fidelities):
        alone = swapped(werner(float(fidelity)), werner(float(fidelity)), 0.99, 0.98)
        assert [component[trial] for component in joined] == pytest.approx(alone, abs=1e-15)
