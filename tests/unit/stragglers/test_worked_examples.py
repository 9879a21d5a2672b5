"""Three small runs worked out by hand, round for round."""

from __future__ import annotations

import pytest
from reference.coded_run import make, play, replay

from netsim.stragglers.codes.scheme import KINDS

FINISH = [
    [1, 1.2, 3, 1.1],
    [1.1, 1, 2.5, 1.3],
    [1, 4, 1.2, 1.1],
    [1.2, 1, 1.1, 2.6],
    [1, 1.1, 1.3, 1.2],
]


def kinds(run, r, job):
    """Return what each worker does for `job` in round `r`."""
    assignment = run.assignments[r]
    column = assignment.job[0].tolist().index(job)
    return [KINDS[kind] for kind in assignment.kind[:, column]]


def test_multiplexed_coding_retries_one_round_later_and_codes_elsewhere():
    stragglers = [{1}, set(), {2, 3}, set(), {0}]

    run = replay(make("m_sgc", 4, B=1, W=2, lam=2), 5, stragglers)

    assert run.completion(5) == [1, 2, 3, 4, 5]
    assert kinds(run, 1, 1) == ["fresh"] * 4
    assert kinds(run, 1, 0) == ["coded", "retry", "coded", "coded"]
    assert kinds(run, 3, 2) == ["coded", "coded", "retry", "retry"]
    assert kinds(run, 5, 4) == ["retry", "coded", "coded", "coded"]


def test_selective_repeat_retries_only_what_the_code_lacks():
    stragglers = [{0, 1, 2}, set(), {3}, set(), {0}]

    run = replay(make("sr_sgc", 4, B=1, W=2, lam=3), 5, stragglers)

    assert run.assignments[1].job[:, 0].tolist() == [0, 1, 1, 1]
    assert [KINDS[k] for k in run.assignments[1].kind[:, 0]] == ["retry", *["fresh"] * 3]
    assert run.completion(5) == [1, 1, 2, 3, 4]
    assert [KINDS[k] for k in run.assignments[5].kind[:, 0]] == ["idle"] * 4
    assert run.assignments[5].job[:, 0].tolist() == [-1] * 4


@pytest.mark.parametrize(
    ("name", "parameters", "durations", "waited", "stragglers"),
    [
        ("uncoded", {}, [3, 2.5, 4, 2.6], [True] * 4, [set()] * 4),
        ("gc", {"s": 1}, [2, 2, 2, 2], [False] * 4, [{2}, {2}, {1}, {3}]),
        (
            "m_sgc",
            {"B": 1, "W": 2, "lam": 1},
            [2, 2.5, 2, 2.6, 1.3],
            [False, True, False, True, False],
            [{2}, set(), {1}, set(), set()],
        ),
        (
            "m_sgc",
            {"B": 1, "W": 2, "lam": 2},
            [2, 2.5, 2, 2, 1.3],
            [False, True, False, False, False],
            [{2}, set(), {1}, {3}, set()],
        ),
        (
            "sr_sgc",
            {"B": 1, "W": 2, "lam": 3},
            [2, 2, 2, 2, 0],
            [False] * 5,
            [{2}, {2}, {1}, {3}, set()],
        ),
    ],
)
@pytest.mark.parametrize("policy", ["minimal", "all"])
def test_round_durations_by_hand(name, parameters, durations, waited, stragglers, policy):
    run = play(make(name, 4, **parameters), 4, FINISH, mu=1.0, policy=policy)

    assert run.durations == durations
    assert run.waited == waited
    assert run.stragglers == stragglers


def test_the_trailing_round_of_selective_repeat_has_no_threshold():
    run = play(make("sr_sgc", 4, B=1, W=2, lam=3), 4, FINISH)

    assert run.rounds[-1].kappa is None
    assert run.rounds[-1].threshold is None


def test_first_decodable_ends_at_the_n_minus_s_th_result():
    run = play(make("gc", 4, s=1), 4, FINISH, stop="first_decodable")

    # Third-smallest finish times.
    assert run.durations == [1.2, 1.3, 1.2, 1.2]
    assert run.waited == [False] * 4
