from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from netsim import registry
from netsim.cli.main import main
from netsim.verify.measurement import Measurement


class Sum:
    family = "arithmetic"
    claim = "zebra: one and one make two"
    source = "Peano, Arithmetices principia, 1889"

    def __init__(self, measured):
        self.measured = measured

    def run(self):
        return [Measurement("1 + 1", self.measured, 2, unit="s")]


@pytest.fixture
def check(monkeypatch):
    """Return a function that registers a check which measures the given value."""
    registry.names("check")

    def add(name, measured):
        monkeypatch.setitem(registry._entries["check"], name, Sum(measured))

    return add


def verify(*words):
    return CliRunner().invoke(main, ["verify", *words])


def test_a_passed_check_shows_measured_beside_expected_and_the_source(check):
    check("sum", 2)

    result = verify("-k", "zebra")

    assert result.exit_code == 0
    head, source, columns, row, total = result.stdout.splitlines()
    assert head.startswith("pass  sum  (")
    assert head.endswith("zebra: one and one make two")
    assert source.strip() == "source: Peano, Arithmetices principia, 1889"
    assert columns.split() == ["measured", "expected", "tolerance", "unit"]
    assert row.split() == ["1", "+", "1", "2", "2", "exact", "s", "ok"]
    assert total == "1 of 1 checks passed"


def test_a_value_beyond_its_tolerance_ends_with_7(check):
    check("sum", 3)
    check("sum_right", 2)

    result = verify("-k", "zebra")

    assert result.exit_code == 7
    assert "BEYOND" in result.stdout
    assert "1 of 2 checks passed" in result.stdout
    assert result.stderr == "error: beyond tolerance: sum\n"


def test_results_come_as_json(check):
    check("sum", 3)

    result = verify("-k", "zebra", "--json")

    assert result.exit_code == 7
    (outcome,) = json.loads(result.stdout)
    assert (outcome["check"], outcome["passed"]) == ("sum", False)
    assert outcome["measurements"][0]["expected"] == 2


def test_checks_are_listed_without_being_run(check):
    check("sum", 3)

    assert verify("--list", "-k", "zebra").stdout == (
        "sum  arithmetic  zebra: one and one make two\n"
    )
    (entry,) = json.loads(verify("--list", "-k", "zebra", "--json").stdout)
    assert entry["check"] == "sum"


def test_words_that_no_check_mentions_are_wrong_usage():
    result = verify("-k", "platypus")

    assert result.exit_code == 2
    assert "no check mentions 'platypus'" in result.stderr
