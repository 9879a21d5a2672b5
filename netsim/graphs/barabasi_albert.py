"""Random graphs that grow: who has many neighbours gets more of them.

The first m + 1 nodes are a star around node 0. Each later node is joined to m different ones, each
drawn with a probability proportional to its neighbours so far. A list in which every node stands
once per neighbour makes such a draw one look-up. In the limit the share of nodes with k neighbours
is 2 m (m + 1) / (k (k + 1) (k + 2)).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field, too_few
from netsim.problems import Problem
from netsim.registry import register


@register("graph", "barabasi_albert")
class BarabasiAlbert:
    """Grows node by node; each is joined to m others, rather to those with many neighbours."""

    source: ClassVar[str] = (
        "A.-L. Barabasi, R. Albert, Emergence of scaling in random networks, Science 286, 1999"
    )

    class Config(GraphConfig):
        """Number of nodes, edges that each brings, and length of edges."""

        m: int = field(description="edges that each new node brings", ge=1, le=100_000)
        length: MaybeLength = length_field()

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong: the star at the start has m + 1 nodes."""
        return too_few(nodes, config.m + 1, f"a Barabasi-Albert graph of m={config.m}")

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return m (nodes - m)."""
        return config.m * (nodes - config.m)

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return a random graph; with more nodes it begins with the same edges."""
        m = config.m
        uniform = uniforms(stream())
        ends = [0] * m + list(range(1, m + 1))
        for new in range(m + 1, nodes):
            many, chosen = len(ends), dict[int, None]()
            while len(chosen) < m:
                chosen[ends[int(next(uniform) * many)]] = None
            ends += chosen
            ends += [new] * m
        # Node by node the list holds m ends of others and m times the node itself.
        rows = np.array(ends, np.int64).reshape(-1, 2, m)
        return graph_of(nodes, rows[:, 0].ravel(), rows[:, 1].ravel())


def uniforms(generator: np.random.Generator) -> Iterator[float]:
    """Yield uniform numbers below 1, one by one at the price of many at once."""
    while True:
        yield from generator.random(4096).tolist()
