"""Put a kernel together: its arrays and its compiled function, from validated blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fabric.flow_scale import FlowScales, way_of
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.arrays import Store, Widths
from netsim.fabric.kernel.classes import Classes
from netsim.fabric.kernel.hashing import prepared
from netsim.fabric.kernel.layout import Layout, PortLimits, each, lay_out, lay_out_slow
from netsim.fabric.kernel.lookahead import Lookahead, lookahead
from netsim.fabric.kernel.paths import PathTable
from netsim.fabric.queues.limited import IN_ORDER
from netsim.fabric.queues.queue import SlowPorts, slow_ports
from netsim.fabric.scale import longest_trip
from netsim.fabric.transports.transport import Numbers
from netsim.fields import implementation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.fabric.balancing.policy import RoutingConfig
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.queues.queue import QueueConfig
    from netsim.fabric.transports.transport import TransportConfig
    from netsim.fabric.wiring import Wiring
    from netsim.rng import Streams
    from netsim.topology.network import Network

_PS_BITS = 8_000_000_000_000


@dataclass(frozen=True, slots=True)
class Assembly:
    """A kernel, ready to be handed flows."""

    store: Store
    layout: Layout
    paths: PathTable
    classes: Classes
    limits: PortLimits
    ahead: Lookahead
    run: Any
    policy: type
    protocol: type
    slow: SlowPorts | None
    """What ports of switches do where they act."""
    path_rule: str | None
    """Whether flows need rows of the path table: ``all`` equal paths, those ``given``, or None."""
    acknowledged: bool


def assemble(
    wiring: Wiring,
    packet: PacketConfig,
    routing: RoutingConfig,
    transport: TransportConfig,
    queue: QueueConfig | None,
    streams: Streams,
    *,
    hosts: NDArray[np.int64] | None = None,
    traced: bool = False,
) -> Assembly:
    """Return the kernel of one replication; `hosts` are those that have traffic, None: all."""
    from netsim.fabric.kernel.builder import build, columns_of

    network = wiring.network
    policy = implementation("routing", routing, key="policy")
    protocol = implementation("transport", transport)
    wire = packet.payload + packet.header
    limits = port_limits(protocol, queue, network, longest_trip(network, packet, hosts), wire)
    scales = FlowScales(network, packet, way_of(policy), drain_times(network, limits))
    layout = lay_out(network, limits, wire)
    slow = None if queue is None else slow_ports(implementation("queue", queue), queue)
    columns = dict.fromkeys(columns_of(policy, protocol, slow), 1)
    if "stamps" in columns:
        # A plain port does not know what waits behind the packet that it sends.
        slow = slow or IN_ORDER
        columns["stamps"] = 1 + at.STAMP * (int(switch_distances(network).max(initial=0)) + 1)
    if slow is not None:
        layout = lay_out_slow(network, layout, slow.classes, kept="left" in slow.hooks)
    ahead = lookahead(network, packet, acknowledged=protocol.acknowledged)
    fixed = {
        at.PAYLOAD: packet.payload,
        at.HEADER: packet.header,
        at.ACK_SIZE: packet.ack,
        at.FIFO: int(transport.nic == "fifo"),
        at.MARK_KEY: prepared(streams.key("queue")),
        at.POLICY_KEY: prepared(streams.key("routing")),
        at.FREE_WIDTH: ahead.free,
        at.MERGED_WIDTH: ahead.merged,
        at.NEAR_PACKETS: ahead.near,
        at.ROOM_ROWS: ahead.switch,
        at.STAMP_ROW: columns.get("stamps", 0),
        at.SWITCH_TURN: ahead.switch + (ahead.starts if slow is not None else 0),
        at.HOST_TURN: ahead.host,
        at.BUCKET_SHIFT: ahead.shift,
        at.PATIENCE: at.NEVER,
        at.LOSSY: int(not protocol.acknowledged and limits.capacity is not None),
    }
    widths = Widths(
        reals=protocol.reals,
        policy=getattr(policy, "flow_row", 0),
        paced=int(hasattr(protocol, "next_time")),
    )
    given = _policy_arrays(policy, routing, network)
    if slow is not None:
        numbers = slow.pack(queue, network)
        given["queue"] = np.array(numbers.whole, np.int64)
        given["queue_reals"] = np.array(numbers.real, np.float64)
    store = Store(layout, fixed, widths, traced=traced, given=given, columns=columns)
    run = build(policy, protocol, slow, traced=traced)
    return Assembly(
        store=store,
        layout=layout,
        paths=PathTable(wiring, layout, store, acknowledged=protocol.acknowledged),
        classes=Classes(store, scales, protocol, transport, wire),
        limits=limits,
        ahead=ahead,
        run=run,
        policy=policy,
        protocol=protocol,
        slow=slow,
        path_rule=getattr(policy, "paths", None),
        acknowledged=protocol.acknowledged,
    )


def port_limits(
    protocol: Any, queue: QueueConfig | None, network: Network, trip: int, wire: int
) -> PortLimits:
    """Return what switch ports do: as the queue block says, else as the transport wants.

    A port's bandwidth-delay product is its own rate times `trip` (ps), the longest base round trip
    of the traffic. A port has room for one full packet of `wire` bytes at least.
    """
    product = each(lambda trip, rate: trip * rate // _PS_BITS, trip, network.link_rate)
    capacity, mark = (
        None if share is None else np.maximum((share * product).astype(np.int64), least)
        for share, least in ((protocol.capacity_bdp, wire), (protocol.mark_bdp, 0))
    )
    if queue is None:
        return PortLimits(capacity, mark, mark)
    limits: PortLimits = implementation("queue", queue).limits(queue, capacity, mark)
    return limits


def drain_times(network: Network, limits: PortLimits) -> NDArray[np.int64]:
    """Return the time (ps) in which each switch port sends a full queue, 0 if it is unbounded.

    It is 0 for NICs as well, which take packets one by one.
    """
    if limits.capacity is None:
        return np.zeros(network.link_count, np.int64)
    times = each(lambda size, rate: size * _PS_BITS // rate, limits.capacity, network.link_rate)
    return np.where(network.link_source >= network.nic_count, times, 0)


def switch_distances(network: Network) -> NDArray[np.int32]:
    """Return the links between each switch with hosts and each other one, where there is a way."""
    away = network.distances[network.leaf_switches]
    return away[away < len(network.switches)]


def _policy_arrays(policy: Any, routing: RoutingConfig, network: Network) -> dict[str, Any]:
    numbers: Numbers = policy.pack(routing, network) if hasattr(policy, "pack") else Numbers()
    groups = len(network.switches) * len(network.leaf_switches)
    return {
        "policy": np.array(numbers.whole, np.int64),
        "policy_reals": np.array(numbers.real, np.float64),
        "policy_switches": np.zeros(groups * getattr(policy, "switch_row", 0), np.int64),
    }
