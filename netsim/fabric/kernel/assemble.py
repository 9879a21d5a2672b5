"""Put a kernel together: its arrays and its compiled function, from validated blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.arrays import Store, Widths
from netsim.fabric.kernel.hashing import prepared
from netsim.fabric.kernel.layout import Layout, PortLimits, lay_out
from netsim.fabric.kernel.paths import PathTable
from netsim.fabric.scale import path_scale
from netsim.fabric.transports.transport import Numbers, PathScale
from netsim.fields import implementation

if TYPE_CHECKING:
    from netsim.fabric.balancing.policy import RoutingConfig
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.queues.queue import QueueConfig
    from netsim.fabric.transports.transport import TransportConfig
    from netsim.rng import Streams
    from netsim.topology.network import Network

_EIGHT_SECONDS = 8_000_000_000_000


@dataclass(frozen=True, slots=True)
class Assembly:
    """A kernel, ready to be handed flows."""

    store: Store
    layout: Layout
    paths: PathTable
    scale: PathScale
    limits: PortLimits
    run: Any
    policy: type
    protocol: type
    path_rule: str | None
    """Whether flows need rows of the path table: ``all`` equal paths, those ``given``, or None."""
    acknowledged: bool


def assemble(
    network: Network,
    packet: PacketConfig,
    routing: RoutingConfig,
    transport: TransportConfig,
    queue: QueueConfig | None,
    streams: Streams,
    *,
    traced: bool = False,
) -> Assembly:
    """Return the kernel of one replication."""
    policy = implementation("routing", routing, key="policy")
    protocol = implementation("transport", transport)
    scale = path_scale(network, packet)
    limits = port_limits(protocol, queue, scale)
    scale = replace(scale, drain=drain_time(network, limits))
    layout = lay_out(network, limits, scale.wire)
    ring = protocol.ring(transport, scale)
    fixed = {
        at.PAYLOAD: packet.payload,
        at.HEADER: packet.header,
        at.ACK_SIZE: packet.ack,
        at.HOSTS: network.host_count,
        at.LEAVES: len(network.leaf_switches),
        at.FIRST_NIC: network.link_count,
        at.FIFO: int(transport.nic == "fifo"),
        at.MARK_KEY: prepared(streams.key("queue")),
        at.POLICY_KEY: prepared(streams.key("routing")),
        at.RING: ring,
    }
    numbers = protocol.pack(transport, scale)
    fixed[at.TICK] = numbers.tick
    widths = Widths(protocol.reals, 2 * (ring // 64), getattr(policy, "flow_row", 0))
    given = _policy_arrays(policy, routing, network) | {
        "transport": np.array(numbers.whole, np.int64),
        "transport_reals": np.array(numbers.real, np.float64),
    }
    from netsim.fabric.kernel.builder import build

    store = Store(layout, fixed, widths, traced=traced, given=given)
    run = build(policy, protocol, traced=traced)
    return Assembly(
        store=store,
        layout=layout,
        paths=PathTable(
            network, layout, len(layout.arrays["ports"]), acknowledged=protocol.acknowledged
        ),
        scale=scale,
        limits=limits,
        run=run,
        policy=policy,
        protocol=protocol,
        path_rule=getattr(policy, "paths", None),
        acknowledged=protocol.acknowledged,
    )


def port_limits(protocol: Any, queue: QueueConfig | None, scale: PathScale) -> PortLimits:
    """Return what switch ports do: as the queue block says, else as the transport wants."""
    capacity, mark = (
        None if share is None else max(int(share * scale.bdp), least)
        for share, least in ((protocol.capacity_bdp, scale.wire), (protocol.mark_bdp, 0))
    )
    if queue is None:
        return PortLimits(capacity, mark, mark)
    limits: PortLimits = implementation("queue", queue).limits(queue, capacity, mark)
    return limits


def drain_time(network: Network, limits: PortLimits) -> int:
    """Return the time in which the slowest port sends a full queue; 0 if queues are unbounded."""
    if limits.capacity is None:
        return 0
    return limits.capacity * _EIGHT_SECONDS // int(network.link_rate.min())


def _policy_arrays(policy: Any, routing: RoutingConfig, network: Network) -> dict[str, Any]:
    numbers: Numbers = policy.pack(routing) if hasattr(policy, "pack") else Numbers()
    groups = len(network.switches) * len(network.leaf_switches)
    return {
        "policy": np.array(numbers.whole, np.int64),
        "policy_reals": np.array(numbers.real, np.float64),
        "policy_switches": np.zeros(groups * getattr(policy, "switch_row", 0), np.int64),
    }
