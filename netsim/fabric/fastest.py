"""The fastest way of a packet between two leaves that nobody else crosses, over any working links.

The time of a path is the sum of ``service + propagation`` over its links, so it grows linearly with
the size of the packet, and which path is the fastest may depend on that size: a short packet gains
by little propagation, a full one by high rates. A path that is the fastest for a packet of ``n``
bytes and has the least propagation of all is the fastest for every size up to ``n``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.topology.network import Network

    Ints = NDArray[np.int64]

#: Stands for the time to a leaf that cannot be reached; small enough to be added to.
_FAR: Final = 2**61
#: Most sizes for which paths are searched one by one.
_MOST_SIZES: Final = 64


def service_time(size: Ints | np.int64 | int, rate: Ints | np.int64 | int) -> Any:
    """Return the time of `size` wire bytes at `rate` bit/s, in ps, rounded up once per packet."""
    return -(-size * 8_000_000_000_000 // rate)


def hop_delay(network: Network) -> Ints:
    """Return, per link, its propagation plus the latency of the switch that it enters, in ps."""
    switch = network.link_target - network.nic_count
    latency = np.where(switch >= 0, network.switch_latency[np.maximum(switch, 0)], 0)
    return np.asarray(network.link_delay + latency, dtype=np.int64)


def inner_links(network: Network) -> Ints:
    """Return the links between switches that work."""
    inner = (network.link_source >= network.nic_count) & (network.link_target >= network.nic_count)
    return np.flatnonzero(inner & network.link_up)


def core_times(network: Network, source: Ints, target: Ints, size: Ints) -> Ints:
    """Return, per packet of `size` wire bytes, the least time (ps) from leaf to leaf.

    It is 0 where no working links lead. Where the fastest path depends on the size, and there are
    very many sizes, some of them are taken as a little smaller: times are never too long.

    Parameters
    ----------
    network
        The topology.
    source, target, size
        One entry per packet: numbers of leaves, wire bytes.
    """
    if not len(size):
        return np.zeros_like(size)
    core = _Core(network, int(size.max()))
    if core.alike:
        hops = network.distances[network.leaf_switches[source], target].astype(np.int64)
        return np.where(hops < len(network.switches), hops, 0) * core.alike_time(size)
    times = np.zeros_like(size)
    for leaf, packets in _groups(target):
        times[packets] = core.times_to(leaf, source[packets], size[packets])
    return times


def branching(network: Network, source: Ints, target: Ints) -> NDArray[np.bool_]:
    """Return, per pair of leaves, whether several shortest paths lead from one to the other."""
    routes = network.routes
    at, goal = network.leaf_switches[source], network.leaf_switches[target]
    several = np.zeros(len(source), np.bool_)
    walking = np.arange(len(source))
    while len(walking):
        ports = routes.count[at[walking], target[walking]]
        several[walking[ports > 1]] = True
        walking = walking[(ports == 1) & (at[walking] != goal[walking])]
        link = routes.ports[routes.first[at[walking], target[walking]]]
        at[walking] = network.link_target[link] - network.nic_count
    return several


class _Core:
    """Switches and the working links between them, ordered by the switch that they leave.

    Parameters
    ----------
    network
        The topology.
    largest
        Wire bytes of the largest packet that times are asked for.
    """

    def __init__(self, network: Network, largest: int) -> None:
        inner = inner_links(network)
        inner = inner[np.argsort(network.link_source[inner], kind="stable")]
        self._leaves = network.leaf_switches
        self._switches = len(network.switches)
        self._source = network.link_source[inner] - network.nic_count
        self._target = network.link_target[inner] - network.nic_count
        self._rate = network.link_rate[inner]
        self._delay = hop_delay(network)[inner]
        self._first = np.flatnonzero(np.diff(self._source, prepend=-1))
        # A packet of one byte at least takes some time on every link, so no path goes in circles.
        self._slowest = self._cost(max(1, largest))

    @property
    def alike(self) -> bool:
        """Whether all links are alike, so that a path's time is its number of links times one's."""
        return bool((self._rate == self._rate[:1]).all() and (self._delay == self._delay[:1]).all())

    def alike_time(self, size: Ints) -> Ints:
        """Return the time that packets take on any of the links, which are alike."""
        if not len(self._rate):
            return np.zeros_like(size)
        return np.asarray(service_time(size, self._rate[0]) + self._delay[0], np.int64)

    def times_to(self, leaf: int, source: Ints, size: Ints) -> Ints:
        """Return the least times of packets from the leaves `source` to `leaf`."""
        goal, start = int(self._leaves[leaf]), self._leaves[source]
        least = self._least(goal, self._slowest)
        port = self._ports(least)
        times, delays, at = np.zeros_like(size), np.zeros_like(size), start.copy()
        reached = moving = np.flatnonzero(least[start] < _FAR)
        while len(moving := moving[at[moving] != goal]):
            link = port[at[moving]]
            times[moving] += service_time(size[moving], self._rate[link]) + self._delay[link]
            delays[moving] += self._delay[link]
            at[moving] = self._target[link]
        torn = reached[delays[reached] > self._least(goal, self._delay)[start[reached]]]
        for wire, packets in _groups(_thinned(size[torn])):
            times[torn[packets]] = self._least(goal, self._cost(wire))[start[torn[packets]]]
        return times

    def _least(self, goal: int, cost: Ints) -> Ints:
        """Return the least time from each switch to switch `goal`, given that of each link."""
        time = np.full(self._switches, _FAR, np.int64)
        time[goal] = 0
        begin = self._source[self._first]
        while True:
            through = np.minimum.reduceat(cost + time[self._target], self._first)
            if not (through < time[begin]).any():
                return time
            time[begin] = np.minimum(time[begin], through)

    def _ports(self, time: Ints) -> Ints:
        """Return for each switch the first link of its fastest path, given the paths' times."""
        port = np.full(self._switches, -1, np.int64)
        tight = np.flatnonzero(self._slowest + time[self._target] == time[self._source])
        port[self._source[tight[::-1]]] = tight[::-1]
        return port

    def _cost(self, wire: int) -> Ints:
        return np.asarray(service_time(np.int64(wire), self._rate) + self._delay, np.int64)


def _groups(values: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield each of `values` once, with the positions at which it stands."""
    order = np.argsort(values, kind="stable")
    cuts = np.flatnonzero(np.diff(values[order])) + 1
    for positions in np.split(order, cuts) if len(order) else ():
        yield int(values[positions[0]]), positions


def _thinned(sizes: Ints) -> Ints:
    """Return `sizes`, some rounded down to others if they are more than `_MOST_SIZES`."""
    known = np.unique(sizes)
    if len(known) <= _MOST_SIZES:
        return sizes
    kept = known[np.linspace(0, len(known) - 1, _MOST_SIZES).astype(np.int64)]
    return np.asarray(kept[np.searchsorted(kept, sizes, side="right") - 1], np.int64)
