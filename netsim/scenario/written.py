"""A scenario as it is written, parsed once: what it resolves to, as often as it is asked.

Reading YAML takes most of the time of loading a scenario. So the tree is kept, and every point of a
sweep lays its own values over it. A tree is also what a pickled scenario is made of: it holds what
the user wrote and neither models nor defaults, and a process that revives it validates it anew.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from netsim import expected, registry
from netsim.effective import KEY as EFFECTIVE
from netsim.errors import ScenarioError
from netsim.family import Family, ScenarioModel
from netsim.fields import shown
from netsim.problems import Problem, ProblemsFound
from netsim.resources import scenario_file
from netsim.scenario import overrides as changes
from netsim.scenario import translate
from netsim.scenario.building import Unreadable
from netsim.scenario.diagnostics import Diagnostic, ordered, render
from netsim.scenario.files import INCLUDE, Reader
from netsim.scenario.objects import keys_as_places, tree_of
from netsim.scenario.scenario import Scenario
from netsim.scenario.source import Source, Span
from netsim.scenario.tree import Node, Place, follow, is_scalar, known_key, plain
from netsim.scenario.unindented import indented
from netsim.version import RESULTS_VERSION, __version__

Overrides = Mapping[str, Any] | Sequence[str]

#: What a scenario that is no file is called, by errors and where it has no name.
_MAPPING: Final = "the mapping"
_UNNAMED: Final = "scenario"

#: Characters that JSON takes as they are, and YAML refuses or takes for the end of a line.
_NOT_IN_YAML: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

_MADE_BY: Final = f"netsim {__version__} (results version {RESULTS_VERSION})"


@dataclass(frozen=True, slots=True)
class Written:
    """A parsed scenario, right or wrong.

    Parameters
    ----------
    reader
        Who read it: its path and folder, its text, and what is wrong with that.
    root
        Its tree, or None where it could not be read.
    called
        What errors call it as a whole.
    """

    reader: Reader
    root: Node | None
    called: str

    @property
    def text(self) -> str:
        """The text, with what changed it in comments at its top."""
        return self.reader.text

    @classmethod
    def in_file(cls, path: Path) -> Written:
        """Return the scenario in the file `path`, or of that name among those of netsim."""
        reader = Reader(scenario_file(path))
        return cls(reader, reader.tree(), str(path))

    @classmethod
    def in_mapping(cls, fields: Mapping[str, Any], folder: Path) -> Written:
        """Return the scenario whose fields a program gives; paths in it are from `folder`."""
        reader = Reader(folder / _UNNAMED)
        root = _tree(fields, reader)
        if root is not None:
            reader.text = _as_json(plain(root))
        return cls(reader, root, _MAPPING)

    def check(self, overrides: Overrides = ()) -> tuple[Scenario | None, list[Diagnostic]]:
        """Return what it resolves to under `overrides`, or None, and all its problems in order."""
        reader = self.reader.again()
        if self.root is None:
            return None, ordered(reader.problems)
        root = changes.apply(self.root, overrides, reader)
        reader.text = changes.noted(reader.text, overrides)
        scenario = _resolved(Written(reader, root, self.called), judge=True)
        return scenario, ordered(reader.problems)

    def resolve(self, overrides: Overrides = ()) -> Scenario:
        """Return what it resolves to under `overrides`.

        Raises
        ------
        ScenarioError
            With all problems, if there is any.
        """
        scenario, diagnostics = self.check(overrides)
        if scenario is None:
            raise ScenarioError(render(diagnostics, self.called), diagnostics)
        return scenario

    def refusal(self, problem: Problem) -> ScenarioError:
        """Return the error that says a `problem` of the whole at its place."""
        if self.root is None:
            return ScenarioError(problem.message)
        found = translate.problems([problem], self.root)
        return ScenarioError(render(found, self.called), found)

    def changed(self, fields: Mapping[str, Any]) -> Written:
        """Return it with other values of `fields`, which are known to be right."""
        if self.root is None:
            return self
        reader = self.reader.again()
        reader.text = changes.noted(reader.text, fields)
        return Written(reader, changes.apply(self.root, fields, reader), self.called)

    def overridden(self, overrides: Overrides) -> Written:
        """Return it with `overrides` laid over it for good; what is wrong with them stays known."""
        if self.root is None:
            return self
        reader = self.reader.again()
        reader.text = changes.noted(reader.text, overrides)
        return Written(reader, changes.apply(self.root, overrides, reader), self.called)

    def without(self, key: str) -> Written:
        """Return it without one of its blocks."""
        if self.root is None or not isinstance(self.root.content, dict):
            return self
        known = known_key(self.root.content, key)
        left = {name: entry for name, entry in self.root.content.items() if name != known}
        size = 1 + sum(entry.value.size for entry in left.values())
        return Written(self.reader, Node(self.root.span, left, size), self.called)

    def located(self, problems: Iterable[Problem]) -> ScenarioError:
        """Return the error that tells `problems` at their places."""
        root = self.root or Node(Span(Source(self.called, ("",)), 1, 1), {})
        found = ordered(translate.problems(problems, root))
        return ScenarioError(render(found, self.called), found)

    def place(self, path: tuple[str | int, ...]) -> Place:
        """Return what stands at `path`."""
        root = self.root or Node(Span(Source(self.called, ("",)), 1, 1), {})
        return follow(root, path)

    def revival(self, digest: str) -> tuple[Any, ...]:
        """Return what pickle makes the scenario with this hash of again."""
        fields = None if self.root is None else plain(self.root)
        path, folder = os.path.abspath(self.reader.path), str(self.reader.folder)
        return revive, (_MADE_BY, fields, path, folder, self.reader.text, self.called, digest)


def revive(
    made_by: str, fields: Any, path: str, folder: str, text: str, called: str, digest: str
) -> Scenario:
    """Return the scenario that was pickled; its family does not judge its data files again.

    Raises
    ------
    ScenarioError
        If another version of netsim pickled it, if a data file has changed, or if it cannot be
        validated here: a plug-in or a data file is missing.
    """
    if made_by != _MADE_BY:
        raise ScenarioError(
            f"{called} was pickled by {made_by}, and this is {_MADE_BY}; load it again"
        )
    reader = Reader(Path(path))
    reader.folder, reader.text = Path(folder), text
    root, reader.problems = tree_of(fields, keys_as_places)
    scenario = _resolved(Written(reader, root, called), judge=False)
    if scenario is None:
        diagnostics = ordered(reader.problems)
        raise ScenarioError(render(diagnostics, called), diagnostics)
    if scenario.hash != digest:
        files = ", ".join(str(file.path) for file in scenario.inputs)
        raise ScenarioError(
            f"what {called} reads is not what it was when it was pickled ({files}); load it again"
        )
    return scenario


def _tree(fields: Mapping[str, Any], reader: Reader) -> Node | None:
    """Return the tree of a scenario that a program gives."""
    try:
        root, problems = tree_of(fields, keys_as_places)
    except Unreadable as unreadable:
        reader.problems.append(unreadable.diagnostic)
        return None
    reader.problems += problems
    if isinstance(root.content, dict) and INCLUDE in root.content:
        key = root.content[INCLUDE].key
        reader.problems.append(Diagnostic("bad-value", "'include' can only stand in a file", key))
        return None
    return root


def _as_json(fields: Any) -> str:
    """Return a scenario given as a mapping as a text that is read as the same scenario.

    It is YAML as well as JSON: what YAML does not take as it is, is escaped.
    """
    import json

    text = json.dumps(fields, indent=2, ensure_ascii=False) + "\n"
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _resolved(written: Written, *, judge: bool) -> Scenario | None:
    """Return the scenario that is written, or None with problems added to the reader's.

    `judge` says whether the family looks at it too, its data files included.
    """
    reader, root = written.reader, written.root
    if root is None:
        return None
    family = _family(root, reader.problems)
    model = _validated(root, family, reader)
    if family is None or not isinstance(model, family.Scenario) or reader.problems:
        return None
    if judge:
        found = expected.problems(family, model) + _family_problems(family, model)
        reader.problems += translate.problems(found, root)
        if reader.problems:
            return None
    name = re.sub(r"[^A-Za-z0-9_.\-]", "_", reader.path.stem)[:80]
    return Scenario.of(reader.path, model, family, reader.text, name, written)


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
    # A value that could not be read stands as 0 in the tree and is reported already.
    reported = {found.span for found in reader.problems}
    model = family.Scenario if family else _AnyScenario
    if family is not None:
        root, slips = indented(root, model)
        reader.problems += slips
    content = plain(root)
    if family is not None:
        content["workload"] = registry.canonical(content["workload"])
        # What a resolved file says of its defaults is output alone.
        if isinstance(content.get(EFFECTIVE), dict):
            del content[EFFECTIVE]
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
