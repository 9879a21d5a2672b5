"""What the readers of the two formats have in common: blocks of rows, and columns' names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim import registry
from netsim.findings import Findings

if TYPE_CHECKING:
    from numpy.typing import NDArray

REQUIRED: Final = ("src", "dst", "size", "start")
OPTIONAL: Final = ("spine", "path")
#: Rows that are read and converted at a time, so that memory stays bounded by the result.
BLOCK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of the file, column by column.

    Parameters
    ----------
    columns
        By name, the cells: texts, or integers where the format has types.
    lines
        For each row its line in the file, from 1; in Parquet its row, from 1.
    cells
        For each row its texts, where the place of a cell in the line can be told from them.
    """

    columns: dict[str, Sequence[str] | NDArray[np.int64]]
    lines: Sequence[int]
    cells: Sequence[Sequence[str]] | None = None

    def place(self, row: int, column: str) -> tuple[int, int]:
        """Return line and character (from 1, 0 if unknown) at which a cell stands."""
        if self.cells is None:
            return self.lines[row], 0
        before = list(self.columns).index(column)
        return self.lines[row], 1 + sum(len(cell) + 1 for cell in self.cells[row][:before])


def clean(findings: Findings, block: Block) -> NDArray[np.bool_]:
    """Return which rows of `block` have no problem so far."""
    if not findings.lines:
        return np.ones(len(block.lines), np.bool_)
    return np.array([line not in findings.lines for line in block.lines], np.bool_)


def check_names(names: Sequence[str], findings: Findings, line: int) -> None:
    """Raise what is wrong with the column names of a file."""
    shape = "columns are src, dst, size, start and, if wanted, spine or path"
    for number, name in enumerate(names):
        if name in names[:number]:
            findings.add(f"column '{name[:40]}' stands twice", "remove one of them", line=line)
        elif name not in REQUIRED + OPTIONAL:
            hint = registry.did_you_mean(name, REQUIRED + OPTIONAL)
            if not name:
                hint = "remove the unnamed column (in pandas: to_csv(..., index=False))"
            findings.add(
                f"unknown column '{name[:40]}'", hint or shape, line=line, code="unknown-name"
            )
    for name in REQUIRED:
        if name not in names:
            findings.add(f"column '{name}' is missing", shape, line=line, code="missing-field")
    if "spine" in names and "path" in names:
        findings.add("'spine' and 'path' both say the way", "keep one of the columns", line=line)
    findings.raise_any()
