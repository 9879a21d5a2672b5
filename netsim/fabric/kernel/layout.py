"""Lay a network out as the kernel's arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.fastest import hop_delay, service_time
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.label import FLOW_BITS
from netsim.fabric.kernel.state import UNBOUNDED, Ints
from netsim.fabric.limits import LONGEST_HOP, MOST_SOURCES

if TYPE_CHECKING:
    from netsim.topology.network import Network

PS_BITS: Final = 8_000_000_000_000


@dataclass(frozen=True, slots=True)
class PortLimits:
    """What every switch port does with its queue.

    Parameters
    ----------
    capacity
        Bytes that may be unsent; None is unbounded.
    kmin, kmax
        Bytes beyond which packets are marked with rising probability, and always; None: never.
    pmax
        Probability at `kmax`.
    """

    capacity: int | None = None
    kmin: int | None = None
    kmax: int | None = None
    pmax: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A network in the kernel's numbers."""

    number: Ints
    """Topology's number of each kernel link."""
    link: Ints
    """Kernel's number of each link of the topology."""
    arrays: dict[str, Ints]


def lay_out(network: Network, limits: PortLimits, wire: int) -> Layout:
    """Return the arrays that describe `network`; `wire` is the size of a full packet.

    Raises
    ------
    SimulationError
        If the network is beyond what keys of the pending set can hold.
    """
    number = np.argsort(network.link_target, kind="stable").astype(np.int64)
    link = np.empty_like(number)
    link[number] = np.arange(len(number))
    _check_size(network, wire)
    sources = network.link_count + network.host_count
    leaf = 1 << max(1, (sources - 1).bit_length())
    widest = int(np.bincount(network.link_target).max(initial=1))
    arrays = {
        "links": _links(network, number, limits, wire),
        "setup": _setup(network, number, limits, wire),
        "hosts": _hosts(network, link),
        "routes": _routes(network),
        "ports": link[network.routes.ports],
        "tree": np.full(2 * leaf, at.NEVER, np.int64),
        "group": np.zeros(2 * widest + 2, np.int64),
    }
    return Layout(number, link, arrays)


def _check_size(network: Network, wire: int) -> None:
    sources = network.link_count + network.host_count
    if sources > MOST_SOURCES:
        raise SimulationError(
            f"{network.link_count:,} directed links and {network.host_count:,} hosts are too many "
            f"to be simulated packet by packet: together at most {MOST_SOURCES:,}"
        )
    hop = service_time(wire, network.link_rate) + hop_delay(network)
    slow = int(np.argmax(hop)) if len(hop) else 0
    if len(hop) and hop[slow] >= LONGEST_HOP:
        raise SimulationError(
            f"a packet takes {hop[slow] / 1e12:.3g} s on link {network.link_names[slow]}; "
            f"packet by packet it must be less than {LONGEST_HOP // 10**12} s"
        )


def _links(network: Network, number: Ints, limits: PortLimits, wire: int) -> Ints:
    rate = network.link_rate[number]
    rows = np.zeros((len(number), at.LINK), np.int64)
    rows[:, at.PACE] = np.where(PS_BITS % rate == 0, PS_BITS // rate, 0)
    rows[:, at.DELAY] = hop_delay(network)[number]
    switch = network.link_source[number] >= network.host_count
    rows[:, at.CAPACITY] = np.where(switch, as_time(limits.capacity, rate, wire), UNBOUNDED)
    rows[:, at.MARK_ABOVE] = np.where(switch, as_time(limits.kmin, rate, wire), UNBOUNDED)
    rows[:, at.NODE] = network.link_target[number]
    return rows.reshape(-1)


def _setup(network: Network, number: Ints, limits: PortLimits, wire: int) -> Ints:
    rows = np.zeros((len(number), at.SETUP), np.int64)
    rows[:, at.RATE] = network.link_rate[number]
    rows[:, at.MARK_ALL] = as_time(limits.kmax, network.link_rate[number], wire)
    rows[:, at.MARK_CHANCE] = round(limits.pmax * 2**53)
    rows[:, at.NUMBER] = number
    rows[:, at.SOURCE_NODE] = network.link_source[number]
    return rows.reshape(-1)


def as_time(size: int | None, rate: Any, wire: int) -> Any:
    """Return the time (ps) that `size` bytes take at each `rate`; None is unbounded.

    The bytes go in full packets of `wire` bytes and one smaller one, each rounded up by itself, so
    that a port of n packets holds n packets at every rate.
    """
    if size is None:
        return np.full(len(rate), UNBOUNDED, np.int64)
    full, rest = divmod(size, wire)
    speeds = rate.tolist()
    times = {
        speed: min(full * service_time(wire, speed) + service_time(rest, speed), UNBOUNDED)
        for speed in set(speeds)
    }
    return np.array([times[speed] for speed in speeds], np.int64)


def _hosts(network: Network, link: Ints) -> Ints:
    if (network.host_uplink < 0).any() or (network.host_downlink < 0).any():
        raise SimulationError("every host needs a link to a switch and one back")
    rows = np.zeros((network.host_count, at.HOST), np.int64)
    rows[:, at.EGRESS] = link[network.host_uplink]
    rows[:, at.INGRESS] = link[network.host_downlink]
    home = network.host_count + network.leaf_switches[network.leaf_of_host]
    rows[:, at.HOME] = home << 24 | network.leaf_of_host
    rows[:, at.READY_HEAD] = -1
    rows[:, at.READY_TAIL] = -1
    return rows.reshape(-1)


def _routes(network: Network) -> Ints:
    routes = network.routes
    return (routes.first << at.COUNT_BITS | routes.count).reshape(-1).astype(np.int64)


def most_flows() -> int:
    """Return the largest number of flows that labels can tell apart."""
    return 1 << FLOW_BITS
