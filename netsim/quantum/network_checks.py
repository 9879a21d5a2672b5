"""What keeps messages of routers from travelling through a network."""

from __future__ import annotations

from dataclasses import replace

from netsim.fabric.schema import NETWORK_TABLES, NetworkConfig
from netsim.problems import Problem
from netsim.quantum.schema import QuantumScenario
from netsim.quantum.wiring import Routers


def of_network(scenario: QuantumScenario, routers: Routers) -> list[Problem]:
    """Return what is wrong with a network, or asks for one that is not there."""
    network = scenario.network
    if network is None:
        return [
            Problem(
                f"table '{name}' is of a network, and there is none",
                ("record", "tables", index),
                hint="add 'network', or leave the table out",
            )
            for index, name in enumerate(scenario.record.tables)
            if name in NETWORK_TABLES
        ]
    return _itself(scenario, network, routers) or _company(scenario)


def _itself(scenario: QuantumScenario, network: NetworkConfig, routers: Routers) -> list[Problem]:
    from netsim.fabric.connect import build_network, largest_transfer
    from netsim.fabric.connect import problems as network_problems

    if found := network_problems(network, scenario.seed):
        return [_below(one) for one in found]
    most, size = largest_transfer(network), scenario.message.size
    if size > most:
        hint = f"at most {most:,} B with this network.packet.payload"
        message = f"{size:,} B are too large for one transfer"
        return [Problem(message, ("message", "size"), hint=hint)]
    hosts, count = build_network(network).host_count, len(routers.names)
    if hosts < count:
        message = f"{count} routers need {count} hosts, and the topology has {hosts}"
        hint = "add hosts, or take fewer routers"
        return [Problem(message, ("network", "topology"), hint=hint)]
    return []


def _company(scenario: QuantumScenario) -> list[Problem]:
    """Return what cannot be had beside a network."""
    at = ("network",)
    if not scenario.swap.handshake:
        message = "with a network routers ask before they swap"
        hint = "leave 'handshake' or 'network' out"
        return [Problem(message, at, hint=hint, also=("swap", "handshake"))]
    if any(request.mode == "one_shot" for request in scenario.requests):
        message = "trials of first pairs know constant delays only"
        return [Problem(message, at, hint="leave 'mode: one_shot' or 'network' out")]
    if any(getattr(one.application, "kind", "") == "ghz" for one in scenario.requests):
        message = "GHZ states know constant delays only"
        return [Problem(message, at, hint="leave 'application: ghz' or 'network' out")]
    return []


def _below(problem: Problem) -> Problem:
    """Return `problem` with its places below `network`."""
    also = ("network", *problem.also) if problem.also else ()
    return replace(problem, at=("network", *problem.at), also=also)
