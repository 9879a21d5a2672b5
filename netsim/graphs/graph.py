"""A graph: named nodes, edges as one sorted array, and what is known of their places and lengths.

Arrays and no objects per node, because a family that computes on 100,000 edges wants columns.
Edges are kept in one canonical order (for undirected ones the lower node first, then sorted), so
that two graphs with equal edges are equal byte by byte, and a draw per edge does not depend on how
the graph was made. Parallel edges and edges from a node to itself are no part of it. networkx was
not taken for this value: a dictionary per node is slow to compute on, and its generators draw
differently from version to version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Adjacency:
    """The neighbours of every node, ascending; those of `i` are ``node[first[i]:first[i + 1]]``.

    In a graph of arcs these are the nodes that `i` sends to. ``edge`` names the edge that leads
    there, by its row in `Graph.edges`.
    """

    first: Integers
    node: Integers
    edge: Integers


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes and edges.

    Parameters
    ----------
    names
        One per node, all different.
    edges
        Node numbers, (edges, 2). Undirected: the lower number first. Sorted, each pair once.
    directed
        Whether an edge is an arc, from its first to its second node.
    length
        Metres per edge, or None where lengths are not known.
    x, y
        Metres per node, or None where places are not known.
    node_columns, edge_columns
        Further columns by name, of which a family takes those that it knows.

    Raises
    ------
    ValueError
        If the edges are not in canonical order or a column has the wrong length.
    """

    names: tuple[str, ...]
    edges: Integers
    directed: bool = False
    length: Floats | None = None
    x: Floats | None = None
    y: Floats | None = None
    node_columns: Columns = field(default_factory=dict)
    edge_columns: Columns = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_edges()
        for size, columns in (
            (self.node_count, [self.x, self.y, *self.node_columns.values()]),
            (self.edge_count, [self.length, *self.edge_columns.values()]),
        ):
            for column in columns:
                if column is not None and len(column) != size:
                    raise ValueError(f"a column has {len(column)} values for {size} rows")
                if column is not None:
                    column.setflags(write=False)
        self.edges.setflags(write=False)

    def _check_edges(self) -> None:
        if self.edges.ndim != 2 or self.edges.shape[1] != 2 or self.edges.dtype != np.int64:
            raise ValueError("edges are an int64 array of two columns")
        source, target = self.edges.T
        if len(source) and not (self.edges.min() >= 0 and self.edges.max() < self.node_count):
            raise ValueError(f"an edge names a node outside 0 to {self.node_count - 1}")
        wrong = source == target if self.directed else source >= target
        if wrong.any() or (np.diff(source * self.node_count + target) <= 0).any():
            raise ValueError("edges are not in canonical order; build the graph by graph_of")

    def __repr__(self) -> str:
        arrows = "arcs" if self.directed else "edges"
        return f"Graph({self.node_count} nodes, {self.edge_count} {arrows})"

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.names)

    @property
    def edge_count(self) -> int:
        """Number of edges, or of arcs."""
        return len(self.edges)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Node numbers by name."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def degree(self) -> Integers:
        """Edges at every node; of arcs both those that leave and those that arrive."""
        return np.bincount(self.edges.ravel(), minlength=self.node_count).astype(np.int64)

    @cached_property
    def out_degree(self) -> Integers:
        """Neighbours that every node sends to."""
        return np.diff(self.adjacency.first)

    @cached_property
    def in_degree(self) -> Integers:
        """Neighbours that every node hears from."""
        if not self.directed:
            return self.degree
        return np.bincount(self.edges[:, 1], minlength=self.node_count).astype(np.int64)

    @cached_property
    def adjacency(self) -> Adjacency:
        """Neighbours of every node."""
        source, target = self.edges.T
        edge = np.arange(self.edge_count)
        if not self.directed:
            source, target = np.concatenate((source, target)), np.concatenate((target, source))
            edge = np.concatenate((edge, edge))
            order = np.lexsort((target, source))
            source, target, edge = source[order], target[order], edge[order]
        counts = np.bincount(source, minlength=self.node_count)
        first = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        return Adjacency(first, target, edge)

    def neighbours(self, node: int) -> Integers:
        """Return the neighbours of `node`, ascending."""
        first = self.adjacency.first
        return self.adjacency.node[first[node] : first[node + 1]]

    @cached_property
    def components(self) -> Integers:
        """The component of every node, numbered by their lowest nodes; arcs join both ways.

        Every node starts as a component of its own and takes the least number across its edges;
        then each follows its number's number until none changes. The rounds grow with the logarithm
        of the nodes, which a search along a chain of them would not.
        """
        label = np.arange(self.node_count)
        source, target = self.edges.T
        while True:
            before = label
            label = before.copy()
            here, there = before[source], before[target]
            np.minimum.at(label, here, there)
            np.minimum.at(label, there, here)
            while (label != label[label]).any():
                label = label[label]
            if (label == before).all():
                break
        return np.unique(label, return_inverse=True)[1].astype(np.int64)

    @property
    def is_connected(self) -> bool:
        """Whether a way, along edges or against arcs, joins any two nodes."""
        return self.node_count < 2 or not self.components.any()

    def subgraph(self, nodes: Sequence[int] | Integers) -> Graph:
        """Return the graph of `nodes`, in that order, and of the edges among them."""
        kept = np.asarray(nodes, np.int64)
        place = np.full(self.node_count, -1)
        place[kept] = np.arange(len(kept))
        ends = place[self.edges]
        inside = (ends >= 0).all(axis=1)
        return graph_of(
            len(kept),
            ends[inside, 0],
            ends[inside, 1],
            names=tuple(self.names[node] for node in kept.tolist()),
            directed=self.directed,
            length=None if self.length is None else self.length[inside],
            x=None if self.x is None else self.x[kept],
            y=None if self.y is None else self.y[kept],
            node_columns={name: column[kept] for name, column in self.node_columns.items()},
            edge_columns={name: column[inside] for name, column in self.edge_columns.items()},
        )

    def largest_component(self) -> Graph:
        """Return the largest component alone; among equals that of the lowest node."""
        largest = np.bincount(self.components, minlength=1).argmax()
        return self.subgraph(np.flatnonzero(self.components == largest))


def graph_of(
    nodes: int,
    source: Sequence[int] | Integers,
    target: Sequence[int] | Integers,
    *,
    names: tuple[str, ...] | None = None,
    directed: bool = False,
    length: Floats | None = None,
    x: Floats | None = None,
    y: Floats | None = None,
    node_columns: Columns | None = None,
    edge_columns: Columns | None = None,
) -> Graph:
    """Return the graph of `nodes` nodes and the edges `source` - `target`, given in any order.

    Columns of edges come in the order of the edges given. Names are the node numbers by default.
    """
    a, b = np.asarray(source, np.int64), np.asarray(target, np.int64)
    if not directed:
        a, b = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((b, a))
    edge_columns = edge_columns or {}
    return Graph(
        names=names if names is not None else tuple(map(str, range(nodes))),
        edges=np.stack((a[order], b[order]), axis=1).reshape(-1, 2),
        directed=directed,
        length=None if length is None else length[order],
        x=x,
        y=y,
        node_columns=node_columns or {},
        edge_columns={name: column[order] for name, column in edge_columns.items()},
    )


def distances(graph_x: Floats, graph_y: Floats, source: Integers, target: Integers) -> Floats:
    """Return the straight distances between nodes `source` and `target`, in metres."""
    across = graph_x[source] - graph_x[target]
    along = graph_y[source] - graph_y[target]
    apart: Floats = np.hypot(across, along)
    return apart
