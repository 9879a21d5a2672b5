"""Decode a gradient code through its null space: one small solve per set of stragglers.

An (n, s) gradient code B has rank n-s. Once per code, the singular value decomposition gives the
left null space G (s x n, G B = 0) and the least-squares solution a0 of a0' B = 1'. Every decoding
vector is a0 + c' G; to make it vanish on the stragglers F, solve G[:, F]' c = -a0[F]. With F filled
up to exactly s workers the system is square, and its cost does not depend on n but for one product.

How well a0 + c' G is determined is a property of the code: for |F| = s the vector is unique.
Therefore every decoding carries its residual max |a' B - 1| and its largest weight max |a|. Above
`REFINE` one least-squares step on the returned rows removes what it can; above `REFUSE` the code
cannot be trusted and decoding raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from netsim.errors import SimulationError
from netsim.stragglers.codes.scheme import Flags, Floats

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
        self._free: Floats = left[:, :rank] @ ((right[:rank] @ np.ones(n)) / singular[:rank])
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
        weights = self._solve(late)
        residual = self._residual(weights)
        if residual > REFINE:
            weights, residual = self._smallest(weights, residual, late)
        if residual > REFINE:
            weights, residual = self._refined(weights, residual, late)
        if not residual <= REFUSE:
            raise SimulationError(
                f"cannot decode: the weights leave an error of {residual:.2g} (at most "
                f"{REFUSE:g}); draw another code (seed) or take a repetition code"
            )
        return Weights(weights, residual, float(np.abs(weights).max()))

    def _solve(self, late: Flags) -> Floats:
        """Return a0 + c' G that vanishes on `late`, filled up to s workers."""
        if self.s == 0:
            return np.array(self._free)
        dropped = np.flatnonzero(late)
        if len(dropped) < self.s:
            present = np.flatnonzero(~late)
            # Evenly spread over the workers in time, so that no dense run of columns is dropped.
            places = np.arange(self.s - len(dropped)) * len(present) // (self.s - len(dropped))
            dropped = np.concatenate((dropped, present[places]))
        null = self._null
        try:
            steps = np.linalg.solve(null[:, dropped].T, -self._free[dropped])
        except np.linalg.LinAlgError:
            return np.where(late, 0.0, self._free)
        weights: Floats = self._free + steps @ null
        weights[dropped] = 0.0
        return weights

    def _smallest(self, weights: Floats, residual: float, late: Flags) -> tuple[Floats, float]:
        """Return the better of `weights` and the shortest step that needs just `late` gone."""
        steps = np.linalg.lstsq(self._null[:, late].T, -self._free[late], rcond=None)[0]
        shortest: Floats = np.where(late, 0.0, self._free + steps @ self._null)
        after = self._residual(shortest)
        return (shortest, after) if after < residual else (weights, residual)

    def _residual(self, weights: Floats) -> float:
        sums = np.einsum("ij,ij->i", weights.take(self._holders), self._shares)
        return float(np.abs(sums - 1.0).max())

    def _refined(self, weights: Floats, residual: float, late: Flags) -> tuple[Floats, float]:
        """Return the better of `weights` and one least-squares correction on the returned rows."""
        present = ~late
        missing = 1.0 - weights @ self.matrix
        step = np.linalg.lstsq(self.matrix[present].T, missing, rcond=None)[0]
        better = weights.copy()
        better[present] += step
        after = self._residual(better)
        return (better, after) if after < residual else (weights, residual)
