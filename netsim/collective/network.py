"""What the network of a scenario means to a collective: ranks on hosts, groups, and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from netsim.collective.task import Costs
from netsim.fabric.ideal import ideal_completion

if TYPE_CHECKING:
    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network
    from netsim.topology.plain_ports import PlainPorts

_PS: Final = 1e12
_BYTE: Final = 8.0


def groups_of(network: Network, ranks: int) -> tuple[int, ...]:
    """Return the ranks of each group: those of plain ports, else those on one leaf.

    Rank i is on host i. Where hosts of a leaf are not numbered one after the other, there are no
    groups.
    """
    group = network.ports.group if network.ports is not None else network.leaf_of_host
    held = group[:ranks]
    if network.ports is not None and network.ports.classes == 1:
        return ()
    if (np.diff(held) < 0).any():
        return ()
    return tuple(np.unique(held, return_counts=True)[1].tolist())


def costs_of(network: Network, packet: PacketConfig, ranks: int, reduce_time: float = 0.0) -> Costs:
    """Return latency and time of a byte as closed forms know them.

    On plain ports they are what the scenario says. Elsewhere a byte takes what it takes at the
    slowest port, headers included, and the latency is what a message between the two ranks that lie
    farthest apart takes beyond its bytes: delays, and the storing and forwarding of a packet.
    """
    if network.ports is not None:
        return _plain(network.ports, reduce_time)
    rate = _slowest(network, ranks)
    wire = (packet.payload + packet.header) / packet.payload
    byte = _BYTE / rate * wire
    return Costs(_farthest(network, packet, ranks, byte), byte, reduce_time)


def least_costs(network: Network, ranks: int) -> Costs:
    """Return costs that no message is below: the fastest port, the shortest delays, no headers."""
    if network.ports is not None:
        return _plain(network.ports, 0.0)
    up, down = network.host_uplink[:ranks], network.host_downlink[:ranks]
    rate = max(network.link_rate[up].max(), network.link_rate[down].max())
    delay = network.link_delay[up].min() + network.link_delay[down].min()
    return Costs(float(delay) / _PS, _BYTE / float(rate))


def _plain(ports: PlainPorts, reduce_time: float) -> Costs:
    """Return the costs of plain ports."""
    bytes_, latencies = (_BYTE / ports.rate).tolist(), (ports.latency / _PS).tolist()
    if ports.classes == 1:
        return Costs(latencies[0], bytes_[0], reduce_time)
    return Costs(latencies[0], bytes_[0], reduce_time, latencies[1], bytes_[1])


def _slowest(network: Network, ranks: int) -> float:
    up, down = network.host_uplink[:ranks], network.host_downlink[:ranks]
    return float(min(network.link_rate[up].min(), network.link_rate[down].min()))


def _farthest(network: Network, packet: PacketConfig, ranks: int, byte: float) -> float:
    """Return the latency between two ranks that lie as far apart as any from rank 0 do."""
    if ranks < 2:
        return 0.0
    others = np.arange(1, ranks)
    size = np.full(ranks - 1, packet.payload)
    whole = ideal_completion(
        network,
        np.zeros_like(others),
        others,
        size,
        payload=packet.payload,
        header=packet.header,
    )
    return max(0.0, float(whole.max()) / _PS - packet.payload * byte)
