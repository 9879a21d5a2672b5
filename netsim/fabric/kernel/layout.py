"""Lay a network out as the kernel's arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim.errors import SimulationError
from netsim.fabric.fastest import hop_delay, service_time
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.minima import MOST_LEVELS
from netsim.fabric.kernel.ring import SIZE_BITS
from netsim.fabric.kernel.state import UNBOUNDED, Ints

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsim.topology.network import Network

PS_BITS: Final = 8_000_000_000_000
#: Packets that the ring of each link holds at first, a power of two.
FIRST_ROWS: Final = 8
#: And that of each class at a slow port.
FIRST_WAITING: Final = 2
_LEAST_LEVELS: Final = 4


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
    fixed: dict[int, int]
    """Constants of the kernel, by column of `State.fixed`."""
    rows: int
    """Rows of packets that links have at first."""


def lay_out(network: Network, limits: PortLimits, wire: int) -> Layout:
    """Return the arrays that describe `network`; `wire` is the size of a full packet.

    Raises
    ------
    SimulationError
        If a host has no link to a switch, or none back.
    """
    number = np.argsort(network.link_target, kind="stable").astype(np.int64)
    link = np.empty_like(number)
    link[number] = np.arange(len(number))
    nodes, heads, slots = _nodes(network, number)
    tree, levels = trees(network.nic_count, len(network.switches))
    links = _links(network, number, limits, wire).reshape(-1, at.LINK)
    links[:, at.NODE] |= slots << at.HIGH
    links[:, at.TAIL] = rings(len(number), FIRST_ROWS)
    setup = _setup(network, number, limits, wire)
    arrays = {
        "links": np.concatenate([links.reshape(-1), _shut_link()]),
        "setup": np.concatenate([setup, _shut_setup()]),
        "hosts": _hosts(network, link),
        "routes": _routes(network),
        "ports": link[network.routes.ports],
        "nodes": nodes,
        "heads": np.full(heads, at.NEVER, np.int64),
        "tree": tree,
        "order": np.full(2 * _power_of_two(network.nic_count), at.NEVER, np.int64),
    }
    fixed = {
        at.GROUPS: int(nodes.reshape(-1, at.NODES)[-1, at.END_HEAD]),
        at.ORDER_LEAVES: _power_of_two(network.nic_count),
        at.HOSTS: network.nic_count,
        at.LEAVES: len(network.leaf_switches),
        at.NOWHERE: len(number),
    }
    fixed |= {at.LEVELS + place: offset for place, offset in enumerate(levels)}
    return Layout(number, link, arrays, fixed, at.MADE + 1 + FIRST_ROWS * len(number))


def lay_out_slow(network: Network, layout: Layout, classes: int, *, kept: bool) -> Layout:
    """Return `layout` with slow ports at all switches, each with `classes` classes.

    `kept` tells whether what a port sends is kept in a row of its own.
    """
    count = len(layout.number)
    arrays, fixed, rows = dict(layout.arrays), dict(layout.fixed), layout.rows
    # The last row is that of the link that takes nothing.
    queues = np.zeros((count + 1, classes + 1, at.QUEUE), np.int64)
    queues[:-1, 1:, at.TAIL] = rings(count * classes, FIRST_WAITING, rows).reshape(count, classes)
    rows += count * classes * FIRST_WAITING
    source = network.link_source[layout.number]
    nodes = arrays["nodes"].reshape(-1, at.NODES)
    nodes[:, at.OUT_ROWS] += classes * FIRST_WAITING * np.bincount(source, minlength=len(nodes))
    heads: list[int] = []
    trees: list[Ints] = []
    offset = at.DONES * len(network.switches)
    for switch in range(len(network.switches)):
        ports = np.flatnonzero(source == network.nic_count + switch)
        leaves = _power_of_two(len(ports))
        queues[ports, 0, at.LEAF] = leaves + np.arange(len(ports))
        heads += [offset, leaves]
        tree = np.full(3 * leaves, at.NEVER, np.int64)
        tree[2 * leaves : 2 * leaves + len(ports)] = ports
        trees.append(tree)
        offset += len(tree)
    arrays["queues"] = queues.reshape(-1)
    arrays["dones"] = np.concatenate([np.array(heads, np.int64), *trees])
    if kept:
        fixed[at.KEPT_ROWS] = rows
        rows += count
    return replace(layout, arrays=arrays, fixed=fixed, rows=rows)


def _links(network: Network, number: Ints, limits: PortLimits, wire: int) -> Ints:
    rate = network.link_rate[number]
    rows = np.zeros((len(number), at.LINK), np.int64)
    rows[:, at.PACE] = np.where(PS_BITS % rate == 0, PS_BITS // rate, 0)
    rows[:, at.DELAY] = hop_delay(network)[number]
    switch = network.link_source[number] >= network.nic_count
    for column, size in ((at.CAPACITY, limits.capacity), (at.MARK_ABOVE, limits.kmin)):
        longest = as_time(size, network.link_rate, wire)[number]
        rows[:, column] = np.where(switch, longest, UNBOUNDED)
    rows[~network.link_up[number], at.CAPACITY] = at.SHUT
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


def _shut_link() -> Ints:
    """Return the row of a link that takes nothing."""
    row = np.zeros(at.LINK, np.int64)
    row[at.PACE], row[at.CAPACITY] = 1, at.SHUT
    return row


def _shut_setup() -> Ints:
    row = np.zeros(at.SETUP, np.int64)
    row[at.RATE] = PS_BITS
    return row


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


def port_cells(limits: PortLimits, link: int, rate: int, wire: int, *, switch: bool) -> list[int]:
    """Return the cells `PACE`, `CAPACITY`, `MARK_ABOVE` and `MARK_ALL` of a port at `rate`.

    Parameters
    ----------
    limits
        Of all ports.
    link
        The topology's number of the port's link.
    rate
        Its rate (bit/s).
    wire
        Bytes of a full packet.
    switch
        Whether it is a port of a switch; those of hosts have no limits.
    """
    pace = PS_BITS // rate if PS_BITS % rate == 0 else 0
    cells = []
    for size in (limits.capacity, limits.kmin, limits.kmax):
        own = size if size is None or isinstance(size, int) else int(size[link])
        cells.append(int(as_time(own, np.array([rate]), wire)[0]))
    capacity, above, always = cells
    return [pace, capacity if switch else UNBOUNDED, above if switch else UNBOUNDED, always]


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
    # The last row holds the agenda of calculations, which use no port.
    rows = np.zeros((network.nic_count + 1, at.HOST), np.int64)
    rows[:-1, at.EGRESS] = link[network.host_uplink]
    rows[:-1, at.INGRESS] = link[network.host_downlink]
    home = network.nic_count + network.leaf_switches[network.leaf_of_nic]
    rows[:-1, at.HOME] = home << 24 | network.leaf_of_nic
    rows[:, at.READY_HEAD] = -1
    rows[:, at.READY_TAIL] = -1
    rows[:, at.NIC_AT] = at.NEVER
    return rows.reshape(-1)


def _routes(network: Network) -> Ints:
    routes = network.routes
    return (routes.first << at.COUNT_BITS | routes.count).reshape(-1).astype(np.int64)


def _nodes(network: Network, number: Ints) -> tuple[Ints, int, Ints]:
    """Return the rows of nodes, the length of `State.heads`, and each link's place in it.

    A host has one link that ends in it, a switch many, which are padded to a multiple of eight.
    """
    hosts, count = network.nic_count, network.nic_count + len(network.switches)
    links = np.bincount(network.link_target, minlength=count)
    first = np.cumsum(links) - links
    width = -(-links // 8) * 8
    width[:hosts] = 1
    head = np.cumsum(width) - width
    # Groups of eight are counted from the first switch's on.
    rows = np.zeros((count, at.NODES), np.int64)
    rows[:, at.FIRST_LINK] = first
    rows[:, at.FIRST_HEAD] = head
    rows[:, at.END_HEAD] = head + width
    rows[:, at.OUT_ROWS] = FIRST_ROWS * np.bincount(network.link_source, minlength=count)
    target = network.link_target[number]
    slots = head[target] + np.arange(len(number)) - first[target]
    heads = int(width.sum())
    return rows.reshape(-1), heads + (heads - hosts) // 8, slots


def rings(count: int, rows: int, first: int = at.MADE + 1) -> Ints:
    """Return the cells `TAIL` of `count` rings of `rows` packets each, from the row `first` on."""
    return (first + rows * np.arange(count)) << SIZE_BITS | (rows.bit_length() - 1)


def trees(hosts: int, switches: int) -> tuple[Ints, list[int]]:
    """Return the trees of minima over hosts and switches, and where their parts are."""
    offset = 0
    places: list[int] = []
    for leaves in (hosts, switches):
        levels: list[tuple[int, int]] = []
        count = leaves
        while len(levels) < _LEAST_LEVELS or count > 0:
            levels.append((offset, count))
            offset += -(-count // 8) * 8
            count = 0 if count == 1 and len(levels) >= _LEAST_LEVELS else -(-count // 8)
        starts = [start for start, _ in levels]
        places += starts + [-1] * (MOST_LEVELS - len(starts)) + [starts[-1], levels[3][1]]
    return np.full(offset, at.NEVER, np.int64), places


def _power_of_two(count: int) -> int:
    """Return the least power of two from `count` and 2 on."""
    return 1 << max(1, (count - 1).bit_length())
