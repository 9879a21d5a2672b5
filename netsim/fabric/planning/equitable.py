"""Plan one path per flow so that every link of a leaf-spine gets an equal share of whole flows.

Flows between leaves are the edges of a bipartite multigraph, leaves that send on one side, leaves
that receive on the other; a path index is a colour. Each leaf is cut into pieces of as many edges
as there are paths (the last piece may have fewer). The pieces form a bipartite multigraph whose
largest degree is at most the number of colours, so by Koenig's theorem (1916) its edges can be
coloured with no colour twice at a piece. A full piece then has every colour once: each uplink and
each downlink carries floor or ceil of (flows of its leaf / paths) flows, with none split.

Pieces are filled in the order of the flows, so among any run of consecutive flows from a leaf that
fills a piece, all take different paths. What is equal is the number of flows, not of bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.fabric.balancing.policy import RoutingConfig
from netsim.fabric.balancing.single import SinglePath
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.topology.network import Network


def plan(network: Network, src: NDArray[np.int64], dst: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each flow the number of its path, in the order of `Network.leaf_paths`.

    Where links between switches are down, not every pair of leaves has every path. Flows then take,
    one after another, the path of theirs whose fuller link has the fewest flows.

    Parameters
    ----------
    network
        A leaf-spine.
    src, dst
        NICs of the flows that are known together. Flows within a leaf get path 0, their only one.

    Raises
    ------
    ProblemsFound
        If the network is no leaf-spine.
    """
    if network.spines is None:
        hint = "choose another routing policy, or topology: {kind: leaf_spine, ...}"
        raise ProblemsFound(
            Problem(
                "'equitable' plans for leaf-spine networks only", ("routing", "policy"), hint=hint
            )
        )
    source, target = network.leaf_of_nic[src], network.leaf_of_nic[dst]
    paths = np.zeros(len(src), np.int64)
    across = np.flatnonzero(source != target)
    inner = (network.link_source >= network.nic_count) & (network.link_target >= network.nic_count)
    if network.link_up[inner].all():
        colours = network.spines * (network.bundle or 1)
        paths[across] = colour(source[across], target[across], colours)
    else:
        paths[across] = _least_loaded(network, source[across], target[across])
    return paths


def colour(source: NDArray[np.int64], target: NDArray[np.int64], colours: int) -> NDArray[np.int64]:
    """Return a colour per edge, used floor or ceil of (degree / colours) times at every vertex.

    Edges are coloured one by one. Where no colour is free at both ends, one free at the one end and
    one free at the other are exchanged along the path of these two colours that starts at the
    second end; in a bipartite graph it never returns to the first.
    """
    left = _pieces(source, colours)
    right = _pieces(target, colours) + (int(left.max()) + 1 if len(left) else 0)
    colouring = _Colouring(list(zip(left.tolist(), right.tolist(), strict=True)), colours)
    for edge in range(len(colouring.ends)):
        colouring.add(edge)
    return np.array(colouring.chosen, np.int64)


def _pieces(leaf: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return each edge's piece: every next `most` edges of a leaf are one piece."""
    if not len(leaf):
        return leaf
    order = np.argsort(leaf, kind="stable")
    degree = np.bincount(leaf)
    first = np.cumsum(degree) - degree
    rank = np.empty_like(leaf)
    rank[order] = np.arange(len(leaf)) - first[leaf[order]]
    per_leaf = -(-degree // most)
    before = np.cumsum(per_leaf) - per_leaf
    return np.asarray(before[leaf] + rank // most, np.int64)


class _Colouring:
    """A proper colouring of some edges of a bipartite graph, to which edges are added."""

    def __init__(self, ends: list[tuple[int, int]], colours: int) -> None:
        vertices = 1 + max((end for pair in ends for end in pair), default=-1)
        self.ends = ends
        self.chosen = [-1] * len(ends)
        self._colours = colours
        self._free = [(1 << colours) - 1] * vertices
        # The edge of each colour at each vertex, vertex after vertex; -1 where the colour is free.
        self._edge_at = [-1] * (vertices * colours)

    def add(self, edge: int) -> None:
        """Colour `edge`; other edges may exchange two colours for it."""
        free = self._free
        one, other = self.ends[edge]
        candidates = free[one] & free[other]
        if not candidates:
            candidates = free[one] & -free[one]
            self._exchange(other, _lowest(candidates), _lowest(free[other]))
        pick = _lowest(candidates)
        free[one] ^= 1 << pick
        free[other] ^= 1 << pick
        self._give(edge, pick)

    def _exchange(self, vertex: int, used: int, unused: int) -> None:
        """Exchange two colours along the path from `vertex`, so that `used` becomes free there."""
        edge_at, colours = self._edge_at, self._colours
        path = []
        at, along = vertex, used
        while (edge := edge_at[at * colours + along]) >= 0:
            path.append(edge)
            at = sum(self.ends[edge]) - at
            along = used + unused - along
        for edge in path:
            for end in self.ends[edge]:
                edge_at[end * colours + self.chosen[edge]] = -1
        for edge in path:
            self._give(edge, used + unused - self.chosen[edge])
        # Inner vertices of the path have both colours, before and after; its two ends have one.
        self._free[vertex] ^= 1 << used | 1 << unused
        self._free[at] ^= 1 << used | 1 << unused

    def _give(self, edge: int, colour: int) -> None:
        self.chosen[edge] = colour
        for end in self.ends[edge]:
            self._edge_at[end * self._colours + colour] = edge


@register("routing", "equitable")
class Equitable:
    """Plan one path per flow, so that every uplink and downlink gets an equal number of flows."""

    source: ClassVar[str] = (
        "D. Koenig, Ueber Graphen und ihre Anwendung auf Determinantentheorie und Mengenlehre, "
        "Math. Ann. 77, 1916; D. de Werra, Equitable colorations of graphs, 1971"
    )
    every_hop: ClassVar[bool] = True
    paths: ClassVar[str] = "given"

    class Config(RoutingConfig):
        """Nothing to set."""

    plan = staticmethod(plan)
    tag = SinglePath.tag
    choose = SinglePath.choose


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _least_loaded(
    network: Network, source: NDArray[np.int64], target: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each flow, in turn, the path whose fuller link has the fewest flows so far."""
    load = [0] * network.link_count
    known: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    picks = np.zeros(len(source), np.int64)
    for flow, pair in enumerate(zip(source.tolist(), target.tolist(), strict=True)):
        if pair not in known:
            known[pair] = network.leaf_paths(*pair)
        paths = known[pair]
        if paths:
            loads = [max(load[link] for link in path) for path in paths]
            picks[flow] = loads.index(min(loads))
            for link in paths[int(picks[flow])]:
                load[link] += 1
    return picks
