"""Scallion: Scaffold with one vector up instead of two, and that one compressed.

Client: K steps y -= lr (g_i(y) - c_i + c) from y = x; d_i = C(alpha ((x - y) / (K lr) - c)), which
is alpha (mean g_i - c_i) before compression; c_i += d_i. Server: x -= eta_g lr K (c + mean d_i);
c += sum d_i / N, N counting all clients with data. With alpha = 1 and nothing compressed this is
Scaffold, round by round. Alpha damps what an unbiased compressor (randk, qsgd) adds in noise.

Of the paper only the abstract was read (it says that the formulation is equivalent to Scaffold's
with half of what goes up); the rule is worked out from Scaffold's: with mean g_i - c_i = (x - y) /
(K lr) - c both of its messages, y - x and c_i' - c_i, follow from that one vector. The paper's
second method, which adds momentum for biased compressors, is not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Turn
from netsim.decentralized.server import SERVER, Server, ServerConfig, star_problems
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "scallion")
class Scallion:
    """Federated averaging with control variates of which compressed changes are sent."""

    source: ClassVar[str] = "Huang, Li, Li, Stochastic Controlled Averaging, ICLR 2024 (2308.08165)"
    weights: ClassVar[str] = "decavg"
    mixes: ClassVar[bool] = False
    vectors: ClassVar[int] = 2
    passing: ClassVar[int] = 4

    class Config(ServerConfig):
        """Clients of a round, the server's step, and how much of a change is sent."""

        global_lr: float = field(1.0, description="share of the mean change that is taken", gt=0)
        alpha: float = field(
            1.0, description="share of a control variate's change that is sent", gt=0, le=1
        )

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers, self._server = peers, Server(config, peers, streams)
        self._global, self._alpha = config.global_lr, config.alpha
        self._controls = np.zeros_like(peers.theta)

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield what keeps node 0 from being a server, or steps from being counted."""
        yield from star_problems(scenario, graph)
        if not scenario.local.steps:
            message = "'scallion' needs a number of local steps"
            yield Problem(message, ("local",), "missing-field", "add steps: 5")

    def turn(self, turn: Turn) -> None:
        """Train the clients with corrected steps, and take their compressed changes in."""
        peers, controls = self._peers, self._controls
        reached, heard = self._server.clients(turn)
        x, common = peers.theta[SERVER].copy(), controls[SERVER].copy()
        y = np.repeat(x[None], len(reached), axis=0)
        steps = peers.steps
        for step in range(steps):
            gradient = peers.objective.gradient(y, reached, turn.round * steps + step)
            y -= peers.lr * (gradient - controls[reached] + common)
        peers.theta[reached] = y
        change = self._alpha * ((x - y) / (steps * peers.lr) - common)
        sent, length = peers.compressed(turn, reached, change.astype(x.dtype))
        self._server.count(reached, heard, 2 * x.nbytes, length)
        came = np.isin(reached, heard)
        if not came.any():
            return
        # What a client keeps must be what the server counted, so a lost answer changes neither.
        controls[heard] += sent[came]
        down = self._global * peers.lr * steps
        peers.theta[SERVER] = x - down * (common + sent[came].mean(axis=0))
        clients = int((peers.objective.sizes > 0).sum() - (peers.objective.sizes[SERVER] > 0))
        controls[SERVER] = common + sent[came].sum(axis=0) / clients
