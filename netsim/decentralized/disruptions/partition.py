"""The network falls apart: every edge between groups of nodes is cut, until it heals."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.disruption import DisruptionConfig, Scene, Span, span
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register


@register("disruption", "partition")
class Partition:
    """Groups of nodes that hear nobody of another group."""

    clock: ClassVar[bool] = True
    source: ClassVar[str] = "Brewer's partitions: Gilbert, Lynch, SIGACT News 33, 2002"
    example: ClassVar[dict[str, Any]] = {"at": {"round": 0}, "into": 2}

    class Config(DisruptionConfig):
        """The groups."""

        into: int | None = field(None, description="number of random groups of equal size", ge=2)
        groups: tuple[tuple[int, ...], ...] | None = field(
            None, description="groups by their nodes; nodes that none names are one more group"
        )

    @staticmethod
    def problems(config: Config, graph: Graph | None, nodes: int) -> list[Problem]:
        """Return what is wrong with the groups."""
        if (config.into is None) == (config.groups is None):
            message = "which groups? give one of 'into' and 'groups'"
            return [Problem(message, (), hint="into: 2")]
        if config.into is not None and config.into > nodes:
            message = f"{nodes:,} nodes do not make {config.into:,} groups"
            return [Problem(message, ("into",), "out-of-range", f"at most {nodes:,}")]
        found, seen = [], set()
        for index, group in enumerate(config.groups or ()):
            for place, node in enumerate(group):
                at = ("groups", index, place)
                if not 0 <= node < nodes:
                    hint = f"nodes are numbered 0 to {nodes - 1:,}"
                    found.append(Problem(f"there is no node {node:,}", at, "out-of-range", hint))
                if node in seen:
                    found.append(Problem(f"node {node:,} stands twice", at, "duplicate", "once"))
                seen.add(node)
        return found

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return the one span."""
        count = scene.graph.node_count
        group = np.zeros(count, np.int64)
        if config.into is not None:
            group[scene.generator().permutation(count)] = np.arange(count) * config.into // count
        for index, members in enumerate(config.groups or (), start=1):
            group[list(members)] = index
        ends = group[scene.graph.edges]
        return [span(config, scene, edges=np.flatnonzero(ends[:, 0] != ends[:, 1]))]
