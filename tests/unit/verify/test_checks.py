"""The checks themselves pass; `netsim verify` shows the same to users."""

from __future__ import annotations

import pytest

from netsim.verify.harness import run_check, select

FABRIC = [(name, check) for name, check in select() if check.family == "fabric"]


@pytest.mark.parametrize(("name", "check"), FABRIC, ids=[name for name, _ in FABRIC])
def test_theory_agrees_with_the_fabric(name, check):
    outcome = run_check(name, check)

    assert outcome.error == ""
    assert [m for m in outcome.measurements if not m.passed] == []
    assert outcome.measurements
