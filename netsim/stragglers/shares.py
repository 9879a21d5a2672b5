"""Who combines what: a sparse matrix of workers by parts.

Every worker of a code holds a few of n parts, so of n x n coefficients almost all are 0; for 16,384
workers they would fill 2 GB. Here the others alone are kept, ordered by worker, then by part.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.stragglers.codes.scheme import Flags, Floats, Integers


class Shares:
    """Coefficients of the parts that each worker combines.

    Parameters
    ----------
    worker, part, share
        One entry per coefficient; several of one worker and part are summed.
    shape
        Numbers of workers and of parts.
    """

    # So that numpy leaves ``weights @ shares`` to this class.
    __array_ufunc__ = None

    def __init__(
        self, worker: Integers, part: Integers, share: Floats, shape: tuple[int, int]
    ) -> None:
        self.shape = shape
        place, index = np.unique(worker * shape[1] + part, return_inverse=True)
        self.worker, self.part = np.divmod(place, shape[1])
        self.share: Floats = np.asarray(np.bincount(index, share, len(place)), np.float64)
        self._first = np.searchsorted(self.worker, np.arange(shape[0] + 1))

    @classmethod
    def of_band(cls, band: Floats) -> Shares:
        """Return the shares of a cyclic code: row i holds those of parts i, i+1, ... (mod n)."""
        n, width = band.shape
        worker = np.repeat(np.arange(n), width)
        part = (worker + np.tile(np.arange(width), n)) % n
        return cls(worker, part, band.ravel(), (n, n))

    @classmethod
    def one_each(cls, workers: int) -> Shares:
        """Return the shares of uncoded work: worker i has part i alone."""
        return cls.of_band(np.ones((workers, 1)))

    @property
    def held(self) -> Integers:
        """Number of parts that each worker holds."""
        return np.diff(self._first)

    def row(self, worker: int) -> tuple[Integers, Floats]:
        """Return the parts of `worker`, and their coefficients."""
        own = slice(self._first[worker], self._first[worker + 1])
        return self.part[own], self.share[own]

    def __rmatmul__(self, weights: Any) -> Floats:
        """Return ``weights @ shares``: the sum that every part gets, for each row of weights."""
        rows = np.atleast_2d(np.asarray(weights, dtype=np.float64))
        parts = self.shape[1]
        sums = np.array([np.bincount(self.part, r[self.worker] * self.share, parts) for r in rows])
        return sums.reshape(*np.shape(weights)[:-1], parts)

    def __matmul__(self, parts: Floats) -> Floats:
        """Return ``shares @ parts``: what every worker returns."""
        results = np.bincount(self.worker, self.share * parts[self.part], self.shape[0])
        return np.asarray(results, np.float64)

    def least_squares(self, returned: Flags) -> Floats:
        """Return the shortest weights of the `returned` for which |weights' B - 1'| is least.

        By conjugate gradients on the normal equations (Hestenes and Stiefel 1952), whose steps cost
        as much as there are coefficients; started from 0 they end at the shortest solution.
        """
        weights = np.zeros(self.shape[0])
        error = np.ones(self.shape[1])
        slope = np.where(returned, self @ error, 0.0)
        way, steep = slope.copy(), float(slope @ slope)
        goal = steep * _CLOSE**2
        # In exact arithmetic there are as many steps as workers at most; rounding costs some more.
        for _ in range(4 * self.shape[0]):
            if steep <= goal:
                break
            change = way @ self
            length = steep / float(change @ change)
            weights += length * way
            error -= length * change
            slope = np.where(returned, self @ error, 0.0)
            before, steep = steep, float(slope @ slope)
            way = slope + steep / before * way
        return weights


#: Gradient of the squared error, against that at the start, at which least squares end.
_CLOSE = 1e-14
