"""Graphs like the Internet's autonomous systems: few large providers, many customers, peerings.

Nodes come in four tiers: T (a clique of 4 to 6 at the top), M (15 %, sell and buy transit), CP
(5 %, content providers) and C (customers). T nodes are in all of five regions; a fifth of M and a
twentieth of CP are in two, all others in one. A new node buys transit from T and M nodes of its
regions, with a preference for those of high degree, then M and CP nodes peer. The mean numbers grow
with the nodes as measured on the Internet. Networks of 1,000 to 10,000 nodes were what the model
was fitted to.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from netsim.graphs.graph import Graph, Integers, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.registry import register

_REGIONS: Final = 5
#: Probability that a provider is a T node, by the customer's tier.
_FROM_TOP: Final = {"M": 0.375, "CP": 0.375, "C": 0.125}
_TWO_REGIONS: Final = {"M": 0.2, "CP": 0.05, "C": 0.0}


@register("graph", "as_like")
class AsLike:
    """Tiers of providers and customers with peerings, as autonomous systems have them."""

    source: ClassVar[str] = (
        "A. Elmokashfi, A. Kvalbein, C. Dovrolis, On the Scalability of BGP: The Role of Topology "
        "Growth, IEEE J. Sel. Areas Commun. 28, 2010"
    )

    class Config(GraphConfig):
        """Number of nodes, and length of edges."""

        length: MaybeLength = length_field()

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return how many possible providers all nodes together look at."""
        return 0.15 * nodes**2

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return a random graph; columns: `tier` of nodes, `relation` (transit, peer) of edges.

        A transit edge is bought by its node of the higher number.
        """
        growing = _Growing(stream(), nodes)
        growing.buy_transit()
        growing.peer()
        source, target = np.array(growing.edges, np.int64).reshape(-1, 2).T
        return graph_of(
            nodes,
            source,
            target,
            node_columns={"tier": growing.tier},
            edge_columns={"relation": np.array(growing.relations, "<U7")},
        )


class _Growing:
    """The graph while nodes and edges are added."""

    def __init__(self, generator: np.random.Generator, nodes: int) -> None:
        self._draw = generator
        top = min(nodes, int(generator.integers(4, 7)))
        middle = min(round(0.15 * nodes), nodes - top)
        content = min(round(0.05 * nodes), nodes - top - middle)
        counts = (top, middle, content, nodes - top - middle - content)
        self.tier: NDArray[Any] = np.repeat(("T", "M", "CP", "C"), counts)
        self._top = np.arange(top)
        self._middle = np.arange(top, top + middle)
        self._content = np.arange(top + middle, top + middle + content)
        self._region = np.zeros((_REGIONS, nodes), np.bool_)
        self._region[:, :top] = True
        self._degree = np.zeros(nodes, np.int64)
        self._peers = np.zeros(nodes, np.int64)
        self._joined: list[set[int]] = [set() for _ in range(nodes)]
        #: Which nodes of T and M an M or CP node gets its transit from, directly or not.
        self._above = np.zeros((top + middle + content, top + middle), np.bool_)
        self.edges: list[tuple[int, int]] = []
        self.relations: list[str] = []
        for one in range(top):
            for other in range(one + 1, top):
                self._join(one, other, "peer")

    def _join(self, one: int, other: int, relation: str) -> None:
        self.edges.append((one, other))
        self.relations.append(relation)
        self._degree[[one, other]] += 1
        self._joined[one].add(other)
        self._joined[other].add(one)

    def buy_transit(self) -> None:
        """Give every node below the top its providers."""
        nodes = len(self.tier)
        mean = {"M": 2 + 2.5 * nodes / 1e4, "CP": 2 + 1.5 * nodes / 1e4, "C": 1 + 5 * nodes / 1e5}
        for node in range(len(self._top), nodes):
            tier = str(self.tier[node])
            regions = 2 if self._draw.random() < _TWO_REGIONS[tier] else 1
            own = self._draw.choice(_REGIONS, regions, replace=False)
            self._region[own, node] = True
            there = self._middle[: max(0, node - len(self._top))]
            there = there[self._region[np.ix_(own, there)].any(axis=0)]
            options = {True: self._top, False: there}
            for _ in range(self._count(1, mean[tier])):
                if not len(options[True]) + len(options[False]):
                    break
                high = bool(len(options[True])) and (
                    not len(options[False]) or self._draw.random() < _FROM_TOP[tier]
                )
                place = self._preferred(self._degree[options[high]])
                self._buy(node, int(options[high][place]))
                options[high] = np.delete(options[high], place)

    def _buy(self, node: int, provider: int) -> None:
        self._join(provider, node, "transit")
        if node < len(self._above):
            self._above[node] |= self._above[provider]
            self._above[node, provider] = True

    def peer(self) -> None:
        """Add the peerings of M with M, of CP with M, and of CP with CP."""
        nodes = len(self.tier)
        for node in self._middle.tolist():
            for _ in range(self._count(0, 1 + 2 * nodes / 1e4)):
                related = self._above[node, self._middle] | self._above[self._middle, node]
                options = self._strangers(node, self._middle[~related])
                if len(options):
                    self._agree(node, int(options[self._preferred(self._peers[options])]))
        for tier, mean in (
            (self._middle, 0.2 + 2 * nodes / 1e4),
            (self._content, 0.05 + 2 * nodes / 1e5),
        ):
            for node in self._content.tolist():
                for _ in range(self._count(0, mean)):
                    options = self._near(node, tier)
                    if len(options):
                        self._agree(node, int(options[self._draw.integers(len(options))]))

    def _near(self, node: int, tier: Integers) -> Integers:
        """Return the nodes of `tier` in a region of `node` that it may peer with."""
        shared = self._region[self._region[:, node]][:, tier].any(axis=0)
        near = tier[shared]
        if tier is self._middle:
            near = near[~self._above[node, near]]
        return self._strangers(node, near)

    def _strangers(self, node: int, options: Integers) -> Integers:
        """Return those of `options` that `node` is not joined to."""
        known = self._joined[node]
        return options[[other != node and other not in known for other in options.tolist()]]

    def _agree(self, node: int, other: int) -> None:
        self._join(node, other, "peer")
        self._peers[[node, other]] += 1

    def _count(self, least: int, mean: float) -> int:
        """Return a whole number of at least `least`, uniform up to what gives it this mean."""
        most = 2 * mean - least
        whole = int(self._draw.integers(least, int(most) + 1))
        return whole + int(self._draw.random() < (most - int(most)) / 2)

    def _preferred(self, weights: Integers) -> int:
        """Return a place with a probability proportional to its weight; uniform if all are 0."""
        total = np.cumsum(weights)
        if not total[-1]:
            return int(self._draw.integers(len(weights)))
        return int(np.searchsorted(total, self._draw.random() * total[-1], side="right"))
