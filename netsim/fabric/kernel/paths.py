"""Explicit paths in the kernel's port table, each stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.errors import SimulationError

if TYPE_CHECKING:
    from netsim.fabric.kernel.layout import Layout
    from netsim.topology.network import Network


class PathTable:
    """Rows of `state.pairs` and the ports that they point to.

    A row is (first position in `ports`, number of paths, links per path); paths leave out the two
    host links, which every packet takes anyway.

    Parameters
    ----------
    network, layout
        The topology and its numbering in the kernel.
    position
        First free position in `ports`.
    acknowledged
        Whether packets are acknowledged, so that a given path needs a way back.
    """

    def __init__(
        self, network: Network, layout: Layout, position: int, *, acknowledged: bool
    ) -> None:
        self._network = network
        self._layout = layout
        self.position = position
        self._acknowledged = acknowledged
        self._known: dict[tuple[int, ...], int] = {}
        self.rows: list[int] = []
        self.ports: list[int] = []

    def all_paths(self, source: int, target: int) -> int:
        """Return the row of all equal paths from leaf `source` to leaf `target`."""
        key = (-1, source, target)
        if key not in self._known:
            paths = self._network.leaf_paths(source, target)
            if not paths:
                names = [
                    self._network.switches[self._network.leaf_switches[n]] for n in (source, target)
                ]
                raise SimulationError(f"no path joins {names[0]} and {names[1]}")
            self._known[key] = self._add(paths)
        return self._known[key]

    def given(self, links: tuple[int, ...]) -> tuple[int, int]:
        """Return the rows of a path, given as links from host to host, and of its way back."""
        inner = tuple(links[1:-1])
        if not self._acknowledged:
            return self._one(inner), 0
        return self._one(inner), self._one(tuple(self._reverse(link) for link in inner[::-1]))

    def _one(self, path: tuple[int, ...]) -> int:
        if path not in self._known:
            self._known[path] = self._add([path])
        return self._known[path]

    def _add(self, paths: list[tuple[int, ...]]) -> int:
        row = len(self.rows) // 3
        self.rows += [self.position + len(self.ports), len(paths), len(paths[0])]
        for path in paths:
            self.ports += self._layout.link[list(path)].tolist()
        return row

    def _reverse(self, link: int) -> int:
        """Return the link by which acknowledgements of what went over `link` come back."""
        network = self._network
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
