"""Which fields a sweep may change, by dotted path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from netsim.problems import Problem

_STEP: Final = re.compile(r"(?:^|\.)([^.\[\]\s=]+)|\[([0-9]{1,6})\]")

#: Fields that say what a study is, not what is simulated.
FIXED: Final = frozenset(
    {"netsim", "name", "description", "workload", "sweep", "replications", "include", "expect"}
)

Place = tuple[str | int, ...]


def steps(path: str) -> tuple[str | int, ...]:
    """Return keys and indices of a dotted path; empty where it is none."""
    found: list[str | int] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None or not match[0].isprintable():
            return ()
        found.append(match[1] if match[1] is not None else int(match[2]))
        position = match.end()
    return () if found and isinstance(found[0], int) else tuple(found)


def unfit(path: str, at: Place) -> list[Problem]:
    """Return why the field at `path` cannot be swept, if so."""
    way = steps(path)
    if not way:
        hint = "dotted keys and indices of lists: routing.policy, traffic[0].size"
        return [Problem(f"'{path}' is not the path of a field", at, "unknown-field", hint)]
    if way[0] in FIXED:
        hint = "give replications under sweep" if way[0] == "replications" else ""
        return [Problem(f"'{path}' cannot be swept", at, "unsatisfiable", hint)]
    return []


def conflicts(paths: Mapping[str, Place]) -> list[Problem]:
    """Return a problem for each path that lies in another one's block."""
    ways = {steps(path): path for path in paths}
    found = []
    for way, path in ways.items():
        above = next((ways[way[:n]] for n in range(1, len(way)) if way[:n] in ways), None)
        if above is not None:
            message = f"'{path}' lies in '{above}', which is swept as a whole"
            found.append(Problem(message, paths[path], "unsatisfiable", "sweep one of the two"))
    return found
