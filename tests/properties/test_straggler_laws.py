"""Laws of coded rounds that hold whatever the finish times are."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.coded_run import make, play

from netsim.stragglers.batch import simulate
from netsim.stragglers.codes.scheme import History
from netsim.stragglers.waiting import WaitConfig

N, J = 6, 5
CODES = [
    ("uncoded", {}),
    ("gc", {"s": 2}),
    ("gc_rep", {"s": 1}),
    ("sr_sgc", {"B": 2, "W": 3, "lam": 4}),
    ("sr_sgc_rep", {"B": 1, "W": 2, "lam": 4}),
    ("m_sgc", {"B": 1, "W": 2, "lam": 2}),
    ("m_sgc", {"B": 2, "W": 3, "lam": 6}),
    ("m_sgc_rep", {"B": 2, "W": 4, "lam": 1}),
]
ROUNDS = J + 5

codes = st.sampled_from(CODES)
# Quarters of a second: many ties, and no rounding anywhere.
tables = st.lists(
    st.lists(st.integers(0, 20), min_size=N, max_size=N), min_size=ROUNDS, max_size=ROUNDS
).map(lambda rows: np.array(rows) / 4)
waits = st.builds(
    WaitConfig,
    mu=st.sampled_from([0.0, 0.5, 1.0]),
    policy=st.sampled_from(["minimal", "all"]),
    rule=st.sampled_from(["model", "decodable"]),
)


def played(code, finish, wait):
    name, parameters = code
    scheme = make(name, N, rule=wait.rule, **parameters)
    return scheme, play(scheme, J, finish, mu=wait.mu, policy=wait.policy)


@settings(max_examples=60)
@given(codes, tables, waits)
def test_a_round_ends_between_its_fastest_and_its_slowest_worker(code, finish, wait):
    _, run = played(code, finish, wait)

    for ended, duration, times in zip(run.rounds, run.durations, finish, strict=False):
        if ended.assignment.collecting:
            assert not ended.late.any()
            continue
        assert times.min() <= duration <= times.max()
        assert (ended.late == (times > duration)).all()


@settings(max_examples=60)
@given(codes, tables, waits)
def test_every_job_is_decoded_once_and_by_its_deadline(code, finish, wait):
    scheme, run = played(code, finish, wait)

    done = [(d.job, ended.index) for ended in run.rounds for d in ended.decodings]
    assert sorted(job for job, _ in done) == list(range(J))
    assert all(job <= r <= job + scheme.T for job, r in done)


@settings(max_examples=60)
@given(codes, tables, waits)
def test_the_rule_holds_from_its_earliest_time_on(code, finish, wait):
    name, parameters = code
    scheme = make(name, N, rule=wait.rule, **parameters)
    scheme.begin(J)
    for r, times in enumerate(finish[:J]):
        scheme.assign(r, History())
        need = scheme.earliest(times)
        for end in np.unique(times):
            assert scheme.admits(times > end) == (end >= need)
        scheme.settle(times > min(max(need, times.min()), times.max()))


@settings(max_examples=40)
@given(codes, tables, waits)
def test_the_batch_plays_as_the_events_do(code, finish, wait):
    scheme, run = played(code, finish, wait)

    batch = simulate(scheme, finish[None], J, wait)

    assert batch.duration[0].tolist() == run.durations
    assert batch.waited[0].tolist() == run.waited
    assert batch.stragglers[0].tolist() == [len(late) for late in run.stragglers]


@settings(max_examples=40)
@given(codes, tables, st.integers(1, 7))
def test_scaling_all_times_scales_all_rounds(code, finish, factor):
    wait = WaitConfig()
    _, once = played(code, finish, wait)
    _, scaled = played(code, finish * factor, wait)

    assert scaled.stragglers == once.stragglers
    assert scaled.durations == [duration * factor for duration in once.durations]
