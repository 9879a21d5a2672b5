"""Asynchronous decentralised SGD: a gradient, an average with one neighbour, a step, and again.

A node remembers its model x_old and computes a gradient there. When it has, it draws a neighbour j
and both take the mean of their models, at once; then x = x - lr g(x_old). Meanwhile others may have
averaged with it, so the gradient is that of an older model. The two exchange models, and while they
do, neither averages with anybody else: who wants one of them waits, first come first served. Nobody
holds one node while waiting for another, so no circle of waits can arise. Where `bipartite` is set
only nodes of one side begin averages, as the paper asks of implementations with locks per node.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.clock.stage import Stage
from netsim.decentralized.peers import Peers
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "adpsgd")
class AdPsgd:
    """Gradients of older models, and averages of two."""

    source: ClassVar[str] = "Lian, Zhang, Zhang, Liu, AD-PSGD, ICML 2018"
    weights: ClassVar[str] = "metropolis"
    passing: ClassVar[int] = 3
    symmetric: ClassVar[bool] = True

    class Config(AlgorithmConfig):
        """Who begins averages."""

        bipartite: bool = field(
            False, description="true: only nodes of one side of a bipartite graph begin averages"
        )

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._config = config

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield that the graph has no two sides, where they are wanted."""
        if scenario.algorithm.bipartite and graph is not None and two_sides(graph) is None:
            message = "the graph has a cycle of odd length, so it has no two sides"
            hint = "take an even ring, a grid or a tree, or leave bipartite out"
            yield Problem(
                message, ("algorithm", "bipartite"), "unsatisfiable", hint, also=("topology",)
            )

    def begin(self, stage: Stage) -> None:
        """Let all nodes compute their first gradients."""
        self._stage = stage
        nodes = stage.nodes
        self._locked = [False] * nodes
        self._choices = [0] * nodes
        #: The version at which a node computes a gradient.
        self._held: dict[int, int] = {}
        #: Who waits to average, with whom, in the order of coming.
        self._waiting: dict[int, tuple[int, int]] = {}
        #: What two nodes have exchanged so far: messages that are still to come.
        self._exchange: dict[int, list[Any]] = {}
        self._passive = set[int]()
        if self._config.bipartite:
            sides = two_sides(stage.world.graph)
            self._passive = {node for node, side in enumerate(sides or []) if side}
        for node in range(nodes):
            self.joined(node)

    def joined(self, node: int) -> None:
        """Let a node that is there compute."""
        if self._stage.alive(node):
            self._compute(node)

    def left(self, node: int) -> None:
        """Give up what a node was about."""
        if node in self._held:
            self._stage.operations.release(self._held.pop(node))
        if node in self._waiting:
            version, _ = self._waiting.pop(node)
            self._stage.operations.release(version)
        for other, (version, partner) in list(self._waiting.items()):
            if partner == node:
                del self._waiting[other]
                self._step(other, version)
        for one, exchange in list(self._exchange.items()):
            if node in (one, exchange[0]):
                self._over(one, False)

    def _compute(self, node: int) -> None:
        stage = self._stage
        if not stage.holders[node] or stage.trainings[node] >= stage.rounds:
            return
        self._held[node] = stage.operations.save(node)
        stage.compute(node, self._computed)

    def _computed(self, node: int, _: Any) -> None:
        stage, version = self._stage, self._held.pop(node)
        near = [] if node in self._passive else stage.neighbours(node)
        if not near:
            self._step(node, version)
            return
        partner = stage.pick(node, self._choices[node], near)
        self._choices[node] += 1
        self._waiting[node] = (version, partner)
        self._try(node)

    def _try(self, node: int) -> None:
        """Begin an average if both are free."""
        version, partner = self._waiting[node]
        if self._locked[node] or self._locked[partner]:
            return
        del self._waiting[node]
        self._locked[node] = self._locked[partner] = True
        self._exchange[node] = [partner, version, 2]
        self._stage.send(node, partner, self._came, node)
        if node in self._exchange:
            self._stage.send(partner, node, self._came, node)

    def _came(self, source: int, target: int, begun_by: int, arrived: bool) -> None:
        exchange = self._exchange.get(begun_by)
        if exchange is None or {source, target} != {begun_by, exchange[0]}:
            return
        if not arrived:
            self._over(begun_by, False)
            return
        exchange[2] -= 1
        if not exchange[2]:
            self._over(begun_by, True)

    def _over(self, node: int, averaged: bool) -> None:
        """Average, if all went well, and let both go on."""
        partner, version, _ = self._exchange.pop(node)
        if averaged:
            self._stage.operations.pair(node, partner)
            self._stage.took(node, 0)
        self._locked[node] = self._locked[partner] = False
        if self._stage.alive(node):
            self._step(node, version)
        else:
            self._stage.operations.release(version)
        for other in list(self._waiting):
            if other in self._waiting:
                self._try(other)

    def _step(self, node: int, version: int) -> None:
        """Step along the gradient of the older model, and compute the next one."""
        stage = self._stage
        stage.operations.step(node, version, stage.trainings[node] - 1)
        stage.operations.release(version)
        self._compute(node)


def two_sides(graph: Graph) -> list[int] | None:
    """Return the side of every node, 0 or 1, or None if the graph is not bipartite."""
    near: list[list[int]] = [[] for _ in range(graph.node_count)]
    for a, b in graph.edges.tolist():
        near[a].append(b)
        near[b].append(a)
    side = [-1] * graph.node_count
    for first in range(graph.node_count):
        if side[first] >= 0:
            continue
        side[first], queue = 0, [first]
        while queue:
            node = queue.pop()
            for other in near[node]:
                if side[other] < 0:
                    side[other] = 1 - side[node]
                    queue.append(other)
                elif side[other] == side[node]:
                    return None
    return side
