"""Blocks of rows from a CSV file (RFC 4180, with a header line)."""

from __future__ import annotations

import csv
from io import TextIOWrapper
from itertools import islice
from typing import TYPE_CHECKING, Final

from netsim.datafiles.text_file import not_text, open_data, unreadable
from netsim.fabric.flow_file.rows import BLOCK, Block, check_names
from netsim.findings import Findings
from netsim.problems import ProblemsFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LARGEST: Final = 2**30
_LONGEST_LINE: Final = 1 << 16


def csv_blocks(path: Path, findings: Findings) -> Iterator[Block]:
    """Yield the rows of the CSV file `path`, block by block.

    Raises
    ------
    ProblemsFound
        If it is no CSV file with the columns of a flow file.
    """
    try:
        with TextIOWrapper(open_data(path, LARGEST), encoding="utf-8-sig", newline="") as file:
            yield from _blocks(file, findings)
    except OSError as why:
        raise ProblemsFound(unreadable(path, why)) from None
    except UnicodeDecodeError:
        raise ProblemsFound(not_text(path)) from None


def _blocks(file: TextIOWrapper, findings: Findings) -> Iterator[Block]:
    reader = csv.reader(_lines(file, findings), skipinitialspace=True, strict=True)
    names = _next_rows(reader, 1, findings)
    if not names:
        findings.add("the file is empty", "its first line names the columns: src,dst,size,start")
        findings.raise_any()
    header = [name.strip() for name in names[0]]
    separator = next((mark for mark in ";\t" if mark in "".join(names[0][:1])), None)
    if len(header) == 1 and separator is not None:
        what = "semicolons" if separator == ";" else "tabs"
        message = f"the columns are separated by {what}"
        findings.add(message, "separate them by commas", line=1)
        findings.raise_any()
    check_names(header, findings, line=1)
    while True:
        first = reader.line_num + 1
        rows = _next_rows(reader, BLOCK, findings)
        if not rows:
            return
        lines: Sequence[int] = range(first, first + len(rows))
        if reader.line_num + 1 - first != len(rows):
            hint = "write one flow a line; a quotation mark may be left open"
            findings.add("a quoted cell spans several lines", hint, line=first, code="bad-file")
            findings.raise_any()
        width = len(header)
        if set(map(len, rows)) != {width}:
            rows, lines = _even(rows, lines, width, findings)
        if rows:
            columns = dict(zip(header, zip(*rows, strict=True), strict=True))
            yield Block({name: list(cells) for name, cells in columns.items()}, lines, rows)


def _next_rows(reader: Iterator[list[str]], count: int, findings: Findings) -> list[list[str]]:
    try:
        return list(islice(reader, count))
    except csv.Error as why:
        line = getattr(reader, "line_num", 0)
        findings.add(f"this is no CSV: {why}", "check quotation marks", line=line, code="bad-file")
        findings.raise_any()
        raise


def _even(
    rows: list[list[str]], lines: Sequence[int], width: int, findings: Findings
) -> tuple[list[list[str]], list[int]]:
    """Return the rows with `width` cells; others are reported, blank lines are left out."""
    kept = []
    for line, row in zip(lines, rows, strict=True):
        if len(row) == width:
            kept.append((row, line))
        elif any(map(str.strip, row)):
            cells = "cell" if len(row) == 1 else "cells"
            message = f"{len(row)} {cells}, but the header has {width}"
            findings.add(message, "each line has one cell per column", line=line, column=1)
    return [row for row, _ in kept], [line for _, line in kept]


def _lines(file: TextIOWrapper, findings: Findings) -> Iterator[str]:
    """Yield the lines of `file`; one that is too long, or holds a NUL, is a problem."""
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) >= _LONGEST_LINE:
            message = f"this line is longer than {_LONGEST_LINE:,} characters"
            findings.add(message, "a flow file has one flow a line", line=number, code="bad-file")
            findings.raise_any()
        if "\0" in line:
            raise ProblemsFound(not_text(findings.path, number))
        yield line
