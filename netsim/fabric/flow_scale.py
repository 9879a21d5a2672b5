"""What the defaults of a flow are measured by: base round trip, rate and queues of its own path.

An idle host, however slow or far, says nothing about others. The *base round trip* is that of
`netsim.fabric.scale`, on the longest of the flow's equal paths. The *rate* is what a lone flow can
get:

* on a given or planned path, that of its slowest link;
* on one path by hash, that of the slowest link of the best of its equal paths, since the sender
  cannot know which one it gets;
* sprayed, the least of its sender's link, its receiver's, and the sum over its equal paths of what
  lies between. Parallel links to one switch count together, and no more than that switch can pass
  on, so that links which several paths share on their last hops are not counted twice.

Rejected: one product for the network, of its slowest host link and its longest path, under which an
idle host at 1 Gb/s closes the windows of all others; and for a sprayed flow the slowest link of all
its paths, under which one degraded spine leaves everybody a fraction of a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from netsim.fabric.fastest import inner_links
from netsim.fabric.kernel.paths import way_back
from netsim.fabric.scale import costs, edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network

    Ints = NDArray[np.int64]

Way = Literal["given", "one", "all"]
"""Whether a flow takes a path that it is given, one of its equal paths, or all of them."""

#: Rate of what is not there, such as the core between two hosts of one leaf.
_ENDLESS: Final = 2**62
_FULL, _ACK, _DRAIN, _RATE = range(4)


def way_of(policy: type) -> Way:
    """Return how flows use their paths under a routing policy."""
    if getattr(policy, "paths", None) == "given":
        return "given"
    return "one" if getattr(policy, "one_path", False) else "all"


class FlowScales:
    """Base round trips, rates and full queues of flows on one network.

    Parameters
    ----------
    network, packet
        The topology, and the sizes of packets.
    way
        How flows use their paths.
    drain
        Time (ps) in which each link's port sends a full queue.
    """

    def __init__(self, network: Network, packet: PacketConfig, way: Way, drain: Ints) -> None:
        self._network = network
        self._way = way
        self._inner = inner_links(network)
        self._cost = np.stack([*costs(network, packet), drain])
        self._sends, self._receives = edges(network, *self._cost[:_DRAIN])
        self._towards: dict[int, Ints] = {}
        # Where all links between switches are alike and pass on what any host can send, a path is
        # known by its length.
        rates = network.link_rate[self._inner]
        hosts = np.concatenate([network.host_uplink, network.host_downlink])
        alike = (self._cost[:, self._inner] == self._cost[:, self._inner[:1]]).all()
        wide = way != "all" or (rates >= network.link_rate[hosts].max(initial=0)).all()
        self._plain = bool(alike and wide and (rates == rates[:1]).all())

    def of(
        self, src: Ints, dst: Ints, paths: Sequence[tuple[int, ...]] | None = None
    ) -> tuple[Ints, Ints, Ints]:
        """Return base round trip (ps), rate (bit/s) and longest full queue (ps) of each flow.

        Parameters
        ----------
        src, dst
            Hosts of the flows, which paths join.
        paths
            Links from host to host of each flow, where flows are given them.
        """
        network = self._network
        if self._way == "given" and paths is not None:
            return self._on_paths(src, dst, paths)
        leaf = network.leaf_of_nic
        core, back = self._core(leaf[src], leaf[dst]), self._core(leaf[dst], leaf[src])
        up, down = network.host_uplink[src], network.host_downlink[dst]
        trip = self._sends[src] + self._receives[dst] + core[_FULL] + back[_ACK]
        rate = np.minimum(network.link_rate[up], network.link_rate[down])
        drain = np.maximum(core[_DRAIN], self._cost[_DRAIN, down])
        return trip, np.minimum(rate, core[_RATE]), drain

    def _on_paths(
        self, src: Ints, dst: Ints, paths: Sequence[tuple[int, ...]]
    ) -> tuple[Ints, Ints, Ints]:
        """Return the same of flows on paths of their own, and back on the same cables."""
        known: dict[tuple[int, ...], tuple[int, int, int]] = {}
        for path in paths:
            if path not in known:
                inner = list(path[1:-1])
                back = [way_back(self._network, link) for link in inner]
                trip = self._cost[_FULL, inner].sum()
                trip += sum(int(self._cost[_ACK, link]) for link in back if link is not None)
                rate = self._network.link_rate[list(path)].min()
                known[path] = int(trip), int(rate), int(self._cost[_DRAIN, list(path[1:])].max())
        trip, rate, drain = np.array([known[path] for path in paths], np.int64).reshape(-1, 3).T
        return self._sends[src] + self._receives[dst] + trip, rate, drain

    def _core(self, source: Ints, target: Ints) -> Ints:
        """Return, from leaf to leaf, time of a full packet and of an ACK, full queue, and rate."""
        found = np.empty((4, len(source)), np.int64)
        if self._plain:
            hops = self._network.distances[self._network.leaf_switches[source], target]
            across = (hops > 0) & (hops <= len(self._network.switches))
            one = self._cost[:, self._inner[:1]] if across.any() else np.zeros((3, 1), np.int64)
            found[:_DRAIN] = np.where(across, hops, 0) * one[:_DRAIN]
            found[_DRAIN] = across * one[_DRAIN]
            rate = self._network.link_rate[self._inner].max(initial=0)
            found[_RATE] = np.where(across, rate, _ENDLESS)
            return found
        for leaf in np.unique(target).tolist():
            if leaf not in self._towards:
                self._towards[leaf] = self._walk(leaf)
            flows = target == leaf
            found[:, flows] = self._towards[leaf][:, source[flows]]
        return found

    def _walk(self, leaf: int) -> Ints:
        """Return what `_core` does from every leaf to `leaf`, over its equal shortest paths."""
        network, inner = self._network, self._inner
        away = network.hops_to(leaf)
        found = np.zeros((4, len(network.switches)), np.int64)
        found[_RATE, network.leaf_switches[leaf]] = _ENDLESS
        source = network.link_source[inner] - network.nic_count
        target = network.link_target[inner] - network.nic_count
        closer = np.flatnonzero((away[source] == away[target] + 1) & (away[source] <= len(away)))
        step_of = away[source[closer]]
        for step in range(1, int(step_of.max(initial=0)) + 1):
            on = closer[step_of == step]
            at, to, links = source[on], target[on], inner[on]
            for row in (_FULL, _ACK):
                np.maximum.at(found[row], at, self._cost[row, links] + found[row, to])
            fullest = np.maximum(self._cost[_DRAIN, links], found[_DRAIN, to])
            np.maximum.at(found[_DRAIN], at, fullest)
            self._let_through(found[_RATE], at, to, network.link_rate[links])
        return found[:, network.leaf_switches]

    def _let_through(self, rates: Ints, at: Ints, to: Ints, rate: Ints) -> None:
        """Set in `rates` what switches `at` get by links of `rate` over switches `to`."""
        if self._way != "all":
            np.maximum.at(rates, at, np.minimum(rate, rates[to]))
            return
        pairs, which = np.unique(at * len(rates) + to, return_inverse=True)
        together = np.zeros(len(pairs), np.int64)
        np.add.at(together, which.ravel(), np.minimum(rate, _ENDLESS // len(rate)))
        through = np.minimum(together, rates[pairs % len(rates)])
        np.add.at(rates, pairs // len(rates), np.minimum(through, _ENDLESS // len(pairs)))
