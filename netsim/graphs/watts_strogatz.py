"""Small worlds: a ring of near neighbours, some of whose edges lead anywhere."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.graphs.graph import Graph, Integers, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.problems import Problem
from netsim.registry import register


@register("graph", "watts_strogatz")
class WattsStrogatz:
    """Each node joined to its k nearest on a ring; each edge is rewired with probability p."""

    source: ClassVar[str] = (
        "D. J. Watts, S. H. Strogatz, Collective dynamics of small-world networks, Nature 393, 1998"
    )
    example: ClassVar[dict[str, Any]] = {"k": 4, "p": 0.1}

    class Config(GraphConfig):
        """Number of nodes, neighbours, probability, and length of edges."""

        k: int = field(description="neighbours of a node before rewiring, even", ge=2, le=1_000_000)
        p: Probability = field(description="probability that an edge gets another far end")
        length: MaybeLength = length_field()

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong: half of the neighbours are on either side."""
        if config.k % 2:
            return [Problem(f"{config.k} neighbours have no middle", ("k",), hint="an even number")]
        if config.k >= nodes:
            message = f"{config.k:,} neighbours need more than {nodes:,} nodes"
            return [Problem(message, ("k",), hint=f"less than {nodes:,}")]
        return []

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return nodes k / 2."""
        return nodes * config.k / 2

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return a random graph.

        Edges are visited as their authors do: all nodes at distance 1, then at distance 2, ... A
        rewired edge keeps its first node and gets a far end that it is not joined to yet; where the
        first node is joined to all others, the edge stays.
        """
        near = np.tile(np.arange(nodes), config.k // 2)
        far = (near + np.repeat(np.arange(1, config.k // 2 + 1), nodes)) % nodes
        generator = stream()
        moved = np.flatnonzero(generator.random(len(near)) < config.p)
        _rewire(near, far, moved, nodes, generator)
        return graph_of(nodes, near, far)


def _rewire(
    near: Integers, far: Integers, moved: Integers, nodes: int, generator: np.random.Generator
) -> None:
    """Give the edges `moved` new far ends, one after the other."""
    joined = set((np.minimum(near, far) * nodes + np.maximum(near, far)).tolist())
    degree = np.bincount(np.concatenate((near, far)), minlength=nodes)
    for edge in moved.tolist():
        start, old = int(near[edge]), int(far[edge])
        if degree[start] >= nodes - 1:
            continue
        while True:
            new = int(generator.random() * nodes)
            key = min(start, new) * nodes + max(start, new)
            if new != start and key not in joined:
                break
        joined.remove(min(start, old) * nodes + max(start, old))
        joined.add(key)
        degree[old] -= 1
        degree[new] += 1
        far[edge] = new
