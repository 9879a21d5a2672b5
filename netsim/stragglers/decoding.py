"""Decode a gradient code through its null space: one small solve per set of stragglers.

An (n, s) gradient code B has rank n-s. Once per code, the singular value decomposition gives the
left null space G (s x n, G B = 0) and the least-squares solution a0 of a0' B = 1'. Every decoding
vector is a0 + c' G; to make it vanish on the stragglers F, solve G[:, F]' c = -a0[F]. With F filled
up to exactly s workers the system is square, and its cost does not depend on n but for one product.

How well a0 + c' G is determined is a property of the code: for |F| = s the vector is unique.
Therefore every decoding carries its residual max |a' B - 1| and its largest weight max |a|. Above
`REFINE` the error that is left is solved for in the same way, and if that does not help by least
squares on the returned rows; above `REFUSE` the code cannot be trusted and decoding raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from netsim.errors import SimulationError
from netsim.stragglers.codes.scheme import Flags, Floats, Integers

#: Residuals above this are refined once.
REFINE: Final = 1e-8
#: Residuals above this, after refinement, are an error.
REFUSE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Weights:
    """A decoding vector, its residual max |a' B - 1| and its largest absolute weight."""

    weights: Floats
    residual: float
    largest: float


class NullSpaceDecoder:
    """Decoding vectors of the (n, s) code with matrix `B` (n x n, rank n-s, any support).

    Parameters
    ----------
    matrix
        B; row i holds the coefficients of worker i's result.
    s
        Stragglers tolerated.
    """

    def __init__(self, matrix: Floats, s: int) -> None:
        self.matrix = matrix
        self.s = s
        n = len(matrix)
        left, singular, right = np.linalg.svd(matrix)
        rank = n - s
        self._null = np.ascontiguousarray(left[:, rank:].T)
        # The pseudo-inverse: a' B = e' has the least-squares solution a = inverse e.
        self._inverse: Floats = (left[:, :rank] / singular[:rank]) @ right[:rank]
        self._free: Floats = self._inverse @ np.ones(n)
        # Who holds each part, filled up with coefficient 0: a' B in n * (s+1) products, not n * n.
        held = matrix != 0
        width = int(held.sum(axis=0).max())
        self._holders = np.argsort(~held, axis=0, kind="stable")[:width].T.copy()
        self._shares: Floats = matrix[self._holders, np.arange(n)[:, None]]

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
        if residual > REFINE:
            weights, residual = self._refined(weights, residual, dropped)
        if residual > REFINE:
            weights, residual = self._fitted(weights, residual, late)
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

    def _refined(self, weights: Floats, residual: float, dropped: Integers) -> tuple[Floats, float]:
        """Return the better of `weights` and one step of iterative refinement.

        The error that is left, e' = 1' - a' B, is solved for as 1' was.
        """
        step = self._without(dropped, self._inverse.dot(1.0 - weights @ self.matrix))
        return self._better(weights, residual, weights + step)

    def _fitted(self, weights: Floats, residual: float, late: Flags) -> tuple[Floats, float]:
        """Return the better of `weights` and a least-squares step on all returned rows."""
        present = ~late
        missing = 1.0 - weights @ self.matrix
        fitted = weights.copy()
        fitted[present] += np.linalg.lstsq(self.matrix[present].T, missing, rcond=None)[0]
        return self._better(weights, residual, fitted)

    def _better(self, weights: Floats, residual: float, other: Floats) -> tuple[Floats, float]:
        after = self._residual(other)
        return (other, after) if after < residual else (weights, residual)

    def _residual(self, weights: Floats) -> float:
        sums = np.einsum("ij,ij->i", weights.take(self._holders), self._shares)
        return float(np.abs(sums - 1.0).max())
