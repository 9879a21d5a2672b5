"""Gradients put together from true partial results, and the decoder behind it."""

from __future__ import annotations

import itertools
import signal
import threading
import time
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from reference import dense_decoding
from reference.coded_run import make, replay

from netsim.errors import SimulationError
from netsim.stragglers.codes.scheme import FRESH, IDLE, RETRY
from netsim.stragglers.cyclic_factors import CyclicFactors
from netsim.stragglers.data_split import boundaries, samples_of
from netsim.stragglers.decoding import REFINE, NullSpaceDecoder
from netsim.stragglers.inner import CyclicCode, RepetitionCode, cyclic_band
from netsim.stragglers.patterns import sample
from netsim.stragglers.pieces import AbandonedError, heard, pieces

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
    band = cyclic_band(n, s, np.random.default_rng(3))
    matrix, decoder = dense_decoding.matrix_of(band), NullSpaceDecoder(band)
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
    matrix = dense_decoding.matrix_of(cyclic_band(8, 3, np.random.default_rng(4)))

    for worker in range(8):
        held = {(worker + k) % 8 for k in range(4)}
        assert set(np.flatnonzero(matrix[worker]).tolist()) == held
        assert matrix[worker, worker] == 1


@pytest.mark.parametrize(
    ("n", "s"), [(1, 0), (5, 1), (16, 4), (63, 9), (64, 3), (65, 32), (70, 33), (70, 69), (130, 11)]
)
def test_the_banded_decoder_agrees_with_dense_algebra(n, s):
    generator = np.random.default_rng(n + s)
    band = cyclic_band(n, s, generator)
    matrix, decoder = dense_decoding.matrix_of(band), NullSpaceDecoder(band)
    for turn in range(12):
        late = np.zeros(n, dtype=bool)
        late[generator.permutation(n)[:s]] = True
        if turn % 2:
            late = np.roll(np.arange(n) < s, turn)

        solved = decoder.decode(late)

        # For |F| = s the solution is unique; how well is a property of the code, not the solver.
        unique = dense_decoding.weights(matrix, late)
        assert np.abs(solved.weights - unique).max() <= 1e-9 * np.abs(unique).max()
        assert solved.residual <= max(1e-9, 10 * np.abs(unique @ matrix - 1).max())


@pytest.mark.parametrize("s", [1, 7, 40])
def test_the_null_space_of_a_banded_code_is_orthonormal_and_complete(s):
    band = cyclic_band(100, s, np.random.default_rng(s))
    matrix, factors = dense_decoding.matrix_of(band), CyclicFactors(band)

    assert factors.null.shape == (s, 100)
    assert factors.null @ factors.null.T == pytest.approx(np.eye(s), abs=1e-12)
    assert np.abs(factors.null @ matrix).max() <= 1e-12 * np.abs(matrix).max()


@pytest.mark.parametrize("n", [4096, 16_384])
def test_thousands_of_workers_decode_in_memory_that_grows_with_their_number_alone(n):
    s, square = 3, 8 * n * n
    late = np.arange(n) < s

    tracemalloc.start()
    solved = NullSpaceDecoder(cyclic_band(n, s, np.random.default_rng(1))).decode(late)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert solved.residual <= REFINE
    assert (solved.weights[late] == 0).all()
    assert peak < 4_000 * n < square / 8


@pytest.mark.parametrize("assignment", ["repetition", "regular", "bernoulli"])
def test_the_least_squares_of_an_approximate_code_are_those_of_dense_algebra(assignment):
    scheme = make("approximate_gc", 60, seed=5, d=3, assignment=assignment)
    generator = np.random.default_rng(6)
    matrix = np.eye(60) @ scheme.coefficients
    for _ in range(10):
        returned = generator.random(60) < 0.7

        found = scheme.weights(returned)

        nearest = dense_decoding.least_squares(matrix, returned)
        assert np.abs(found - nearest).max() < 1e-9
        assert (found[~returned] == 0).all()


def test_a_thread_that_works_long_lets_signals_through():
    begun, seen = threading.Event(), []
    old = signal.signal(signal.SIGALRM, lambda *_: seen.append(begun.is_set()))
    try:

        def work():
            begun.set()
            signal.raise_signal(signal.SIGALRM)
            # The handler runs in the main thread while this one is still at work.
            for _ in range(10_000):
                if seen:
                    return "heard"
                time.sleep(0.001)
            return "not heard"

        assert heard(work) == "heard"
    finally:
        signal.signal(signal.SIGALRM, old)


def test_a_thread_that_nobody_waits_for_any_longer_ends_with_its_piece():
    ended = threading.Event()

    def interrupt(*_):
        raise KeyboardInterrupt

    def work():
        try:
            for place in pieces(1_000_000, 1 << 20):
                if place.start == 0:
                    signal.raise_signal(signal.SIGALRM)
                time.sleep(0.001)
        except AbandonedError:
            ended.set()

    old = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            heard(work)
    finally:
        signal.signal(signal.SIGALRM, old)

    assert ended.wait(60)


def test_what_fails_in_the_working_thread_fails_in_the_one_that_waits():
    with pytest.raises(np.linalg.LinAlgError):
        heard(lambda: np.linalg.solve(np.zeros((2, 2)), np.ones(2)))


def test_more_than_s_stragglers_cannot_be_decoded():
    decoder = NullSpaceDecoder(cyclic_band(6, 1, np.random.default_rng(6)))

    with pytest.raises(SimulationError, match="tolerates s=1"):
        decoder.decode(np.array([True, True, False, False, False, False]))


def test_weights_that_leave_an_error_above_1e_6_raise():
    # Rank 3 where a code that tolerates one has rank 2: no weights of workers 0 and 1 give ones,
    # since part 0 asks for weight 1 of worker 0, part 2 for 1 of worker 1, and part 1 gets 2.
    band = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 0.5]])

    with pytest.raises(SimulationError, match="leave an error"):
        NullSpaceDecoder(band).decode(np.array([False, False, True]))


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
