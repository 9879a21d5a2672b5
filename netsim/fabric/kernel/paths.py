"""The one owner of routes, ports and explicit paths of a kernel, each stored once.

A route is a group of equal ports per switch and leaf; an explicit path is a row of ``state.pairs``,
(first position in `ports`, number of paths, links per path), and leaves out the two host links,
which every packet takes anyway. Groups and paths point into ``state.ports``, to which is only ever
added; what a network that changes comes back to is found again, so links that go up and down take
no more room each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.kernel import state as at

if TYPE_CHECKING:
    from netsim.fabric.kernel.arrays import Store
    from netsim.fabric.kernel.layout import Layout
    from netsim.fabric.kernel.state import Ints
    from netsim.fabric.wiring import Wiring
    from netsim.topology.network import Network


class PathTable:
    """Routes and explicit paths.

    Parameters
    ----------
    wiring, layout
        The network as it is now, and its numbering in the kernel.
    store
        The kernel's arrays, which hold the routes of the start already.
    acknowledged
        Whether packets are acknowledged, so that a given path needs a way back.
    """

    def __init__(self, wiring: Wiring, layout: Layout, store: Store, *, acknowledged: bool) -> None:
        self._wiring = wiring
        self._layout = layout
        self._store = store
        self._acknowledged = acknowledged
        self._given: dict[tuple[int, ...], int] = {}
        #: Rows of all equal paths from leaf to leaf.
        self._equal: dict[tuple[int, int], int] = {}
        #: Positions of what stands in `ports`: the links of groups and of sets of paths.
        self._known: dict[tuple[int, ...], int] = {}

    def all_paths(self, source: int, target: int) -> int:
        """Return the row of all equal paths from leaf `source` to leaf `target`."""
        row = self._equal.get((source, target))
        if row is None:
            network = self._wiring.network
            paths = network.leaf_paths(source, target)
            if not paths:
                names = [network.switches[network.leaf_switches[n]] for n in (source, target)]
                raise SimulationError(f"no path joins {names[0]} and {names[1]}")
            row = self._equal[source, target] = self._add(paths)
        return row

    def equal(self, src: Ints, dst: Ints) -> Ints:
        """Return the rows of all equal paths, there and back, of pairs of hosts."""
        leaf = self._wiring.network.leaf_of_nic
        leaves = len(self._wiring.network.leaf_switches)
        pairs, which = np.unique(leaf[src] * leaves + leaf[dst], return_inverse=True)
        rows = np.empty(len(pairs), np.int64)
        for index, pair in enumerate(pairs.tolist()):
            source, target = divmod(pair, leaves)
            back = self.all_paths(target, source) if self._acknowledged else 0
            rows[index] = back << at.HIGH | self.all_paths(source, target)
        found: Ints = rows[which.ravel()]
        return found

    def given(self, links: tuple[int, ...]) -> tuple[int, int]:
        """Return the rows of a path, given as links from host to host, and of its way back."""
        inner = tuple(links[1:-1])
        if not self._acknowledged:
            return self._one(inner), 0
        return self._one(inner), self._one(tuple(self._reverse(link) for link in inner[::-1]))

    def reroute(self) -> None:
        """Let switches and sets of equal paths lead over the links that work now.

        Paths that flows were given stay as they are, and so do equal paths of which none is left:
        packets are lost where they are cut.
        """
        network, store = self._wiring.network, self._store
        routes = network.routes
        groups, which = np.unique(
            np.stack([routes.first.ravel(), routes.count.ravel()], axis=1),
            axis=0,
            return_inverse=True,
        )
        packed = np.array(
            [
                self._place(tuple(routes.ports[first : first + count].tolist())) << at.COUNT_BITS
                | count
                for first, count in groups.tolist()
            ],
            np.int64,
        )
        store.state.routes[:] = packed[which.ravel()]
        for (source, target), row in self._equal.items():
            paths = network.leaf_paths(source, target)
            if paths:
                store.state.pairs[row * at.PAIR : (row + 1) * at.PAIR] = self._cells(paths)

    def _one(self, path: tuple[int, ...]) -> int:
        if path not in self._given:
            self._given[path] = self._add([path])
        return self._given[path]

    def _add(self, paths: list[tuple[int, ...]]) -> int:
        row = self._store.used("pairs") // at.PAIR
        self._store.extend("pairs", self._cells(paths))
        return row

    def _cells(self, paths: list[tuple[int, ...]]) -> list[int]:
        """Return the cells of a row of `pairs`."""
        links = tuple(link for path in paths for link in path)
        return [self._place(links), len(paths), len(paths[0])]

    def _place(self, links: tuple[int, ...]) -> int:
        """Return where `links`, by the topology's numbers, stand in `ports` one after another."""
        place = self._known.get(links)
        if place is None:
            place = self._known[links] = self._store.used("ports")
            self._store.extend("ports", self._layout.link[list(links)])
        return place

    def _reverse(self, link: int) -> int:
        """Return the link by which acknowledgements of what went over `link` come back."""
        network = self._wiring.network
        back = way_back(network, link)
        if back is not None:
            return back
        source, target = int(network.link_source[link]), int(network.link_target[link])
        name = f"{network.nodes[target]}->{network.nodes[source]}"
        raise SimulationError(
            f"a path over {network.link_names[link]} has no way back for acknowledgements: link "
            f"{name} {'is down' if network.between(target, source) else 'does not exist'}; take "
            "another path, or mend the link"
        )


def way_back(network: Network, link: int) -> int | None:
    """Return the other direction of the cable, or of another one of its bundle that works."""
    ends = int(network.link_source[link]), int(network.link_target[link])
    index = network.between(*ends).index(link)
    back = network.between(ends[1], ends[0])
    return next((n for n in [*back[index : index + 1], *back] if network.link_up[n]), None)
