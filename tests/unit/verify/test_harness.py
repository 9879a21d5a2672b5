from __future__ import annotations

import pytest

from netsim.verify.harness import run_check, run_checks, select
from netsim.verify.measurement import Measurement


class Claim:
    family = "arithmetic"
    claim = "one and one make two"
    source = "Peano"

    def __init__(self, *measurements, failure=None):
        self._measurements = measurements
        self._failure = failure

    def run(self):
        if self._failure is not None:
            raise self._failure
        return list(self._measurements)


def test_a_check_passes_if_all_that_it_measured_is_right():
    outcome = run_check("sum", Claim(Measurement("1+1", 2, 2), Measurement("2+2", 4, 4)))

    assert outcome.passed


def test_one_wrong_value_fails_the_check():
    outcome = run_check("sum", Claim(Measurement("1+1", 2, 2), Measurement("2+2", 5, 4)))

    assert not outcome.passed
    assert [m["passed"] for m in outcome.facts()["measurements"]] == [True, False]


def test_a_check_that_measures_nothing_does_not_pass():
    assert not run_check("sum", Claim()).passed


def test_an_exception_fails_its_check_and_not_the_others():
    checks = [
        ("a", Claim(failure=ZeroDivisionError("division by zero"))),
        ("b", Claim(Measurement("1+1", 2, 2))),
    ]

    first, second = run_checks(checks)

    assert first.error == "ZeroDivisionError: division by zero"
    assert not first.passed
    assert second.passed


def test_checks_come_in_the_order_of_their_names():
    names = [name for name, _ in select()]

    assert names == sorted(names)
    assert "fabric_exact_a" in names


@pytest.mark.parametrize(
    ("words", "found"),
    [(["exact", "incast"], ["fabric_exact_e"]), (["no such thing"], [])],
)
def test_words_choose_the_checks_that_mention_all_of_them(words, found):
    assert [name for name, _ in select(words)] == found


def test_every_check_says_what_it_claims_and_where_that_comes_from():
    for name, check in select():
        assert check.family, name
        assert len(check.claim) > 10, name
        assert len(check.source) > 5, name
