"""Replications played in step agree with the event-driven rounds, round for round."""

from __future__ import annotations

import numpy as np
import pytest
from reference.coded_run import make, play, replay

from netsim.errors import SimulationError, UsageError
from netsim.stragglers.batch import simulate
from netsim.stragglers.batch.play import decoded_patterns
from netsim.stragglers.waiting import WaitConfig

CASES = [
    ("uncoded", {}),
    ("gc", {"s": 2}),
    ("gc_rep", {"s": 2}),
    ("sr_sgc", {"B": 1, "W": 2, "lam": 3}),
    ("sr_sgc", {"B": 2, "W": 5, "lam": 3}),
    ("sr_sgc", {"B": 1, "W": 1, "lam": 2}),
    ("sr_sgc_rep", {"B": 2, "W": 3, "lam": 4}),
    ("m_sgc", {"B": 1, "W": 2, "lam": 2}),
    ("m_sgc", {"B": 2, "W": 4, "lam": 3}),
    ("m_sgc", {"B": 2, "W": 3, "lam": 6}),
    ("m_sgc", {"B": 3, "W": 4, "lam": 0}),
    ("m_sgc_rep", {"B": 2, "W": 3, "lam": 2}),
]
IDS = [f"{name}-{parameters}" for name, parameters in CASES]


def delays_for(generator, replications, rounds, workers):
    """Return times with heavy tails; every other replication has many ties."""
    times = 0.5 + generator.gamma(2, 0.1, size=(replications, rounds, workers))
    slow = generator.random(times.shape) < 0.25
    times += slow * generator.exponential(1.0, size=times.shape)
    times[::2] = np.ceil(times[::2] * 4) / 4
    return np.round(times, 9)


def assert_agreement(batch, row, run):
    assert batch.duration[row] == pytest.approx(run.durations, abs=1e-11)
    assert batch.waited[row].tolist() == run.waited
    assert batch.stragglers[row].tolist() == [len(late) for late in run.stragglers]
    assert batch.candidates[row].tolist() == [ended.candidates for ended in run.rounds]


@pytest.mark.parametrize("policy", ["minimal", "all"])
@pytest.mark.parametrize("rule", ["model", "decodable"])
@pytest.mark.parametrize(("name", "parameters"), CASES, ids=IDS)
def test_batch_and_events_agree_round_for_round(name, parameters, rule, policy):
    n, J = 6, 8
    scheme = make(name, n, rule=rule, **parameters)
    delays = delays_for(np.random.default_rng(7), 6, J + scheme.T, n)
    wait = WaitConfig(mu=0.5, policy=policy, rule=rule)

    batch = simulate(scheme, delays, J, wait)

    for row, finish in enumerate(delays):
        assert_agreement(batch, row, play(scheme, J, finish, mu=0.5, policy=policy))


@pytest.mark.parametrize("load_mode", ["constant", "exact"])
@pytest.mark.parametrize(("name", "parameters"), CASES, ids=IDS)
def test_batch_and_events_charge_the_same_load(name, parameters, load_mode):
    n, J = 6, 5
    scheme = make(name, n, **parameters)
    delays = delays_for(np.random.default_rng(8), 2, J + scheme.T, n)
    wait = WaitConfig()

    batch = simulate(scheme, delays, J, wait, per_load=1.7, load_mode=load_mode)

    for row, finish in enumerate(delays):
        run = play(scheme, J, finish, load_mode=load_mode, per_load=1.7)
        assert batch.duration[row] == pytest.approx(run.durations, abs=1e-11)


@pytest.mark.parametrize("s", [0, 1, 3])
def test_strict_rounds_agree_too(s):
    scheme = make("gc", 6, s=s, gc_strict=True)
    delays = delays_for(np.random.default_rng(12), 4, 8, 6)

    for policy in ("all", "minimal"):
        batch = simulate(scheme, delays, 8, WaitConfig(policy=policy))

        assert batch.stragglers.max() <= max(0, s - 1)
        for row, finish in enumerate(delays):
            assert_agreement(batch, row, play(scheme, 8, finish, policy=policy))


def test_eager_rounds_agree_too():
    scheme = make("gc", 6, s=2)
    delays = delays_for(np.random.default_rng(9), 4, 8, 6)

    batch = simulate(scheme, delays, 8, WaitConfig(stop="first_decodable"))

    for row, finish in enumerate(delays):
        assert_agreement(batch, row, play(scheme, 8, finish, stop="first_decodable"))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("uncoded", {}),
        ("gc", {"s": 15}),
        ("sr_sgc", {"B": 2, "W": 3, "lam": 23}),
        ("m_sgc", {"B": 1, "W": 2, "lam": 27}),
    ],
)
def test_256_workers_agree_round_for_round(name, parameters):
    n, J = 256, 30
    scheme = make(name, n, **parameters)
    generator = np.random.default_rng(10)
    delays = 0.53 + generator.gamma(2.2, 0.0636, size=(1, J + scheme.T, n))
    slow = generator.random(delays.shape) < 0.07
    delays = np.round(delays + slow * (0.8 + generator.exponential(0.6, size=delays.shape)), 9)

    batch = simulate(scheme, delays, J, per_load=2.2013)

    assert_agreement(batch, 0, play(scheme, J, delays[0], per_load=2.2013))


@pytest.mark.parametrize(("name", "parameters"), CASES[1:], ids=IDS[1:])
def test_any_pattern_is_judged_alike(name, parameters):
    n, J = 6, 6
    scheme = make(name, n, **parameters)
    generator = np.random.default_rng(11)
    density = generator.choice([0.05, 0.2, 0.5], size=(40, 1, 1))
    patterns = generator.random((40, J + scheme.T, n)) < density

    decoded = decoded_patterns(scheme, patterns, J)

    for row, pattern in enumerate(patterns):
        sets = [set(np.flatnonzero(late).tolist()) for late in pattern]
        assert decoded[row] == (None not in replay(scheme, J, sets).completion(J))


def test_too_few_rounds_are_refused():
    with pytest.raises(UsageError, match="need 6 rounds"):
        simulate(make("m_sgc", 4, B=1, W=2, lam=1), np.ones((1, 5, 4)), 5)


def test_a_dead_worker_is_an_error_only_where_it_is_waited_for():
    delays = np.ones((1, 3, 4))
    delays[0, :, 2] = np.inf

    assert simulate(make("gc", 4, s=1), delays, 3).duration.tolist() == [[2.0, 2.0, 2.0]]
    with pytest.raises(SimulationError, match="cannot decode"):
        simulate(make("uncoded", 4), delays, 3)
    with pytest.raises(SimulationError, match="cannot decode"):
        simulate(make("m_sgc", 4, B=1, W=2, lam=1), delays, 2)
