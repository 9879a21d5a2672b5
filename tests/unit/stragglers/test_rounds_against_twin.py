"""Rounds with random finish times agree with the naive twin, event for event."""

from __future__ import annotations

import numpy as np
import pytest
from reference import stragglers as naive
from reference.coded_run import make, play, replay

from netsim.stragglers.codes.scheme import KINDS

CASES = [
    ("uncoded", {}, lambda n, J: naive.GC(n, J, 0)),
    ("gc", {"s": 2}, lambda n, J: naive.GC(n, J, 2)),
    ("gc_rep", {"s": 2}, lambda n, J: naive.GC(n, J, 2, rep=True)),
    ("sr_sgc", {"B": 1, "W": 2, "lam": 3}, lambda n, J: naive.SRSGC(n, J, 1, 2, 3)),
    ("sr_sgc", {"B": 2, "W": 3, "lam": 4}, lambda n, J: naive.SRSGC(n, J, 2, 3, 4)),
    ("sr_sgc", {"B": 2, "W": 5, "lam": 3}, lambda n, J: naive.SRSGC(n, J, 2, 5, 3)),
    ("sr_sgc", {"B": 3, "W": 4, "lam": 5}, lambda n, J: naive.SRSGC(n, J, 3, 4, 5)),
    ("sr_sgc", {"B": 1, "W": 1, "lam": 2}, lambda n, J: naive.SRSGC(n, J, 1, 1, 2)),
    ("sr_sgc_rep", {"B": 2, "W": 3, "lam": 4}, lambda n, J: naive.SRSGC(n, J, 2, 3, 4, True)),
    ("m_sgc", {"B": 1, "W": 2, "lam": 2}, lambda n, J: naive.MSGC(n, J, 1, 2, 2)),
    ("m_sgc", {"B": 1, "W": 3, "lam": 6}, lambda n, J: naive.MSGC(n, J, 1, 3, 6)),
    ("m_sgc", {"B": 2, "W": 3, "lam": 3}, lambda n, J: naive.MSGC(n, J, 2, 3, 3)),
    ("m_sgc", {"B": 2, "W": 4, "lam": 6}, lambda n, J: naive.MSGC(n, J, 2, 4, 6)),
    ("m_sgc", {"B": 3, "W": 4, "lam": 2}, lambda n, J: naive.MSGC(n, J, 3, 4, 2)),
    ("m_sgc", {"B": 2, "W": 3, "lam": 0}, lambda n, J: naive.MSGC(n, J, 2, 3, 0)),
    ("m_sgc_rep", {"B": 2, "W": 3, "lam": 2}, lambda n, J: naive.MSGC(n, J, 2, 3, 2, True)),
]


def finish_times(generator, rounds, workers):
    """Half of the tables have many ties, the other half none."""
    if generator.random() < 0.5:
        return generator.integers(2, 12, size=(rounds, workers)) / 4
    times = 0.5 + generator.gamma(2, 0.1, size=(rounds, workers))
    slow = generator.random((rounds, workers)) < 0.3
    return np.round(times + slow * generator.exponential(1, size=(rounds, workers)), 9)


@pytest.mark.parametrize("policy", ["minimal", "all"])
@pytest.mark.parametrize("rule", ["model", "decodable"])
@pytest.mark.parametrize(
    ("name", "parameters", "twin"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES]
)
def test_rounds_agree_with_the_definitions(name, parameters, twin, rule, policy):
    generator = np.random.default_rng(3)
    n, J = 6, 7
    for _ in range(4):
        scheme = make(name, n, rule=rule, **parameters)
        expected = twin(n, J)
        finish = finish_times(generator, J + scheme.T, n)
        mu = float(generator.choice([0.0, 0.5, 1.0]))

        run = play(scheme, J, finish, mu=mu, policy=policy)

        # The rule of a plain gradient code is its model.
        judged = "model" if name == "gc" else rule
        rounds = naive.play(expected, finish.tolist(), mu, policy, judged, name == "uncoded")
        assert run.stragglers == [late for _, _, late, _ in rounds]
        assert run.waited == [waited for _, waited, _, _ in rounds]
        assert run.durations == pytest.approx([end for end, _, _, _ in rounds], abs=1e-12)
        assert [r.candidates for r in run.rounds] == [count for _, _, _, count in rounds]
        assert run.completion(J) == [expected.decoded[j] for j in range(J)]


@pytest.mark.parametrize(
    ("name", "parameters", "twin"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES]
)
def test_tasks_and_decodability_under_any_pattern_agree_with_the_definitions(
    name, parameters, twin
):
    generator = np.random.default_rng(4)
    n, J = 6, 6
    for _ in range(10):
        scheme, expected = make(name, n, **parameters), twin(n, J)
        density = generator.choice([0.1, 0.3, 0.6])
        marked = generator.random((J + scheme.T, n)) < density
        pattern = [set(np.flatnonzero(row).tolist()) for row in marked]
        tasks = []
        for late in pattern:
            tasks.append(expected.tasks(len(expected.past)))
            expected.settle(late)

        run = replay(scheme, J, pattern)

        assert run.completion(J) == [expected.decoded.get(j) for j in range(J)]
        for assignment, wanted in zip(run.assignments, tasks, strict=True):
            for worker in range(n):
                done = zip(
                    assignment.job[worker],
                    assignment.kind[worker],
                    assignment.chunk[worker],
                    strict=True,
                )
                found = [
                    (None if j < 0 else int(j), KINDS[k], None if c < 0 else int(c))
                    for j, k, c in done
                ]
                assert found == wanted[worker]
