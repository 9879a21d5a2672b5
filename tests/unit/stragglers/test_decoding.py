"""Gradients put together from true partial results, and the decoder behind it."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from reference.coded_run import make, replay

from netsim.errors import SimulationError
from netsim.stragglers.codes.scheme import FRESH, IDLE, RETRY
from netsim.stragglers.data_split import boundaries, samples_of
from netsim.stragglers.decoding import REFINE, NullSpaceDecoder
from netsim.stragglers.inner import CyclicCode, RepetitionCode, cyclic_matrix
from netsim.stragglers.patterns import sample

EXACT = [
    ("uncoded", 16, {}),
    ("gc", 16, {"s": 3}),
    ("gc_rep", 16, {"s": 3}),
    ("sr_sgc", 16, {"B": 2, "W": 3, "lam": 4}),
    ("sr_sgc_rep", 16, {"B": 1, "W": 2, "lam": 6}),
    ("m_sgc", 16, {"B": 1, "W": 2, "lam": 4}),
    ("m_sgc", 16, {"B": 2, "W": 3, "lam": 4}),
    ("m_sgc", 16, {"B": 2, "W": 4, "lam": 16}),
    ("m_sgc_rep", 16, {"B": 2, "W": 3, "lam": 3}),
    ("gc_rep", 256, {"s": 15}),
    ("sr_sgc_rep", 256, {"B": 2, "W": 3, "lam": 14}),
    ("m_sgc_rep", 256, {"B": 1, "W": 2, "lam": 31}),
]
IDS = [f"{name}-{n}-{parameters}" for name, n, parameters in EXACT]


def decoded_gradients(name, n, parameters, jobs, seed, features=3):
    """Yield (job, decoded, full, bound) with results computed task by task as they are returned."""
    generator = np.random.default_rng(seed)
    scheme = make(name, n, seed=seed, **parameters)
    window = max(2, parameters.get("W", 1) + parameters.get("B", 1))
    shape = (1, jobs, n)
    pattern = sample(scheme.conforms, shape, window, generator, 0.7)[0]
    late_sets = [set(np.flatnonzero(late).tolist()) for late in pattern]
    run = replay(scheme, jobs, late_sets)
    parts = generator.standard_normal((jobs, len(scheme.partitions()), features))
    returned = {}
    for r, (ended, assignment) in enumerate(zip(run.rounds, run.assignments, strict=True)):
        for worker in np.flatnonzero(assignment.timed & ~ended.late):
            rows = (assignment.job[worker], assignment.kind[worker], assignment.chunk[worker])
            for job, kind, chunk in zip(*rows, strict=True):
                if kind == IDLE:
                    continue
                message = scheme.message(int(worker), int(kind), int(chunk))
                result = message.coefficients @ parts[job][message.partitions]
                known = FRESH if kind == RETRY else int(kind)
                returned[int(job), int(worker), known, int(chunk)] = result
        for d in ended.decodings:
            keys = zip(d.worker.tolist(), d.kind.tolist(), d.chunk.tolist(), strict=True)
            results = np.array([returned[d.job, *key] for key in keys])
            full = parts[d.job].sum(axis=0)
            bound = d.residual * np.abs(parts[d.job]).sum(axis=0)
            yield d.job, d.weight @ results, full, bound
        assert r < jobs + scheme.T


@pytest.mark.parametrize(("name", "n", "parameters"), EXACT, ids=IDS)
def test_the_decoded_gradient_is_the_full_gradient(name, n, parameters):
    jobs = 6 if n > 16 else 12
    done = []
    for job, decoded, full, _ in decoded_gradients(name, n, parameters, jobs, seed=1):
        assert np.abs(decoded - full).max() <= 1e-9 * np.abs(full).max()
        done.append(job)

    assert sorted(done) == list(range(jobs))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("gc", {"s": 15}),
        ("sr_sgc", {"B": 2, "W": 3, "lam": 23}),
        ("m_sgc", {"B": 1, "W": 2, "lam": 27}),
    ],
)
def test_256_workers_decode_within_the_emitted_residual(name, parameters):
    for _, decoded, full, bound in decoded_gradients(name, 256, parameters, 3, seed=2):
        # The residual bounds the coefficients' error; summation of 256 products adds rounding.
        assert (np.abs(decoded - full) <= bound * 1.01 + 1e-7).all()
        assert (bound < 1e-6 * 256 * 5).all()


@pytest.mark.parametrize(("n", "s"), [(5, 1), (6, 2), (7, 3), (4, 3), (1, 0)])
def test_a_cyclic_code_decodes_from_every_set_of_n_minus_s_workers(n, s):
    matrix = cyclic_matrix(n, s, np.random.default_rng(3))
    decoder = NullSpaceDecoder(matrix, s)
    for size in range(s + 1):
        for gone in itertools.combinations(range(n), size):
            late = np.zeros(n, dtype=bool)
            late[list(gone)] = True

            solved = decoder.decode(late)

            assert np.abs(solved.weights @ matrix - 1).max() < 1e-9
            assert (solved.weights[late] == 0).all()
            assert solved.largest == np.abs(solved.weights).max()
            assert solved.residual == pytest.approx(
                np.abs(solved.weights @ matrix - 1).max(), abs=1e-12
            )


def test_a_cyclic_code_is_supported_on_s_plus_1_consecutive_parts():
    matrix = cyclic_matrix(8, 3, np.random.default_rng(4))

    for worker in range(8):
        held = {(worker + k) % 8 for k in range(4)}
        assert set(np.flatnonzero(matrix[worker]).tolist()) == held
        assert matrix[worker, worker] == 1


def test_the_weights_for_exactly_s_stragglers_agree_with_least_squares():
    matrix = cyclic_matrix(16, 4, np.random.default_rng(5))
    late = np.zeros(16, dtype=bool)
    late[[1, 2, 9, 14]] = True

    weights = NullSpaceDecoder(matrix, 4).decode(late).weights

    # For |F| = s the solution is unique.
    unique = np.linalg.lstsq(matrix[~late].T, np.ones(16), rcond=None)[0]
    assert weights[~late] == pytest.approx(unique, rel=1e-6, abs=1e-9)


def test_more_than_s_stragglers_cannot_be_decoded():
    decoder = NullSpaceDecoder(cyclic_matrix(6, 1, np.random.default_rng(6)), 1)

    with pytest.raises(SimulationError, match="tolerates s=1"):
        decoder.decode(np.array([True, True, False, False, False, False]))


def test_weights_that_leave_an_error_above_1e_6_raise():
    # Rows 0 and 1 are equal up to 1e-13: without worker 2 the weights are about 1e13.
    matrix = np.array([[1.0, 0, 1], [1.0, 1e-13, 1 + 1e-13], [0, 1, 0]])

    with pytest.raises(SimulationError, match="leave an error"):
        NullSpaceDecoder(matrix, 1).decode(np.array([False, False, True]))


def test_large_codes_are_refined_until_their_residual_is_small():
    code = CyclicCode(256, 15, np.random.default_rng(7))
    generator = np.random.default_rng(8)
    for _ in range(20):
        late = np.zeros(256, dtype=bool)
        late[generator.permutation(256)[: generator.integers(0, 16)]] = True

        assert code.decode(~late).residual <= REFINE


def test_repetition_takes_the_first_survivor_of_each_group():
    code = RepetitionCode(6, 1)
    returned = np.array([False, True, True, True, True, False])

    solved = code.decode(returned)

    assert solved.weights.tolist() == [0, 1, 1, 0, 1, 0]
    assert (solved.residual, solved.largest) == (0.0, 1.0)
    with pytest.raises(SimulationError, match="whole group"):
        code.decode(np.array([False, False, True, True, True, True]))


@pytest.mark.parametrize("samples", [1, 7, 100, 60000])
def test_whole_samples_are_cut_at_rounded_cumulative_shares(samples):
    scheme = make("m_sgc", 6, B=2, W=3, lam=2)
    shares = scheme.partitions()

    edges = boundaries(shares, samples)

    assert edges[0] == 0
    assert edges[-1] == samples
    sizes = np.diff(edges)
    for share, size in zip(shares, sizes.tolist(), strict=True):
        assert abs(size - share * samples) < 1
    assert np.ptp(sizes[: 6 * 2]) <= 1


def test_a_workers_samples_per_job_are_its_load_up_to_rounding():
    scheme = make("m_sgc", 6, B=1, W=2, lam=2)
    samples = 6 * 4 * 100
    own = scheme.message(0, FRESH, 0).partitions

    # lambda+1 = 3 units of 1/(n (B + (W-1)(lambda+1))) = 1/24.
    assert samples_of(scheme.partitions(), samples, own) == Fraction(3, 24) * samples
