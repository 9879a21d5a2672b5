"""Every code that a problem is given in the source is one that users can look up."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import netsim
from netsim.scenario.diagnostics import CODES

PACKAGE = Path(netsim.__file__).parent
#: Who makes problems, and which of its arguments is the code; methods `add` have it by name.
MAKERS = {"Problem": 2, "problem": 0}


def codes(text):
    """Return the codes that stand as texts in calls of the makers of problems."""
    found = []
    for call in ast.walk(ast.parse(text)):
        if not isinstance(call, ast.Call):
            continue
        name = ast.unparse(call.func).rpartition(".")[2]
        place = MAKERS.get(name)
        given = call.args[place:][:1] if place is not None else []
        if place is not None or name == "add":
            given += [word.value for word in call.keywords if word.arg == "code"]
        found += [one.value for one in given if isinstance(one, ast.Constant)]
    return found


def test_codes_are_found_by_place_and_by_name():
    text = """
Problem('a', at, 'one')
problem('two', 'b')
Problem('c', code='three')
findings.add('d', code='four')
other('e', code='five')
"""

    assert codes(text) == ["one", "two", "three", "four"]


@pytest.mark.parametrize("package", sorted(p.name for p in PACKAGE.iterdir() if p.is_dir()))
def test_a_package_gives_only_codes_that_are_explained(package):
    given = {
        f"{path.name}: {code}"
        for path in sorted((PACKAGE / package).rglob("*.py"))
        for code in codes(path.read_text(encoding="utf-8"))
        if code not in CODES
    }

    assert not given
