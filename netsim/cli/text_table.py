"""Columns of text that line up."""

from __future__ import annotations

from collections.abc import Sequence


def lines(
    rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), gap: str = "  "
) -> list[str]:
    """Return `rows` as lines of equal columns; the columns in `right` are aligned to the right.

    >>> lines([["a", "1"], ["bcd", "22"]], right=[1])
    ['a     1', 'bcd  22']
    """
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    shown = []
    for row in rows:
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        shown.append(gap.join(cells).rstrip())
    return shown
