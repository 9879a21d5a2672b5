"""What is known of a graph and its weights: eigenvalues, degrees, diameter."""

from __future__ import annotations

from typing import Final

import numpy as np

from netsim.decentralized.mixing import Mixture
from netsim.decentralized.paths import diameter
from netsim.decentralized.pattern import Pattern, Weights

#: Most nodes of which eigenvalues and the diameter are found, and of general matrices.
MOST_NODES: Final = 2000
MOST_GENERAL: Final = 1000


def slem(mixture: Mixture) -> float | None:
    """Return the second largest modulus of the eigenvalues of the live nodes' weights.

    With symmetric weights the distance to the mean shrinks by it in every round at the least.
    """
    alive = np.flatnonzero(mixture.pattern.alive)
    count = len(alive)
    if not 1 <= count <= MOST_NODES:
        return None
    matrix = mixture.dense()[np.ix_(alive, alive)]
    if np.allclose(matrix, matrix.T, rtol=0, atol=1e-15):
        values = np.abs(np.linalg.eigvalsh(matrix))
    elif count <= MOST_GENERAL:
        values = np.abs(np.linalg.eigvals(matrix))
    else:
        return None
    return float(np.sort(values)[-2]) if count > 1 else 0.0


def stationary(mixture: Mixture) -> Weights:
    """Return the left eigenvector of eigenvalue 1 of the live nodes' weights, summing to 1.

    Where there are several (components that do not hear each other), each weighs by its nodes.
    """
    count = len(mixture.pattern.alive)
    alive = np.flatnonzero(mixture.pattern.alive)
    matrix = mixture.dense()[np.ix_(alive, alive)]
    label = mixture.pattern.components[alive]
    share = np.zeros(len(alive))
    for one in np.unique(label):
        inside = np.flatnonzero(label == one)
        block = matrix[np.ix_(inside, inside)]
        # pi (W - I) = 0 and sum pi = 1, as one overdetermined system.
        system = np.vstack((block.T - np.eye(len(inside)), np.ones(len(inside))))
        right = np.zeros(len(inside) + 1)
        right[-1] = 1.0
        solved = np.linalg.lstsq(system, right, rcond=None)[0]
        share[inside] = solved * len(inside) / len(alive)
    pi = np.zeros(count)
    pi[alive] = share
    return pi


def connectivity(pattern: Pattern) -> float | None:
    """Return the second smallest eigenvalue of the Laplacian of the live graph."""
    alive = np.flatnonzero(pattern.alive)
    if not 2 <= len(alive) <= MOST_NODES:
        return None
    count = len(pattern.alive)
    adjacency = np.zeros((count, count))
    between = ~pattern.own
    adjacency[pattern.row[between], pattern.node[between]] = 1.0
    adjacency = adjacency[np.ix_(alive, alive)]
    if not (adjacency == adjacency.T).all():
        return None
    values = np.linalg.eigvalsh(np.diag(adjacency.sum(axis=1)) - adjacency)
    return max(0.0, float(values[1]))


def diameter_of(pattern: Pattern) -> int | None:
    """Return the longest shortest path within a component of live nodes."""
    if len(pattern.alive) > MOST_NODES or not pattern.alive.any():
        return None
    return diameter(pattern.first, pattern.node)
