"""The network that a topology builds: hosts, switches and directed links, as arrays.

Nodes are numbered NICs first, host by host, then switches, so that a node below `nic_count` is a
NIC. Mostly a host has one, and both numbers are the same; where it has several, a flow between
hosts takes one of each (`netsim.fabric.nics`), and what is said per end of a link (`host_uplink`,
`host_downlink`, `leaf_of_nic`, `reachable`, `paths`) is said per NIC. NICs of a host follow each
other, so that a host's are a range: a table of owners in any order would serve no topology better.

Every link has one direction; a cable is two links. A NIC has exactly one link to a switch and one
back; a switch with NICs is a *leaf* (edge switch), and packets are routed by the leaf of their
destination.

Routing follows the shortest paths by number of links, over links that are up when the network is
built; all ports that start a shortest path are equally good. Ports are listed by link number, which
builders choose so that the order means something (in a leaf-spine: by parallel link, then by
spine). `Network` holds no state: queues and failures during a run belong to the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim import registry
from netsim.problems import Problem, ProblemsFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from netsim.topology.plain_ports import PlainPorts

#: Most equal-cost paths that are listed between two leaves of a graph which is not a leaf-spine.
PATH_LIMIT: Final = 1024
#: What is remembered of a network and follows from nodes and links, or from which links work too.
_OF_NAMES: Final = (
    *("nodes", "node_numbers", "link_names", "_between", "host_uplink", "host_downlink"),
    *("leaf_switches", "leaf_of_nic", "leaf_of_host", "nic_count", "first_nic", "nic_host"),
)
_OF_WAYS: Final = ("distances", "_inner_ends", "joined", "routes", "_ports")
_UNREACHED: Final = np.iinfo(np.int32).max // 2


@dataclass(frozen=True, slots=True)
class Routes:
    """Equal-cost next hops of every switch towards every leaf.

    For switch `s` and leaf `g` they are ``ports[first[s, g] : first[s, g] + count[s, g]]``. `ports`
    holds link numbers. Switches and leaves are counted from 0 among switches and among leaves. A
    count of 0 means that the leaf is the switch itself, or cannot be reached from it.
    """

    first: NDArray[np.int64]
    count: NDArray[np.int64]
    ports: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Network:
    """Hosts, switches and directed links.

    Parameters
    ----------
    hosts, switches
        Names; node ``nic_count + j`` is ``switches[j]``. Where each host has one NIC, node ``i`` is
        ``hosts[i]``, else ``hosts[nic_host[i]].nic0`` and so on.
    link_source, link_target
        Nodes that each directed link joins.
    link_rate, link_delay, link_up
        Bits per second, propagation in picoseconds, and whether the link works at the start.
    switch_latency
        Picoseconds that a packet spends inside each switch.
    kind
        Registered name of the topology that built it.
    leaves, spines, hosts_per_leaf, bundle
        Shape of a leaf-spine; None in other graphs.
    ports
        Where there is nothing but ports: their latencies and rates, which the links only hint at.
    nics
        Number of NICs of each host; None: one each, and host and NIC are the same.
    """

    hosts: tuple[str, ...]
    switches: tuple[str, ...]
    link_source: NDArray[np.int64]
    link_target: NDArray[np.int64]
    link_rate: NDArray[np.int64]
    link_delay: NDArray[np.int64]
    link_up: NDArray[np.bool_]
    switch_latency: NDArray[np.int64]
    kind: str = "file"
    leaves: int | None = None
    spines: int | None = None
    hosts_per_leaf: int | None = None
    bundle: int | None = None
    ports: PlainPorts | None = None
    nics: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.nics is not None and (len(self.nics) != len(self.hosts) or min(self.nics) < 1):
            raise ValueError("'nics' holds a number for each host, one at least")
        for array in (self.link_source, self.link_target, self.link_rate, self.link_delay):
            array.setflags(write=False)
        self.link_up.setflags(write=False)
        self.switch_latency.setflags(write=False)

    def changed(
        self, links: list[int], *, rate: int | None = None, up: bool | None = None
    ) -> Network:
        """Return this network with another rate of `links` (bit/s), or with them up or down.

        What follows from nodes and links alone is not worked out again.
        """
        rates, works = self.link_rate, self.link_up
        if rate is not None:
            rates = rates.copy()
            rates[links] = rate
        if up is not None:
            works = works.copy()
            works[links] = up
        other = replace(self, link_rate=rates, link_up=works)
        kept = _OF_NAMES if up is not None else _OF_NAMES + _OF_WAYS
        other.__dict__.update({name: self.__dict__[name] for name in kept if name in self.__dict__})
        return other

    # Nodes ---------------------------------------------------------------------------------------

    @property
    def host_count(self) -> int:
        """Number of hosts; their NICs are the nodes of the network."""
        return len(self.hosts)

    @cached_property
    def nic_count(self) -> int:
        """Number of NICs; also the node number of the first switch."""
        return len(self.hosts) if self.nics is None else sum(self.nics)

    @cached_property
    def first_nic(self) -> NDArray[np.int64]:
        """First NIC of each host, and behind them the number of NICs."""
        counts = self.nics or (1,) * len(self.hosts)
        return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)

    @cached_property
    def nic_host(self) -> NDArray[np.int64]:
        """The host of each NIC."""
        return np.repeat(np.arange(self.host_count, dtype=np.int64), np.diff(self.first_nic))

    def nics_of(self, host: int) -> range:
        """Return the NICs of `host`: node numbers, one after another."""
        return range(int(self.first_nic[host]), int(self.first_nic[host + 1]))

    def nics_of_all(self, hosts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the NICs of all of `hosts`, host by host."""
        if self.nics is None:
            return hosts
        owned = [np.arange(nics.start, nics.stop) for nics in map(self.nics_of, hosts.tolist())]
        return np.concatenate([np.zeros(0, np.int64), *owned])

    @property
    def link_count(self) -> int:
        """Number of directed links."""
        return len(self.link_source)

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Names of all nodes, by node number."""
        if self.nics is None:
            return self.hosts + self.switches
        owned = zip(self.hosts, self.nics, strict=True)
        return (
            *(f"{host}.nic{index}" for host, count in owned for index in range(count)),
            *self.switches,
        )

    @cached_property
    def node_numbers(self) -> dict[str, int]:
        """Node numbers by name."""
        return {name: number for number, name in enumerate(self.nodes)}

    def node(self, name: str) -> int:
        """Return the number of the node called `name`.

        Raises
        ------
        ProblemsFound
            If there is none; the hint holds the nearest name.
        """
        number = self.node_numbers.get(name)
        if number is None:
            raise ProblemsFound(
                unknown("node", name, self.nodes, f"{self.nodes[0]} to {self.nodes[-1]}")
            )
        return number

    # Links ---------------------------------------------------------------------------------------

    @cached_property
    def link_names(self) -> tuple[str, ...]:
        """Names ``a->b``, with ``#i`` behind where several links join the same nodes."""
        ends = list(zip(self.link_source.tolist(), self.link_target.tolist(), strict=True))
        counts: dict[tuple[int, int], int] = {}
        for pair in ends:
            counts[pair] = counts.get(pair, 0) + 1
        seen: dict[tuple[int, int], int] = {}
        names = []
        for pair in ends:
            name = f"{self.nodes[pair[0]]}->{self.nodes[pair[1]]}"
            if counts[pair] > 1:
                index = seen.get(pair, 0)
                seen[pair] = index + 1
                name = f"{name}#{index}"
            names.append(name)
        return tuple(names)

    @cached_property
    def _between(self) -> dict[tuple[int, int], list[int]]:
        between: dict[tuple[int, int], list[int]] = {}
        ends = zip(self.link_source.tolist(), self.link_target.tolist(), strict=True)
        for link, pair in enumerate(ends):
            between.setdefault(pair, []).append(link)
        return between

    def between(self, source: int, target: int) -> list[int]:
        """Return the links from node `source` to node `target`, in the order of their ``#i``."""
        return self._between.get((source, target), [])

    def find_links(self, name: str) -> list[int]:
        """Return the links that `name` stands for.

        ``a->b`` is one direction, ``a-b`` both; ``#i`` behind is one of a bundle.

        Raises
        ------
        ProblemsFound
            If a node is unknown, or no such link joins the two.
        """
        pair, _, index = name.partition("#")
        source, target, both = self._ends(pair)
        found = self.between(source, target)
        back = self.between(target, source) if both else []
        if index:
            number = int(index) if index.isascii() and index.isdigit() and len(index) < 6 else -1
            if not 0 <= number < len(found):
                hint = f"{pair} has {len(found)} links, #0 to #{len(found) - 1}"
                raise ProblemsFound(
                    Problem(f"no link named '{name[:80]}'", code="unknown-name", hint=hint)
                )
            found, back = found[number : number + 1], back[number : number + 1]
        if not found:
            neighbours = sorted({self.nodes[t] for s, t in self._between if s == source})
            hint = f"{self.nodes[source]} is joined to {', '.join(neighbours[:8])}" + (
                ", ..." if len(neighbours) > 8 else ""
            )
            raise ProblemsFound(Problem(f"no link '{name[:80]}'", code="unknown-name", hint=hint))
        return found + back

    def _ends(self, pair: str) -> tuple[int, int, bool]:
        """Return the nodes that a link's name joins, and whether it means both directions."""
        if "->" in pair:
            source, _, target = pair.partition("->")
            return self.node(source.strip()), self.node(target.strip()), False
        # Names may hold dashes themselves, so every dash is tried as the one that joins them.
        cuts = [i for i, letter in enumerate(pair[:200]) if letter == "-"]
        halves = [(pair[:cut].strip(), pair[cut + 1 :].strip()) for cut in cuts]
        for source, target in halves:
            if source in self.node_numbers and target in self.node_numbers:
                return self.node_numbers[source], self.node_numbers[target], True
        if not halves:
            hint = "write 'a-b' for both directions, 'a->b' for one"
            raise ProblemsFound(
                Problem(f"'{pair[:80]}' names no link", code="unknown-name", hint=hint)
            )
        source, target = halves[0]
        return self.node(source), self.node(target), True

    # Edge ----------------------------------------------------------------------------------------

    @cached_property
    def host_uplink(self) -> NDArray[np.int64]:
        """The link from each NIC to its leaf."""
        links = np.full(self.nic_count, -1, np.int64)
        out = np.flatnonzero(self.link_source < self.nic_count)
        links[self.link_source[out]] = out
        return links

    @cached_property
    def host_downlink(self) -> NDArray[np.int64]:
        """The link from its leaf to each NIC."""
        links = np.full(self.nic_count, -1, np.int64)
        into = np.flatnonzero(self.link_target < self.nic_count)
        links[self.link_target[into]] = into
        return links

    @cached_property
    def leaf_switches(self) -> NDArray[np.int64]:
        """Numbers among switches of those with hosts: leaf `i` is switch ``leaf_switches[i]``."""
        switches = self.link_target[self.host_uplink] - self.nic_count
        return np.flatnonzero(np.bincount(switches[switches >= 0]))

    @cached_property
    def leaf_of_nic(self) -> NDArray[np.int64]:
        """The leaf's number of each NIC."""
        switch = self.link_target[self.host_uplink] - self.nic_count
        return np.searchsorted(self.leaf_switches, switch).astype(np.int64)

    @cached_property
    def leaf_of_host(self) -> NDArray[np.int64]:
        """The leaf's number of each host: that of its first NIC."""
        return self.leaf_of_nic if self.nics is None else self.leaf_of_nic[self.first_nic[:-1]]

    # Routes --------------------------------------------------------------------------------------

    @cached_property
    def distances(self) -> NDArray[np.int32]:
        """Links on a shortest path from each switch to each leaf; huge where there is none.

        It grows with the square of the network: what asks about few leaves takes `hops_to`.
        """
        away = np.empty((len(self.switches), len(self.leaf_switches)), np.int32)
        for leaf in range(len(self.leaf_switches)):
            away[:, leaf] = self.hops_to(leaf)
        return away

    def hops_to(self, leaf: int) -> NDArray[np.int32]:
        """Return the links on a shortest path from each switch to `leaf`; huge where none is."""
        source, target = self._inner_ends
        return self._hops(int(self.leaf_switches[leaf]), source, target)

    def hops_from(self, leaf: int) -> NDArray[np.int32]:
        """Return the links on a shortest path from `leaf` to each switch; huge where none is."""
        source, target = self._inner_ends
        return self._hops(int(self.leaf_switches[leaf]), target, source)

    def _hops(
        self, goal: int, source: NDArray[np.int64], target: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Return the steps from each switch to `goal` over links from `source` to `target`."""
        column = np.full(len(self.switches), _UNREACHED, np.int32)
        column[goal] = 0
        step = 0
        while True:
            reached = source[(column[target] == step) & (column[source] == _UNREACHED)]
            if not len(reached):
                return column
            step += 1
            column[reached] = step

    @cached_property
    def _inner_ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ends, counted among switches, of the working links between switches."""
        inner = np.flatnonzero(
            (self.link_source >= self.nic_count)
            & (self.link_target >= self.nic_count)
            & self.link_up
        )
        return self.link_source[inner] - self.nic_count, self.link_target[inner] - self.nic_count

    @cached_property
    def joined(self) -> bool:
        """Whether working links lead from every leaf to every other."""
        if not len(self.leaf_switches):
            return True
        # Who reaches one leaf, and is reached from it, reaches through it all who do the same.
        to, out = self.hops_to(0)[self.leaf_switches], self.hops_from(0)[self.leaf_switches]
        return bool((to < _UNREACHED).all() and (out < _UNREACHED).all())

    @cached_property
    def routes(self) -> Routes:
        """Equal-cost next hops of every switch towards every leaf."""
        shape = (len(self.switches), len(self.leaf_switches))
        first = np.zeros(shape, np.int64)
        count = np.zeros(shape, np.int64)
        ports: list[int] = []
        for switch, links in enumerate(self._ports):
            towards = self.link_target[links] - self.nic_count
            good = self.distances[towards] + 1 == self.distances[switch]
            known: dict[bytes, tuple[int, int]] = {}
            for leaf, packed in enumerate(np.packbits(good, axis=0).T):
                key = packed.tobytes()
                if key not in known:
                    group = links[good[:, leaf]].tolist()
                    known[key] = (len(ports), len(group))
                    ports.extend(group)
                first[switch, leaf], count[switch, leaf] = known[key]
        return Routes(first, count, np.array(ports, np.int64))

    @cached_property
    def _ports(self) -> list[NDArray[np.int64]]:
        """Working links of each switch to other switches, by link number."""
        inner = np.flatnonzero(
            (self.link_source >= self.nic_count)
            & (self.link_target >= self.nic_count)
            & self.link_up
        )
        switch = self.link_source[inner] - self.nic_count
        order = np.argsort(switch, kind="stable")
        cuts = np.searchsorted(switch[order], np.arange(1, len(self.switches)))
        return np.split(inner[order], cuts)

    def reachable(self, src: int, dst: int) -> bool:
        """Return whether packets can travel from NIC `src` to NIC `dst`."""
        if not (self.link_up[self.host_uplink[src]] and self.link_up[self.host_downlink[dst]]):
            return False
        if self.joined:
            return True
        switch = self.leaf_switches[self.leaf_of_nic[src]]
        return bool(self.hops_to(int(self.leaf_of_nic[dst]))[switch] < _UNREACHED)

    # Paths ---------------------------------------------------------------------------------------

    def leaf_paths(self, source: int, target: int) -> list[tuple[int, ...]]:
        """Return the paths from leaf `source` to leaf `target`, as the links between switches.

        In a leaf-spine, path `k` goes through spine ``k mod spines`` on parallel link ``k //
        spines``, up and down; paths over a link that is down are left out. In other graphs: the
        shortest paths, ordered by the link numbers along them, at most `PATH_LIMIT`.
        """
        if source == target:
            return [()]
        if self.kind == "leaf_spine":
            return self._spine_paths(source, target)
        paths = []
        for path in self._walk(int(self.leaf_switches[source]), target):
            paths.append(path)
            if len(paths) == PATH_LIMIT:
                break
        return paths

    def paths(self, src: int, dst: int) -> list[tuple[int, ...]]:
        """Return the paths between two NICs, as links from end to end, in `leaf_paths` order."""
        if not self.reachable(src, dst):
            return []
        up, down = int(self.host_uplink[src]), int(self.host_downlink[dst])
        inner = self.leaf_paths(int(self.leaf_of_nic[src]), int(self.leaf_of_nic[dst]))
        return [(up, *path, down) for path in inner]

    def _spine_paths(self, source: int, target: int) -> list[tuple[int, ...]]:
        leaves, spines, bundle = (int(n or 0) for n in (self.leaves, self.spines, self.bundle))
        paths: list[tuple[int, ...]] = []
        for index in range(spines * bundle):
            spine = self.nic_count + leaves + index % spines
            up = self.between(self.nic_count + source, spine)[index // spines]
            down = self.between(spine, self.nic_count + target)[index // spines]
            if self.link_up[up] and self.link_up[down]:
                paths.append((up, down))
        return paths

    def _walk(self, switch: int, leaf: int) -> Iterator[tuple[int, ...]]:
        """Yield the shortest paths from `switch` to `leaf`, depth first by link number."""
        routes = self.routes
        stack: list[tuple[int, tuple[int, ...]]] = [(switch, ())]
        goal = int(self.leaf_switches[leaf])
        while stack:
            at, path = stack.pop()
            if at == goal:
                yield path
                continue
            first, count = int(routes.first[at, leaf]), int(routes.count[at, leaf])
            stack.extend(
                (int(self.link_target[link]) - self.nic_count, (*path, link))
                for link in routes.ports[first : first + count][::-1].tolist()
            )


def unknown(what: str, name: str, known: tuple[str, ...], span: str) -> Problem:
    """Return the problem that no `what` is called `name`, with its nearest name or `span`."""
    # Looking for near names among very many would take longer than reading the file that holds
    # them.
    hint = registry.did_you_mean(name, known) if len(known) <= 4096 else None
    return Problem(f"no {what} named '{name[:80]}'", code="unknown-name", hint=hint or span)
