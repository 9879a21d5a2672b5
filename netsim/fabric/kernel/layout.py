"""Lay a network out as the kernel's arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.fastest import hop_delay, service_time
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.label import FLOW_BITS
from netsim.fabric.kernel.state import UNBOUNDED, Ints
from netsim.fabric.limits import LONGEST_HOP, MOST_SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsim.topology.network import Network

PS_BITS: Final = 8_000_000_000_000


@dataclass(frozen=True, slots=True)
class PortLimits:
    """What switch ports do with their queues: bytes for all of them, or per link.

    Parameters
    ----------
    capacity
        Bytes that may be unsent; None is unbounded.
    kmin, kmax
        Bytes beyond which packets are marked with rising probability, and always; None: never.
    pmax
        Probability at `kmax`.
    """

    capacity: int | Ints | None = None
    kmin: int | Ints | None = None
    kmax: int | Ints | None = None
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
    for column, size in ((at.CAPACITY, limits.capacity), (at.MARK_ABOVE, limits.kmin)):
        longest = as_time(size, network.link_rate, wire)[number]
        rows[:, column] = np.where(switch, longest, UNBOUNDED)
    rows[:, at.NODE] = network.link_target[number]
    return rows.reshape(-1)


def _setup(network: Network, number: Ints, limits: PortLimits, wire: int) -> Ints:
    rows = np.zeros((len(number), at.SETUP), np.int64)
    rows[:, at.RATE] = network.link_rate[number]
    rows[:, at.MARK_ALL] = as_time(limits.kmax, network.link_rate, wire)[number]
    rows[:, at.MARK_CHANCE] = round(limits.pmax * 2**53)
    rows[:, at.NUMBER] = number
    rows[:, at.SOURCE_NODE] = network.link_source[number]
    return rows.reshape(-1)


def as_time(size: int | Ints | None, rate: Ints, wire: int) -> Ints:
    """Return the time (ps) that `size` bytes, for all or for each, take at `rate`; None: unbounded.

    The bytes go in full packets of `wire` bytes and one smaller one, each rounded up by itself, so
    that a port of n packets holds n packets at every rate.
    """
    if size is None:
        return np.full(len(rate), UNBOUNDED, np.int64)

    def longest(size: int, speed: int) -> int:
        full, rest = divmod(size, wire)
        return full * int(service_time(wire, speed)) + int(service_time(rest, speed))

    return each(longest, size, rate)


def each(measure: Callable[[int, int], int], size: int | Ints, rate: Ints) -> Ints:
    """Return `measure` of each port's `size` (bytes) and `rate` (bit/s), at most `UNBOUNDED`.

    It counts in Python's integers, which never wrap around, once for all ports that are alike.
    """
    ports = np.stack([np.broadcast_to(np.asarray(size, np.int64), rate.shape), rate], axis=1)
    kinds, which = np.unique(ports, axis=0, return_inverse=True)
    found = [min(measure(*kind), UNBOUNDED) for kind in kinds.tolist()]
    return np.array(found, np.int64)[which.ravel()]


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
