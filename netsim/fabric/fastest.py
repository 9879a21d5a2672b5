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


def service_time(size: Ints | np.int64, rate: Ints | np.int64) -> Any:
    """Return the time of `size` wire bytes at `rate` bit/s, in ps, rounded up once per packet."""
    return -(-size * 8_000_000_000_000 // rate)


def hop_delay(network: Network) -> Ints:
    """Return, per link, its propagation plus the latency of the switch that it enters, in ps."""
    switch = network.link_target - network.host_count
    latency = np.where(switch >= 0, network.switch_latency[np.maximum(switch, 0)], 0)
    return np.asarray(network.link_delay + latency, dtype=np.int64)


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
    core, times = _Core(network), np.zeros_like(size)
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
        at[walking] = network.link_target[link] - network.host_count
    return several


class _Core:
    """Switches and the working links between them, ordered by the switch that they leave."""

    def __init__(self, network: Network) -> None:
        inner = np.flatnonzero(
            (network.link_source >= network.host_count)
            & (network.link_target >= network.host_count)
            & network.link_up
        )
        inner = inner[np.argsort(network.link_source[inner], kind="stable")]
        self._leaves = network.leaf_switches
        self._switches = len(network.switches)
        self._source = network.link_source[inner] - network.host_count
        self._target = network.link_target[inner] - network.host_count
        self._rate = network.link_rate[inner]
        self._delay = hop_delay(network)[inner]
        self._first = np.flatnonzero(np.diff(self._source, prepend=-1))

    def times_to(self, leaf: int, source: Ints, size: Ints) -> Ints:
        """Return the least times of packets from the leaves `source` to `leaf`."""
        goal, start = int(self._leaves[leaf]), self._leaves[source]
        # A packet of one byte at least takes some time on every link, so no path goes in circles.
        largest = max(1, int(size.max()))
        least = self._least(goal, largest)
        port = self._ports(largest, least)
        times, delays, at = np.zeros_like(size), np.zeros_like(size), start.copy()
        moving = np.flatnonzero(least[start] < _FAR)
        reached = moving
        while len(moving := moving[at[moving] != goal]):
            link = port[at[moving]]
            times[moving] += service_time(size[moving], self._rate[link]) + self._delay[link]
            delays[moving] += self._delay[link]
            at[moving] = self._target[link]
        torn = reached[delays[reached] > self._least(goal, 0)[start[reached]]]
        for wire, packets in _groups(_thinned(size[torn])):
            times[torn[packets]] = self._least(goal, wire)[start[torn[packets]]]
        return times

    def _least(self, goal: int, wire: int) -> Ints:
        """Return the least time of `wire` bytes from each switch to switch `goal`."""
        time = np.full(self._switches, _FAR, np.int64)
        time[goal] = 0
        if not len(self._first):
            return time
        cost, begin = self._cost(wire), self._source[self._first]
        while True:
            through = np.minimum.reduceat(cost + time[self._target], self._first)
            if not (through < time[begin]).any():
                return time
            time[begin] = np.minimum(time[begin], through)

    def _ports(self, wire: int, time: Ints) -> Ints:
        """Return for each switch the first link of its fastest path, given the paths' times."""
        port = np.full(self._switches, -1, np.int64)
        tight = np.flatnonzero(self._cost(wire) + time[self._target] == time[self._source])
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
