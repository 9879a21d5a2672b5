"""Every table of the shipped fabric scenarios, and random small runs, are as they were."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from reference.random_fabrics import Case

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "fabric_results.json").read_text())


def digests(scenario):
    """Return what `fabric_results` says of a scenario."""
    spec = importlib.util.spec_from_file_location("fabric_results", HERE / "fabric_results.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.digests(scenario)


@pytest.mark.parametrize("scenario", sorted(GOLDEN["scenarios"]))
def test_tables_of_a_shipped_scenario_are_as_they_were(scenario):
    assert digests(scenario) == GOLDEN["scenarios"][scenario]


@pytest.mark.parametrize("first", range(0, len(GOLDEN["random"]), 20))
def test_random_small_runs_are_as_they_were(first):
    seeds = range(first, first + 20)

    assert [Case(seed).run() for seed in seeds] == GOLDEN["random"][first : first + 20]
