"""What a table is: its columns with name, type, unit and meaning, declared once.

The declaration is the contract of every file: the writer checks batches against it, each Parquet
field carries its unit and description, and `netsim list metrics` and the tests read it. Names are
plain and carry no unit; instants are int64 picoseconds, durations are double seconds, everything
else is SI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: Column types. `enum` is text from a small set; `timestamp` is wall-clock time in UTC.
TYPES: Final = ("int64", "int32", "float64", "bool", "string", "enum", "timestamp")

#: Types whose values are no numbers, so that their unit is empty.
TEXT_TYPES: Final = ("string", "enum")

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\[\d+\]|\.[A-Za-z0-9_]+)*")
_UNIT: Final = re.compile(r"1|(?:1/)?[A-Za-z%][A-Za-z0-9/%^*]*")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Plain name in snake_case, without its unit; a swept field has its dotted path.
    type
        One of `TYPES`.
    unit
        Unit of the values; ``"1"`` for counts, ratios and identities, empty for text.
    description
        What a value means, in a few words, without a full stop.
    nullable
        Whether a value may be missing.
    """

    name: str
    type: str
    unit: str
    description: str
    nullable: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"'{self.name}' is not a column name")
        if self.type not in TYPES:
            raise ValueError(
                f"column '{self.name}': type '{self.type}' is not one of {', '.join(TYPES)}"
            )
        if not self.description.strip():
            raise ValueError(f"column '{self.name}' has no description")
        self._check_unit()

    def _check_unit(self) -> None:
        if self.type in TEXT_TYPES:
            if self.unit:
                raise ValueError(
                    f"column '{self.name}' is text, so its unit is empty, not '{self.unit}'"
                )
        elif not _UNIT.fullmatch(self.unit) and not (
            self.type in ("bool", "timestamp") and not self.unit
        ):
            raise ValueError(
                f"column '{self.name}': '{self.unit}' is not a unit; write '1' if it has none"
            )


#: Every table starts with these two; the writer puts them there.
POINT: Final = Column("point", "enum", "", "identity of the scenario, as hexadecimal digits")
REPLICATION: Final = Column("replication", "int32", "1", "index of the replication, from 0")
IDENTITY: Final = (POINT, REPLICATION)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: one row per thing, sorted by its natural key.

    Parameters
    ----------
    name
        As in ``open_results(...).table(name)`` and in the file's name.
    version
        Raised whenever a column changes its name, type, unit or meaning.
    row
        What one row stands for: ``"one row per flow"``.
    columns
        Without `point` and `replication`, which every table starts with.
    key
        Columns that rows are sorted by within one replication; empty for a table of one row per
        replication.
    joins
        Columns that name rows of another table of the same run, each with that table's column:
        ``("flow", "flows.flow")``. Every table joins `runs` by `point` and `replication`.
    brings
        Names of tables that are written wherever this one is, since its rows refer to them.
    """

    name: str
    version: int
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    joins: tuple[tuple[str, str], ...] = ()
    brings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise ValueError(f"'{self.name}' is not a table name in snake_case")
        if self.version < 1:
            raise ValueError(f"table '{self.name}': versions start at 1")
        if not self.row.strip():
            raise ValueError(f"table '{self.name}' does not say what a row stands for")
        self._check_columns()

    def _check_columns(self) -> None:
        seen = {column.name for column in IDENTITY}
        for column in self.columns:
            if column.name in seen:
                raise ValueError(f"table '{self.name}' has column '{column.name}' twice")
            seen.add(column.name)
        for name in self.key:
            column = self.column(name)
            if column.nullable or column.type == "bool":
                raise ValueError(
                    f"table '{self.name}': key column '{name}' must be non-null and orderable"
                )

        for name, other in self.joins:
            self.column(name)
            if not re.fullmatch(r"[a-z_0-9]+\.[a-z_0-9]+", other):
                raise ValueError(f"table '{self.name}' joins '{other}', which is no TABLE.COLUMN")

    def column(self, name: str) -> Column:
        """Return the column called `name`.

        Raises
        ------
        ValueError
            If there is none.
        """
        for column in (*IDENTITY, *self.columns):
            if column.name == name:
                return column
        raise ValueError(f"table '{self.name}' has no column '{name}'")


@dataclass(frozen=True, slots=True)
class Headline:
    """A column of `runs` that the summary shows, as mean and interval over replications."""

    column: str
    label: str
