"""YAML in block style of plain data, for tests that need a file of what they hold as a mapping."""

from __future__ import annotations

import json


def block(value, indent=0):
    """Return `value` as YAML, one field per line."""
    blanks = " " * indent
    lines = []
    for key, below in value.items():
        if isinstance(below, dict):
            lines.append(f"{blanks}{key}:\n{block(below, indent + 2)}")
        else:
            lines.append(f"{blanks}{key}: {json.dumps(below)}\n")
    return "".join(lines)
