"""Heterogeneous gradient coding: faster workers hold more parts (Wang et al. 2019)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from netsim.errors import SimulationError
from netsim.fields import field
from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.gc import too_many_stragglers
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats
from netsim.stragglers.decoding import REFUSE
from netsim.stragglers.pieces import solved
from netsim.stragglers.shares import Shares


@register("code", "heterogeneous_gc")
class HeterogeneousGradientCode(OneRound):
    """Exact gradient coding against s stragglers, with loads in proportion to the workers' speeds.

    The (s+1) K copies of K parts are dealt to consecutive workers in proportion to speed, at most K
    to one. With C random, (s+1) x n, the coefficients of a part on its s+1 holders H solve
    ``C[:, H] b = 1``. Without the workers F, take l with ``l' C[:, F] = 0`` and ``l' 1 = 1``: then
    the weights ``a = l' C`` vanish on F and give every part ``l' C[:, H] b = 1``. Loads differ, so
    use ``load_mode: exact``.
    """

    source: ClassVar[str] = "Wang et al., Heterogeneity-aware Gradient Coding, 2019"

    class Config(CodeConfig):
        """Stragglers, speeds and granularity."""

        s: int = field(1, description="stragglers tolerated in every round", ge=0)
        speeds: tuple[float, ...] = field(
            (), description="relative speeds of the workers; default: all equal", max_length=16384
        )
        parts: int | None = field(
            None, description="parts K that the data set is cut into; default: 4 per worker", ge=1
        )

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return what is wrong with s or the speeds."""
        found = too_many_stragglers(config.s, workers, at=("code", "s"))
        if config.speeds and len(config.speeds) != workers:
            message = f"{len(config.speeds)} speeds for {workers} workers"
            hint = "give one for each worker"
            found.append(Problem(message, at=("code", "speeds"), hint=hint, also=("workers",)))
        elif config.speeds and min(config.speeds) <= 0:
            found.append(Problem("a speed must be positive", at=("code", "speeds")))
        return found

    def copies(self) -> list[int]:
        """Return how many parts each worker holds: in proportion to speed, at most all of them."""
        n, total = self.workers, self._parts * (self.config.s + 1)
        speeds = np.array(self.config.speeds or (1.0,) * n)
        held = np.zeros(n, dtype=np.int64)
        free = np.ones(n, dtype=np.bool_)
        while True:
            # Whoever would hold more than everything holds everything; the rest is shared out
            # again.
            shared = total - int(held[~free].sum())
            ideal = np.where(free, speeds * shared / speeds[free].sum(), held)
            full = free & (ideal >= self._parts)
            if not full.any():
                break
            held[full] = self._parts
            free &= ~full
            if not free.any():
                return [int(count) for count in held]
        edges = np.rint(np.cumsum(ideal)).astype(np.int64)
        return [int(count) for count in np.diff(edges, prepend=0)]

    @property
    def _parts(self) -> int:
        return int(self.config.parts or 4 * self.workers)

    def draw_coefficients(self) -> Shares:
        """Return the coefficients of the consecutive parts that each worker holds."""
        n, parts, needed = self.workers, self._parts, int(self.config.s) + 1
        holders = np.repeat(np.arange(n), self.copies())
        # Copies are dealt in a circle: part k has the copies k, k+K, k+2K, ... of the row.
        of_part = holders.reshape(needed, parts).T
        self._checks = self.generator().standard_normal((needed, n))
        shares = solved(self._checks, of_part, np.ones((needed, 1)))
        part = np.repeat(np.arange(parts), needed)
        return Shares(of_part.ravel(), part, shares.ravel(), (n, parts))

    def load(self) -> Fraction:
        """Return the largest load."""
        return Fraction(max(self.copies()), self._parts)

    def tolerates(self) -> str:
        """Return the model."""
        return f"up to {self.config.s} stragglers in every round"

    def allowed(self) -> int:
        """Return s."""
        return int(self.config.s)

    def weights(self, returned: Flags) -> Floats:
        """Return weights that vanish on the late workers, for the whole gradient.

        Raises
        ------
        SimulationError
            If they leave an error above 1e-6.
        """
        coefficients = self.coefficients
        late = np.flatnonzero(~returned)
        wanted = np.zeros(late.size + 1)
        wanted[-1] = 1.0
        system = np.vstack((self._checks[:, late].T, np.ones(len(self._checks))))
        combined = np.linalg.lstsq(system, wanted, rcond=None)[0]
        weights: Floats = np.where(returned, combined @ self._checks, 0.0)
        error = float(np.abs(weights @ coefficients - 1).max())
        if not error <= REFUSE:
            raise SimulationError(f"cannot decode: the weights leave an error of {error:.2g}")
        return weights
