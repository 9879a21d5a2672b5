"""From the blocks of a scenario to a working fabric: topology, flows, and what is wrong with them.

`connect` is how any family gets a network: one fabric per environment, shared by its own transfers
and by the background `traffic` of the scenario.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from netsim import units
from netsim.engine.clock import NEVER
from netsim.fabric import limits
from netsim.fabric.flows import (
    MOST_FLOWS,
    Flows,
    concatenate,
    too_many,
    unanswered,
    unreachable,
    without_path,
)
from netsim.fabric.hooks import hook_problems
from netsim.fabric.kernel.assemble import drain_times, port_limits
from netsim.fabric.limits import below
from netsim.fabric.scale import longest_trip
from netsim.fabric.transports.selective_repeat import default_timeout
from netsim.fabric.transports.transport import PathScale
from netsim.fields import Config, implementation
from netsim.problems import Problem, ProblemsFound
from netsim.rng import Streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsim.fabric.schema import NetworkConfig
    from netsim.fabric.service import Fabric
    from netsim.family import RunContext
    from netsim.topology.network import Network


def connect(config: NetworkConfig, context: RunContext, hosts: Sequence[int] = ()) -> Fabric:
    """Return the fabric that `config` describes, joined to the environment of `context`.

    The scenario's `traffic` is submitted at once; each flow starts at its own time. Whoever will
    transfer between `hosts` names them: defaults of queues are measured by hosts that have traffic.
    """
    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.service import Fabric

    network = build_network(config)
    flows = generate_flows(config, network, context.streams)
    fabric = Fabric(
        context.env,
        network,
        packet=config.packet,
        routing=config.routing,
        transport=config.transport,
        queue=config.queue,
        streams=context.streams,
        recorder=context.recorder,
        until=NEVER if context.until is None else context.until,
        expected_flows=max(64, len(flows)),
        hosts=np.unique(np.concatenate([flows.src, flows.dst, np.array(hosts, np.int64)])),
    )
    fabric.submit(FlowBatch.of(flows, network if _takes_named_paths(config) else None))
    return fabric


def _takes_named_paths(config: NetworkConfig) -> bool:
    """Return whether the policy takes the paths that the flows name, and plans none itself."""
    policy = implementation("routing", config.routing, key="policy")
    return getattr(policy, "paths", "") == "given" and not hasattr(policy, "plan")


def notes(config: NetworkConfig) -> list[str]:
    """Return what the user should know of the topology though nothing is wrong with it."""
    say = getattr(implementation("topology", config.topology), "notes", None)
    return [] if say is None else list(say(config.topology))


def build_network(config: NetworkConfig) -> Network:
    """Return the network of the block `topology`.

    Raises
    ------
    ProblemsFound
        If a topology file is wrong, located in the file.
    """
    return implementation("topology", config.topology).build(config.topology)  # type: ignore[no-any-return]


def generate_flows(config: NetworkConfig, network: Network, streams: Streams) -> Flows:
    """Return the flows of all traffic blocks, in their order; each block has its own stream."""
    return concatenate(
        [_generated(block, network, streams, index) for index, block in enumerate(config.traffic)]
    )


def _generated(block: Config, network: Network, streams: Streams, index: int) -> Flows:
    """Return the flows of the traffic block with that index."""
    pattern = implementation("traffic", block, key="pattern")
    flows: Flows = pattern.generate(block, network, streams.generator("traffic", index))
    return flows


def largest_transfer(config: NetworkConfig) -> int:
    """Return the most bytes that one transfer may have."""
    return limits.MOST_PACKETS * config.packet.payload


def problems(config: NetworkConfig, seed: int = 0) -> list[Problem]:
    """Return what is wrong with topology, traffic and paths, each with its place.

    Flows that are drawn are judged as the first replication under `seed` draws them.
    """
    try:
        network = build_network(config)
    except ProblemsFound as found:
        return below(("topology",), list(found.problems))
    wrong = below(("topology",), limits.of_network(network, config.packet))
    wrong += _of_policies(config, network) if not wrong else []
    for index, block in enumerate(config.traffic):
        pattern = implementation("traffic", block, key="pattern")
        wrong += below(("traffic", index), pattern.check(block, network))
    return wrong or _of_flows(config, network, Streams(seed))


def _of_policies(config: NetworkConfig, network: Network) -> list[Problem]:
    """Return what is wrong with routing, transport and queue on this network."""
    policy = implementation("routing", config.routing, key="policy")
    transport = implementation("transport", config.transport)
    found = below(("routing", "policy"), hook_problems("routing policy", policy))
    found += below(("transport", "kind"), hook_problems("transport", transport))
    if hasattr(policy, "plan"):
        nobody = np.zeros(0, np.int64)
        try:
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
    drain = int(
        drain_times(network, port_limits(transport, config.queue, network, trip, full)).max()
    )
    longest = default_timeout(PathScale(rtt=trip, bdp=0, wire=full, drain=drain))
    doublings = getattr(config.transport, "doublings", 0)
    found = limits.of_timeout(rto, longest, drain, doublings)
    return below(at if rto is None else ("transport", "rto"), found)


def _of_flows(config: NetworkConfig, network: Network, streams: Streams) -> list[Problem]:
    """Return what is wrong with the flows themselves, once their blocks are right."""
    wrong, named, count = [], _takes_named_paths(config), 0
    acknowledged = implementation("transport", config.transport).acknowledged
    for index, block in enumerate(config.traffic):
        flows = _generated(block, network, streams, index)
        count += len(flows)
        found = unreachable(flows, network)
        if named:
            found += without_path(flows, network)
        if acknowledged and not found:
            found = unanswered(flows, network, named=named)
        wrong += below(("traffic", index), found)
        sizes = "size" if hasattr(block, "size") else "file"
        wrong += below(("traffic", index, sizes), limits.of_flows(flows, network, config.packet))
    return [too_many(count, ("traffic",))] if count > MOST_FLOWS else wrong


def headline(config: NetworkConfig) -> str:
    """Return topology, policies and traffic in one line."""
    network = build_network(config)
    shape = f"{network.leaves}x{network.spines}, " if network.kind == "leaf_spine" else ""
    rates = Counter(network.link_rate[network.host_uplink].tolist())
    rate = units.readable(rates.most_common(1)[0][0], "rate") if rates else ""
    traffic = ", ".join(_in_words(block) for block in config.traffic) or "no traffic"
    policy = f"{config.routing.policy} / {config.transport.kind}"  # type: ignore[attr-defined]
    return f"{network.kind} {shape}{network.host_count} hosts, {rate} | {policy} | {traffic}"


def _in_words(block: object) -> str:
    pattern = str(getattr(block, "pattern", ""))
    if pattern == "file":
        return str(getattr(getattr(block, "file", ""), "written", "file"))
    size = getattr(block, "size", None)
    return f"{pattern} {units.readable(size, 'data')}" if isinstance(size, int) else pattern
