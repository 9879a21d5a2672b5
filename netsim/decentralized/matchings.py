"""Edges divided into matchings, and how often each of them should talk.

A matching joins every node to one other at the most. The edges of a graph of largest degree d fall
into at most d + 1 matchings (Misra, Gries, A constructive proof of Vizing's theorem, 1992, which is
the algorithm here; Vizing: fewer than d never do).

Given a budget, the share of all matchings that may talk in a round on average, the probabilities
that mix best maximise the second eigenvalue of the expected Laplacian sum p_j L_j, a concave
function of them: projected supergradient steps from equal ones, the best being kept (the paper has
a semidefinite program, for which nothing at run time has a solver).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_STEPS: Final = 300
#: Most nodes for which probabilities are optimised; equal ones above.
MOST_NODES: Final = 300


def matching_of(nodes: int, edges: Integers) -> Integers:
    """Return the matching of each edge, numbered from 0.

    Parameters
    ----------
    nodes
        Their number.
    edges
        Pairs of nodes, (edges, 2), none twice.
    """
    #: Per node: which neighbour an edge of each colour leads to.
    at: list[dict[int, int]] = [{} for _ in range(nodes)]
    for u, v in edges.tolist():
        _colour(at, u, v)
    found = np.empty(len(edges), np.int64)
    for index, (u, v) in enumerate(edges.tolist()):
        found[index] = next(colour for colour, other in at[u].items() if other == v)
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _colour(at: list[dict[int, int]], u: int, v: int) -> None:
    """Give the edge u - v a colour, changing those of others where needed."""
    fan, inside = [v], {v}
    while True:
        grown = next(
            (w for c, w in sorted(at[u].items()) if w not in inside and c not in at[fan[-1]]), None
        )
        if grown is None:
            break
        fan.append(grown)
        inside.add(grown)
    c, d = _free(at[u]), _free(at[fan[-1]])
    if d in at[u]:
        _swap_path(at, u, c, d)
    colour = {w: k for k, w in at[u].items()}
    place = 0
    while d in at[fan[place]]:
        place += 1
        # As long as it is a fan: the next edge's colour must be free at the node before.
        if colour[fan[place]] in at[fan[place - 1]]:
            raise RuntimeError("a fan broke: the colouring is not that of Misra and Gries")
    for k in range(place):
        moved = colour[fan[k + 1]]
        del at[fan[k + 1]][moved]
        at[u][moved], at[fan[k]][moved] = fan[k], u
    at[u][d], at[fan[place]][d] = fan[place], u


def _free(taken: dict[int, int]) -> int:
    """Return the first colour that is not taken."""
    colour = 0
    while colour in taken:
        colour += 1
    return colour


def _swap_path(at: list[dict[int, int]], u: int, c: int, d: int) -> None:
    """Exchange both colours along the path of edges d, c, d, ... that begins at u."""
    path, here, colour = [u], u, d
    while colour in at[here]:
        here = at[here][colour]
        path.append(here)
        colour = c if colour == d else d
    for k in range(len(path) - 1):
        old = d if k % 2 == 0 else c
        for node in path[k : k + 2]:
            at[node].pop(old, None)
    for k in range(len(path) - 1):
        new = c if k % 2 == 0 else d
        at[path[k]][new], at[path[k + 1]][new] = path[k + 1], path[k]


def laplacians(nodes: int, edges: Integers, matching: Integers) -> Floats:
    """Return the Laplacian of every matching, (matchings, nodes, nodes)."""
    found = np.zeros((int(matching.max(initial=-1)) + 1, nodes, nodes))
    a, b = edges.T
    found[matching, a, b] = found[matching, b, a] = -1.0
    found[matching, a, a] = found[matching, b, b] = 1.0
    return found


def probabilities(parts: Floats, budget: float) -> Floats:
    """Return how often each matching should talk.

    Parameters
    ----------
    parts
        Laplacians of the matchings.
    budget
        Mean share of them that talks in a round.
    """
    count = len(parts)
    chance = best = np.full(count, budget)
    if budget >= 1 or not 1 < parts.shape[1] <= MOST_NODES or count < 2:
        return best
    largest = -1.0
    for step in range(_STEPS):
        values, vectors = np.linalg.eigh(np.tensordot(chance, parts, axes=1))
        if values[1] > largest:
            best, largest = chance, float(values[1])
        u = vectors[:, 1]
        slope = np.einsum("i,mij,j->m", u, parts, u)
        length = float(np.linalg.norm(slope - slope.mean()))
        if length < 1e-12:
            break
        chance = _projected(chance + 0.2 / np.sqrt(step + 1) * slope / length, budget * count)
    return best


def _projected(chance: Floats, total: float) -> Floats:
    """Return the nearest numbers from 0 to 1 of this sum, by bisection of what is taken off."""
    low, high = float(chance.min()) - 1, float(chance.max())
    for _ in range(60):
        middle = (low + high) / 2
        if np.clip(chance - middle, 0, 1).sum() > total:
            low = middle
        else:
            high = middle
    return np.clip(chance - high, 0, 1)
