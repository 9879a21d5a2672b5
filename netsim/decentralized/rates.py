"""How often the edges of a graph talk: equal rates, or those that need the least in all.

Rates lambda of the edges make a Laplacian; chi1 is one over its smallest positive eigenvalue, chi2
half the largest resistance of an edge. DADAO needs chi1 chi2 <= 1/2, and both are inversely
proportional to the rates: for a given shape of rates, scaled to a sum of 1, the least sum that will
do is sqrt(2 chi1 chi2).

The best shape minimises chi1 chi2 over rates of sum 1. Both factors are convex in the rates (one
over a concave eigenvalue; b^T L^+ b), and so is the logarithm of the first. A semidefinite program
would find it; nothing at run time has a solver for one, so here it is found by exponentiated
gradients on smoothed logarithms (a soft minimum of the eigenvalues, a soft maximum of the
resistances), sharpened step by step, the best rates found being kept. Equal rates are the start, so
the result is never worse.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: How sharp the soft extremes are, stage by stage, and steps of a stage.
_SHARPNESS: Final = (4.0, 16.0, 64.0, 256.0, 1024.0)
_STEPS: Final = 120
#: Share of the largest eigenvalue below which one is 0.
_ZERO: Final = 1e-12
#: Most nodes whose rates are optimised: a step takes an eigendecomposition.
MOST_NODES: Final = 200


def constants_of(nodes: int, edges: Any, shape: Floats | None = None) -> tuple[float, float]:
    """Return chi1 and chi2 of a graph whose rates sum to 1.

    Where it falls apart, eigenvalues of 0 beside the first are left out: each part is for itself.

    Parameters
    ----------
    nodes
        Their number.
    edges
        Pairs of nodes.
    shape
        Rates of sum 1; default: equal ones.
    """
    pairs = np.asarray(edges, np.int64).reshape(-1, 2)
    rates = np.full(len(pairs), 1 / len(pairs)) if shape is None else shape
    values, across = _modes(nodes, pairs, rates)
    return float(1 / values[0]), float((across**2 / values).sum(axis=1).max() / 2)


def total_rate(chi1: float, chi2: float) -> float:
    """Return the least sum of the rates that have these constants at a sum of 1."""
    return math.sqrt(2 * chi1 * chi2)


def best_rates(nodes: int, edges: Any) -> Floats:
    """Return rates of sum 1 with about the least chi1 chi2; at least as good as equal ones."""
    pairs = np.asarray(edges, np.int64).reshape(-1, 2)
    count = len(pairs)
    rates = best = np.full(count, 1 / count)
    least = math.prod(constants_of(nodes, pairs, best))
    for sharp in _SHARPNESS:
        rates, step = best.copy(), 0.5
        before = math.inf
        for _ in range(_STEPS):
            value, slope = _smoothed(nodes, pairs, rates, sharp)
            if value > before:
                step *= 0.7
            before = value
            # Slopes in the logarithms of rates: a step multiplies, and the sum stays 1.
            move = rates * slope
            move -= rates * move.sum()
            scale = np.abs(move / rates).max()
            if scale < 1e-9:
                break
            rates = rates * np.exp(-step * (move / rates) / max(1.0, scale))
            rates /= rates.sum()
            found = math.prod(constants_of(nodes, pairs, rates))
            if found < least:
                best, least = rates, found
    return best


def _laplacian(nodes: int, pairs: Integers, rates: Floats) -> Floats:
    matrix = np.zeros((nodes, nodes))
    a, b = pairs.T
    np.add.at(matrix, (a, a), rates)
    np.add.at(matrix, (b, b), rates)
    np.add.at(matrix, (a, b), -rates)
    np.add.at(matrix, (b, a), -rates)
    return matrix


def _modes(nodes: int, pairs: Integers, rates: Floats) -> tuple[Floats, Floats]:
    """Return the positive eigenvalues, and each one's vector across each edge."""
    values, vectors = np.linalg.eigh(_laplacian(nodes, pairs, rates))
    kept = values > _ZERO * values[-1]
    return values[kept], (vectors[pairs[:, 0]] - vectors[pairs[:, 1]])[:, kept]


def _smoothed(nodes: int, pairs: Integers, rates: Floats, sharp: float) -> tuple[float, Floats]:
    """Return the smoothed logarithm of chi1 chi2 and its slope by each rate."""
    kept, across = _modes(nodes, pairs, rates)
    # log chi1 = max over k of -log value_k, softly.
    chosen, first = _soft_maximum(-np.log(kept), sharp)
    slope = -(across**2 * (chosen / kept)).sum(axis=1)
    resistance = (across**2 / kept).sum(axis=1)
    weight, second = _soft_maximum(np.log(resistance), sharp)
    # d r_e / d lambda_f = -(b_f^T L^+ b_e)^2.
    coupled = (across / kept) @ across.T
    slope -= coupled**2 @ (weight / resistance)
    return first + second, slope


def _soft_maximum(values: Floats, sharp: float) -> tuple[Floats, float]:
    """Return the weights of a soft maximum, and it."""
    top = float(values.max())
    share = np.exp(sharp * (values - top))
    total = float(share.sum())
    return share / total, top + math.log(total) / sharp
