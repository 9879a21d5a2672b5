"""Validation errors and families' problems as diagnostics at their places in the YAML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from netsim import registry
from netsim.fields import shown
from netsim.fields.choice import unmark
from netsim.problems import Problem
from netsim.reading import open_regular
from netsim.scenario.diagnostics import Diagnostic
from netsim.scenario.shape import blocks_with, field_of, fields_of, models_at, words_of
from netsim.scenario.source import Source, Span
from netsim.scenario.tree import (
    Node,
    Path,
    Place,
    dotted,
    follow,
    is_scalar,
    overrides_below,
    plain,
)
from netsim.scenario.wording import word

#: Files that have no lines to show.
_BINARY: Final = frozenset({".parquet", ".gz", ".zst", ".npy", ".npz"})
#: How errors call the whole of a scenario begins.
_FAMILY: Final = "workload "
_LONGEST_DATA_LINE: Final = 10_000
#: How many fields a hint lists where none is near.
_MOST_LISTED: Final = 12
#: How many overrides a message names.
_MOST_OVERRIDES: Final = 3


@dataclass(frozen=True, slots=True)
class _Found:
    """One of pydantic's errors, located."""

    diagnostic: Diagnostic
    branch: tuple[Path, str] | None
    """Place and name of the first union member on the way, None outside unions."""
    depth: int
    missing: tuple[Path, str] | None = None
    """Block and name of a required field that is not given."""
    meant: tuple[Path, str] | None = None
    """Block and name of the field that an unknown one was probably meant to be."""


def validation(
    error: ValidationError, model: type[BaseModel], root: Node, name: str = ""
) -> list[Diagnostic]:
    """Return pydantic's errors as diagnostics; `name` is what `root` is if it is no scenario.

    Of a union's members only the errors of the likeliest are kept, and a required field is not
    called missing where a misspelt one stands for it.
    """
    found = [
        _located(details, model, root, name)
        for details in error.errors(include_url=False)
        if not _counts_right_entries_only(details)
    ]
    meant = {one.meant for one in found if one.meant is not None}
    best: dict[Path, tuple[int, str]] = {}
    for one in found:
        if one.branch is not None:
            place, name = one.branch
            if place not in best or one.depth > best[place][0]:
                best[place] = (one.depth, name)
    return [
        one.diagnostic
        for one in found
        if (one.branch is None or best[one.branch[0]][1] == one.branch[1])
        and (one.missing is None or one.missing not in meant)
    ]


def _counts_right_entries_only(details: Any) -> bool:
    """Return whether a list is called too short only because its entries are wrong themselves."""
    given = details["input"]
    return (
        details["type"] == "too_short"
        and hasattr(given, "__len__")
        and len(given) >= details["ctx"]["min_length"]
    )


def problems(found: Iterable[Problem], root: Node) -> list[Diagnostic]:
    """Return what a family found as diagnostics."""
    return [_problem(problem, root) for problem in found]


def _problem(problem: Problem, root: Node) -> Diagnostic:
    place = follow(root, problem.at)
    if problem.file is None:
        also = _set_at(follow(root, problem.also), place.span) if problem.also else _changed(place)
        return Diagnostic(problem.code, problem.message + also, place.span, problem.hint)
    if problem.line < 1:
        file = _shown_path(problem.file)
        return Diagnostic(
            problem.code, problem.message, None, problem.hint, file, place.span, problem.more
        )
    source = data_source(problem.file, problem.line, place.span.source.rank)
    span = Span(source, problem.line, max(1, problem.column))
    return Diagnostic(
        problem.code, problem.message, span, problem.hint, named_at=place.span, more=problem.more
    )


def data_source(path: FilePath, line: int, rank: int) -> Source:
    """Return the data file as a source that holds the one line to show."""
    lines = [""] * (line - 1)
    if path.suffix not in _BINARY:
        try:
            with open_regular(path) as stream:
                for _ in range(line - 1):
                    stream.readline()
                text = stream.readline(_LONGEST_DATA_LINE).decode("utf-8", "replace")
        except OSError:
            text = ""
        lines.append(text.rstrip("\r\n"))
    return Source(_shown_path(path), tuple(lines), rank)


def _shown_path(path: FilePath) -> str:
    """Return `path` from the current folder, if it lies in it."""
    here = FilePath.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _located(details: Any, model: type[BaseModel], root: Node, name: str) -> _Found:
    kind, context = details["type"], details.get("ctx", {})
    place, path, branch = _follow(root, details["loc"], to_field=kind == "missing")
    missing = meant = None
    if kind == "netsim":
        diagnostic = _own(context, place, root)
    elif kind == "missing":
        missing = (path[:-1], str(path[-1]))
        diagnostic = _missing(model, place, path, name)
    elif kind == "extra_forbidden":
        diagnostic, near = _unknown(model, place, path, name or _workload(root))
        meant = (path[:-1], near) if near else None
    else:
        given = plain(place.node)
        wording = word(kind, _name(path), given, context)
        hint = wording.hint
        info = field_of(model, path)
        if wording.code == "bad-type" and isinstance(given, str) and info is not None:
            words = words_of(info)
            hint = registry.did_you_mean(given, words) or hint
            hint = hint or (f"or one of: {', '.join(words)}" if words else "")
        diagnostic = Diagnostic(wording.code, wording.message, place.span, hint)
    by = _chosen_by(path[:-1], root)
    if by and diagnostic.span is not None and not diagnostic.span.source.override:
        diagnostic = replace(diagnostic, message=f"{diagnostic.message} (with {by})")
    return _Found(diagnostic, branch, len(details["loc"]), missing, meant)


def _chosen_by(path: Path, root: Node) -> str:
    """Return the override that decides which fields the block at `path` has, if there is one."""
    block = follow(root, _without_marks(path)).node.content
    chosen = unmark(path[-1]) if path else ("workload", "")
    if chosen is None or not isinstance(block, dict):
        return ""
    for key, entry in block.items():
        value = entry.value
        name = registry.canonical(value.content) if isinstance(value.content, str) else ""
        decides = chosen[1] in (key, name) if path else key == "workload"
        if decides and value.span.source.override:
            return value.span.source.name
    return ""


def _follow(
    root: Node, location: Sequence[str | int], *, to_field: bool
) -> tuple[Place, Path, tuple[Path, str] | None]:
    """Return the place of an error, its location without union members, and the first of those.

    Pydantic puts the name of a union's member into the location. It is told from a key by not
    being one: it stands where the scenario has no such key and more follows, or no mapping. With
    `to_field` the last step is a field, even where a short form stands for the block that lacks it.
    """
    path: Path = ()
    branch = None
    for index, step in enumerate(location):
        if unmark(step) is None:
            place = follow(root, (*_without_marks(path), step))
            last = index == len(location) - 1
            if place.rest and not (last and (to_field or isinstance(place.node.content, dict))):
                branch = branch or (_without_marks(path), str(step))
                continue
        path = (*path, step)
    return follow(root, _without_marks(path)), path, branch


def _without_marks(path: Path) -> Path:
    return tuple(step for step in path if unmark(step) is None)


def _own(context: dict[str, Any], place: Place, root: Node) -> Diagnostic:
    """Return the diagnostic of `netsim.fields.problem`."""
    at, also = tuple(context.get("at", ())), tuple(context.get("also", ()))
    inner = follow(root, (*place.path, *at))
    span = inner.key if context["code"] in _ON_KEYS and inner.key else inner.span
    message = context["text"] + (_set_at(follow(root, also), span) if also else _changed(inner))
    hint = context.get("hint", "")
    if context.get("lacks") and span.source.override:
        key, name = context["lacks"]
        choices = f" ({hint})" if hint.startswith("one of") else ""
        hint = f"add --set {dotted((*inner.path, key))}={name}{choices}"
    return Diagnostic(context["code"], message, span, hint)


_ON_KEYS: Final = frozenset({"unknown-field", "duplicate-key"})


def _set_at(other: Place, span: Span) -> str:
    if other.rest:
        return " (the default)"
    there = other.span
    if there.source is span.source and there.source.numbered:
        return f" (set at line {there.line})"
    return f" (set at {there})"


def _changed(place: Place) -> str:
    """Return which overrides changed something inside the block at `place` of a file."""
    if not place.path or is_scalar(place.node) or place.span.source.override:
        return ""
    names = list(dict.fromkeys(overrides_below(place.node)))
    more = ", ..." if len(names) > _MOST_OVERRIDES else ""
    return f" (with {', '.join(names[:_MOST_OVERRIDES])}{more})" if names else ""


def _missing(model: type[BaseModel], place: Place, path: Path, whole: str) -> Diagnostic:
    name = str(path[-1])
    info = field_of(model, path)
    hint = f"{name}: {info.description}" if info and info.description else ""
    if path == ("netsim",):
        hint = "add the line 'netsim: 1', the version of the scenario format"
    message = f"{_block(path[:-1]) or whole or 'the scenario'} needs '{name}'"
    span = place.key or place.node.span
    return Diagnostic("missing-field", message, span, hint)


def _unknown(
    model: type[BaseModel], place: Place, path: Path, whole: str
) -> tuple[Diagnostic, str | None]:
    """Return the diagnostic of a key that is no field, and the field that was probably meant."""
    name = str(path[-1])
    known = [field for block in models_at(model, path[:-1]) for field in fields_of(block)]
    near = registry.nearest(name, known)
    hint = f"did you mean '{near}'?" if near else ""
    inside = [] if near else blocks_with(model, path[:-1], name)
    if inside:
        hint = f"it belongs into the block '{inside[0]}': {inside[0]}: {{{name}: ...}}"
    elif (
        not near
        and whole.startswith(_FAMILY)
        and len(path) == 1
        and (others := _families_with(name))
    ):
        hint = f"it is a field of workload {' and '.join(others)}"
    elif not near and ":" in name and name.partition(":")[0] in known:
        hint = f"a blank belongs behind the colon: {name.replace(':', ': ', 1)}"
    elif not near and 0 < len(known) <= _MOST_LISTED:
        hint = f"known: {', '.join(known)}"
    message = f"'{name}' is not a field of {_block(path[:-1]) or whole}"
    return Diagnostic("unknown-field", message, place.key or place.span, hint), near


def _families_with(name: str) -> list[str]:
    """Return the families whose scenarios have a field of that name at the top."""
    families = ((one, registry.lookup("workload", one)) for one in registry.names("workload"))
    return [f"'{one}'" for one, family in families if name in fields_of(family.Scenario)]


def _workload(root: Node) -> str:
    return f"{_FAMILY}{shown(follow(root, ('workload',)).node.content)}"


def _block(path: Path) -> str:
    """Return the block at `path` in words: ``topology 'leaf_spine'``, ``'host_link'``."""
    if not path:
        return ""
    chosen = unmark(path[-1])
    if chosen is not None:
        return f"{registry.described(chosen[0]).words} '{chosen[1]}'"
    return _name(path)


def _name(path: Path) -> str:
    """Return the value at `path` in words: ``'leaves'``, ``entry 2 of 'tables'``."""
    steps = _without_marks(path)
    if not steps:
        return "the scenario"
    if isinstance(steps[-1], int):
        return f"entry {steps[-1] + 1} of {_name(steps[:-1])}"
    return f"'{steps[-1]}'"
