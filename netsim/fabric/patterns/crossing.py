"""Uniformly random permutations of hosts in which each sends to another leaf.

Few of all permutations are such (about ``exp(-m)`` with m hosts on every leaf), so drawing until
one comes takes for ever, and mending the conflicts of a drawn one favours some over others. Here
the senders draw their receivers one after the other, by the method of M. Huber and J. Law, Fast
approximation of the permanent for very dense problems, SODA 2008: with a bound ``M`` of the number
(more generally the weight) of admissible ways to go on, a sender takes receiver i with probability
``M(rest after i) / M(now)``; these add up to at most 1, and with what is missing all is drawn anew.
The product of the steps is the same for every permutation, so the result is exactly uniform. For a
matrix of entries from 0 to 1 with row sums ``r_i`` the bound is the product of ``h(r_i) / e``,

    h(r) = r + log(r) / 2 + e - 1  for r >= 1,    h(r) = 1 + (e - 1) r  below.

If a column has the entries ``a_i``, the steps add up to ``e t exp(-s)`` with ``t = sum(a_i / h(r_i
- a_i))`` and ``s = sum(log(h(r_i) / h(r_i - a_i)))``. That is at most 1, for ``s >= t`` by the
choice of h and ``e t <= exp(t)``.

Rows are receivers, columns senders, and the entries depend on their leaves alone: 0 within a leaf,
else the product of a factor for each, which weighs all admissible permutations alike. The factors
bring all sums of rows and columns to 1, so that the bound is close where one leaf has
many more hosts than others; how close changes the number of attempts and nothing else. An attempt
takes a step of some operations on all leaves for each host; about 2 are needed with 32 leaves of 32
hosts, 3 with 320 of 32 (0.4 s in all), 25 with 3 of 3,333 (3 s), some fifty where one leaf has
nearly half of the hosts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Reals = NDArray[np.float64]

_FAR = 1e6
_HALVINGS = 100


def crossing_permutation(leaf: Ints, generator: np.random.Generator) -> Ints:
    """Return a uniformly random permutation in which every host sends to another leaf.

    Parameters
    ----------
    leaf
        Leaf of each host; none has more than half of them.
    generator
        What draws.
    """
    members = np.bincount(leaf)
    # Largest leaf first: what cannot be completed is found out early.
    senders = np.argsort(-members[leaf] * len(members) + leaf, kind="stable")
    chosen = None
    problem = _Problem.of(members)
    while chosen is None:
        chosen = _attempt(problem, leaf[senders], generator)
    # Hosts of a leaf are alike: which of them receives is a shuffle.
    shuffled = generator.permutation(len(leaf))
    receivers = shuffled[np.argsort(leaf[shuffled], kind="stable")]
    to = np.empty(len(leaf), np.int64)
    to[senders[np.argsort(chosen, kind="stable")]] = receivers
    return to


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """The scaled matrix: what a receiver on leaf p and a sender on leaf q have in common.

    The entry is ``factor[q] / top[p]`` for p != q, with the largest other factor as `top`: the
    receiver's own factor does not matter.
    """

    members: Ints
    factor: Reals
    top: Reals

    @classmethod
    def of(cls, members: Ints) -> _Problem:
        """Return the problem of leaves with that many hosts."""
        factor = scaling(members)
        second, first = np.argsort(np.where(members > 0, factor, 0.0))[-2:]
        top = np.full(len(members), factor[first])
        top[first] = factor[second]
        return cls(members, factor, top)


def scaling(members: Ints) -> Reals:
    """Return factors ``w`` with ``w[q] * sum of members[p] w[p] over p != q`` equal to 1.

    With ``x = members * w`` and W the sum of all x this is ``x (W - x) = members``, so x is the
    smaller root, and for the largest leaf it may be the greater one; W is found by bisection. Where
    the largest leaf has half of the hosts W is infinite: a large one does.
    """
    counts = members.astype(np.float64)
    largest = int(np.argmax(members))

    def small(total: float) -> Reals:
        return 2 * counts / (total + np.sqrt(np.maximum(total * total - 4 * counts, 0.0)))

    least = 2 * math.sqrt(counts[largest])
    dominates = float(small(least).sum()) < least

    def too_small(total: float) -> bool:
        x = small(total)
        excess = x.sum() - 2 * x[largest] if dominates else total - x.sum()
        return bool(excess < 0)

    low, high = least, least * _FAR
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if too_small(middle) else (low, middle)
    x = small(high)
    if dominates:
        x[largest] = high - x[largest]
    return np.divide(x, counts, out=np.ones_like(x), where=counts > 0)


def bound(r: Any) -> Any:
    """Return h of row sums `r`."""
    above = np.maximum(r, 1.0)
    return above + 0.5 * np.log(above) + (math.e - 1) * np.minimum(r, 1.0)


def _attempt(problem: _Problem, leaves: Ints, generator: np.random.Generator) -> Ints | None:
    """Return the receiver's leaf of each sender on `leaves`, or None if all must be drawn anew."""
    free = problem.members.astype(np.float64)
    weights = problem.members * problem.factor
    sums = (weights.sum() - weights) / problem.top
    now = bound(sums)
    draws = generator.random((len(leaves), 2)).tolist()
    chosen = np.empty(len(leaves), np.int64)
    for place, (leaf, (accepted, which)) in enumerate(zip(leaves.tolist(), draws, strict=True)):
        entry = problem.factor[leaf] / problem.top
        entry[leaf] = 0.0
        sums = np.maximum(sums - entry, 0.0)
        after = bound(sums)
        share = np.cumsum(free * entry / after)
        total = float(share[-1])
        spread = float(free @ np.log(now / after))
        if accepted >= math.e * total * math.exp(-spread):
            return None
        taken = int(np.searchsorted(share, which * total, side="right"))
        free[taken] -= 1.0
        chosen[place] = taken
        now = after
    return chosen
