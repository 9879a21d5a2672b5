"""How long a round takes in the long run, by arithmetic: the largest mean of a cycle.

Starts of rounds that wait for neighbours obey start_i(k + 1) = max_j (start_j(k) + w_ji), with w_ii
the time of i's training and w_ji that of j's plus its message to i. In this algebra of maxima the
growth a round is the largest mean weight of a cycle, and of the graph as a whole that of its
slowest component. Karp's algorithm finds it from the heaviest walks of 0 to n steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: An arc: from, to, weight.
Arc = tuple[int, int, float]


def largest_cycle_mean(nodes: int, arcs: Sequence[Arc]) -> float | None:
    """Return the largest mean weight of a cycle, or None if there is none.

    Source: R. M. Karp, A characterization of the minimum cycle mean in a digraph, 1978.

    Examples
    --------
    >>> largest_cycle_mean(2, [(0, 0, 1.0), (0, 1, 3.0), (1, 0, 2.0)])
    2.5
    """
    if not arcs:
        return None
    source, target = (np.array([arc[end] for arc in arcs]) for end in (0, 1))
    weight = np.array([arc[2] for arc in arcs])
    # Walks may begin anywhere, as if a node without weight came before all.
    heaviest = np.full((nodes + 1, nodes), -np.inf)
    heaviest[0] = 0.0
    for steps in range(1, nodes + 1):
        np.maximum.at(heaviest[steps], target, heaviest[steps - 1][source] + weight)
    last = heaviest[nodes]
    left = nodes - np.arange(nodes)[:, None]
    with np.errstate(invalid="ignore"):
        means = np.where(np.isfinite(heaviest[:-1]), (last - heaviest[:-1]) / left, np.inf)
    worst = np.where(np.isfinite(last), means.min(axis=0), -np.inf)
    found = float(worst.max())
    return found if np.isfinite(found) else None


def round_arcs(
    pairs: Sequence[tuple[int, int]], compute: Sequence[float], message: Sequence[float]
) -> list[Arc]:
    """Return the arcs of a round, for messages between `pairs` (from, to) that take so long."""
    own = [(node, node, lasts) for node, lasts in enumerate(compute)]
    return own + [(a, b, compute[a] + lasts) for (a, b), lasts in zip(pairs, message, strict=True)]
