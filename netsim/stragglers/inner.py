"""Codes for one gradient: random cyclic codes, and fractional repetition in groups.

Both let n workers combine n parts of a gradient, each worker s+1 of them (Tandon et al., Gradient
Coding, ICML 2017). The sequential schemes use them inside.

* **Cyclic**: worker i holds parts i..i+s (mod n). Draw H (s x n) Gaussian with H 1 = 0; row i
  starts with 1 and its other coefficients solve H[:, i+1..i+s] x = -H[:, i]. Any n-s rows span 1.
* **Repetition** (s+1 divides n): the s+1 workers of a group all return the sum of the group's s+1
  parts, so one survivor per group is enough, and the weights are 0 and 1.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from netsim.errors import SimulationError
from netsim.stragglers.codes.scheme import Flags, Floats, Integers, Limit
from netsim.stragglers.decoding import NullSpaceDecoder, Weights
from netsim.stragglers.pieces import solved


class InnerCode(Protocol):
    """A code for one gradient with n workers and n parts."""

    def enough(self, returned: Flags) -> bool:
        """Return whether these results give the gradient."""
        ...

    def retriers(self, returned: Flags) -> Flags:
        """Return the lowest-index workers whose results, added to `returned`, are enough."""
        ...

    def spare(self, lost: Flags, fragile: Flags) -> tuple[Limit, ...]:
        """Return how many of `fragile` may be late, given that the results of `lost` never come."""
        ...

    def row(self, worker: int) -> tuple[Integers, Floats]:
        """Return the parts that a worker holds, and their coefficients in its result."""
        ...

    def decode(self, returned: Flags) -> Weights:
        """Return the weights of the returned results."""
        ...


def cyclic_band(n: int, s: int, generator: np.random.Generator) -> Floats:
    """Return a random cyclic (n, s) code: any n-s of its rows span the vector of ones.

    Row i of the result, (n, s+1), holds the coefficients of parts i, i+1, ..., i+s (mod n).
    """
    band = np.ones((n, s + 1))
    if s == 0:
        return band
    checks = generator.standard_normal((s, n))
    checks[:, -1] = -checks[:, :-1].sum(axis=1)
    support = (np.arange(n)[:, None] + np.arange(1, s + 1)) % n
    band[:, 1:] = solved(checks, support, -checks.T[:, :, None])[:, :, 0]
    return band


class CyclicCode:
    """A random cyclic (n, s) gradient code with its null-space decoder.

    The band is drawn and factored when arithmetic is first asked for: who may be late does not
    depend on it.
    """

    def __init__(self, n: int, s: int, generator: np.random.Generator) -> None:
        self.n = n
        self.s = s
        self._generator = generator
        self._decoder: NullSpaceDecoder | None = None

    @property
    def decoder(self) -> NullSpaceDecoder:
        """The decoder, with the band."""
        if self._decoder is None:
            self._decoder = NullSpaceDecoder(cyclic_band(self.n, self.s, self._generator))
        return self._decoder

    def enough(self, returned: Flags) -> bool:
        """Return whether at least n-s results are there."""
        return int(np.count_nonzero(returned)) >= self.n - self.s

    def retriers(self, returned: Flags) -> Flags:
        """Return the lowest-index workers that bring the results to n-s."""
        missing = max(0, self.n - self.s - int(np.count_nonzero(returned)))
        chosen = np.zeros(self.n, dtype=np.bool_)
        chosen[np.flatnonzero(~returned)[:missing]] = True
        return chosen

    def spare(self, lost: Flags, fragile: Flags) -> tuple[Limit, ...]:
        """Return that lost and late results are s at most."""
        return (Limit(fragile, self.s - int(np.count_nonzero(lost))),)

    def row(self, worker: int) -> tuple[Integers, Floats]:
        """Return parts worker..worker+s (mod n) with their coefficients."""
        held = (worker + np.arange(self.s + 1)) % self.n
        return held, self.decoder.band[worker]

    def decode(self, returned: Flags) -> Weights:
        """Return the weights of the returned results, by the null space."""
        return self.decoder.decode(~returned)


class RepetitionCode:
    """Fractional repetition: n/(s+1) groups of workers that all return their group's sum."""

    def __init__(self, n: int, s: int) -> None:
        self.n = n
        self.s = s
        self._shape = (n // (s + 1), s + 1)

    def enough(self, returned: Flags) -> bool:
        """Return whether every group has a returned member."""
        return bool(returned.reshape(self._shape).any(axis=1).all())

    def retriers(self, returned: Flags) -> Flags:
        """Return the first worker of every group that has no returned member."""
        chosen = np.zeros(self._shape, dtype=np.bool_)
        chosen[:, 0] = ~returned.reshape(self._shape).any(axis=1)
        return chosen.reshape(self.n)

    def spare(self, lost: Flags, fragile: Flags) -> tuple[Limit, ...]:
        """Return, for each group without a member beyond danger, that not all may be late."""
        safe = ~(lost | fragile).reshape(self._shape)
        endangered = fragile.reshape(self._shape) & ~lost.reshape(self._shape)
        limits = []
        for group in np.flatnonzero(~safe.any(axis=1)):
            members = np.zeros(self._shape, dtype=np.bool_)
            members[group] = endangered[group]
            limits.append(Limit(members.reshape(self.n), int(members.sum()) - 1))
        return tuple(limits)

    def row(self, worker: int) -> tuple[Integers, Floats]:
        """Return the parts of the worker's group, each with coefficient 1."""
        first = worker // (self.s + 1) * (self.s + 1)
        return first + np.arange(self.s + 1), np.ones(self.s + 1)

    def decode(self, returned: Flags) -> Weights:
        """Return weight 1 for the first returned member of every group.

        Raises
        ------
        SimulationError
            If a group has none.
        """
        if not self.enough(returned):
            raise SimulationError("cannot decode: a whole group of workers is missing")
        weights = np.zeros(self._shape)
        weights[np.arange(self._shape[0]), returned.reshape(self._shape).argmax(axis=1)] = 1.0
        return Weights(weights.reshape(self.n), 0.0, 1.0)
