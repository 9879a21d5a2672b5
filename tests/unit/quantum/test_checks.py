"""What `netsim verify -k quantum` shows passes here as well, the long simulations apart."""

from __future__ import annotations

import pytest

from netsim.verify.harness import run_check, select

CHECKS = {name: check for name, check in select() if check.family == "quantum"}
LONG = ("quantum_first_pairs",)


def judged(name):
    outcome = run_check(name, CHECKS[name])
    assert outcome.error == ""
    assert [m for m in outcome.measurements if not m.passed] == []
    return outcome.measurements


@pytest.mark.parametrize("name", sorted(set(CHECKS) - set(LONG)))
def test_theory_agrees_with_formulas_and_links(name):
    assert judged(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_theory_agrees_with_long_simulations(name):
    assert judged(name)
