"""Run the registered checks and judge what they measured."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from netsim import registry
from netsim.verify.measurement import Measurement


class Check(Protocol):
    """A claim of theory that can be measured; registered as a class or as an object."""

    @property
    def family(self) -> str:
        """Which family or part of netsim it is about."""
        ...

    @property
    def claim(self) -> str:
        """What theory says, in one sentence."""
        ...

    @property
    def source(self) -> str:
        """Where it says so: paper, theorem, derivation."""
        ...

    def run(self) -> list[Measurement]:
        """Measure it."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one check; `error` is the exception that ended it, if one did."""

    name: str
    family: str
    claim: str
    source: str
    measurements: tuple[Measurement, ...]
    error: str
    wall_time: float

    @property
    def passed(self) -> bool:
        """Whether the check ran to its end, measured something, and all of it was right."""
        measured = bool(self.measurements) and all(m.passed for m in self.measurements)
        return measured and not self.error

    def facts(self) -> dict[str, Any]:
        """Return everything as JSON-able data."""
        return {
            "check": self.name,
            "family": self.family,
            "claim": self.claim,
            "source": self.source,
            "passed": self.passed,
            "error": self.error,
            "wall_time": self.wall_time,
            "measurements": [_measured(m) for m in self.measurements],
        }


def select(words: Sequence[str] = ()) -> list[tuple[str, Check]]:
    """Return the checks, by name, that contain all `words` in name, family or claim."""
    checks = [(name, _made(registry.lookup("check", name))) for name in registry.names("check")]
    return [(name, check) for name, check in checks if _mentions(name, check, words)]


def run_checks(checks: Sequence[tuple[str, Check]]) -> Iterator[Outcome]:
    """Run `checks` one after another and yield what came out of each."""
    for name, check in checks:
        yield run_check(name, check)


def run_check(name: str, check: Check) -> Outcome:
    """Run one check. An exception is a failed check, so that the others still run."""
    started = time.perf_counter()
    measurements: tuple[Measurement, ...] = ()
    error = ""
    try:
        measurements = tuple(check.run())
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
    taken = time.perf_counter() - started
    return Outcome(name, check.family, check.claim, check.source, measurements, error, taken)


def _made(target: Any) -> Check:
    check: Check = target() if isinstance(target, type) else target
    return check


def _mentions(name: str, check: Check, words: Sequence[str]) -> bool:
    text = f"{name} {check.family} {check.claim}".lower()
    return all(word.lower() in text for word in words)


def _measured(m: Measurement) -> dict[str, Any]:
    return {
        "name": m.name,
        "measured": m.measured,
        "expected": list(m.expected) if isinstance(m.expected, tuple) else m.expected,
        "tolerance": m.tolerance,
        "kind": m.kind,
        "unit": m.unit,
        "passed": m.passed,
    }
