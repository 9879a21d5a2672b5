"""The page of hooks, made of the Protocols' docstrings: ``python tests/hook_page.py`` writes it."""

from __future__ import annotations

import inspect
from pathlib import Path

from netsim.fabric.kernel import builder, packet
from netsim.fabric.kernel.protocols import HOOKS, PROTOCOLS

PAGE = Path(__file__).parents[1] / "docs" / "hooks.md"
HEAD = """\
# Hooks of a fabric's models

A routing policy, a transport or a queue is a class with functions that the kernel compiles: static
methods by the names below. A model brings those that it needs; one that is left out takes no time.
[Add a policy](add_a_policy.md) goes through an example, and [debug a policy](debug_a_policy.md)
shows how to look inside.

They are plain functions over the arrays of `netsim.fabric.kernel.state`: integers, comparisons,
calls of other such functions; no exceptions, no allocation, no module state. `state` is those
arrays, `flow` and `packet` are rows, `now` and all times are whole picoseconds. A name that is
nearly a hook's, and a function with other parameters, are errors at their own line before a run
begins; what a hook answers is checked, its type when it is compiled and its range as it answers,
and blamed on its line too.

This page is made by `python tests/hook_page.py`.
"""


def page():
    """Return the text of the page."""
    parts = [HEAD]
    for kind, protocol in PROTOCOLS.items():
        parts.append(f"## Kind `{kind}`\n\n{inspect.getdoc(protocol)}\n")
        for name in HOOKS[kind]:
            hook = getattr(protocol, name)
            names = ", ".join(inspect.signature(hook).parameters)
            answer = inspect.signature(hook).return_annotation
            arrow = "" if answer == "None" else f" -> {answer}"
            parts.append(f"### `{name}({names}){arrow}`\n\n{inspect.getdoc(hook)}\n")
    parts.append("## What packets carry\n\n" + carried())
    return "\n".join(parts)


def carried():
    """Return the table of optional columns."""
    rows = ["Columns that packets have only where some function of the kernel reads them:\n"]
    rows += ["| read with | column | |", "|---|---|---|"]
    for accessors, _, column in builder.COLUMNS:
        for accessor in accessors:
            first = inspect.getdoc(accessor).split("\n")[0]
            rows.append(f"| `{accessor.__name__}` | `state.{column}` | {first} |")
    always = [
        name
        for name, value in vars(packet).items()
        if inspect.isfunction(value) and value.__module__ == packet.__name__
    ]
    optional = {accessor.__name__ for row in builder.COLUMNS for accessor in row[0]}
    names = ", ".join(f"`{name}`" for name in sorted(set(always) - optional))
    rows.append(f"\nAlways there, in `netsim.fabric.kernel.packet`: {names}.\n")
    return "\n".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page())
