"""The admission rules against their definitions, and their closed form against the online rule."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from reference import stragglers as naive
from reference.coded_run import make

from netsim.stragglers.codes.scheme import History


def subsets(n):
    return [set(some) for size in range(n + 1) for some in itertools.combinations(range(n), size)]


def flags(some, n):
    marked = np.zeros(n, dtype=bool)
    marked[list(some)] = True
    return marked


SCHEMES = [
    ("gc", {"s": 1}, lambda n, J: naive.GC(n, J, 1)),
    ("gc_rep", {"s": 1}, lambda n, J: naive.GC(n, J, 1, rep=True)),
    ("sr_sgc", {"B": 1, "W": 3, "lam": 3}, lambda n, J: naive.SRSGC(n, J, 1, 3, 3)),
    ("sr_sgc", {"B": 2, "W": 3, "lam": 3}, lambda n, J: naive.SRSGC(n, J, 2, 3, 3)),
    ("sr_sgc_rep", {"B": 2, "W": 3, "lam": 2}, lambda n, J: naive.SRSGC(n, J, 2, 3, 2, True)),
    ("m_sgc", {"B": 1, "W": 2, "lam": 2}, lambda n, J: naive.MSGC(n, J, 1, 2, 2)),
    ("m_sgc", {"B": 2, "W": 3, "lam": 2}, lambda n, J: naive.MSGC(n, J, 2, 3, 2)),
    ("m_sgc", {"B": 2, "W": 3, "lam": 4}, lambda n, J: naive.MSGC(n, J, 2, 3, 4)),
    ("m_sgc", {"B": 3, "W": 4, "lam": 1}, lambda n, J: naive.MSGC(n, J, 3, 4, 1)),
    ("m_sgc_rep", {"B": 2, "W": 3, "lam": 1}, lambda n, J: naive.MSGC(n, J, 2, 3, 1, True)),
]
IDS = [f"{name}-{parameters}" for name, parameters, _ in SCHEMES]


@pytest.mark.parametrize("rule", ["model", "decodable"])
@pytest.mark.parametrize(("name", "parameters", "twin"), SCHEMES, ids=IDS)
def test_the_rule_admits_exactly_what_its_definition_admits(name, parameters, twin, rule):
    n, J = 4, 5
    generator = np.random.default_rng(5)
    for _ in range(3):
        scheme, expected = make(name, n, rule=rule, **parameters), twin(n, J)
        scheme.begin(J)
        for r in range(J):
            scheme.assign(r, History())
            finish = generator.integers(1, 6, size=n).astype(float)
            allowed = [
                late
                for late in subsets(n)
                if (
                    naive.decodable(expected, late)
                    if rule == "decodable" and name != "gc"
                    else expected.conforms(late)
                )
            ]

            assert [s for s in subsets(n) if scheme.admits(flags(s, n))] == allowed

            need = scheme.earliest(finish)
            for t in finish:
                late = set(np.flatnonzero(finish > t).tolist())
                assert (t >= need) == (late in allowed)
            late = allowed[generator.integers(len(allowed))] if allowed else set()
            scheme.settle(flags(late, n))
            expected.settle(late)


def test_for_bursts_of_one_round_decodable_equals_model_in_multiplexed_coding():
    n, J = 5, 6
    generator = np.random.default_rng(6)
    for _ in range(5):
        one, other = (
            make("m_sgc", n, rule=rule, B=1, W=3, lam=2) for rule in ("model", "decodable")
        )
        one.begin(J)
        other.begin(J)
        for r in range(J):
            one.assign(r, History())
            other.assign(r, History())
            allowed = [s for s in subsets(n) if one.admits(flags(s, n))]

            assert allowed == [s for s in subsets(n) if other.admits(flags(s, n))]

            late = flags(allowed[generator.integers(len(allowed))], n)
            one.settle(late)
            other.settle(late)


@pytest.mark.parametrize("name", ["gc", "sr_sgc", "m_sgc"])
def test_lambda_0_admits_no_straggler_under_the_model(name):
    parameters = {"s": 0} if name == "gc" else {"B": 1, "W": 2, "lam": 0}
    scheme = make(name, 4, **parameters)
    scheme.begin(3)
    scheme.assign(0, History())

    assert [s for s in subsets(4) if scheme.admits(flags(s, 4))] == [set()]
