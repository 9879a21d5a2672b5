"""Measure CPU seconds over repeats, and keep each result with its target and its machine.

Wall-clock time means nothing on a shared machine, so everything here is CPU time
(`time.process_time`), at least five repeats, with the whole range reported. A ratio compares two
programs alternately within one run, pair by pair.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

REPEATS = 5


@dataclass(frozen=True)
class Result:
    """One figure: its median and range over the repeats, and what it should reach."""

    name: str
    unit: str
    values: tuple[float, ...]
    target: str = ""
    met: bool | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Return the median over the repeats."""
        return statistics.median(self.values)

    def row(self) -> str:
        """Return the figure as one line of text."""
        low, high = min(self.values), max(self.values)
        verdict = "" if self.met is None else "  ok" if self.met else "  MISSED"
        head = f"{self.name:<58} {self.median:>12.4g} {self.unit:<18}"
        return f"{head} [{low:.4g} .. {high:.4g}]  {self.target}{verdict}"

    def as_json(self) -> dict[str, Any]:
        """Return the figure as it is saved."""
        return {**asdict(self), "median": self.median}


def cpu(action: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds that `action` took and what it returned."""
    begin = time.process_time()
    value = action()
    return time.process_time() - begin, value


def repeat(action: Callable[[], Any], repeats: int = REPEATS) -> tuple[list[float], Any]:
    """Return the CPU seconds of each repeat and the last value; one call before is not counted."""
    action()
    seconds, value = [], None
    for _ in range(repeats):
        spent, value = cpu(action)
        seconds.append(spent)
    return seconds, value


def at_most(name: str, unit: str, values: list[float], limit: float, **details: Any) -> Result:
    """Return a result that is met when its median does not exceed `limit`."""
    return Result(
        name, unit, tuple(values), f"<= {limit:g}", statistics.median(values) <= limit, details
    )


def at_least(name: str, unit: str, values: list[float], limit: float, **details: Any) -> Result:
    """Return a result that is met when its median reaches `limit`."""
    return Result(
        name, unit, tuple(values), f">= {limit:g}", statistics.median(values) >= limit, details
    )


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    import importlib.metadata
    import os

    packages = {
        name: importlib.metadata.version(name) for name in ("numpy", "numba", "simpy", "pyarrow")
    }
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **packages,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(
                line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
            )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
