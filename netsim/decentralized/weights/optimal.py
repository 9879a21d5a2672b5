"""The symmetric weights that mix fastest: those whose second largest eigenvalue modulus is least.

W = I - sum of w_e (e_i - e_j)(e_i - e_j)^T over the edges, with w_e >= 0 and no row of w above 1,
so that all weights stay between 0 and 1. The modulus is convex in w; a subgradient of an eigenvalue
with eigenvector u is -(u_i - u_j)^2 by w_e. Projected subgradient descent is what is done, with
steps that shrink, the best weights found being kept: it starts from Metropolis weights or the best
equal weight, 2 over the sum of the Laplacian's extreme eigenvalues but at most 1 over the largest
degree, whichever mixes faster, so the result is never slower than either. On graphs whose edges are
all alike (rings, stars, complete ones) the equal weight is the optimum exactly. A semidefinite
program would be exact on all of them, and nothing at run time has a solver for one.

Each component of the live graph is done for itself.
"""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.pattern import Integers, Pattern, Weights
from netsim.decentralized.weights.rule import WeightsConfig, with_rest
from netsim.fields import field
from netsim.registry import register

Floats = NDArray[np.float64]

#: Most nodes of a component whose weights are optimised: a step takes an eigendecomposition.
MOST_NODES: Final = 300


@register("weights", "optimal")
class OptimalWeights:
    """Symmetric weights that are optimised for the fastest mixing of the graph at hand."""

    source: ClassVar[str] = "Boyd, Diaconis, Xiao, Fastest Mixing Markov Chain, SIAM Review 2004"
    symmetric: ClassVar[bool] = True

    class Config(WeightsConfig):
        """How long to look."""

        iterations: int = field(
            200,
            description="steps of the search, whenever the graph changes; components of more than "
            f"{MOST_NODES} nodes take the better of metropolis and equal weights",
            ge=0,
            le=100_000,
        )

    @staticmethod
    def values(config: Config, pattern: Pattern, sizes: Weights) -> Weights:
        """Return the weights."""
        larger = np.maximum(pattern.degree[pattern.row], pattern.degree[pattern.node])
        values = 1.0 / (1 + larger)
        label = pattern.components
        for one in range(int(label.max(initial=-1)) + 1):
            nodes = np.flatnonzero(label == one)
            inside = np.flatnonzero((label[pattern.row] == one) & ~pattern.own)
            half = inside[pattern.node[inside] < pattern.row[inside]]
            if not len(half):
                continue
            pairs = np.searchsorted(
                nodes, np.stack((pattern.node[half], pattern.row[half]), axis=1)
            )
            steps = config.iterations if len(nodes) <= MOST_NODES else 0
            best = fastest(len(nodes), pairs, values[half], steps)
            values[half] = best
            # The same edge, as heard from its other end.
            back = inside[pattern.node[inside] > pattern.row[inside]]
            order = np.lexsort((pattern.node[back], pattern.row[back]))
            mine = np.lexsort((pattern.row[half], pattern.node[half]))
            values[back[order]] = best[mine]
        return with_rest(pattern, values)


def fastest(nodes: int, pairs: Integers, start: Floats, iterations: int) -> Floats:
    """Return one weight per edge of a connected graph.

    Parameters
    ----------
    nodes
        Their number.
    pairs
        Edges, (edges, 2).
    start
        Weights to begin with.
    iterations
        Steps of the search.
    """
    best, least = start, _modulus(nodes, pairs, start)[0]
    spectrum = np.linalg.eigvalsh(_laplacian(nodes, pairs, np.ones(len(pairs))))
    degree = np.bincount(pairs.ravel(), minlength=nodes).max()
    equal = np.full(len(pairs), min(1 / degree, 2 / (spectrum[1] + spectrum[-1])))
    found = _modulus(nodes, pairs, equal)[0]
    if found < least:
        best, least = equal, found
    weights = best
    for step in range(iterations):
        found, slope = _modulus(nodes, pairs, weights)
        if found < least:
            best, least = weights, found
        length = float(np.linalg.norm(slope))
        if length < 1e-12:
            break
        weights = _projected(nodes, pairs, weights - 0.1 / np.sqrt(step + 1) * slope / length)
    return best


def _modulus(nodes: int, pairs: Integers, weights: Floats) -> tuple[float, Floats]:
    """Return the second largest modulus of the eigenvalues, and a subgradient of it."""
    values, vectors = np.linalg.eigh(_laplacian(nodes, pairs, weights))
    # Those of W are 1 less these.
    second, last = 1 - values[1], values[-1] - 1
    place, sign = (1, -1.0) if second >= last else (-1, 1.0)
    across = vectors[pairs[:, 0], place] - vectors[pairs[:, 1], place]
    return float(max(second, last)), sign * across**2


def _laplacian(nodes: int, pairs: Integers, weights: Floats) -> Floats:
    matrix = np.zeros((nodes, nodes))
    a, b = pairs.T
    matrix[a, b] = matrix[b, a] = -weights
    matrix[np.arange(nodes), np.arange(nodes)] = -matrix.sum(axis=1)
    return matrix


def _projected(nodes: int, pairs: Integers, weights: Floats) -> Floats:
    """Return weights of at least 0 whose sum at no node is above 1, near these."""
    weights = np.maximum(weights, 0)
    total = np.bincount(pairs[:, 0], weights=weights, minlength=nodes)
    total += np.bincount(pairs[:, 1], weights=weights, minlength=nodes)
    scale = 1 / np.maximum(total, 1)
    found: Floats = weights * np.minimum(scale[pairs[:, 0]], scale[pairs[:, 1]])
    return found
