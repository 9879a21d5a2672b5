"""From the cells of one column to numbers; what is no number, or out of range, is reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim import registry, units
from netsim.fabric.flow_file.rows import Block
from netsim.findings import Findings
from netsim.problems import ProblemsFound
from netsim.topology.naming import find_host, numbers_suffice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.topology.network import Network

_HUGE: Final = 2**62
#: Stands for an empty cell where one is allowed; no cell can hold this number.
EMPTY: Final = -(2**63)
#: Names that are compared with an unknown one, at most; more would take long.
_COMPARED: Final = 4096


class CellError(ValueError):
    """A cell cannot be read; `hint` is the cure."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Reader:
    """What the cells of a column mean.

    Parameters
    ----------
    read
        From a cell without blanks around it to its number; raises `CellError`.
    plain
        Whether a whole number in a cell is always that number, so that columns of whole numbers
        need not be read cell by cell.
    """

    read: Callable[[str], int]
    plain: bool = True


def numbers(
    block: Block, name: str, reader: Reader, low: int, high: int, hint: str, findings: Findings
) -> NDArray[np.int64]:
    """Return column `name` as integers from `low` to `high`.

    Each cell is what `reader` reads, whatever the others are; what it takes for `EMPTY` stays so.
    """
    cells = block.columns[name]
    given: NDArray[np.bool_] | bool = True
    found = _integers(cells) if reader.plain else None
    if found is None:
        found = _one_by_one(block, name, cells, reader.read, findings, placeholder=low)
        given = found != EMPTY
    wrong = np.flatnonzero(((found < low) | (found > high)) & given)
    for row in wrong.tolist():
        line, column = block.place(row, name)
        message = f"{_where(block, row)}{name} {found[row]} is out of range"
        findings.add(message, hint, line=line, column=column, code="out-of-range")
    return np.clip(found, low, high) if len(wrong) else found


def _integers(cells: Sequence[str] | NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return cells that are whole numbers all of them, else None; many are converted at once."""
    if isinstance(cells, np.ndarray):
        return cells
    letters = "".join(cells)
    if "_" in letters or not letters.isascii():
        return None  # `int` reads digits of any script and underscores; a cell may not hold them
    try:
        return np.array(list(map(int, cells)), np.int64)
    except (ValueError, OverflowError):
        return None


def _one_by_one(
    block: Block,
    name: str,
    cells: Sequence[str] | NDArray[np.int64],
    read: Callable[[str], int],
    findings: Findings,
    placeholder: int,
) -> NDArray[np.int64]:
    known: dict[str, int] = {}
    found = np.empty(len(cells), np.int64)
    for row, cell in enumerate(cells):
        text = str(cell)
        value = known.get(text)
        if value is None:
            try:
                value = read(text.strip())
                if len(known) < 1 << 16:
                    known[text] = value
            except CellError as wrong:
                value = placeholder
                line, column = block.place(row, name)
                message = f"{_where(block, row)}{wrong}"
                findings.add(message, wrong.hint, line=line, column=column)
        found[row] = value
    return found


def _where(block: Block, row: int) -> str:
    """Return the start of a message: a Parquet file has rows, not lines that an editor shows."""
    return f"row {block.lines[row]}: " if block.cells is None else ""


def whole(text: str) -> int | None:
    """Return the integer that `text` writes, or None; one too large for any field is refused."""
    digits = text[1:] if text[:1] in "+-" else text
    if not (digits.isascii() and digits.isdigit()):
        return None
    if len(digits) > 18 and abs(int(digits[:40])) >= _HUGE:
        raise CellError(f"'{text[:30]}' is too large", f"at most {_HUGE - 1}")
    return int(text)


def quantity(dimension: str, example: str) -> Reader:
    """Return the reader of whole numbers (in the unit of `dimension`) and of quantities."""
    unit = units.DIMENSIONS[dimension].unit

    def read(text: str) -> int:
        number = whole(text)
        if number is not None:
            return number
        try:
            return int(units.parse(text, dimension))
        except units.UnitError as bad:
            raise CellError(str(bad), f"whole {unit} or a quantity: '{example}'") from None

    return Reader(read)


def index(what: str, count: int) -> Reader:
    """Return the reader of a number below `count`; an empty cell is `EMPTY`."""

    def read(text: str) -> int:
        number = EMPTY if not text else whole(text)
        if number is None:
            raise CellError(f"'{text[:40]}' is no {what}", f"a number from 0 to {count - 1}")
        return number

    return Reader(read)


def host(network: Network) -> Reader:
    """Return the reader of a host's number or name."""

    def read(text: str) -> int:
        try:
            number = find_host(network, text)
        except ProblemsFound as found:
            raise CellError(found.problems[0].message, found.problems[0].hint) from None
        if number is not None:
            return number
        known = network.hosts if network.host_count <= _COMPARED else ()
        hint = registry.did_you_mean(text, known)
        span = f"hosts are 0 to {network.host_count - 1}, or {network.hosts[0]}, ..."
        raise CellError(f"no host named '{text[:40]}'", hint or span)

    return Reader(read, plain=numbers_suffice(network))
