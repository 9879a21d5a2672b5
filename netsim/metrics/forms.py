"""The forms of the JSON files in a run directory, checked in one place before anybody reads them.

A run directory may come from anywhere: copied by halves, edited by hand, written by another
version. What is read from it is used as a path, as a key, as a number; so each file is compared
with its form first, and the first thing that does not fit is said in words. `MANIFEST`, `MARK` and
`FAILURE` state the forms; entries that they do not name are allowed and ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from netsim.metrics.own_places import read_bytes
from netsim.strict_json import JsonError, parse

#: Versions of the layout with its manifest, and of the commit mark.
MANIFEST_VERSION: Final = 2
MARK_VERSION: Final = 2

#: Says what is wrong with a value, given what to call it; or nothing.
Rule = Callable[[Any, str], str | None]


def read(file: Path, form: Rule) -> Any:
    """Return the content of `file`, which has the form `form`, or as a text why there is none.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    try:
        content = parse(read_bytes(file))
    except JsonError as bad:
        return f"{file} is damaged: {bad}" + (f" in line {bad.line}" if bad.line else "")
    fault = form(content, "")
    return f"{file} is damaged: {fault}" if fault else content


def plain(words: str, is_right: Callable[[Any], bool]) -> Rule:
    """Return the rule that a value is what `words` say."""

    def rule(value: Any, at: str) -> str | None:
        return None if is_right(value) else f"'{at}' is not {words}"

    return rule


def text(pattern: str, words: str) -> Rule:
    """Return the rule that a value is a text which `pattern` matches as a whole."""
    wanted = re.compile(pattern)
    return plain(words, lambda value: isinstance(value, str) and bool(wanted.fullmatch(value)))


def block(needed: Mapping[str, Rule], allowed: Mapping[str, Rule] | None = None) -> Rule:
    """Return the rule that a value has the `needed` entries, and any of the `allowed` ones."""

    def rule(value: Any, at: str) -> str | None:
        if not isinstance(value, dict):
            return f"'{at}' is not a block" if at else "it does not hold a block"
        for name, inner in {**needed, **(allowed or {})}.items():
            below = f"{at}.{name}".lstrip(".")
            if name in value:
                fault = inner(value[name], below)
            else:
                fault = f"'{below}' is missing" if name in needed else None
            if fault:
                return fault
        return None

    return rule


def list_of(inner: Rule) -> Rule:
    """Return the rule that a value is a list in which each entry is as `inner` says."""

    def rule(value: Any, at: str) -> str | None:
        if not isinstance(value, list):
            return f"'{at}' is not a list" if at else "it does not hold a list"
        faults = (inner(entry, f"{at}[{index}]") for index, entry in enumerate(value))
        return next(filter(None, faults), None)

    return rule


def named(name: Rule, inner: Rule) -> Rule:
    """Return the rule that a value is a block with any names that `name` allows."""

    def rule(value: Any, at: str) -> str | None:
        if not isinstance(value, dict):
            return f"'{at}' is not a block"
        faults = (name(key, at) or inner(entry, f"{at}.{key}") for key, entry in value.items())
        return next(filter(None, faults), None)

    return rule


def version(number: int) -> Rule:
    """Return the rule that a value is the version `number` of a form."""
    return plain(
        f"{number}, the version that this netsim reads",
        lambda value: value is not True and value == number,
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


TEXT: Final = plain("a text", lambda value: isinstance(value, str))
TEXT_OR_NULL: Final = plain("a text or null", lambda value: value is None or isinstance(value, str))
COUNT: Final = plain("a whole number from 0", _is_count)
FLAG: Final = plain("true or false", lambda value: isinstance(value, bool))
ANY_BLOCK: Final = plain("a block", lambda value: isinstance(value, dict))
#: Ids of points are names of folders, so nothing else may stand in one.
DIGITS: Final = text("[0-9a-f]{1,64}", "hexadecimal digits")
TABLE: Final = text(r"[A-Za-z0-9_]{1,80}", "the name of a table")
TABLE_FILE: Final = text(r"[A-Za-z0-9_]{1,80}(-[0-9]{1,9})?\.parquet", "named as a table's file")

PROVENANCE: Final = block(
    {},
    {
        "netsim": TEXT,
        "results_version": COUNT,
        "versions": named(TEXT, TEXT),
        "processor": ANY_BLOCK,
        "scenario": ANY_BLOCK,
    },
)
COUNTS: Final = block({"points": COUNT, "runs": COUNT, "done": COUNT, "failed": COUNT})
MANIFEST: Final = block(
    {
        "netsim_manifest": version(MANIFEST_VERSION),
        "kind": text("run|sweep", "'run' or 'sweep'"),
        "status": text("running|success|failed|stopped", "the status of a run"),
        "name": TEXT,
        "workload": TEXT,
        "hash": DIGITS,
        "seed": COUNT,
        "counts": COUNTS,
        "provenance": PROVENANCE,
    },
    {
        "started": TEXT_OR_NULL,
        "ended": TEXT_OR_NULL,
        "machine": block({}, {"host": TEXT, "platform": TEXT, "command": list_of(TEXT)}),
        "warnings": list_of(block({"code": TEXT, "message": TEXT}, {"at": TEXT})),
        "inputs": list_of(block({"name": TEXT, "path": TEXT})),
        "not_converged": list_of(TEXT),
    },
)
MARK: Final = block(
    {
        "netsim_done": version(MARK_VERSION),
        "study": DIGITS,
        "index": list_of(COUNT),
        "point": list_of(DIGITS),
        "replication": list_of(COUNT),
        "rows": named(TABLE, list_of(COUNT)),
        "files": named(TABLE_FILE, block({"sha256": DIGITS, "size": COUNT, "rows": COUNT})),
    }
)
FAILURE: Final = block(
    {"index": COUNT, "point": DIGITS, "replication": COUNT, "message": TEXT},
    {"swept": ANY_BLOCK, "error": TEXT, "time": TEXT, "traceback": TEXT, "final": FLAG},
)
