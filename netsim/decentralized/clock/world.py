"""Who is there and which links are up, at every moment: what disruptions in time act on.

Nodes and links are counted out, so that several disruptions compose: one that ends brings back only
what no other one holds. Whoever has something on its way compares *lives*: a node's life as sender
ends when what it has sent is lost with it, its life as receiver whenever it drops, a link's when it
is cut. That costs nothing per message; a list of what is on its way would have to be kept for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from netsim.decentralized.disruption import Span
from netsim.graphs.graph import Graph


@dataclass(frozen=True, slots=True)
class Change:
    """What is different from one moment to the next.

    Parameters
    ----------
    died, back
        Nodes, ascending.
    cut, healed
        Edges of the graph, ascending.
    struck
        Whether something began (or else ended).
    reset
        Whether those that are left start again from their first models.
    lost
        Whether what `died` have sent is lost with them.
    """

    died: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    healed: list[int] = field(default_factory=list)
    struck: bool = True
    reset: bool = False
    lost: bool = True

    def __bool__(self) -> bool:
        return bool(self.died or self.back or self.cut or self.healed or self.reset)


class World:
    """Nodes and links of a graph, and what has become of them.

    Parameters
    ----------
    graph
        Who could hear whom.
    """

    def __init__(self, graph: Graph) -> None:
        nodes, edges = graph.node_count, graph.edge_count
        self.graph = graph
        nowhere = np.zeros(nodes)
        #: Where everybody is, in metres; all in one place if nobody knows.
        self.x = nowhere if graph.x is None else graph.x
        self.y = nowhere if graph.y is None else graph.y
        self.alive, self.up = [True] * nodes, [True] * edges
        self._gone, self._cut = [0] * nodes, [0] * edges
        #: Lives; see above.
        self.sender, self.receiver, self.link = [0] * nodes, [0] * nodes, [0] * edges
        #: Factors of a node's compute times and rates.
        self.compute, self.rate = [1.0] * nodes, [1.0] * nodes
        self._slow: list[list[tuple[float, float]]] = [[] for _ in range(nodes)]
        #: Losses that have begun and are not over.
        self.losing: list[Span] = []
        #: Rises with every change.
        self.version = 0
        #: What nodes that were away returned with, the last time.
        self.rejoins: dict[int, str] = {}
        #: Called with each change, after it.
        self.listeners: list[Callable[[Change], None]] = []
        self._near: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
        for edge, (a, b) in enumerate(graph.edges.tolist()):
            self._near[a].append((b, edge))
            if not graph.directed:
                self._near[b].append((a, edge))
        for near in self._near:
            near.sort()
        self._known = [-1] * nodes
        self._live: list[list[int]] = [[] for _ in range(nodes)]
        self._edge = {
            pair: edge
            for node, near in enumerate(self._near)
            for pair, edge in (((node, other), edge) for other, edge in near)
        }

    def neighbours(self, node: int) -> list[int]:
        """Return whom a node can reach now, ascending."""
        if self._known[node] != self.version:
            alive, up = self.alive, self.up
            self._live[node] = [o for o, edge in self._near[node] if up[edge] and alive[o]]
            self._known[node] = self.version
        return self._live[node]

    def edge(self, source: int, target: int) -> int:
        """Return the number of the edge between two nodes, or -1."""
        return self._edge.get((source, target), -1)

    def distance(self, one: int, other: int) -> float:
        """Return how far two nodes are from each other now, in metres."""
        return float(np.hypot(self.x[one] - self.x[other], self.y[one] - self.y[other]))

    def strike(
        self,
        nodes: Iterable[int] = (),
        edges: Iterable[int] = (),
        in_flight: str = "lost",
        *,
        reset: bool = False,
    ) -> Change:
        """Take `nodes` and `edges` away, and return which of them were there."""
        died, cut = [], []
        for node in nodes:
            self._gone[node] += 1
            if self.alive[node]:
                self.alive[node] = False
                self.receiver[node] += 1
                self.sender[node] += in_flight == "lost"
                died.append(node)
        for edge in edges:
            self._cut[edge] += 1
            if self.up[edge]:
                self.up[edge] = False
                self.link[edge] += 1
                cut.append(edge)
        change = Change(died=died, cut=cut, reset=reset, lost=in_flight == "lost")
        return self._tell(change)

    def restore(
        self, nodes: Iterable[int] = (), edges: Iterable[int] = (), rejoin: str = "stale"
    ) -> Change:
        """Give back one taking of `nodes` and `edges`, and return which of them are there again."""
        back, healed = [], []
        for node in nodes:
            self._gone[node] -= 1
            if not self._gone[node] and not self.alive[node]:
                self.alive[node] = True
                self.rejoins[node] = rejoin
                back.append(node)
        for edge in edges:
            self._cut[edge] -= 1
            if not self._cut[edge] and not self.up[edge]:
                self.up[edge] = True
                healed.append(edge)
        return self._tell(Change(back=back, healed=healed, struck=False))

    def slow(
        self, nodes: Iterable[int], factors: tuple[float, float], *, over: bool = False
    ) -> None:
        """Multiply what `nodes` take to compute, and their rates; or let that be over."""
        for node in nodes:
            (self._slow[node].remove if over else self._slow[node].append)(factors)
            self.compute[node] = math.prod(compute for compute, _ in self._slow[node])
            self.rate[node] = math.prod(rate for _, rate in self._slow[node])

    def _tell(self, change: Change) -> Change:
        if change:
            self.version += 1
            for listener in self.listeners:
                listener(change)
        return change
