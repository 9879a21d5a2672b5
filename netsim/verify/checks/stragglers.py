"""Gradient coding: exact loads, rounds by hand, tolerance of every small pattern, decoding.

All expected values are theorems of the codes or follow by hand from their definitions: Tandon et
al., Gradient Coding, ICML 2017; Sequential Gradient Coding For Straggler Mitigation, ICLR 2023.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from netsim.errors import ScenarioError
from netsim.registry import lookup, register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import csv, simulate

if TYPE_CHECKING:
    from netsim.stragglers.codes.scheme import Scheme

_SOURCE: Final = (
    "Sequential Gradient Coding For Straggler Mitigation, ICLR 2023 (arXiv 2211.13802); "
    "Tandon et al., Gradient Coding, ICML 2017"
)

Code = dict[str, Any]


def burst(scheme: str, longest: int, window: int, lam: int) -> Code:
    """Return the block of a sequential code: B, W and lambda."""
    return {"scheme": scheme, "B": longest, "W": window, "lambda": lam}


def made(code: Code, workers: int) -> Scheme:
    """Return the scheme that a block describes."""
    implementation = lookup("code", code["scheme"])
    parameters = {name: value for name, value in code.items() if name != "scheme"}
    scheme: Scheme = implementation(implementation.Config.model_validate(parameters), workers)
    return scheme


_LOADS: Final[tuple[tuple[Code, int, Fraction], ...]] = (
    ({"scheme": "uncoded"}, 256, Fraction(1, 256)),
    ({"scheme": "gc", "s": 15}, 256, Fraction(1, 16)),
    (burst("sr_sgc", 2, 3, 23), 256, Fraction(13, 256)),
    (burst("sr_sgc", 1, 2, 6), 256, Fraction(1, 64)),
    (burst("sr_sgc", 4, 9, 22), 256, Fraction(9, 256)),
    (burst("sr_sgc", 1, 3, 52), 256, Fraction(19, 256)),
    (burst("m_sgc", 1, 2, 27), 256, Fraction(7, 928)),
    (burst("m_sgc", 1, 2, 9), 256, Fraction(5, 704)),
    (burst("m_sgc", 1, 2, 24), 256, Fraction(25, 3328)),
    (burst("m_sgc", 1, 2, 52), 256, Fraction(53, 6912)),
    (burst("m_sgc", 1, 2, 2), 4, Fraction(3, 8)),
    (burst("m_sgc", 1, 2, 3), 4, Fraction(2, 5)),
    (burst("m_sgc", 1, 2, 4), 4, Fraction(1, 2)),
    (burst("m_sgc", 1, 4, 10), 20, Fraction(11, 170)),
)
_BOUNDS: Final[tuple[tuple[Code, int, Fraction], ...]] = (
    (burst("m_sgc", 1, 2, 27), 256, Fraction(2, 485)),
    (burst("m_sgc", 1, 2, 2), 4, Fraction(1, 3)),
    (burst("m_sgc", 1, 2, 3), 4, Fraction(2, 5)),
    (burst("m_sgc", 1, 2, 4), 4, Fraction(1, 2)),
    (burst("m_sgc", 1, 4, 10), 20, Fraction(2, 35)),
)


@register("check", "straggler_loads")
class Loads:
    """Loads and least loads, as exact fractions."""

    family: ClassVar[str] = "stragglers"
    claim: ClassVar[str] = "loads and least loads of the codes are the published fractions"
    source: ClassVar[str] = _SOURCE

    def run(self) -> list[Measurement]:
        """Count numerators and denominators that differ from the published ones."""
        loads = sum(made(code, n).load() != expected for code, n, expected in _LOADS)
        bounds = sum(made(code, n).bound() != expected for code, n, expected in _BOUNDS)
        return [
            Measurement(f"wrong loads of {len(_LOADS)}", float(loads), 0.0),
            Measurement(f"wrong least loads of {len(_BOUNDS)}", float(bounds), 0.0),
        ]


_FINISH: Final = (
    (1, 1.2, 3, 1.1),
    (1.1, 1, 2.5, 1.3),
    (1, 4, 1.2, 1.1),
    (1.2, 1, 1.1, 2.6),
    (1, 1.1, 1.3, 1.2),
)


@dataclass(frozen=True)
class HandRounds:
    """Given finish times of four workers, round for round."""

    family: ClassVar[str] = "stragglers"
    claim: ClassVar[str] = "rounds over given finish times last what the master's rule says"
    source: ClassVar[str] = f"worked out by hand from the definitions of {_SOURCE}"
    cases: tuple[tuple[Code, tuple[float, ...]], ...] = (
        ({"scheme": "uncoded"}, (3, 2.5, 4, 2.6)),
        ({"scheme": "gc", "s": 1}, (2, 2, 2, 2)),
        (burst("m_sgc", 1, 2, 1), (2, 2.5, 2, 2.6, 1.3)),
        (burst("m_sgc", 1, 2, 2), (2, 2.5, 2, 2, 1.3)),
        (burst("sr_sgc", 1, 2, 3), (2, 2, 2, 2, 0)),
    )

    def run(self) -> list[Measurement]:
        """Play the rounds of each code."""
        return [found for code, durations in self.cases for found in self._judge(code, durations)]

    def _judge(self, code: Code, durations: tuple[float, ...]) -> Iterator[Measurement]:
        cells = [(r, w, t) for r, row in enumerate(_FINISH) for w, t in enumerate(row)]
        scenario = {
            "workload": "stragglers",
            "workers": 4,
            "jobs": 4,
            "code": code,
            "delays": {"kind": "matrix", "file": "finish.csv"},
        }
        result = simulate(scenario, {"finish.csv": csv(("round", "worker", "finish"), cells)})
        measured = result.table("rounds")["duration"].to_pylist()
        for r, (found, expected) in enumerate(zip(measured, durations, strict=True)):
            yield Measurement(f"{code['scheme']}: round {r}", found, float(expected), unit="s")


register("check", "straggler_rounds_by_hand")(HandRounds())


@register("check", "straggler_tolerance")
class Tolerance:
    """The tolerance theorems over every pattern of up to four workers, and larger random ones."""

    family: ClassVar[str] = "stragglers"
    claim: ClassVar[str] = (
        "every conforming pattern is decoded in time; in every parameter set another one is not"
    )
    source: ClassVar[str] = _SOURCE
    #: Rounds by number of workers: at most 2^16 patterns each.
    rounds: ClassVar[dict[int, int]] = {1: 8, 2: 6, 3: 5, 4: 4}

    def run(self) -> list[Measurement]:
        """Count conforming patterns that fail, and parameter sets in which nothing else does."""
        from netsim.stragglers.tolerance import exhaustive

        sets = patterns = broken = toothless = 0
        for scheme, rounds in self._cases():
            found = exhaustive(scheme, rounds)
            sets += 1
            patterns += found.patterns
            broken += found.broken
            toothless += found.failing == 0
        sampled, lost = self._sampled()
        return [
            Measurement(f"undecoded of all conforming among {patterns} patterns", broken, 0.0),
            Measurement(f"parameter sets of {sets} without a failing pattern", toothless, 0.0),
            Measurement(f"undecoded of {sampled} random conforming patterns", lost, 0.0),
        ]

    def _cases(self) -> Iterator[tuple[Scheme, int]]:
        for n, rounds in self.rounds.items():
            for s in range(n):
                yield made({"scheme": "gc", "s": s}, n), rounds
            for name, longest, window in (
                ("sr_sgc", 1, 2), ("sr_sgc", 2, 3), ("m_sgc", 1, 2), ("m_sgc", 1, 3),
                ("m_sgc", 2, 3),
            ):  # fmt: skip
                for lam in range(n + 1):
                    try:
                        yield made(burst(name, longest, window, lam), n), rounds
                    except ScenarioError:
                        continue

    def _sampled(self) -> tuple[int, int]:
        from netsim.stragglers.tolerance import sampled

        generator = np.random.Generator(np.random.Philox(1))
        played = broken = 0
        for n, code, window in (
            (6, burst("m_sgc", 2, 3, 3), 4),
            (8, burst("m_sgc_rep", 2, 4, 3), 5),
            (10, burst("sr_sgc", 2, 5, 6), 5),
            (12, burst("m_sgc", 3, 4, 12), 6),
            (12, burst("sr_sgc_rep", 1, 2, 6), 2),
        ):
            found = sampled(made(code, n), 12, 60, window, generator)
            played += found.patterns
            broken += found.broken
        return played, broken


@register("check", "straggler_decoding")
class Decoding:
    """Combined coefficients of decoded jobs are ones."""

    family: ClassVar[str] = "stragglers"
    claim: ClassVar[str] = "the weights of any n-s results combine to the full gradient"
    source: ClassVar[str] = _SOURCE

    def run(self) -> list[Measurement]:
        """Decode random straggler sets: random cyclic codes at n=16 and 256, repetition at 256."""
        return [
            Measurement("largest residual, cyclic n=16 s=3", _residual("gc", 16, 3), 0, 1e-9, "1",
                        "absolute"),
            Measurement("largest residual, cyclic n=256 s=15", _residual("gc", 256, 15), 0, 1e-6,
                        "1", "absolute"),
            Measurement("largest residual, repetition n=256 s=15", _residual("gc_rep", 256, 15), 0),
        ]  # fmt: skip


def _residual(name: str, n: int, s: int, sets: int = 40) -> float:
    scheme: Any = made({"scheme": name, "s": s}, n)
    generator = np.random.Generator(np.random.Philox(2))
    worst = 0.0
    for size in generator.integers(0, s + 1, size=sets):
        returned = np.ones(n, dtype=np.bool_)
        returned[generator.permutation(n)[:size]] = False
        weights = scheme.inner.decode(returned).weights
        combined = np.zeros(n)
        for worker in np.flatnonzero(weights):
            parts, coefficients = scheme.inner.row(int(worker))
            combined[parts] += weights[worker] * coefficients
        worst = max(worst, float(np.abs(combined - 1).max()))
    return worst
