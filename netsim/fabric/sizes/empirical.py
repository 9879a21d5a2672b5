"""Sizes from a measured distribution in a file."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netsim import units
from netsim.datafiles.text_file import read_text
from netsim.fabric.sizes.cumulative import Cumulative
from netsim.fields import Config as Block
from netsim.fields import FilePath, field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray


@register("sizes", "empirical")
class Empirical:
    """Piecewise linear distribution from a CSV file with columns ``size, share``.

    Each row says which share of flows (0 to 1, or per cent as ``2 %``) is at most as large as
    `size` (bytes, or a quantity). Sizes and shares rise, and the last share is 1.
    """

    source: ClassVar[str] = "inverse transform of a tabulated distribution"
    example: ClassVar[dict[str, Any]] = {"file": "data.csv"}

    class Config(Block):
        """The file."""

        file: FilePath = field(description="CSV file with columns size, share")

    @staticmethod
    def draw(config: Config, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Return `count` sizes."""
        return read_cumulative(config.file.path).draw(generator, count)

    @staticmethod
    def mean(config: Config) -> float:
        """Return the expected size."""
        return read_cumulative(config.file.path).mean()


def read_cumulative(path: Path) -> Cumulative:
    """Return the distribution in the CSV file `path`.

    Raises
    ------
    ProblemsFound
        At the first row that is wrong.
    """
    rows = list(csv.reader(read_text(path).splitlines(), skipinitialspace=True))
    if rows and len(rows[0]) == 1 and len(rows[0][0].split()) == 2:
        hint = "write 'size,share' as its first line, commas for blanks, and shares from 0 to 1"
        if _in_per_cent(" ".join(row).split() for row in rows):
            hint += ": these are per cent, so divide them by 100"
        raise ProblemsFound(_wrong(path, 1, "the file has blanks between its columns", hint))
    if not rows or [cell.strip() for cell in rows[0]] != ["size", "share"]:
        raise ProblemsFound(
            _wrong(path, 1, "the first line must be the header 'size,share'", "size,share")
        )
    points: list[tuple[float, float]] = [(-1.0, -1.0)]
    for line, row in enumerate(rows[1:], start=2):
        if not any(map(str.strip, row)):
            continue
        point = _point(path, line, row)
        if point[0] < points[-1][0] or point[1] < points[-1][1]:
            raise ProblemsFound(
                _wrong(path, line, "sizes and shares must not fall", "sort the rows by size")
            )
        points.append(point)
    if points[-1][1] != 1:
        hint = "a cumulative distribution ends at 1"
        raise ProblemsFound(_wrong(path, len(rows), "the last share must be 1", hint))
    sizes, shares = zip(*points[1:], strict=True)
    return Cumulative(sizes, shares)


def _point(path: Path, line: int, row: list[str]) -> tuple[float, float]:
    if len(row) != 2:
        raise ProblemsFound(
            _wrong(path, line, f"a row has two cells, this one {len(row)}", "size,share")
        )
    try:
        text = row[0].strip()
        size = _plain(text) if text[-1:].isdigit() else float(units.parse(text, "data"))
        written = row[1].strip()
        share = units.parse_ratio(written) if written.endswith("%") else _plain(written)
    except ValueError:
        hint = "a size is bytes or a quantity, a share a number: '80 kB,0.53'"
        raise ProblemsFound(
            _wrong(path, line, f"'{','.join(row)[:60]}' is no point", hint)
        ) from None
    if not (0 <= size < math.inf and 0 <= share <= 1):
        hint = "sizes are not negative, shares lie from 0 to 1"
        if share > 1:
            hint = "shares lie from 0 to 1; are these per cent? write '2 %', or divide by 100"
        raise ProblemsFound(_wrong(path, line, f"'{','.join(row)[:60]}' is out of range", hint))
    return size, share


def _in_per_cent(rows: Iterable[list[str]]) -> bool:
    """Return whether the second cells end at 100."""
    last = [row[1] for row in rows if len(row) == 2][-1:]
    return last in (["100"], ["100.0"])


def _plain(text: str) -> float:
    """Return a number in ASCII digits, such as every program writes.

    Raises
    ------
    ValueError
        If it is none; Python alone would take `1_000` and the digits of other scripts.
    """
    if not text.isascii() or "_" in text:
        raise ValueError(text)
    return float(text)


def _wrong(path: Path, line: int, message: str, hint: str) -> Problem:
    return Problem(message, ("file",), "bad-value", hint, file=path, line=line, column=1)
