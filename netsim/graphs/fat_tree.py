"""The fat tree of k-port switches as a graph: hosts, edge, aggregation and core switches."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.problems import Problem
from netsim.registry import register


@register("graph", "fat_tree")
class FatTree:
    """k pods of k/2 edge and k/2 aggregation switches, k^2/4 core switches, k^3/4 hosts."""

    source: ClassVar[str] = (
        "M. Al-Fares, A. Loukissas, A. Vahdat, A Scalable, Commodity Data Center Network "
        "Architecture, SIGCOMM 2008"
    )

    class Config(GraphConfig):
        """Ports of a switch, and length of edges."""

        k: int = field(description="ports of a switch, even", ge=2, le=100)
        length: MaybeLength = length_field()

    @staticmethod
    def size(config: Config) -> int | None:
        """Return hosts and switches, k^3/4 + 5 k^2/4."""
        return config.k**2 * (config.k + 5) // 4

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong: half of a switch's ports lead up."""
        if config.k % 2:
            return [Problem(f"{config.k} ports have no half", ("k",), hint="an even number")]
        return []

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return three levels of k^3/4 edges."""
        return 3 * config.k**3 / 4

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the fat tree, hosts first, with the column `tier` of its nodes; draws nothing."""
        half = config.k // 2
        counts = (2 * half**3, 2 * half**2, 2 * half**2, half**2)
        words = ("host", "edge", "aggregation", "core")
        host, edge, aggregation, _ = np.split(np.arange(nodes), np.cumsum(counts)[:-1])
        core = nodes - half**2
        # Aggregation switch number i of any pod is joined to the cores i * half ... + half - 1.
        pods = aggregation.reshape(-1, half)
        up = core + np.arange(half**2).reshape(half, half)
        source = (host, np.repeat(edge, half), np.repeat(aggregation, half))
        target = (
            np.repeat(edge, half),
            np.repeat(pods, half, axis=0).ravel(),
            np.broadcast_to(up, (2 * half, half, half)).ravel(),
        )
        return graph_of(
            nodes,
            np.concatenate(source),
            np.concatenate(target),
            names=tuple(
                f"{word}{n}"
                for word, count in zip(words, counts, strict=True)
                for n in range(count)
            ),
            node_columns={"tier": np.repeat(words, counts)},
        )
