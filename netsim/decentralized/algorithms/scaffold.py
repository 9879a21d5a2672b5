"""Scaffold: control variates take the drift out of local steps.

Client: K steps y -= lr (g_i(y) - c_i + c) from y = x; c_i' = c_i - c + (x - y) / (K lr). Server:
x += eta_g mean(y - x); c += (|S| / N) mean(c_i' - c_i), N counting all clients with data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Turn
from netsim.decentralized.server import SERVER, Server, ServerConfig, star_problems, uncompressed
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "scaffold")
class Scaffold:
    """Federated averaging whose clients correct their steps by what others see."""

    source: ClassVar[str] = "Karimireddy et al., SCAFFOLD, ICML 2020"
    weights: ClassVar[str] = "decavg"
    mixes: ClassVar[bool] = False
    vectors: ClassVar[int] = 2
    passing: ClassVar[int] = 4

    class Config(ServerConfig):
        """Clients of a round, and the server's step."""

        global_lr: float = field(1.0, description="share of the mean change that is taken", gt=0)

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers, self._server = peers, Server(config, peers, streams)
        self._global = config.global_lr
        self._controls = np.zeros_like(peers.theta)

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield what keeps node 0 from being a server, or steps from being counted."""
        yield from star_problems(scenario, graph)
        yield from uncompressed(scenario)
        if not scenario.local.steps:
            message = "'scaffold' needs a number of local steps"
            yield Problem(message, ("local",), "missing-field", "add steps: 5")

    def turn(self, turn: Turn) -> None:
        """Train the clients with corrected steps and average both vectors."""
        peers, controls = self._peers, self._controls
        reached, heard = self._server.clients(turn)
        length = 2 * peers.theta[SERVER].nbytes
        self._server.count(reached, heard, length, np.full(len(reached), length))
        x, common = peers.theta[SERVER].copy(), controls[SERVER].copy()
        y = np.repeat(x[None], len(reached), axis=0)
        steps = peers.steps
        for step in range(steps):
            gradient = peers.objective.gradient(y, reached, turn.round * steps + step)
            y -= peers.lr * (gradient - controls[reached] + common)
        peers.theta[reached] = y
        came = np.isin(reached, heard)
        if not came.any():
            return
        fresh = controls[reached] - common + (x - y) / (steps * peers.lr)
        change = (fresh - controls[reached])[came]
        # What a client keeps must be what the server counted, so a lost answer changes neither.
        controls[heard] = fresh[came]
        peers.theta[SERVER] = x + self._global * (y[came] - x).mean(axis=0)
        clients = int((peers.objective.sizes > 0).sum() - (peers.objective.sizes[SERVER] > 0))
        controls[SERVER] = common + len(heard) / clients * change.mean(axis=0)
