"""The lock of tables: what files in the world hold, so that no column changes unseen.

Every registered table stands in `golden/tables.json` with its version, and each of its columns with
type, unit and whether it may be empty. A table or a column that is new is written there by::

    python tests/table_lock.py

which refuses what would break a reader without telling him: a column that is gone, or of another
type or unit, in a table whose version was not raised.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from netsim import registry
from netsim.metrics.tables import runs_table

LOCK = Path(__file__).parent / "golden" / "tables.json"


def current():
    """Return all tables of netsim, `runs` once per family, as the lock holds them."""
    tables = {name: registry.lookup("table", name) for name in registry.names("table")}
    for name in registry.names("workload"):
        family = registry.lookup("workload", name)
        tables[f"runs of {name}"] = runs_table(family.run_columns)
    return {
        name: {
            "version": table.version,
            "columns": {
                column.name: [column.type, column.unit, "null" if column.nullable else "never null"]
                for column in table.columns
            },
        }
        for name, table in sorted(tables.items())
    }


def read():
    """Return what is locked."""
    return json.loads(LOCK.read_text()) if LOCK.exists() else {}


def broken(locked, now):
    """Return what changed without a raised version, one text each."""
    complaints = []
    for name, table in locked.items():
        if name not in now:
            complaints.append(
                f"table {name} is gone; if that is meant, take it out of the lock by hand"
            )
        elif now[name]["version"] < table["version"]:
            complaints.append(f"table {name}: version {table['version']} was lowered")
        elif now[name]["version"] == table["version"]:
            columns = now[name]["columns"]
            complaints += [
                f"table {name}: column {column} is {columns.get(column, 'gone')}, it was {was}: "
                f"raise the table's version"
                for column, was in table["columns"].items()
                if columns.get(column) != was
            ]
    return complaints


def text(tables):
    """Return the lock as its file holds it: one line per column."""
    lines = ["{"]
    for place, (name, table) in enumerate(tables.items()):
        lines.append(f"{json.dumps(name)}: {{")
        lines.append(f'  "version": {table["version"]},\n  "columns": {{')
        columns = [
            f"    {json.dumps(c)}: {json.dumps(what)}" for c, what in table["columns"].items()
        ]
        lines += [",\n".join(columns), "  }", "}" + "," * (place < len(tables) - 1)]
    return "\n".join([*lines, "}"]) + "\n"


if __name__ == "__main__":
    found = broken(read(), current())
    if found:
        sys.exit("\n".join(found))
    LOCK.write_text(text(current()))
    print(f"wrote {LOCK}")
