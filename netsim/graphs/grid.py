"""A grid: rows and columns of nodes, each joined to those beside it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.graphs import rectangle
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import MaybeLength, Stream, length_field
from netsim.problems import Problem
from netsim.registry import register


@register("graph", "grid")
class Grid:
    """Rows and columns, numbered row by row; nodes side by side are joined."""

    source: ClassVar[str] = "R. Diestel, Graph Theory, 5th ed., 2017, section 12.4"

    class Config(rectangle.RectangleConfig):
        """Shape and length of edges."""

        length: MaybeLength = length_field(" (nodes then lie at the crossings of a square lattice)")

    size = staticmethod(rectangle.size)

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong if the nodes fill no rectangle."""
        lone = config.rows is None and config.columns is None
        return rectangle.problems(config, nodes, 2 if lone and nodes > 3 else 1, "a grid")

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return fewer than two edges a node."""
        return 2 * nodes

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the grid; draws nothing."""
        rows, columns = rectangle.shape(config, nodes)
        node = rectangle.numbers(rows, columns)
        source = np.concatenate((node[:, :-1].ravel(), node[:-1].ravel()))
        target = np.concatenate((node[:, 1:].ravel(), node[1:].ravel()))
        if config.length is None:
            return graph_of(nodes, source, target)
        y, x = np.divmod(np.arange(nodes), columns)
        return graph_of(nodes, source, target, x=x * config.length, y=y * config.length)
