"""Decode a cyclic gradient code through its null space: a small solve per set of stragglers.

An (n, s) gradient code B has rank n-s. Once per code, `CyclicFactors` gives the left null space G
(s x n, G B = 0) and solutions a0 of a0' B = e'. Every decoding vector is a0 + c' G; to make it
vanish on the stragglers F, solve G[:, F]' c = -a0[F]. With F filled up to exactly s workers the
system is square, and its cost does not depend on n but for one product.

How well a0 + c' G is determined is a property of the code: for |F| = s the vector is unique.
Therefore every decoding carries its residual max |a' B - 1| and its largest weight max |a|. Above
`REFINE` the error that is left is solved for in the same way, as long as that helps; above `REFUSE`
the code cannot be trusted and decoding raises. (Least squares on the returned rows, which solves an
n x n system for every set, was no better on any of thousands of sets.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from netsim.errors import SimulationError
from netsim.stragglers.codes.scheme import Flags, Floats, Integers
from netsim.stragglers.cyclic_factors import CyclicFactors

#: Residuals above this are refined.
REFINE: Final = 1e-8
#: Residuals above this, after refinement, are an error.
REFUSE: Final = 1e-6
_STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Weights:
    """A decoding vector, its residual max |a' B - 1| and its largest absolute weight."""

    weights: Floats
    residual: float
    largest: float


class NullSpaceDecoder:
    """Decoding vectors of a cyclic (n, s) code of rank n-s.

    Parameters
    ----------
    band
        (n, s+1): row i holds what worker i's result has of the parts i, i+1, ..., i+s (mod n).
    """

    def __init__(self, band: Floats) -> None:
        n, width = band.shape
        self.band = band
        self.s = width - 1
        factors = CyclicFactors(band)
        self._factors = factors
        self._null = factors.null
        self._free = factors.solve(np.ones(n))
        # Part k is held by workers k, k-1, ..., k-s.
        self._holders = (np.arange(n)[:, None] - np.arange(width)) % n
        self._shares: Floats = band[self._holders, np.arange(width)]

    def decode(self, late: Flags) -> Weights:
        """Return the decoding vector that needs nothing of the workers `late`, at most s of them.

        Raises
        ------
        SimulationError
            If more than s workers are late, or the residual stays above `REFUSE`.
        """
        if np.count_nonzero(late) > self.s:
            raise SimulationError(
                f"cannot decode: {np.count_nonzero(late)} workers are missing and the code "
                f"tolerates s={self.s}"
            )
        dropped = self._filled(late)
        weights = self._without(dropped, self._free)
        residual = self._residual(weights)
        for _ in range(_STEPS):
            if residual <= REFINE:
                break
            # What is left, e' = 1' - a' B, is solved for as 1' was.
            step = self._without(dropped, self._factors.solve(1.0 - self._sums(weights)))
            after = self._residual(weights + step)
            if not after < residual:
                break
            weights, residual = weights + step, after
        if not residual <= REFUSE:
            raise SimulationError(
                f"cannot decode: the weights leave an error of {residual:.2g} (at most "
                f"{REFUSE:g}); draw another code (seed) or take a repetition code"
            )
        return Weights(weights, residual, float(np.abs(weights).max()))

    def _filled(self, late: Flags) -> Integers:
        """Return s workers to do without: `late`, and others evenly spread over the rest."""
        dropped = np.flatnonzero(late)
        if len(dropped) == self.s:
            return dropped
        present = np.flatnonzero(~late)
        # Spread, because a dense run of columns of G is worse conditioned.
        places = np.arange(self.s - len(dropped)) * len(present) // (self.s - len(dropped))
        return np.concatenate((dropped, present[places]))

    def _without(self, dropped: Integers, solution: Floats) -> Floats:
        """Return ``solution + c' G`` that vanishes on `dropped`."""
        if self.s == 0:
            return np.array(solution)
        try:
            steps = np.linalg.solve(self._null[:, dropped].T, -solution[dropped])
        except np.linalg.LinAlgError:
            steps = np.zeros(self.s)
        weights: Floats = solution + steps @ self._null
        weights[dropped] = 0.0
        return weights

    def _sums(self, weights: Floats) -> Floats:
        """Return a' B, one entry per part."""
        sums: Floats = np.einsum("ij,ij->i", weights.take(self._holders), self._shares)
        return sums

    def _residual(self, weights: Floats) -> float:
        return float(np.abs(self._sums(weights) - 1.0).max())
