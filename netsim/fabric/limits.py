"""What a simulation packet by packet can hold, told before it begins.

Times are integers of 63 bits in picoseconds, and the kernel packs the numbers of links, flows and
packets into fields of fixed width; it refuses what goes beyond them, whoever asks. Here the same
limits are judged on a whole scenario.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim import units
from netsim.fabric.fastest import hop_delay, service_time
from netsim.fabric.flows import LATEST
from netsim.fabric.kernel.label import SEQ_BITS
from netsim.problems import Problem

if TYPE_CHECKING:
    from netsim.fabric.extent import Extent
    from netsim.fabric.flows import Flows
    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network

#: Packets of one flow.
MOST_PACKETS: Final = 1 << SEQ_BITS
#: Time (ps) that a packet stays below on one link, over a day, so that no sum leaves the clock.
LONGEST_HOP: Final = 10**17
#: Longest timeout (ps): it may begin at any time that a fabric's clock reaches.
LONGEST_TIMEOUT: Final = 2**61 - 1
#: Rate (bit/s) up to which the bits of a packet, in 1e-12 of a bit, can be divided by it.
FASTEST: Final = 10**18


def of_network(network: Network, packet: PacketConfig) -> list[Problem]:
    """Return what is too large, slow or fast about `network` for packets of these sizes."""
    found = []
    if fast := of_rates(network):
        return fast
    size = max(packet.payload + packet.header, packet.ack)
    sending, travelling = service_time(np.int64(size), network.link_rate), hop_delay(network)
    # Each is cut at the limit, so that their sum cannot wrap around.
    together = np.minimum(sending, LONGEST_HOP) + np.minimum(travelling, LONGEST_HOP)
    slowest = int(np.argmax(together))
    if together[slowest] >= LONGEST_HOP:
        message = (
            f"a packet of {size} B needs {sending[slowest] / 1e12:.3g} s to leave and "
            f"{travelling[slowest] / 1e12:.3g} s to travel on link {network.link_names[slowest]}"
        )
        hint = f"together less than {LONGEST_HOP // 10**12:,} s: raise the rate, shorten the delay"
        found.append(Problem(message, (), "out-of-range", hint))
    return found


def of_rates(network: Network) -> list[Problem]:
    """Return the problem that a link is too fast for times in whole ps, if one is."""
    fastest = int(np.argmax(network.link_rate))
    if network.link_rate[fastest] <= FASTEST:
        return []
    rate = units.readable(int(network.link_rate[fastest]), "rate")
    message = f"link {network.link_names[fastest]} is too fast: {rate}"
    hint = f"at most {units.readable(FASTEST, 'rate')}"
    return [Problem(message, (), "out-of-range", hint)]


def of_distance(network: Network, packet: PacketConfig) -> list[Problem]:
    """Return the problem that the longest way through `network` may take too long, if it may."""
    size = max(packet.payload + packet.header, packet.ack)
    longest = service_time(np.int64(size), network.link_rate) + hop_delay(network).astype(float)
    slowest = int(np.argmax(longest))
    # A shortest path meets no node twice.
    links = len(network.switches) + 1
    if longest[slowest] * links <= LATEST:
        return []
    message = (
        f"a packet of {size} B takes {longest[slowest] / 1e12:.3g} s to cross link "
        f"{network.link_names[slowest]}"
    )
    hint = (
        f"at most {LATEST / 1e12 / links:.3g} s in a network of {len(network.switches)} switches: "
        "raise the rate, shorten the delay"
    )
    return [Problem(message, (), "out-of-range", hint)]


def of_timeout(rto: int | None, default: int, drain: int, doublings: int) -> list[Problem]:
    """Return the problem that retransmission timeouts may end beyond the clock, if so.

    Parameters
    ----------
    rto
        The timeout (ps); None if the transport derives it from paths.
    default
        The longest such timeout (ps).
    drain
        Time (ps) in which the slowest port sends a full queue; a timeout waits for six of them.
    doublings
        How often the transport may double it.
    """
    longest = LONGEST_TIMEOUT >> doublings
    if (default if rto is None else rto) <= longest:
        return []
    most = f"{longest / 1e12:.3g} s"
    if rto is not None:
        message, hint = f"a timeout of {rto / 1e12:.3g} s is too long", f"at most {most}"
    else:
        message = f"the slowest port needs {drain / 1e12:.3g} s to send a full queue"
        hint = (
            f"six times that, the default timeout, may be {most}: lower queue.capacity, or set "
            "transport.rto"
        )
    return [Problem(message, (), "out-of-range", hint)]


def of_flows(flows: Flows, network: Network, packet: PacketConfig) -> list[Problem]:
    """Return the problem that a flow has too many packets, or what `of_ports` says."""
    packets = -(-flows.size // packet.payload)
    longest = int(np.argmax(packets)) if len(flows) else 0
    if len(flows) and packets[longest] > MOST_PACKETS:
        src, dst = (network.hosts[int(ends[longest])] for ends in (flows.src, flows.dst))
        message = f"flow {longest} from {src} to {dst} has {packets[longest]:,} packets"
        most = MOST_PACKETS * packet.payload
        hint = (
            f"at most {MOST_PACKETS:,}, which is {most:,} B with this packet.payload; cut the "
            "flow, or raise the payload"
        )
        return [Problem(message, (), "out-of-range", hint)]
    return of_ports(flows, network, packet)


def of_ports(flows: Flows, network: Network, packet: PacketConfig) -> list[Problem]:
    """Return the problem that a host sends or receives for too long, if one does."""
    packets = -(-flows.size // packet.payload)
    wire = flows.size + packets * float(packet.header)
    for hosts, links, does in (
        (flows.src, network.host_uplink, "sends"),
        (flows.dst, network.host_downlink, "receives"),
    ):
        busy = np.bincount(hosts, wire * 8e12 / network.link_rate[links[hosts]])
        if len(flows) and busy.max() > LATEST:
            host = network.hosts[int(np.argmax(busy))]
            message = f"{host} {does} for {busy.max() / 1e12:.3g} s"
            hint = f"at most {LATEST / 1e12:.3g} s can be simulated: send less, or raise the rate"
            return [Problem(message, (), "out-of-range", hint)]
    return []


def of_extent(extent: Extent, network: Network, packet: PacketConfig) -> list[Problem]:
    """Return the problems that flows are too large, or that a host is busy too long, on average."""
    packets = extent.packets(packet.payload)
    if packets > MOST_PACKETS:
        message = f"a flow of {extent.size:,.0f} B has {packets:,.0f} packets"
        most = MOST_PACKETS * packet.payload
        hint = (
            f"at most {MOST_PACKETS:,}, which is {most:,} B with this packet.payload; cut the "
            "flow, or raise the payload"
        )
        return [Problem(message, (), "out-of-range", hint)]
    slowest = int(network.link_rate[network.host_uplink].min())
    wire = extent.size + packets * packet.header
    busy = extent.busiest * wire * 8e12 / slowest
    if busy <= LATEST:
        return []
    message = f"the slowest host sends or receives for {busy / 1e12:.3g} s"
    hint = f"at most {LATEST / 1e12:.3g} s can be simulated: send less, or raise the rate"
    return [Problem(message, (), "out-of-range", hint)]


def below(place: tuple[str | int, ...], problems: list[Problem]) -> list[Problem]:
    """Return `problems` with their places below `place`."""
    return [replace(problem, at=(*place, *problem.at)) for problem in problems]
