"""Orthogonal factors of a cyclic banded matrix, in O(s^2 n) operations and O(s n) numbers.

Row i of the n x n matrix B has entries in columns i..i+s (mod n) only. Cut into blocks of at least
s rows, row block k touches the column blocks k and k+1, the last one the columns of block 0::

    D0 E0 .  .          Going down, column block k = 1, 2, ... is cleared below its triangle by an
    .  D1 E1 .          orthogonal matrix on two row blocks: what was carried so far, and row k.
    .  .  D2 E2         Of those rows n_k stay as a triangle R_k with entries in the column blocks
    E3 .  .  D3         0 and k+1; the rest is carried on. In the end the rows that are carried have
                        entries in column block 0 alone: a small dense matrix S.

That is a QR factorization with the columns of block 0 taken last, so it is as stable as the dense
one (S. J. Wright, Stable parallel algorithms for two-point boundary value problems, SIAM J. Sci.
Stat. Comput. 13, 1992). Where B has rank n-s, all of what it lacks is lacking in S: the left null
space of B follows from that of S, by going back up. A singular value decomposition of B as a whole
needs n^3 operations; solving the recurrence of the band is O(s n) and unstable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from netsim.stragglers.codes.scheme import Floats
from netsim.stragglers.pieces import heard

#: Rows of a block, where s asks for no more: fewer are many calls, more are needless work.
BLOCK: Final = 32


@dataclass(frozen=True, slots=True)
class _Step:
    """One column block cleared: rows that stay, and the orthogonal matrix that made them.

    `first` is what the rows that stay have in column block 0, `following` in the next one (None for
    the last one, whose next is block 0).
    """

    rotation: Floats
    triangle: Floats
    first: Floats
    following: Floats | None


class CyclicFactors:
    """Left null space of a cyclic banded matrix of rank n-s, and solutions of a' B = e'.

    Parameters
    ----------
    band
        (n, s+1): row i holds the entries of B in columns i, i+1, ..., i+s (mod n).
    """

    def __init__(self, band: Floats) -> None:
        n, s = len(band), band.shape[1] - 1
        blocks = max(1, n // max(s, BLOCK))
        self._edges = [n * k // blocks for k in range(blocks + 1)]
        self._steps: list[_Step] = []
        rest = heard(lambda: self._cleared(band))
        left, singular, right = heard(lambda: np.linalg.svd(rest))
        rank = len(rest) - s
        self._inverse: Floats = (left[:, :rank] / singular[:rank]) @ right[:rank]
        #: Orthonormal basis of the left null space, (s, n).
        self.null: Floats = self._back(
            [np.zeros((len(step.triangle), s)) for step in self._steps], left[:, rank:]
        ).T.copy()

    def _cleared(self, band: Floats) -> Floats:
        """Clear all column blocks but the first; return what is left there, the matrix S."""
        first, ahead = self._row_block(band, 0)
        if len(self._edges) == 2:
            return first
        for k in range(1, len(self._edges) - 1):
            own, following = self._row_block(band, k)
            carried, size = len(first), own.shape[1]
            last = k == len(self._edges) - 2
            rotation, triangle = np.linalg.qr(np.vstack((ahead, own)), mode="complete")
            turned = rotation[:carried].T @ first
            onward = rotation[carried:].T @ following
            if last:
                turned = turned + onward
            kept = None if last else onward[:size]
            self._steps.append(_Step(rotation, triangle[:size], turned[:size], kept))
            first, ahead = turned[size:], onward[size:]
        return first

    def _row_block(self, band: Floats, k: int) -> tuple[Floats, Floats]:
        """Return what row block `k` has in its own column block and in the next one."""
        n, width = band.shape
        rows = np.arange(self._edges[k], self._edges[k + 1])
        size = len(rows)
        if len(self._edges) == 2:
            whole = np.zeros((n, n))
            whole[rows[:, None], (rows[:, None] + np.arange(width)) % n] = band
            return whole, whole[:, :0]
        after = (k + 1) % (len(self._edges) - 1)
        strip = np.zeros((size, size + self._edges[after + 1] - self._edges[after]))
        local = np.arange(size)[:, None]
        strip[local, local + np.arange(width)] = band[rows]
        return strip[:, :size], strip[:, size:]

    def solve(self, wanted: Floats) -> Floats:
        """Return the shortest a with a' B = `wanted`', as nearly as there is one."""
        left, *cuts = (np.array(cut, np.float64) for cut in np.split(wanted, self._edges[1:-1]))
        follows: Floats = np.zeros_like(wanted[:0])
        kept: list[Floats] = []
        for step, part in zip(self._steps, cuts, strict=True):
            given = part - follows if kept else part
            above = np.asarray(np.linalg.solve(step.triangle.T, given), np.float64)
            left -= step.first.T @ above
            if step.following is not None:
                follows = step.following.T @ above
            kept.append(above[:, None])
        solution = self._back(kept, (self._inverse @ left)[:, None])[:, 0]
        # Without what the null space adds, which is arbitrary.
        shortest: Floats = solution - (self.null @ solution) @ self.null
        return shortest

    def _back(self, kept: list[Floats], carried: Floats) -> Floats:
        """Return the columns of B's rows from those of the rows that stayed and were carried on."""
        parts = []
        for step, part in zip(reversed(self._steps), reversed(kept), strict=True):
            size = len(step.triangle)
            rows = step.rotation[:, :size] @ part + step.rotation[:, size:] @ carried
            cut = len(rows) - size
            parts.append(rows[cut:])
            carried = rows[:cut]
        return np.concatenate((carried, *reversed(parts)))
