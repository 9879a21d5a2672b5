"""Who hears whom: rows of nodes with the nodes that they hear from, themselves in their place.

Rows are compressed (as in a sparse matrix), nodes within a row ascend, and the order never changes:
floating-point sums depend on it in their last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from netsim.graphs.graph import Graph

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Weights = NDArray[np.float64]

#: Edge and arc of an entry by which a node hears itself.
ITSELF = -1


@dataclass(frozen=True, eq=False)
class Pattern:
    """Entries of all rows.

    Parameters
    ----------
    first
        The entries of row i are ``first[i]`` to ``first[i + 1]``.
    node
        Who is heard.
    arc
        2 e or 2 e + 1 for edge e of the graph, along its direction or against it; `ITSELF`.
    alive
        Which nodes are there; one that is not hears itself alone.
    """

    first: Integers
    node: Integers
    arc: Integers
    alive: Flags

    @cached_property
    def row(self) -> Integers:
        """The hearing node of every entry."""
        return np.repeat(np.arange(len(self.alive)), np.diff(self.first))

    @cached_property
    def own(self) -> Flags:
        """Whether an entry is by which a node hears itself."""
        own: Flags = self.arc == ITSELF
        return own

    @cached_property
    def degree(self) -> Integers:
        """How many others every node hears."""
        return np.diff(self.first) - 1

    @cached_property
    def out_degree(self) -> Integers:
        """How many others hear every node."""
        return np.bincount(self.node, minlength=len(self.alive)) - 1

    def sum_rows(self, values: Weights) -> Weights:
        """Return the sum of `values` over the entries of each row."""
        total = np.bincount(self.row, weights=values, minlength=len(self.alive))
        return total.astype(np.float64, copy=False)

    @cached_property
    def components(self) -> Integers:
        """The component of every node, numbered by its lowest node; -1 for nodes that are gone."""
        label = np.arange(len(self.alive))
        while True:
            before, label = label, label.copy()
            np.minimum.at(label, self.row, before[self.node])
            np.minimum.at(label, self.node, before[self.row])
            while (label != label[label]).any():
                label = label[label]
            if (label == before).all():
                break
        label[~self.alive] = -1
        found = np.unique(label[self.alive])
        named: Integers = np.where(self.alive, np.searchsorted(found, label), -1)
        return named


def pattern_of(graph: Graph, alive: Flags, up: Flags) -> Pattern:
    """Return who hears whom over the edges that are `up` between nodes that are `alive`."""
    kept = np.flatnonzero(up & alive[graph.edges].all(axis=1))
    source, target = graph.edges[kept].T
    if graph.directed:
        return entries(alive, target, source, 2 * kept)
    rows, nodes = np.concatenate((target, source)), np.concatenate((source, target))
    return entries(alive, rows, nodes, np.concatenate((2 * kept, 2 * kept + 1)))


def entries(alive: Flags, rows: Integers, nodes: Integers, arcs: Integers) -> Pattern:
    """Return the pattern in which `rows` hear `nodes`, and every node itself."""
    count = len(alive)
    everyone = np.arange(count)
    rows, nodes = np.concatenate((rows, everyone)), np.concatenate((nodes, everyone))
    arcs = np.concatenate((arcs, np.full(count, ITSELF)))
    order = np.argsort(rows * count + nodes, kind="stable")
    first = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=count))))
    return Pattern(first.astype(np.int64), nodes[order], arcs[order], alive)


def arcs_between(count: int, sources: Integers, targets: Integers) -> Integers:
    """Return the arcs from `sources` to `targets` of the complete graph of `count` nodes."""
    low, high = np.minimum(sources, targets), np.maximum(sources, targets)
    # Edges a - b with a < b are numbered in the order of (a, b).
    edge = low * count - low * (low + 1) // 2 + high - low - 1
    arcs: Integers = 2 * edge + (sources > targets)
    return arcs
