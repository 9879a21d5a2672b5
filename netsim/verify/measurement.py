"""One measured number beside the one that theory expects, and how far they may differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["exact", "absolute", "relative", "interval"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measured value and the judgement on it.

    Parameters
    ----------
    name
        What was measured, in a few words.
    measured
        What the simulation gave.
    expected
        What theory gives; for an interval its two ends, both allowed.
    tolerance
        Largest allowed difference: in `unit` (absolute) or as a share of `expected` (relative);
        0 otherwise.
    unit
        Unit of `measured`, "1" if it has none.
    kind
        How the two are compared.

    Examples
    --------
    >>> Measurement("wait", 1.02, 1.0, 0.05, "s", "relative").passed
    True
    """

    name: str
    measured: float
    expected: float | tuple[float, float]
    tolerance: float = 0.0
    unit: str = "1"
    kind: Kind = "exact"

    @property
    def passed(self) -> bool:
        """Whether the measured value lies within the tolerance; NaN never does."""
        if math.isnan(self.measured):
            return False
        if isinstance(self.expected, tuple):
            low, high = self.expected
            return low <= self.measured <= high
        if self.kind == "exact":
            return self.measured == self.expected
        scale = abs(self.expected) if self.kind == "relative" else 1.0
        return abs(self.measured - self.expected) <= self.tolerance * scale

    @property
    def allowed(self) -> str:
        """The tolerance as text: ``exact``, ``+-1``, ``+-5 %``, ``within``."""
        if isinstance(self.expected, tuple):
            return "within"
        if self.kind == "relative":
            return f"+-{100 * self.tolerance:g} %"
        return f"+-{self.tolerance:g}" if self.kind == "absolute" else "exact"
