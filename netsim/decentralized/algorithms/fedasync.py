"""Asynchronous federated averaging: the server mixes in every model at once, late ones less.

x = (1 - alpha_lag) x + alpha_lag y with alpha_lag = alpha (1 + lag)^-a, where the lag of a client's
model y counts what the server has mixed in since it sent the one that y was trained from. The
client gets the new x at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netsim.decentralized.clock.clients import Clients
from netsim.decentralized.clock.stage import Stage
from netsim.decentralized.clock.staleness import StalenessConfig
from netsim.decentralized.peers import Peers
from netsim.decentralized.server import SERVER, star_problems, uncompressed
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "fedasync")
class FedAsync:
    """A server that mixes in whatever comes, whenever it comes."""

    source: ClassVar[str] = "Xie, Koyejo, Gupta, Asynchronous Federated Optimization, 2019"
    weights: ClassVar[str] = "decavg"
    passing: ClassVar[int] = 6
    server: ClassVar[bool] = True

    class Config(StalenessConfig):
        """How much a model weighs."""

        alpha: float = field(0.6, description="weight of a model without lag", gt=0, le=1)

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._config = config

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield what keeps node 0 from being a server."""
        yield from star_problems(scenario, graph)
        yield from uncompressed(scenario)

    def begin(self, stage: Stage) -> None:
        """Send the first model to all clients."""
        self._stage = stage
        self._clients = Clients(stage, self._take, lambda: None)
        self._clients.publish()
        for client in stage.neighbours(SERVER):
            self._clients.give(client)

    def joined(self, node: int) -> None:
        """Give a client that is back a model; all of them if it is the server."""
        back = self._stage.neighbours(SERVER) if node == SERVER else [node]
        for client in back:
            if client not in self._clients.active:
                self._clients.give(client)

    def left(self, node: int) -> None:
        """Let a client be about nothing."""
        if node != SERVER:
            self._clients.drop(node)

    def _take(self, client: int, trained: int, version: int, lag: int) -> None:
        operations = self._stage.operations
        weight = self._config.weight(lag) * self._config.alpha
        if weight > 0:
            operations.merge(SERVER, trained, weight)
            self._clients.publish()
        operations.release(trained)
        operations.release(version)
        self._clients.give(client)
