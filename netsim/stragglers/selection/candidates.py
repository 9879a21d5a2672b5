"""The parameter sets that a search goes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

Family = Literal["uncoded", "gc", "sr_sgc", "m_sgc"]
FAMILIES: Final[tuple[Family, ...]] = ("uncoded", "gc", "sr_sgc", "m_sgc")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One scheme with its parameters; those that it does not have are 0."""

    scheme: Family
    load: Fraction
    T: int = 0
    s: int = 0
    B: int = 0
    W: int = 0
    lam: int = 0

    @property
    def parameters(self) -> dict[str, int]:
        """The parameters as a block ``code`` writes them."""
        if self.scheme == "uncoded":
            return {}
        if self.scheme == "gc":
            return {"s": self.s}
        return {"B": self.B, "W": self.W, "lambda": self.lam}

    @property
    def block(self) -> dict[str, object]:
        """The block ``code``."""
        return {"scheme": self.scheme, **self.parameters}

    @property
    def parameters_in_words(self) -> str:
        """The parameters as text: ``B=1 W=2 lambda=27``."""
        return " ".join(f"{name}={value}" for name, value in self.parameters.items())

    def __str__(self) -> str:
        return f"{self.scheme} {self.parameters_in_words}".strip()

    @property
    def rank(self) -> tuple[Fraction, int, int, int]:
        """What decides between equal times: the smaller load, then B, W, lambda."""
        return (self.load, self.B, self.W, self.lam or self.s)


def parameter_sets(
    workers: int, t_max: int, w_max: int = 9, families: Sequence[Family] = FAMILIES
) -> list[Candidate]:
    """Return every possible parameter set with T <= `t_max`, and W <= `w_max` for SR-SGC.

    (The delay of M-SGC, T = W-2+B, bounds its W; that of SR-SGC is B alone.)
    """
    found: list[Candidate] = []
    if "uncoded" in families:
        found.append(Candidate("uncoded", Fraction(1, workers)))
    if "gc" in families:
        found += [Candidate("gc", Fraction(s + 1, workers), s=s) for s in range(workers)]
    if "sr_sgc" in families:
        for B in range(1, t_max + 1):
            for W in range(1, w_max + 1):
                if W >= B and (W - 1) % B == 0:
                    found += _selective_repeat(workers, B, W)
    if "m_sgc" in families:
        for B in range(1, t_max + 1):
            for W in range(B + 1, t_max - B + 3):
                found += _multiplexed(workers, B, W)
    return found


def _selective_repeat(n: int, B: int, W: int) -> list[Candidate]:
    found = []
    for lam in range(n + 1):
        s = -(-B * lam // (W - 1 + B))
        if s < n:
            found.append(Candidate("sr_sgc", Fraction(s + 1, n), B, s, B, W, lam))
    return found


def _multiplexed(n: int, B: int, W: int) -> list[Candidate]:
    coded = [
        Candidate(
            "m_sgc",
            Fraction((lam + 1) * (W - 1 + B), n * (B + (W - 1) * (lam + 1))),
            W - 2 + B,
            B=B,
            W=W,
            lam=lam,
        )
        for lam in range(n)
    ]
    plain = Candidate("m_sgc", Fraction(W - 1 + B, n * (W - 1)), W - 2 + B, B=B, W=W, lam=n)
    return [*coded, plain]
