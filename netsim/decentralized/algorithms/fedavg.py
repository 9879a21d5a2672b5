"""Federated averaging: clients train from the server's model, which becomes their mean by data.

x = sum n_i y_i / sum n_i over the round's clients. With E steps on quadratics of curvature h_i and
minimum c_i, P_i = (1 - lr h_i)^E, the fixed point is sum n_i (1 - P_i) c_i / sum n_i (1 - P_i): not
the optimum, unless the P_i are equal. That is client drift.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Turn
from netsim.decentralized.server import SERVER, Server, ServerConfig, star_problems, uncompressed
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "fedavg")
class FedAvg:
    """A server averages models that clients trained from its own."""

    source: ClassVar[str] = "McMahan et al., Communication-Efficient Learning, AISTATS 2017"
    weights: ClassVar[str] = "decavg"
    passing: ClassVar[int] = 2
    mixes: ClassVar[bool] = False

    class Config(ServerConfig):
        """Clients of a round."""

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers, self._server = peers, Server(config, peers, streams)

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield what keeps node 0 from being a server."""
        yield from star_problems(scenario, graph)
        yield from uncompressed(scenario)

    def turn(self, turn: Turn) -> None:
        """Train the clients and average."""
        peers = self._peers
        reached, heard = self._server.clients(turn)
        length = peers.theta[SERVER].nbytes
        self._server.count(reached, heard, length, np.full(len(reached), length))
        peers.theta[reached] = peers.theta[SERVER]
        peers.objective.local(peers.theta, reached, turn.round)
        if len(heard):
            share = peers.objective.sizes[heard]
            share = (share / share.sum()).astype(peers.theta.dtype)
            peers.theta[SERVER] = (share[:, None] * peers.theta[heard]).sum(axis=0)
