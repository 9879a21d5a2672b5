"""How long a message holds its ports: the wire bytes at their rates, and the tail of `ideal_fct`.

A lone message takes exactly the least time that its packets need
(`netsim.fabric.ideal.ideal_completion`), of which its bytes hold the receiver's port at the end. So
what comes before, its *lead*, holds delays and the storing and forwarding on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.fastest import hop_delay, service_time
from netsim.fabric.flows import LATEST
from netsim.fabric.ideal import ideal_completion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network
    from netsim.topology.plain_ports import PlainPorts

    Ints = NDArray[np.int64]


def message_times(network: Network, packet: PacketConfig) -> MessageTimes | PlainTimes:
    """Return what tells the times of messages between the hosts of `network`."""
    if network.ports is not None:
        return PlainTimes(network.ports)
    return MessageTimes(network, packet)


#: Most messages whose times are remembered one by one.
_KNOWN: Final = 1 << 16


class MessageTimes:
    """Times of messages between the hosts of a network.

    Hosts on one leaf whose links are alike are alike, so times are computed once for each pair of
    kinds of hosts and each size.

    Parameters
    ----------
    network
        The topology.
    packet
        Sizes of packets.
    """

    def __init__(self, network: Network, packet: PacketConfig) -> None:
        self._network = network
        self._packet = packet
        up, down = network.host_uplink, network.host_downlink
        delay = hop_delay(network)
        facts = [network.leaf_of_nic, network.link_rate[up], network.link_rate[down]]
        table = np.stack([*facts, delay[up], delay[down]], axis=1)
        _, self._example, kinds = np.unique(table, axis=0, return_index=True, return_inverse=True)
        self._kind = kinds.reshape(-1)
        self._known: dict[tuple[int, int, int], tuple[int, int, int]] = {}

    def of(self, src: Ints, dst: Ints, size: Ints) -> tuple[Ints, Ints, Ints]:
        """Return how long each message holds the sender's port, its lead, and the receiver's port.

        All are in ps; there is one entry per message, with two different hosts.
        """
        sizes, which = np.unique(size, return_inverse=True)
        count = len(self._example)
        pair = self._kind[src] * count + self._kind[dst]
        keys, place = np.unique(pair * len(sizes) + which.reshape(-1), return_inverse=True)
        pairs, which = np.divmod(keys, max(1, len(sizes)))
        source, target = np.divmod(pairs, count)
        times = self._computed(self._example[source], self._example[target], sizes[which])
        place = place.reshape(-1)
        return times[0][place], times[1][place], times[2][place]

    def of_one(self, src: int, dst: int, size: int) -> tuple[int, int, int]:
        """Return what `of` does of one message."""
        key = int(self._kind[src]), int(self._kind[dst]), size
        if key not in self._known:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            held, lead, taken = self._computed(*(np.array([n]) for n in (src, dst, size)))
            self._known[key] = int(held[0]), int(lead[0]), int(taken[0])
        return self._known[key]

    def ports(self, src: Ints, dst: Ints) -> tuple[Ints, Ints]:
        """Return the numbers of the ports by which messages leave and come: those of the hosts."""
        return src, dst

    def back(self, src: Ints, dst: Ints) -> Ints:
        """Return how long an acknowledgement takes from `dst` to `src`, alone."""
        size = np.full(len(src), self._packet.ack)
        return ideal_completion(self._network, dst, src, size, payload=self._packet.ack, header=0)

    def _computed(self, src: Ints, dst: Ints, size: Ints) -> tuple[Ints, Ints, Ints]:
        network, payload, header = self._network, self._packet.payload, self._packet.header
        packets = np.maximum(1, -(-size // payload))
        last = size - (packets - 1) * payload + header
        held = []
        for links in (network.host_uplink[src], network.host_downlink[dst]):
            rate = network.link_rate[links]
            full = service_time(np.int64(payload + header), rate)
            _refuse_beyond_the_clock(size, packets.astype(float) * full)
            held.append((packets - 1) * full + service_time(last, rate))
        whole = ideal_completion(network, src, dst, size, payload=payload, header=header)
        _refuse_beyond_the_clock(size, whole)
        return held[0], whole - held[1], held[1]


class PlainTimes:
    """Times of messages where there are ports alone: neither packets nor headers.

    Parameters
    ----------
    ports
        Latencies and rates.
    """

    def __init__(self, ports: PlainPorts) -> None:
        self._ports = ports

    def of(self, src: Ints, dst: Ints, size: NDArray[Any]) -> tuple[Ints, Ints, Ints]:
        """Return how long each message holds the sender's port, its lead, and the receiver's port.

        Sizes need not be whole bytes.
        """
        kind = self._ports.class_of(src, dst)
        _refuse_beyond_the_clock(size, size * 8e12 / self._ports.rate[kind])
        held, latency = self._ports.times(src, dst, size)
        return held, latency, held

    def of_one(self, src: int, dst: int, size: int) -> tuple[int, int, int]:
        """Return what `of` does of one message."""
        held, lead, taken = self.of(*(np.array([n]) for n in (src, dst, size)))
        return int(held[0]), int(lead[0]), int(taken[0])

    def ports(self, src: Ints, dst: Ints) -> tuple[Ints, Ints]:
        """Return the numbers of the ports by which messages leave and come, by host and class."""
        classes = self._ports.classes
        kind = self._ports.class_of(src, dst)
        return src * classes + kind, dst * classes + kind

    def back(self, src: Ints, dst: Ints) -> Ints:
        """Return how long a sign without bytes takes from `dst` to `src`."""
        return self._ports.times(dst, src, np.zeros(len(src)))[1]


def _refuse_beyond_the_clock(size: NDArray[Any], time: NDArray[Any]) -> None:
    """Raise if a message takes longer than the clock allows; nothing has wrapped around by then."""
    long = np.flatnonzero(time > LATEST)
    if len(long):
        lasting = float(time[long[0]]) / 1e12
        raise SimulationError(
            f"a message of {int(size[long[0]]):,} B would take {lasting:.3g} s; at most "
            f"{LATEST / 1e12:.3g} s can be simulated"
        )
