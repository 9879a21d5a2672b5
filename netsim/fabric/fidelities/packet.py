"""Packet by packet: every packet waits in queues, is routed, acknowledged, lost and sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netsim.effective import Effective
    from netsim.fabric.door import Fabric
    from netsim.fabric.extent import Extent
    from netsim.fabric.flows import Flows
    from netsim.fabric.schema import NetworkConfig
    from netsim.family import RunContext
    from netsim.problems import Problem
    from netsim.topology.network import Network
    from netsim.warnings import Caution


@register("fidelity", "packet")
class Packet:
    """Simulate every packet: queues, routing, transports, losses."""

    source: ClassVar[str] = "store and forward, output-queued switches: docs/engine.md"
    tables: ClassVar[tuple[str, ...]] = ("flows", "link_totals", "hosts", "links", "packets")
    ignores: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def problems(config: NetworkConfig, network: Network) -> list[Problem]:
        """Return what packets cannot do on this network, or policies and queues cannot do at all.

        Judged are size, rates and delays, the functions of plug-ins, queues and timeouts.
        """
        from netsim.fabric import packet_level

        return packet_level.problems(config, network)

    @staticmethod
    def flow_problems(
        config: NetworkConfig, network: Network, flows: Flows, sizes: str
    ) -> list[Problem]:
        """Return which flows lack a path or a way back, and which are too large.

        The block's field `sizes` is blamed for the latter.
        """
        from netsim.fabric import packet_level

        return packet_level.flow_problems(config, network, flows, sizes)

    @staticmethod
    def extent_problems(
        config: NetworkConfig, network: Network, extent: Extent, sizes: str
    ) -> list[Problem] | None:
        """Return what is wrong with flows of which only the extent is known; None: look at each."""
        from netsim.fabric import packet_level

        return packet_level.extent_problems(config, network, extent, sizes)

    @staticmethod
    def largest_transfer(config: NetworkConfig, network: Network) -> int:
        """Return the most bytes that one transfer may have: its packets are numbered."""
        from netsim.fabric.limits import MOST_PACKETS

        return MOST_PACKETS * config.packet.payload

    @staticmethod
    def describe(config: NetworkConfig) -> str:
        """Return policy and transport in a few words."""
        return f"{config.routing.policy} / {config.transport.kind}"  # type: ignore[attr-defined]

    @staticmethod
    def warnings(config: NetworkConfig, network: Network, seed: int, below: str) -> list[Caution]:
        """Return what would mislead in a run of packets."""
        from netsim.fabric.warned import packet_warnings

        return packet_warnings(config, network, seed, below)

    @staticmethod
    def effective(config: NetworkConfig, network: Network, seed: int) -> Mapping[str, Effective]:
        """Return what the defaults of queues, windows and timeouts come to."""
        from netsim.fabric.effective import of_packets

        return of_packets(config, network, seed)

    @staticmethod
    def connect(
        config: NetworkConfig,
        network: Network,
        context: RunContext,
        flows: Flows,
        hosts: Sequence[int] = (),
    ) -> Fabric:
        """Return the packet fabric, joined to the environment, with `flows` submitted."""
        import numpy as np

        from netsim.engine.clock import NEVER
        from netsim.fabric.batch import FlowBatch
        from netsim.fabric.packet_level import takes_named_paths
        from netsim.fabric.service import Fabric

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
            hosts=np.unique(np.concatenate([flows.src, flows.dst, np.array(hosts, np.int64)])),
            sample_every=context.sample_every,
            keep_flows=context.keep_flows,
            expected_flows=max(64, len(flows)),
        )
        fabric.submit(FlowBatch.of(flows, network if takes_named_paths(config) else None))
        fabric.traffic_flows = len(flows)
        return fabric
