"""BCube: servers with several ports, joined by switches of several levels."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.registry import register


@register("graph", "bcube")
class BCube:
    """n^(k+1) servers of k + 1 ports, joined by k + 1 levels of n^k switches of n ports."""

    source: ClassVar[str] = (
        "C. Guo et al., BCube: A High Performance, Server-centric Network Architecture for "
        "Modular Data Centers, SIGCOMM 2009"
    )

    class Config(GraphConfig):
        """Ports, levels, and length of edges."""

        n: int = field(description="ports of a switch", ge=2, le=1000)
        k: int = field(1, description="highest level; servers have k + 1 ports", ge=0, le=18)
        length: MaybeLength = length_field()

    @staticmethod
    def size(config: Config) -> int | None:
        """Return servers and switches."""
        servers: int = config.n ** (config.k + 1)
        return servers + (config.k + 1) * servers // config.n

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the ports of all servers."""
        return float((config.k + 1) * config.n ** (config.k + 1))

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the BCube, servers first, with the column `tier` of its nodes; draws nothing.

        A server's number has k + 1 digits in base n. At level l it is joined to the switch whose
        number are its digits without digit l.
        """
        n, levels = config.n, config.k + 1
        servers, each = n**levels, n**config.k
        server = np.arange(servers)
        target = [
            servers + level * each + server // n ** (level + 1) * n**level + server % n**level
            for level in range(levels)
        ]
        names = [f"server{i}" for i in range(servers)]
        names += [f"switch{i}" for i in range(levels * each)]
        tier = np.repeat(("server", "switch"), (servers, levels * each))
        return graph_of(
            nodes,
            np.tile(server, levels),
            np.concatenate(target),
            names=tuple(names),
            node_columns={"tier": tier},
        )
