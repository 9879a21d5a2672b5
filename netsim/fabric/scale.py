"""Base round-trip time and bandwidth-delay product, by which defaults are measured.

A table of all pairs of leaves would grow with their square. Leaves whose links cost the same are
alike, so what is looked at in a leaf-spine is pairs of *classes* of leaves; in other graphs, where
no such classes are at hand, it is one leaf after another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.fabric.fastest import hop_delay, inner_links, service_time
from netsim.fabric.transports.transport import PathScale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network

    Ints = NDArray[np.int64]


def path_scale(network: Network, packet: PacketConfig) -> PathScale:
    """Return round trip and bandwidth-delay product of the longest path of `network`.

    The round trip is the service of a full packet and the propagation on every link there, and of
    an acknowledgement on every link back, on the slowest of the shortest paths; the product takes
    the rate of the slowest host link.
    """
    wire = packet.payload + packet.header
    costs = [
        np.asarray(service_time(np.int64(size), network.link_rate) + hop_delay(network), np.int64)
        for size in (wire, packet.ack)
    ]
    regular = network.kind == "leaf_spine" and network.link_up.all()
    rtt = (_through_spines if regular else _leaf_by_leaf)(network, *costs)
    slowest = int(network.link_rate[network.host_uplink].min())
    return PathScale(rtt=rtt, bdp=rtt * slowest // 8_000_000_000_000, wire=wire)


def _edges(network: Network, there: Ints, back: Ints) -> tuple[Ints, Ints]:
    """Return, per leaf, the largest cost of a round trip at its own edge, as sender, as receiver.

    They are upper ends of a packet's way up and an acknowledgement's way down, and the reverse,
    each over the hosts of the leaf.
    """
    leaf, count = network.leaf_of_host, len(network.leaf_switches)

    def worst(cost: Ints, links: Ints) -> Ints:
        largest = np.zeros(count, np.int64)
        np.maximum.at(largest, leaf, cost[links])
        return largest

    up, down = network.host_uplink, network.host_downlink
    return worst(there, up) + worst(back, down), worst(there, down) + worst(back, up)


def _through_spines(network: Network, there: Ints, back: Ints) -> int:
    """Return the longest round trip of a leaf-spine whose links all work."""
    sends, receives = _edges(network, there, back)
    leaves, spines = int(network.leaves or 0), int(network.spines or 0)
    hosts, inner = network.host_count, inner_links(network)
    source, target = network.link_source[inner] - hosts, network.link_target[inner] - hosts
    rising = source < leaves
    columns = [sends[:, None], receives[:, None]]
    for cost in (there, back):
        for links, leaf, spine in (
            (inner[rising], source[rising], target[rising] - leaves),
            (inner[~rising], target[~rising], source[~rising] - leaves),
        ):
            worst = np.zeros((leaves, spines), np.int64)
            np.maximum.at(worst, (leaf, spine), cost[links])
            columns.append(worst)
    kinds, members = _distinct(np.hstack(columns))
    longest = int((kinds[:, 0] + kinds[:, 1]).max())
    up, down, ack_up, ack_down = (kinds[:, 2 + i * spines : 2 + (i + 1) * spines] for i in range(4))
    for kind in range(len(kinds)):
        core = (up[kind] + down).max(axis=1) + (ack_up + ack_down[kind]).max(axis=1)
        trips = kinds[kind, 0] + core + kinds[:, 1]
        # A leaf sends through the spines to others alone, of its own class only if there are any.
        others = np.flatnonzero((np.arange(len(kinds)) != kind) | (members[kind] > 1))
        longest = max(longest, int(trips[others].max(initial=0)))
    return longest


def _distinct(rows: Ints) -> tuple[Ints, Ints]:
    """Return the different ones among `rows`, and how often each stands there."""
    if (rows == rows[:1]).all():
        return rows[:1], np.array([len(rows)])
    return np.unique(rows, axis=0, return_counts=True)


def _leaf_by_leaf(network: Network, there: Ints, back: Ints) -> int:
    """Return the longest round trip of any network, on the slowest of the shortest paths."""
    sends, receives = _edges(network, there, back)
    inner = inner_links(network)
    source = network.link_source[inner] - network.host_count
    target = network.link_target[inner] - network.host_count
    longest = 0
    for leaf in range(len(network.leaf_switches)):
        away = _slowest(network.hops_to(leaf), source, target, there[inner])
        home = _slowest(network.hops_from(leaf), target, source, back[inner])
        trips = sends + (away + home)[network.leaf_switches] + receives[leaf]
        longest = max(longest, int(trips.max()))
    return longest


def _slowest(away: NDArray[np.int32], source: Ints, target: Ints, cost: Ints) -> Ints:
    """Return the largest cost of a shortest path from each switch to where `away` is 0, else 0.

    Links lead from `source` to `target`; `away` is the number of links on a shortest path.
    """
    longest = np.zeros(len(away), np.int64)
    closer = np.flatnonzero((away[source] == away[target] + 1) & (away[source] <= len(away)))
    step_of = away[source[closer]]
    for step in range(1, int(step_of.max(initial=0)) + 1):
        links = closer[step_of == step]
        np.maximum.at(longest, source[links], cost[links] + longest[target[links]])
    return longest
