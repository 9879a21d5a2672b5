"""A block whose lines are not indented: its fields then stand beside it, and it is empty.

Each of them would be called an unknown field, and the block missing: many errors for one slip. So
they are put where they belong, told once, and the rest of the scenario is judged as it is meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim import registry
from netsim.effective import KEY as EFFECTIVE
from netsim.scenario.diagnostics import Diagnostic
from netsim.scenario.shape import fields_of
from netsim.scenario.tree import Entry, Node

if TYPE_CHECKING:
    from pydantic import BaseModel


def indented(root: Node, model: type[BaseModel]) -> tuple[Node, list[Diagnostic]]:
    """Return `root` with stray fields in the empty blocks that they follow, and what to say."""
    if not isinstance(root.content, dict):
        return root, []
    known = {*fields_of(model), EFFECTIVE}
    kept: dict[str, Entry] = {}
    strays: dict[str, dict[str, Entry]] = {}
    empty = None
    for key, entry in root.content.items():
        if empty is not None and registry.canonical(key) not in known:
            strays.setdefault(empty, {})[key] = entry
            continue
        kept[key] = entry
        empty = key if _is_empty(entry) and registry.canonical(key) in known else None
    found = []
    for key, fields in strays.items():
        head = kept[key].key
        names = ", ".join(f"'{name}'" for name in fields)
        stand = "stands" if len(fields) == 1 else "stand"
        message = f"'{key}' is empty, and {names} {stand} beside it"
        first = next(iter(fields))
        hint = f"indent what belongs to it:  {first}: ..."
        found.append(Diagnostic("bad-yaml", message, head, hint))
        block = Node(head, fields, 1 + sum(entry.value.size for entry in fields.values()))
        kept[key] = Entry(head, block)
    return (Node(root.span, kept, root.size), found) if found else (root, [])


def _is_empty(entry: Entry) -> bool:
    """Return whether nothing stands behind a key of a file; a `null` that is written is something.

    An override that sets nothing, and a mapping of a program, are no block that lost its indent.
    """
    source, span = entry.key.source, entry.value.span
    if entry.value.content is not None or source.override or not source.numbered:
        return False
    written = span.source.line(span.line)[span.column - 1 :].lstrip()
    return not written.lower().startswith(("null", "~"))
