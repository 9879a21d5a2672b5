"""How long a flow takes alone, in a fabric whose core never blocks: the yardstick of `slowdown`.

Store and forward, one port each way per host. A flow of ``P`` packets leaves its NIC back to back;
every packet crosses the core on its fastest path without waiting; packets wait for each other only
at the two host ports. With ``x`` the service time of a full packet and ``y`` of the last one (at
the NIC: 0, at the last link: l), and ``C`` the time through the core::

    full = x0 + d0 + C(x) + (P - 2) max(x0, xl) + xl          last full packet leaves the last port
    end  = max((P - 1) x0 + y0 + d0 + C(y), full) + yl + dl   for P >= 2
    end  = y0 + d0 + C(y) + yl + dl                           for P = 1

With equal links this is ``tx(all) + (k - 1) x + k d``, the textbook time of a flow over ``k``
links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.topology.network import Network

    Ints = NDArray[np.int64]


def service_time(size: Ints | np.int64, rate: Ints | np.int64) -> Any:
    """Return the time of `size` wire bytes at `rate` bit/s, in ps, rounded up once per packet."""
    return -(-size * 8_000_000_000_000 // rate)


def ideal_completion(
    network: Network, src: Ints, dst: Ints, size: Ints, *, payload: int, header: int
) -> Ints:
    """Return, per flow, the time in ps that `size` bytes take from `src` to `dst`, alone.

    Parameters
    ----------
    network
        The topology; links that are down are never used.
    src, dst, size
        One entry per flow: host indices and payload bytes.
    payload, header
        Bytes of payload in a full packet, and of header in every packet.
    """
    packets = np.maximum(1, -(-size // payload))
    full = np.full_like(size, payload + header)
    last = size - (packets - 1) * payload + header
    up, down = network.host_uplink[src], network.host_downlink[dst]
    rate, delay = network.link_rate, hop_delay(network)
    x0, xl = service_time(full, rate[up]), service_time(full, rate[down])
    y0, yl = service_time(last, rate[up]), service_time(last, rate[down])
    core_full, core_last = _core_times(network, src, dst, full, last)
    last_arrives = (packets - 1) * x0 + y0 + delay[up] + core_last
    full_leaves = x0 + delay[up] + core_full + (packets - 2) * np.maximum(x0, xl) + xl
    begins = np.where(packets > 1, np.maximum(last_arrives, full_leaves), last_arrives)
    return np.asarray(begins + yl + delay[down], dtype=np.int64)


def hop_delay(network: Network) -> Ints:
    """Return, per link, its propagation plus the latency of the switch that it enters, in ps."""
    switch = network.link_target - network.host_count
    latency = np.where(switch >= 0, network.switch_latency[np.maximum(switch, 0)], 0)
    return np.asarray(network.link_delay + latency, dtype=np.int64)


def _core_times(
    network: Network, src: Ints, dst: Ints, full: Ints, last: Ints
) -> tuple[Ints, Ints]:
    """Return the times of a full and of the last packet from leaf to leaf, waits left out.

    Both take the path that is fastest for a full packet. Flows are grouped by the rates and delays
    along that path, of which there are few, so the cost does not grow with flows times paths.
    """
    leaf = network.leaf_of_host
    pair_of_flow = leaf[src] * len(network.leaf_switches) + leaf[dst]
    pairs = np.flatnonzero(np.bincount(pair_of_flow))
    group = np.searchsorted(pairs, pair_of_flow)
    port = _fastest_ports(network, int(full[0]) if len(full) else 0)
    delay = hop_delay(network)
    profiles: dict[tuple[tuple[int, int], ...], int] = {}
    profile_of_pair = np.empty(len(pairs), dtype=np.int64)
    for index, pair in enumerate(pairs.tolist()):
        source, target = divmod(pair, len(network.leaf_switches))
        hops = tuple(
            (int(network.link_rate[k]), int(delay[k]))
            for k in _follow(network, port, source, target)
        )
        profile_of_pair[index] = profiles.setdefault(hops, len(profiles))
    of_flow = profile_of_pair[group]
    core_full, core_last = np.zeros_like(full), np.zeros_like(last)
    for hops, number in profiles.items():
        members = of_flow == number
        for hop_rate, hop in hops:
            core_full[members] += service_time(full[members], np.int64(hop_rate)) + hop
            core_last[members] += service_time(last[members], np.int64(hop_rate)) + hop
    return core_full, core_last


def _fastest_ports(network: Network, wire: int) -> Ints:
    """Return, per switch and leaf, the first link of the fastest among the shortest paths, or -1.

    Switches are settled by distance from the leaf, nearest first, so each needs only settled
    neighbours.
    """
    inner = np.flatnonzero(
        (network.link_source >= network.host_count)
        & (network.link_target >= network.host_count)
        & network.link_up
    )
    source = network.link_source[inner] - network.host_count
    target = network.link_target[inner] - network.host_count
    cost = service_time(np.int64(wire), network.link_rate[inner]) + hop_delay(network)[inner]
    away = network.distances
    port = np.full(away.shape, -1, dtype=np.int64)
    for leaf in range(away.shape[1]):
        time = np.where(away[:, leaf] == 0, 0, np.iinfo(np.int64).max // 2)
        reached = away[:, leaf] < len(network.switches)
        for step in range(1, int(away[reached, leaf].max()) + 1):
            link = np.flatnonzero((away[source, leaf] == step) & (away[target, leaf] == step - 1))
            through = cost[link] + time[target[link]]
            order = np.argsort(-through, kind="stable")  # the cheapest is written last and stays
            time[source[link[order]]] = through[order]
            port[source[link[order]], leaf] = inner[link[order]]
    return port


def _follow(network: Network, port: Ints, source: int, target: int) -> list[int]:
    """Return the links from leaf `source` to leaf `target` along `port`, as far as they go."""
    at, goal = int(network.leaf_switches[source]), int(network.leaf_switches[target])
    links = []
    while at != goal and port[at, target] >= 0:
        links.append(int(port[at, target]))
        at = int(network.link_target[links[-1]]) - network.host_count
    return links
