"""What is wrong with a scenario that is to be simulated packet by packet, told before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fabric import limits
from netsim.fabric.flows import finds_ways, unanswered, unreachable, without_path
from netsim.fabric.hooks import hook_problems
from netsim.fabric.kernel.assemble import drain_times, port_limits
from netsim.fabric.limits import below
from netsim.fabric.scale import longest_trip
from netsim.fabric.transports.selective_repeat import default_timeout
from netsim.fabric.transports.transport import PathScale
from netsim.fields import implementation
from netsim.problems import Problem, ProblemsFound
from netsim.topology.reuse import once_per_network

if TYPE_CHECKING:
    from netsim.fabric.extent import Extent
    from netsim.fabric.flows import Flows
    from netsim.fabric.queues.queue import QueueConfig
    from netsim.fabric.schema import NetworkConfig
    from netsim.topology.network import Network


def problems(config: NetworkConfig, network: Network) -> list[Problem]:
    """Return what packets cannot do on `network`, else what is wrong with policies and queues."""
    if network.ports is not None:
        message = "a network of ports alone has no links for packets"
        hint = "leave fidelity out, or take another topology"
        return [Problem(message, ("fidelity",), "bad-value", hint, also=("topology",))]
    found = below(("topology",), limits.of_network(network, config.packet))
    return found or _of_policies(config, network)


def flow_problems(
    config: NetworkConfig, network: Network, flows: Flows, sizes: str
) -> list[Problem]:
    """Return which flows of a traffic block lack a path or a way back, and which are too large.

    The block's field `sizes` is blamed for the latter.
    """
    named = takes_named_paths(config)
    found = unreachable(flows, network)
    if named:
        found += without_path(flows, network)
    if implementation("transport", config.transport).acknowledged and not found:
        found = unanswered(flows, network, named=named)
    return found + below((sizes,), limits.of_flows(flows, network, config.packet))


def extent_problems(
    config: NetworkConfig, network: Network, extent: Extent, sizes: str
) -> list[Problem] | None:
    """Return what is wrong with flows of which only the extent is known; None: look at each.

    That is where some of them may lack a path or a way back.
    """
    answers = implementation("transport", config.transport).acknowledged
    if takes_named_paths(config) or not finds_ways(network, answers=answers):
        return None
    return below((sizes,), limits.of_extent(extent, network, config.packet))


def takes_named_paths(config: NetworkConfig) -> bool:
    """Return whether the policy takes the paths that the flows name, and plans none itself."""
    policy = implementation("routing", config.routing, key="policy")
    return getattr(policy, "paths", "") == "given" and not plans(policy)


def plans(policy: type) -> bool:
    """Return whether a routing policy gives paths to flows, or to their pieces."""
    return hasattr(policy, "plan") or hasattr(policy, "split")


def _of_policies(config: NetworkConfig, network: Network) -> list[Problem]:
    """Return what is wrong with routing, transport and queue on this network."""
    policy = implementation("routing", config.routing, key="policy")
    transport = implementation("transport", config.transport)
    found = below(("routing", "policy"), hook_problems("routing", "routing policy", policy))
    found += below(("transport", "kind"), hook_problems("transport", "transport", transport))
    if config.queue is not None:
        queue = implementation("queue", config.queue)
        found += below(("queue", "kind"), hook_problems("queue", "queue", queue))
    if plans(policy):
        nobody = np.zeros(0, np.int64)
        try:
            if hasattr(policy, "split"):
                policy.split(network, nobody, nobody, nobody)
            else:
                policy.plan(network, nobody, nobody)
        except ProblemsFound as wrong:
            found += wrong.problems
    return found + _of_queue(config, network)


def _of_queue(config: NetworkConfig, network: Network) -> list[Problem]:
    """Return the problem that queues are too short for a packet, or too long for timeouts."""
    full = config.packet.payload + config.packet.header
    capacity = getattr(config.queue, "capacity", None)
    at = ("topology",) if capacity is None else ("queue", "capacity")
    if capacity is not None and capacity < full:
        message = f"a queue of {capacity} B has no room for a full packet"
        hint = f"at least payload + header = {full} B"
        return [Problem(message, at, "out-of-range", hint)]
    transport = implementation("transport", config.transport)
    if not transport.acknowledged:
        return []
    rto = getattr(config.transport, "rto", None)
    trip = longest_trip(network, config.packet)
    drain = _longest_drain(network, transport, config.queue, trip, full)
    longest = default_timeout(PathScale(rtt=trip, bdp=0, wire=full, drain=drain))
    doublings = getattr(config.transport, "doublings", 0)
    found = limits.of_timeout(rto, longest, drain, doublings)
    return below(at if rto is None else ("transport", "rto"), found)


@once_per_network
def _longest_drain(
    network: Network, transport: Any, queue: QueueConfig | None, trip: int, wire: int
) -> int:
    """Return the longest time (ps) in which a port of the network sends a full queue."""
    return int(drain_times(network, port_limits(transport, queue, network, trip, wire)).max())
