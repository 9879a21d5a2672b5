"""The longest base round trip between hosts that have traffic, by which ports' queues are measured.

A base round trip is the service of a full packet and the propagation on every link there, and of an
acknowledgement on every link back, on the slowest of the shortest paths, without queues. Idle hosts
do not count: one far away would let queues grow that nobody needs.

A table of all pairs of leaves would grow with their square. Leaves whose links cost the same are
alike, so what is looked at in a leaf-spine is pairs of *classes* of leaves; in other graphs, where
no such classes are at hand, it is one leaf after another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.fabric.fastest import hop_delay, inner_links, service_time
from netsim.topology.reuse import once_per_network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network

    Ints = NDArray[np.int64]


def costs(network: Network, packet: PacketConfig) -> tuple[Ints, Ints]:
    """Return, per link, the time (ps) of a full packet and of an acknowledgement alone."""
    sizes = (packet.payload + packet.header, packet.ack)
    full, ack = (
        np.asarray(service_time(np.int64(size), network.link_rate) + hop_delay(network), np.int64)
        for size in sizes
    )
    return full, ack


def longest_trip(network: Network, packet: PacketConfig, hosts: Ints | None = None) -> int:
    """Return the longest base round trip (ps) between two of `hosts`; None: of all hosts."""
    everybody = np.arange(network.nic_count)
    if hosts is None or len(hosts) < 2 or np.array_equal(hosts, everybody):
        return _longest_of_all(network, packet)
    return _longest(network, packet, hosts)


@once_per_network
def _longest_of_all(network: Network, packet: PacketConfig) -> int:
    return _longest(network, packet, np.arange(network.nic_count))


def _longest(network: Network, packet: PacketConfig, hosts: Ints) -> int:
    there, back = costs(network, packet)
    ends = edges(network, there, back)
    regular = network.kind == "leaf_spine" and network.link_up.all()
    across = (_through_spines if regular else _leaf_by_leaf)(network, there, back, hosts)
    return max(across, _within(network.leaf_of_nic[hosts], *(part[hosts] for part in ends)))


def edges(network: Network, there: Ints, back: Ints) -> tuple[Ints, Ints]:
    """Return what each host adds at its own links to the round trips of what it sends, receives."""
    up, down = network.host_uplink, network.host_downlink
    return there[up] + back[down], there[down] + back[up]


def _worst(network: Network, there: Ints, back: Ints, hosts: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the leaves of `hosts`, and the most that one of them adds as sender, as receiver."""
    leaves, of = np.unique(network.leaf_of_nic[hosts], return_inverse=True)
    most = [np.zeros(len(leaves), np.int64) for _ in range(2)]
    for part, values in zip(most, edges(network, there, back), strict=True):
        np.maximum.at(part, of.ravel(), values[hosts])
    return leaves, most[0], most[1]


def _within(leaf: Ints, sends: Ints, receives: Ints) -> int:
    """Return the longest round trip between two hosts of one leaf; 0 if no leaf has two.

    Parameters
    ----------
    leaf
        Leaf of each host.
    sends, receives
        What each host adds as sender and as receiver.
    """
    longest = 0
    order = np.argsort(leaf, kind="stable")
    for hosts in np.split(order, np.flatnonzero(np.diff(leaf[order])) + 1):
        # The two hosts that add most on either side: only if they are the same is one of the
        # others taken.
        first = hosts[np.argsort(-sends[hosts], kind="stable")[:2]].tolist()
        last = hosts[np.argsort(-receives[hosts], kind="stable")[:2]].tolist()
        trips = [int(sends[i] + receives[j]) for i in first for j in last if i != j]
        longest = max([longest, *trips])
    return longest


def _through_spines(network: Network, there: Ints, back: Ints, hosts: Ints) -> int:
    """Return the longest round trip across a leaf-spine whose links all work."""
    busy, sends, receives = _worst(network, there, back, hosts)
    leaves, spines = int(network.leaves or 0), int(network.spines or 0)
    count, inner = network.nic_count, inner_links(network)
    source, target = network.link_source[inner] - count, network.link_target[inner] - count
    rising = source < leaves
    columns = [sends[:, None], receives[:, None]]
    for cost in (there, back):
        for links, leaf, spine in (
            (inner[rising], source[rising], target[rising] - leaves),
            (inner[~rising], target[~rising], source[~rising] - leaves),
        ):
            worst = np.zeros((leaves, spines), np.int64)
            np.maximum.at(worst, (leaf, spine), cost[links])
            columns.append(worst[busy])
    kinds, members = _distinct(np.hstack(columns))
    longest = 0
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


def _leaf_by_leaf(network: Network, there: Ints, back: Ints, hosts: Ints) -> int:
    """Return the longest round trip between leaves of any network."""
    busy, sends, receives = _worst(network, there, back, hosts)
    inner = inner_links(network)
    source = network.link_source[inner] - network.nic_count
    target = network.link_target[inner] - network.nic_count
    longest = 0
    for place, leaf in enumerate(busy.tolist()):
        hops, others = network.hops_to(leaf), busy != leaf
        away = _slowest(hops, source, target, there[inner])
        home = _slowest(network.hops_from(leaf), target, source, back[inner])
        trips = sends + (away + home)[network.leaf_switches[busy]] + receives[place]
        joined = hops[network.leaf_switches[busy]] <= len(hops)
        longest = max(longest, int(trips[others & joined].max(initial=0)))
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
