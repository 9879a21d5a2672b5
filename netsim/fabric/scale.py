"""Base round-trip time and bandwidth-delay product, by which defaults are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.fabric.fastest import hop_delay, inner_links, service_time
from netsim.fabric.transports.transport import PathScale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network


def path_scale(network: Network, packet: PacketConfig) -> PathScale:
    """Return round trip and bandwidth-delay product of the longest path of `network`.

    The round trip is the service of a full packet and the propagation on every link there, and of
    an acknowledgement on every link back, on the slowest of the shortest paths; the product takes
    the rate of the slowest host link.
    """
    wire = packet.payload + packet.header
    there = _one_way(network, wire)
    back = _one_way(network, packet.ack)
    rtt = int((there + back.T).max())
    slowest = int(network.link_rate[network.host_uplink].min())
    return PathScale(rtt=rtt, bdp=rtt * slowest // 8_000_000_000_000, wire=wire)


def _one_way(network: Network, size: int) -> NDArray[np.int64]:
    """Return the longest time of `size` bytes from a host of each leaf to a host of each leaf."""
    cost = service_time(np.int64(size), network.link_rate) + hop_delay(network)
    leaves = len(network.leaf_switches)
    first, last = np.zeros(leaves, np.int64), np.zeros(leaves, np.int64)
    np.maximum.at(first, network.leaf_of_host, cost[network.host_uplink])
    np.maximum.at(last, network.leaf_of_host, cost[network.host_downlink])
    core = _core(network, cost)[network.leaf_switches]
    return np.asarray(first[:, None] + core + last[None, :], dtype=np.int64)


def _core(network: Network, cost: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the largest cost of a shortest path from each switch to each leaf, else 0."""
    inner = inner_links(network)
    away = network.distances
    reached = away < len(network.switches)
    if (cost[inner] == cost[inner[:1]]).all():
        return np.where(reached, away, 0) * (cost[inner[0]] if len(inner) else 0)
    source = network.link_source[inner] - network.host_count
    target = network.link_target[inner] - network.host_count
    total = np.zeros(away.shape, np.int64)
    for leaf in range(away.shape[1]):
        distance, longest = away[:, leaf].copy(), np.zeros(len(away), np.int64)
        closer = np.flatnonzero(distance[source] == distance[target] + 1)
        step_of = distance[source[closer]]
        for step in range(1, int(distance[reached[:, leaf]].max()) + 1):
            links = closer[step_of == step]
            through = cost[inner[links]] + longest[target[links]]
            np.maximum.at(longest, source[links], through)
        total[:, leaf] = longest
    return total
