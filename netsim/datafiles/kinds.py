"""What the values of a column may be: numbers within bounds, or words from a set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Characters of a field that are looked at, and shown in errors.
LONGEST_FIELD: Final = 64
#: Beyond this, doubles skip whole numbers.
_LARGEST_WHOLE: Final = 2**53


@dataclass(frozen=True, slots=True)
class Number:
    """Numbers within bounds.

    Parameters
    ----------
    wanted
        What a value is, for errors: ``a number between 0 and 1``.
    least, most
        Bounds, both allowed.
    whole
        Whether values are whole; the column is then int64, otherwise float64.
    endless
        Whether ``inf``, for never, is a value beyond `most`.
    """

    wanted: str
    least: float = -math.inf
    most: float = math.inf
    whole: bool = False
    endless: bool = False

    def of_text(self, text: str) -> float | None:
        """Return the value that a field of a text file holds, or None where it is none."""
        # Python reads 1_000 as a number; no other program does.
        if len(text) > LONGEST_FIELD or "_" in text:
            return None
        try:
            number = float(text)
        except ValueError:
            return None
        if number == math.inf and self.endless:
            return number
        right = self.least <= number <= self.most and math.isfinite(number)
        if right and self.whole:
            right = number.is_integer() and abs(number) <= _LARGEST_WHOLE
        return number if right else None

    def wrong(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of `values` are none of this kind."""
        bad = ~((values >= self.least) & (values <= self.most) & np.isfinite(values))
        if self.endless:
            bad &= values != math.inf
        if self.whole:
            bad |= (values != np.floor(values)) | (np.abs(values) > _LARGEST_WHOLE)
        return bad

    def array(self, values: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
        """Return right values as a column."""
        return np.asarray(values, dtype=np.int64 if self.whole else np.float64)


@dataclass(frozen=True, slots=True)
class Words:
    """Words from a set; the column holds texts."""

    allowed: tuple[str, ...]

    @property
    def wanted(self) -> str:
        """What a value is, for errors."""
        return f"one of: {', '.join(self.allowed)}"

    def of_text(self, text: str) -> str | None:
        """Return the value that a field of a text file holds, or None where it is none."""
        word = text.strip()
        return word if word in self.allowed else None

    def array(self, values: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
        """Return right values as a column."""
        return np.asarray(values, dtype=f"U{max(map(len, self.allowed))}")


Kind: TypeAlias = Number | Words

#: Which round, worker, node: an array of that size could be made.
INDEX: Final = Number("a whole number from 0", least=0, most=2**31 - 1, whole=True)
RATIO: Final = Number("a number between 0 and 1", least=0, most=1)
NUMBER: Final = Number("a finite number")
