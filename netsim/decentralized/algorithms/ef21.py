"""Error feedback of 2021: clients send compressed changes of their gradients.

x -= lr mean(h_i); h_i += C(g_i(x) - h_i), with h_i = C(g_i(x_0)) at the start. No message may be
lost, since the server's copies of h_i would go astray.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.peers import Array, Integers, Peers
from netsim.decentralized.schedule import Turn
from netsim.decentralized.server import SERVER, Server, ServerConfig, star_problems
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "ef21")
class Ef21:
    """A server descends along estimates of gradients that compressed changes keep up to date."""

    source: ClassVar[str] = "Richtarik, Sokolov, Fatkhullin, EF21, NeurIPS 2021"
    weights: ClassVar[str] = "decavg"
    reliable: ClassVar[bool] = True
    vectors: ClassVar[int] = 2

    class Config(ServerConfig):
        """Clients of a round."""

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers, self._server = peers, Server(config, peers, streams)
        self._estimate = np.zeros_like(peers.theta)
        self._begun = np.zeros(len(peers.theta), np.bool_)

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield what keeps node 0 from being a server."""
        yield from star_problems(scenario, graph)

    def turn(self, turn: Turn) -> None:
        """Descend, then bring the estimates up to date at the new model."""
        peers, estimate = self._peers, self._estimate
        clients, _ = self._server.clients(turn)
        if not len(clients):
            return
        first = clients[~self._begun[clients]]
        if len(first):
            self._update(turn, first, self._gradient(first, turn.round), 1)
            self._begun[first] = True
        peers.theta[SERVER] -= peers.lr * estimate[clients].mean(axis=0)
        peers.theta[clients] = peers.theta[SERVER]
        self._update(turn, clients, self._gradient(clients, turn.round + 1), 0)

    def _gradient(self, clients: Integers, step: int) -> Array:
        at = np.repeat(self._peers.theta[SERVER][None], len(clients), axis=0)
        return self._peers.objective.gradient(at, clients, step)

    def _update(self, turn: Turn, clients: Integers, gradient: Array, channel: int) -> None:
        """Send the compressed changes of the clients' estimates."""
        change = gradient - self._estimate[clients]
        sent, length = self._peers.compressed(turn, clients, change, channel)
        self._estimate[clients] += sent
        model = self._peers.theta[SERVER].nbytes
        self._server.count(clients, clients, model, length)
