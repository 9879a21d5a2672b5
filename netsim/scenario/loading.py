"""From a file and overrides to a `Scenario`, or to everything that is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from netsim import registry
from netsim.errors import ScenarioError
from netsim.family import Family, ScenarioModel
from netsim.fields import shown
from netsim.problems import ProblemsFound
from netsim.resources import scenario_file
from netsim.scenario import overrides as changes
from netsim.scenario import translate
from netsim.scenario.diagnostics import Diagnostic, ordered, render
from netsim.scenario.files import Reader
from netsim.scenario.scenario import Scenario
from netsim.scenario.tree import Node, follow, is_scalar, plain

Overrides = Mapping[str, Any] | Sequence[str]


def load(path: str | PathLike[str], overrides: Overrides = ()) -> Scenario:
    """Return the scenario of the file `path`, changed by `overrides`.

    Parameters
    ----------
    path
        A YAML file, or the name of a scenario that comes with netsim (``quickstart``).
    overrides
        ``{"routing.policy": "rps"}`` or ``["routing.policy=rps"]``.

    Raises
    ------
    ScenarioError
        With all problems, if there is any.
    """
    scenario, diagnostics = check(path, overrides)
    if scenario is None:
        raise ScenarioError(render(diagnostics, str(path)), diagnostics)
    return scenario


def check(
    path: str | PathLike[str], overrides: Overrides = ()
) -> tuple[Scenario | None, list[Diagnostic]]:
    """Return the scenario, or None, and all its problems by file and line."""
    reader = Reader(scenario_file(Path(path)))
    root = reader.tree()
    if root is None:
        return None, ordered(reader.problems)
    root = changes.apply(root, overrides, reader)
    family = _family(root, reader.problems)
    model = _validated(root, family, reader)
    if family is not None and isinstance(model, family.Scenario) and not reader.problems:
        reader.problems += translate.problems(_family_problems(family, model), root)
    if family is None or model is None or reader.problems:
        return None, ordered(reader.problems)
    name = re.sub(r"[^A-Za-z0-9_.\-]", "_", reader.path.stem)[:80]
    return Scenario.of(reader.path, model, family, reader.text, name), []


def _family(root: Node, problems: list[Diagnostic]) -> Family | None:
    """Return the family that `workload` names; where there is none, say so."""
    place = follow(root, ("workload",))
    name = plain(place.node)
    found = registry.find("workload", name) if not place.rest and isinstance(name, str) else None
    if found is not None:
        # A class or an object may be registered.
        family: Family = found() if isinstance(found, type) else found
        return family
    known = registry.names("workload")
    choices = f"one of: {', '.join(known)}"
    if place.rest:
        message = "the scenario needs 'workload'"
        problems.append(Diagnostic("missing-field", message, root.span, f"workload: {choices}"))
        return None
    if not isinstance(name, str):
        message = f"'workload' must be a text, not {shown(name)}"
        problems.append(Diagnostic("bad-type", message, place.span, choices))
        return None
    hint = f"{registry.did_you_mean(name, known) or choices} (see: netsim list workloads)"
    hint += registry.suspects()
    message = f"no workload named {shown(name)}"
    problems.append(Diagnostic("unknown-name", message, place.span, hint))
    return None


class _AnyScenario(ScenarioModel, extra="ignore"):
    """The fields common to all families, for scenarios whose family is not known."""

    workload: Any = None


def _validated(root: Node, family: Family | None, reader: Reader) -> ScenarioModel | None:
    """Return the validated model, or None with the problems added to the reader's."""
    # A number that YAML could not give stands as 0 in the tree and is reported already.
    reported = {found.span for found in reader.problems if found.code == "out-of-range"}
    model = family.Scenario if family else _AnyScenario
    content = plain(root)
    if family is not None:
        content["workload"] = registry.canonical(content["workload"])
        reader.problems += _unknown_tables(root, family)
    try:
        return model.model_validate(content, context={"folder": reader.folder})
    except ValidationError as error:
        found = translate.validation(error, model, root)
        reader.problems += [one for one in found if one.span not in reported]
        return None


def _unknown_tables(root: Node, family: Family) -> list[Diagnostic]:
    """Return a problem for each name in ``record.tables`` that the family has no table for."""
    tables = follow(root, ("record", "tables"))
    if tables.rest or not isinstance(tables.node.content, list):
        return []
    known = [*family.tables, *family.optional_tables]
    return [
        Diagnostic(
            "unknown-name",
            f"workload '{family.name}' has no table named {shown(node.content)}",
            node.span,
            (registry.did_you_mean(str(node.content), known) or f"known: {', '.join(known)}")
            + " (see: netsim list metrics)",
        )
        for node in tables.node.content
        if is_scalar(node) and isinstance(node.content, str) and node.content not in known
    ]


def _family_problems(family: Family, model: ScenarioModel) -> list[Any]:
    try:
        return list(family.check(model))
    except ProblemsFound as found:
        return list(found.problems)
