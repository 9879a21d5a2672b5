"""Buffered asynchronous aggregation: the server waits for K answers, from whomever they come.

With y_i trained from the version x_i that a client had, x = x + lr_g (1/K) sum (1 + lag_i)^-a
(y_i - x_i). Clients whose answers are in the buffer get the model that comes of it (``after``), so
that with K the number of clients and equal times it is federated averaging of equal sizes; or they
get the one that there is and train again (``at_once``). If nobody is left who could fill the
buffer, what is in it is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from netsim.decentralized.clock.clients import Clients
from netsim.decentralized.clock.stage import Stage
from netsim.decentralized.clock.staleness import StalenessConfig
from netsim.decentralized.peers import Peers
from netsim.decentralized.server import SERVER, star_problems, uncompressed
from netsim.fields import field
from netsim.graphs import kind as graphs
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "fedbuff")
class FedBuff:
    """A server that averages as many answers as its buffer holds."""

    source: ClassVar[str] = "Nguyen et al., Federated Learning with Buffered Aggregation, 2022"
    weights: ClassVar[str] = "decavg"
    passing: ClassVar[int] = 4
    server: ClassVar[bool] = True

    class Config(StalenessConfig):
        """How many answers, and what becomes of who gave them."""

        k: int = field(10, description="answers that the server waits for (K)", ge=1)
        lr: float = field(1.0, description="rate of the server's step", gt=0)
        next_model: Literal["after", "at_once"] = field(
            "after",
            description="when a client gets its next model: after the server's step, or now",
        )

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._config = config

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield what keeps node 0 from being a server, or its buffer from being filled."""
        yield from star_problems(scenario, graph)
        yield from uncompressed(scenario)
        clients = graphs.node_count(scenario.topology, scenario.nodes) - 1
        if scenario.algorithm.next_model == "after" and scenario.algorithm.k > clients:
            message = f"{clients:,} clients never fill a buffer of {scenario.algorithm.k:,}"
            yield Problem(message, ("algorithm", "k"), "out-of-range", f"at most {clients:,}")

    def begin(self, stage: Stage) -> None:
        """Send the first model to all clients."""
        self._stage = stage
        self._buffer: list[tuple[int, int, int, int]] = []
        self._clients = Clients(stage, self._take, self._step)
        self._clients.publish()
        for client in stage.neighbours(SERVER):
            self._clients.give(client)

    def joined(self, node: int) -> None:
        """Give a client that is back a model; all of them if it is the server."""
        waiting = {client for client, *_ in self._buffer}
        back = self._stage.neighbours(SERVER) if node == SERVER else [node]
        for client in back:
            if client not in self._clients.active and client not in waiting:
                self._clients.give(client)

    def left(self, node: int) -> None:
        """Let a client be about nothing; what the server has of it stays."""
        if node != SERVER:
            self._clients.drop(node)

    def _take(self, client: int, trained: int, version: int, lag: int) -> None:
        if self._config.weight(lag) > 0:
            self._buffer.append((client, trained, version, lag))
        else:
            self._stage.operations.release(trained)
            self._stage.operations.release(version)
            self._clients.give(client)
        if len(self._buffer) >= self._config.k:
            self._step()
        elif self._config.next_model == "at_once":
            self._clients.give(client)

    def _step(self) -> None:
        """Average what is in the buffer."""
        if not self._buffer:
            return
        buffer, self._buffer = self._buffer, []
        operations, config = self._stage.operations, self._config
        # In the order of clients: who comes first at one instant must not show in the last bit.
        for _, trained, version, lag in sorted(buffer):
            share = config.lr * config.weight(lag) / len(buffer)
            operations.add(SERVER, trained, version, share)
            operations.release(trained)
            operations.release(version)
        self._clients.publish()
        last = buffer[-1:] if config.next_model == "at_once" else buffer
        for client, *_ in sorted(last):
            self._clients.give(client)
