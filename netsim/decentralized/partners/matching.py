"""Some matchings of the topology a round, each by chance: fewer messages where they matter less.

The edges are divided into matchings; each is on in a round with a probability of its own, all of
them together for a share `budget` of their number on average, and so that the expected graph is as
well connected as it can be: edges that hold parts together are on more often. Within a matching all
talk at once without waiting for a third. With ``weights: {kind: laplacian, eps: ...}`` a round is
x - eps L x, as published; other rules weigh whatever is on.

Predicted is the root of the spectral norm of E[W^T (I - J) W], the worst case over models. With
Laplacian weights that is I - 2 eps E[L] + eps^2 ((E[L])^2 + 2 sum p (1 - p) L_j) off the mean; for
other rules all choices are gone through, where they are at most a few thousand.
"""

from __future__ import annotations

import math
from itertools import product
from typing import ClassVar, Final

import numpy as np

from netsim.decentralized.matchings import laplacians, matching_of, probabilities
from netsim.decentralized.partner import (
    MOST_NODES,
    Floats,
    PartnersConfig,
    Weigh,
    kept,
)
from netsim.decentralized.pattern import Flags, Pattern
from netsim.decentralized.schedule import Regroup
from netsim.fields import Probability, field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams, draws

#: Most matchings of which all choices are gone through.
_MOST: Final = 11
_UNIT: Final = 2.0**-64


@register("partners", "matching")
class Matching:
    """Random matchings of the topology, those that matter more often (MATCHA)."""

    source: ClassVar[str] = "Wang, Sahu, Yang, Joshi, Kar, MATCHA, IEEE ICC 2019; arXiv 1905.09435"

    class Config(PartnersConfig):
        """How much is said."""

        budget: Probability = field(
            0.5, description="share of the matchings that talk in a round, on average", gt=0
        )

    @staticmethod
    def problems(config: Config, graph: Graph) -> list[Problem]:
        """Return whether edges go both ways."""
        if not graph.directed:
            return []
        message = "matchings are of edges that go both ways"
        hint = "take an undirected topology"
        return [Problem(message, (), "unsatisfiable", hint, also=("topology",))]

    @staticmethod
    def regroup(config: Config, graph: Graph, streams: Streams) -> Regroup:
        """Return who hears whom in a round."""
        matching = matching_of(graph.node_count, graph.edges)
        chance = _chances(config, graph)
        key, numbers = streams.key("decentralized.partners"), np.arange(len(chance))

        def partners(pattern: Pattern, turn: int) -> Pattern:
            on = draws(key, numbers, turn).astype(np.float64) * _UNIT < chance
            return kept(pattern, _over(pattern, on[matching]))

        return partners

    @staticmethod
    def contraction(config: Config, graph: Graph, pattern: Pattern, weigh: Weigh) -> float | None:
        """Return the root of the worst expected share of a squared distance that is left."""
        alive = np.flatnonzero(pattern.alive)
        count = len(alive)
        if not 1 < count <= MOST_NODES or not graph.edge_count:
            return None
        matching = matching_of(graph.node_count, graph.edges)
        chance = _chances(config, graph)
        centre = np.eye(count) - 1 / count
        whole = weigh(pattern)[np.ix_(alive, alive)]
        off = whole[~np.eye(count, dtype=bool)]
        weights = np.unique(off[off != 0].round(12))
        there = _over(pattern, np.ones(graph.edge_count, np.bool_)) & ~pattern.own
        up = np.zeros(graph.edge_count, np.bool_)
        up[pattern.arc[there] // 2] = True
        single = weigh(kept(pattern, there & (pattern.arc // 2 == np.argmax(up))))
        rest = single[np.ix_(alive, alive)][~np.eye(count, dtype=bool)]
        # The same weight whoever else talks: those of a Laplacian.
        if len(weights) == 1 and np.array_equal(np.unique(rest[rest != 0].round(12)), weights):
            eps = float(weights[0])
            parts = laplacians(graph.node_count, graph.edges[up], matching[up])
            parts = parts[:, alive][:, :, alive]
            chance = chance[: len(parts)]
            mean = np.tensordot(chance, parts, axes=1)
            spread = 2 * np.tensordot(chance * (1 - chance), parts, axes=1)
            expected = np.eye(count) - 2 * eps * mean + eps**2 * (mean @ mean + spread)
            expected = expected - 1 / count
        elif len(chance) <= _MOST:
            expected = np.zeros((count, count))
            for choice in product((False, True), repeat=len(chance)):
                on = np.array(choice)
                likely = float(np.where(on, chance, 1 - chance).prod())
                if likely:
                    some = weigh(kept(pattern, _over(pattern, on[matching])))
                    some = some[np.ix_(alive, alive)]
                    expected += likely * (some.T @ centre @ some)
        else:
            return None
        return math.sqrt(max(0.0, float(np.linalg.eigvalsh(expected)[-1])))


def _chances(config: Matching.Config, graph: Graph) -> Floats:
    matching = matching_of(graph.node_count, graph.edges)
    return probabilities(laplacians(graph.node_count, graph.edges, matching), config.budget)


def _over(pattern: Pattern, edges: Flags) -> Flags:
    """Return which entries of `pattern` are over `edges` that are on."""
    found: Flags = ~pattern.own
    found[found] = edges[pattern.arc[found] // 2]
    return found
