"""Random geometric graphs: nodes at random places, joined if they are near each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import numpy as np

from netsim.fields import field
from netsim.graphs.area import AreaConfig, places
from netsim.graphs.graph import Floats, Graph, Integers, distances, graph_of
from netsim.graphs.kind import PositiveLength, Stream
from netsim.graphs.trials import pair_count
from netsim.registry import register

#: Cells along the longer side: more would save nothing at the largest number of nodes.
_MOST_CELLS: Final = 4096
_CHUNK: Final = 1 << 21


@register("graph", "random_geometric")
class RandomGeometric:
    """Nodes at uniform places in a rectangle; two at most `radius` apart are joined."""

    source: ClassVar[str] = "E. N. Gilbert, Random plane networks, J. SIAM 9, 1961"
    example: ClassVar[dict[str, Any]] = {"radius": "100 m"}

    class Config(AreaConfig):
        """Number of nodes, reach, and area."""

        radius: PositiveLength = field(description="greatest distance of two joined nodes")

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return about how many pairs are close enough to be measured."""
        reach = [min(1.0, 2 * config.radius / side) for side in config.area]
        return pair_count(nodes) * reach[0] * reach[1]

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return a random graph with places and lengths; more nodes change none of the others."""
        x, y = places(stream(), nodes, config.area)
        source, target, length = near_pairs(x, y, config.radius)
        return graph_of(nodes, source, target, x=x, y=y, length=length)


def near_pairs(x: Floats, y: Floats, radius: float) -> tuple[Integers, Integers, Floats]:
    """Return the pairs of places at most `radius` apart, and their distances.

    Places are sorted into square cells of at least that side, numbered row by row. A place is
    compared with those behind it in its own cell and the next one of its row, and with three cells
    of the next row: either is one run of the sorted places.
    """
    side = max(radius, float(x.max(initial=0)) / _MOST_CELLS, float(y.max(initial=0)) / _MOST_CELLS)
    column, row = (x // side).astype(np.int64), (y // side).astype(np.int64)
    # A free column at either end keeps a run from going on in another row.
    wide = int(column.max(initial=0)) + 3
    cell = row * wide + column + 1
    order = np.argsort(cell, kind="stable")
    cell = cell[order]
    here = np.arange(len(cell))
    found = []
    for begin, end in (
        (here + 1, np.searchsorted(cell, cell + 1, side="right")),
        (np.searchsorted(cell, cell + wide - 1), np.searchsorted(cell, cell + wide + 1, "right")),
    ):
        for a, b in _runs(here, begin, end):
            source, target = order[a], order[b]
            length = distances(x, y, source, target)
            close = length <= radius
            found.append((source[close], target[close], length[close]))
    source, target, length = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return source, target, length


def _runs(here: Integers, begin: Integers, end: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Yield, a chunk at a time, every place paired with each of its run ``begin`` to ``end``."""
    counts = np.maximum(end - begin, 0)
    chunk = np.cumsum(counts) // _CHUNK
    for one in np.unique(chunk):
        first, last = np.searchsorted(chunk, (one, one + 1))
        some = counts[first:last]
        offset = np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)
        yield np.repeat(here[first:last], some), np.repeat(begin[first:last], some) + offset
