"""Ports alone: one port each way per host, between them a core that never blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.registry import register

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsim.fabric.door import Fabric
    from netsim.fabric.flows import Flows
    from netsim.fabric.schema import NetworkConfig
    from netsim.family import RunContext
    from netsim.problems import Problem
    from netsim.topology.network import Network


@register("fidelity", "ideal")
class Ideal:
    """Simulate messages that wait for the ports of their hosts, and nothing else."""

    source: ClassVar[str] = (
        "R. W. Hockney, The communication challenge for MPP, Parallel Computing 20, 1994; "
        "J. Bruck et al., Efficient algorithms for all-to-all communications in multiport "
        "message-passing systems, IEEE TPDS 8, 1997"
    )
    tables: ClassVar[tuple[str, ...]] = ("flows", "link_totals", "hosts")
    ignores: ClassVar[tuple[str, ...]] = ("routing", "transport", "queue")

    @staticmethod
    def problems(config: NetworkConfig, network: Network) -> list[Problem]:
        """Return what is too fast or too far for times in ps."""
        from netsim.fabric import limits
        from netsim.fabric.limits import below

        found = limits.of_rates(network) or limits.of_distance(network, config.packet)
        return below(("topology",), found)

    @staticmethod
    def flow_problems(
        config: NetworkConfig, network: Network, flows: Flows, sizes: str
    ) -> list[Problem]:
        """Return which flows no path joins, and which ports would be busy for too long.

        The block's field `sizes` is blamed for the latter.
        """
        from netsim.fabric import limits
        from netsim.fabric.flows import unreachable
        from netsim.fabric.limits import below

        found = limits.of_ports(flows, network, config.packet)
        return unreachable(flows, network) + below((sizes,), found)

    @staticmethod
    def largest_transfer(config: NetworkConfig, network: Network) -> int:
        """Return the most bytes that one transfer may have: what the slowest host link can send."""
        from netsim.fabric.fastest import service_time
        from netsim.fabric.flows import LATEST

        slowest = int(network.link_rate[network.host_uplink].min())
        slowest = min(slowest, int(network.link_rate[network.host_downlink].min()))
        full = config.packet.payload + config.packet.header
        return int(LATEST // service_time(full, slowest)) * config.packet.payload

    @staticmethod
    def describe(config: NetworkConfig) -> str:
        """Return the model in a few words."""
        return "ideal: ports alone"

    @staticmethod
    def connect(
        config: NetworkConfig,
        network: Network,
        context: RunContext,
        flows: Flows,
        hosts: Sequence[int] = (),
    ) -> Fabric:
        """Return the fabric of ports, joined to the environment, with `flows` submitted."""
        from netsim.fabric.batch import FlowBatch
        from netsim.fabric.nics import Spread
        from netsim.fabric.port_level.fabric import PortFabric

        spread = Spread(network, "hash", context.streams)
        fabric = PortFabric(context.env, network, config.packet, spread=spread)
        fabric.traffic_flows = len(flows)
        fabric.submit(FlowBatch.of(flows))
        return fabric
