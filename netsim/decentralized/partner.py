"""What a rule of partners is: who of those that the topology joins talks in a round.

A registered rule is a class with a `Config`, a `source`, and::

    regroup(config, graph, streams) -> Regroup
        called with the live pattern and the round; returns the pattern of that round
    contraction(config, graph, pattern, weigh) -> float | None
        factor by which distances to the mean shrink in a round without training, as theory has it:
        the root of the largest expected share of a squared distance that is left, or for rules that
        draw nothing the geometric mean over their period; None where nothing is known

and optionally ``problems(config, graph) -> list[Problem]``, for a known graph, and ``heard(config,
nodes) -> int``, the models that a node combines. `weigh` gives the matrix of a pattern's weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.pattern import Flags, Integers, Pattern, entries
from netsim.fields import Config
from netsim.graphs.graph import Graph

Floats = NDArray[np.float64]
#: Returns the dense weights of a pattern.
Weigh: TypeAlias = Callable[[Pattern], Floats]

#: Most nodes of which a contraction is computed from matrices.
MOST_NODES: Final = 500


class PartnersConfig(Config):
    """Who talks to whom in a round."""


def arcs_by_ends(graph: Graph) -> dict[tuple[int, int], int]:
    """Return the number of the arc from one node to another, by both."""
    found = {(a, b): 2 * edge for edge, (a, b) in enumerate(graph.edges.tolist())}
    if not graph.directed:
        found |= {(b, a): 2 * edge + 1 for edge, (a, b) in enumerate(graph.edges.tolist())}
    return found


def kept(pattern: Pattern, wanted: Flags) -> Pattern:
    """Return `pattern` with only those entries between nodes that are `wanted`."""
    some = wanted & ~pattern.own
    return entries(pattern.alive, pattern.row[some], pattern.node[some], pattern.arc[some])


def over_arcs(pattern: Pattern, arcs: Integers) -> Pattern:
    """Return `pattern` with only those entries between nodes that are over `arcs`."""
    return kept(pattern, np.isin(pattern.arc, arcs))
