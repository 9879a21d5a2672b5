"""From a file or a mapping, and overrides, to a `Scenario`, or to everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from netsim.scenario.diagnostics import Diagnostic
from netsim.scenario.scenario import Scenario
from netsim.scenario.written import Overrides, Written

Given = str | PathLike[str] | Mapping[str, Any]


def load(
    scenario: Given, overrides: Overrides = (), *, folder: str | PathLike[str] = "."
) -> Scenario:
    """Return the scenario of a file or a mapping, changed by `overrides`.

    Parameters
    ----------
    scenario
        A YAML file, the name of a scenario that comes with netsim (``quickstart``), or what such a
        file holds, as a mapping.
    overrides
        ``{"routing.policy": "rps"}`` or ``["routing.policy=rps"]``.
    folder
        Where the paths of data files in a mapping are from; those in a file are from its own.

    Raises
    ------
    ScenarioError
        With all problems, if there is any.
    """
    return parse(scenario, folder).resolve(overrides)


def check(scenario: Given, overrides: Overrides = ()) -> tuple[Scenario | None, list[Diagnostic]]:
    """Return the scenario, or None, and all its problems by file and line."""
    return parse(scenario).check(overrides)


def parse(scenario: Given, folder: str | PathLike[str] = ".") -> Written:
    """Return the parsed scenario, to be resolved under different overrides."""
    if isinstance(scenario, Mapping):
        return Written.in_mapping(scenario, Path(folder))
    return Written.in_file(Path(scenario))
