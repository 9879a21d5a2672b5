"""What the defaults of a packet network come to: queues, marks, windows, timeouts, link delays.

Ports are measured by the longest base round trip between hosts that have traffic, flows by their
own path (`netsim.fabric.scale`, `netsim.fabric.flow_scale`). The numbers here are made by the same
functions that the kernel is set up with, for the flows that the first replication draws; where they
are very many, for hosts of one leaf and of the leaves farthest from it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim import units
from netsim.effective import Effective
from netsim.fabric.extent import extent_of
from netsim.fabric.flow_scale import FlowScales, way_of
from netsim.fabric.flows import Flows, concatenate
from netsim.fabric.kernel.assemble import drain_times, port_limits
from netsim.fabric.kernel.layout import PS_BITS
from netsim.fabric.scale import longest_trip
from netsim.fabric.transports.transport import PathScale
from netsim.fields import implementation
from netsim.problems import ProblemsFound
from netsim.rng import Streams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from netsim.fabric.schema import NetworkConfig
    from netsim.topology.network import Network

    Ints = NDArray[np.int64]

#: Most flows that are drawn to see which hosts have traffic.
MOST_DRAWN: Final = 1 << 16


class PacketDefaults:
    """A network's defaults as numbers.

    Parameters
    ----------
    config, network
        The network's blocks, and what they describe.
    seed
        Of the scenario, for traffic that is drawn.
    """

    def __init__(self, config: NetworkConfig, network: Network, seed: int = 0) -> None:
        self.config = config
        self.network = network
        self._seed = seed
        self.protocol: Any = implementation("transport", config.transport)
        self.wire = config.packet.payload + config.packet.header
        self.limits = port_limits(self.protocol, config.queue, network, self.trip, self.wire)

    @cached_property
    def ends(self) -> tuple[Ints, Ints]:
        """Hosts between which flows go, as far as flows are few enough to be drawn."""
        flows = _drawn(self.config, self.network, self._seed)
        if flows is not None and len(flows):
            return flows.src, flows.dst
        hosts = np.arange(self.network.host_count, dtype=np.int64)
        return hosts, np.roll(hosts, 1)

    @cached_property
    def hosts(self) -> Ints:
        """Hosts that have traffic."""
        return np.flatnonzero(np.bincount(np.concatenate(self.ends)))

    @cached_property
    def trip(self) -> int:
        """The longest base round trip (ps), by which ports are measured."""
        return longest_trip(self.network, self.config.packet, self.network.nics_of_all(self.hosts))

    @cached_property
    def of_ports(self) -> dict[str, Effective]:
        """What ports take from transport and topology."""
        queue: Any = self.config.queue
        ecn = getattr(queue, "ecn", None)
        rule = f"of the port (its rate x {units.readable(self.trip, 'time')}, the longest base RTT)"
        found = {}
        switch_ports = self.network.link_source >= self.network.nic_count
        for path, given, limit, share in (
            ("queue.capacity", getattr(queue, "capacity", None), self.limits.capacity, "capacity"),
            ("queue.ecn.kmin", ecn, self.limits.kmin, "mark"),
        ):
            factor = getattr(self.protocol, f"{share}_bdp")
            if given is None and factor is not None and isinstance(limit, np.ndarray):
                here = limit[switch_ports]
                if len(here):
                    said = f"{factor:g} BDP {rule}"
                    found[path] = Effective(int(here.min()), int(here.max()), "data", said)
        if ecn is not None and ecn.kmax is None:
            found["queue.ecn.kmax"] = Effective(ecn.kmin, ecn.kmin, "data", "kmin: a step")
        return found

    @cached_property
    def of_flows(self) -> dict[str, Effective]:
        """What flows take from their paths."""
        derive = getattr(self.protocol, "derived", None)
        way = way_of(implementation("routing", self.config.routing, key="policy"))
        if derive is None or way == "given":
            return {}
        drain = drain_times(self.network, self.limits)
        scales = FlowScales(self.network, self.config.packet, way, drain)
        # With its counts `unique` loads no masked arrays.
        rows, _ = np.unique(np.stack(scales.of(*self.ends), axis=1), axis=0, return_counts=True)
        found: dict[str, Effective] = {}
        for trip, rate, full in rows.tolist():
            path = PathScale(trip, trip * rate // PS_BITS, self.wire, full)
            for name, (value, dimension, rule) in derive(self.config.transport, path).items():
                key = f"transport.{name}"
                old = found.get(key, Effective(value, value, dimension, rule))
                least, greatest = min(old.least, value), max(old.greatest, value)
                found[key] = Effective(least, greatest, dimension, rule)
        return found


def of_packets(config: NetworkConfig, network: Network, seed: int) -> Mapping[str, Effective]:
    """Return what the defaults of `config` come to where packets are simulated."""
    defaults = PacketDefaults(config, network, seed)
    return {**defaults.of_ports, **defaults.of_flows}


def of_links(config: NetworkConfig) -> Mapping[str, Effective]:
    """Return the rate and delay of links between switches that follow those of hosts."""
    topology: Any = config.topology
    host, fabric = getattr(topology, "host_link", None), getattr(topology, "fabric_link", None)
    if host is None or not hasattr(topology, "fabric_link"):
        return {}
    found = {}
    for name, dimension in (("rate", "rate"), ("delay", "time")):
        if getattr(fabric, name, None) is None:
            value = getattr(host, name)
            found[f"topology.fabric_link.{name}"] = Effective(
                value, value, dimension, "as topology.host_link"
            )
    return found


def _drawn(config: NetworkConfig, network: Network, seed: int) -> Flows | None:
    """Return the flows that the first replication draws; None where they are too many."""
    try:
        count = sum(extent_of(block, network).flows for block in config.traffic)
        if count > MOST_DRAWN:
            return None
        streams = Streams(seed)
        return concatenate(
            [
                implementation("traffic", block, key="pattern").generate(
                    block, network, streams.generator("traffic", index)
                )
                for index, block in enumerate(config.traffic)
            ]
        )
    except ProblemsFound:
        return None
