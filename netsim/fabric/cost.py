"""What a packet network costs to simulate, from the blocks of a scenario; no flow is drawn.

Packets of all flows times the links on their way give the packet-hops; retransmissions are not
foreseen. Where a run ends before its flows do (`until`), hosts send no more than their links carry
until then. Bytes per flow, link and route are those of the kernel's arrays and of the tables that
are made of them, measured once; seconds are those of a machine of today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.estimate import Estimate, Place, summed
from netsim.fabric.connect import build_network
from netsim.fabric.extent import Extent, extent_of
from netsim.fabric.scale import longest_trip
from netsim.fabric.transports.transport import PathScale
from netsim.fields import implementation

if TYPE_CHECKING:
    from netsim.fabric.schema import NetworkConfig
    from netsim.family import RecordConfig
    from netsim.topology.network import Network

#: Bytes of compiled kernels and their compiler. A kernel that has to be compiled takes twice as
#: much and more (350 MB were seen), and one from the cache half.
KERNEL: Final = 170 * 10**6
#: Bytes per flow, per directed link, and per pair of a switch and a leaf.
PER_FLOW: Final = 400
PER_LINK: Final = 1_200
PER_ROUTE: Final = 40
#: Seconds per packet-hop, per flow, per pair of a switch and a leaf, and per sampled link.
HOP_TIME: Final = 2e-7
FLOW_TIME: Final = 3e-6
ROUTE_TIME: Final = 3e-7
SAMPLE_TIME: Final = 1e-4
_SECOND: Final = 10**12
#: Interval of samples where none is given (ps).
DEFAULT_INTERVAL: Final = 10_000_000
#: Most leaves whose distance is looked at.
_LOOKED_AT: Final = 32


@dataclass(frozen=True, slots=True)
class Load:
    """What flows ask of a network: packet-hops, and for how long links are at work (ps)."""

    packet_hops: float
    busy: float


def estimate_network(
    config: NetworkConfig, record: RecordConfig, until: int | None, more: tuple[Extent, ...] = ()
) -> Estimate:
    """Return what the network of a scenario costs.

    Parameters
    ----------
    config
        Its blocks.
    record
        Which tables are written, and how often links are sampled.
    until
        When the run is stopped (ps), or None.
    more
        Traffic that the family makes besides the blocks of `traffic`.
    """
    network = build_network(config)
    extents = [extent_of(block, network) for block in config.traffic]
    loads = [_load(extent, config, network, until) for extent in (*extents, *more)]
    if config.fidelity != "packet":
        # Ports alone, in Python: no packets, no kernel.
        loads = [replace(load, packet_hops=0.0) for load in loads]
    flows = sum(extent.flows for extent in (*extents, *more))
    hops = sum(load.packet_hops for load in loads)
    per_flow = PER_FLOW + _remembered(config, network)
    memory: dict[Place, float] = {("topology",): KERNEL + _of_network(network)}
    for index, (block, extent) in enumerate(zip(config.traffic, extents, strict=True)):
        memory = summed(memory, {_asked(block, index): extent.flows * per_flow})
    memory = summed(memory, {(): sum(extent.flows for extent in more) * per_flow})
    samples = _samples(loads, record, until) if "links" in record.tables else 0.0
    traced = _EVENTS * hops if "packets" in record.tables else 0.0
    routes = len(network.switches) * len(network.leaf_switches)
    return Estimate(
        flows=flows,
        packet_hops=hops,
        samples=samples,
        rows=flows + network.link_count * (1 + samples) + traced + 1,
        memory=memory,
        seconds=hops * HOP_TIME
        + flows * FLOW_TIME
        + routes * ROUTE_TIME
        + samples * SAMPLE_TIME
        + traced * HOP_TIME,
        sampled=("until",) if until is not None and not record.sample_every else _SAMPLED,
    )


_SAMPLED: Final[Place] = ("record", "sample_every")
#: Rows of table `packets` per packet-hop: one when a packet is queued, one when it leaves.
_EVENTS: Final = 2.5


def links_between(network: Network) -> float:
    """Return the links between two hosts on different leaves, on average over pairs of leaves."""
    leaves = network.leaf_switches
    if len(leaves) < 2:
        return 2.0
    if network.kind == "leaf_spine" and network.link_up.all():
        return 4.0
    looked_at = np.unique(np.linspace(0, len(leaves) - 1, _LOOKED_AT).astype(np.int64)).tolist()
    hops = np.concatenate([network.hops_to(leaf)[leaves] for leaf in looked_at])
    reached = hops[(hops > 0) & (hops <= len(network.switches))]
    return 2.0 + (float(reached.mean()) if len(reached) else 0.0)


def _remembered(config: NetworkConfig, network: Network) -> float:
    """Return the bytes that transport and policy keep per flow: numbers, and two bits a packet."""
    protocol = implementation("transport", config.transport)
    policy = implementation("routing", config.routing, key="policy")
    trip = longest_trip(network, config.packet)
    product = trip * int(network.link_rate[network.host_uplink].max()) // (8 * _SECOND)
    wire = config.packet.payload + config.packet.header
    ring = protocol.ring(config.transport, PathScale(rtt=trip, bdp=product, wire=wire))
    return float(8 * (protocol.reals + 2 * (ring // 64) + getattr(policy, "flow_row", 0)))


def _load(extent: Extent, config: NetworkConfig, network: Network, until: int | None) -> Load:
    """Return what flows of `extent` ask of the network up to `until`."""
    packets = extent.packets(config.packet.payload)
    wire = extent.size + packets * config.packet.header
    rate = float(np.median(network.link_rate[network.host_uplink]))
    per_flow = wire * 8 * _SECOND / rate
    busy = min(extent.last - extent.first + extent.busiest * per_flow, extent.flows * per_flow)
    total = extent.flows * packets
    if until is not None:
        left = max(0, until - extent.first)
        span = extent.last - extent.first
        started = min(1.0, left / span) if span else float(left > 0)
        carried = network.host_count * left / max(1.0, per_flow) * packets
        total, busy = min(total * started, carried), min(busy, left)
    links = 2 + extent.across * (links_between(network) - 2)
    # Few flows at a time: each is at work for its own time, and for the way of its last packet.
    return Load(total * links, busy)


def _samples(loads: list[Load], record: RecordConfig, until: int | None) -> float:
    """Return the instants at which links are sampled: while any is at work, and twice at rest."""
    every = record.sample_every or DEFAULT_INTERVAL
    busy = sum(load.busy for load in loads)
    return (min(busy, until) if until is not None else busy) / every + 2 * len(loads) + 1


def _asked(block: Any, index: int) -> Place:
    """Return the field that decides how many flows a traffic block makes."""
    for name in ("count", "duration", "fan_in", "file"):
        if getattr(block, name, None) is not None:
            return ("traffic", index, name)
    return ("traffic", index)


def _of_network(network: Network) -> float:
    """Return the bytes of a network's arrays, in Python and in the kernel."""
    routes = len(network.switches) * len(network.leaf_switches)
    return network.link_count * PER_LINK + routes * PER_ROUTE
