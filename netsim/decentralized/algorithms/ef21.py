"""Error feedback of 2021: clients send compressed changes of their gradients.

x -= lr mean(s_i h_i); h_i += C(g_i(x) / s_i - h_i), with h_i = C(g_i(x_0) / s_i) at the start. All
s_i are 1, as in the first paper; or s_i = L_i / mean(L) (``clients_by: smoothness``), the weights
of "Error Feedback Reloaded", with which the rate follows the arithmetic and no longer the quadratic
mean of the smoothness constants L_i. L_i is the largest curvature of a quadratic, or given. The
weights are read from the paper's abstract and recalled from its algorithm (w_i = L_i / sum L, and
clients compress g_i / (n w_i) - h_i), which is the same with s_i = n w_i.

No message may be lost, since the server's copies of h_i would go astray.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np

from netsim.decentralized.peers import Array, Integers, Peers
from netsim.decentralized.schedule import Turn
from netsim.decentralized.server import SERVER, Server, ServerConfig, star_problems
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.learning.models.quadratic import QuadraticModel
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register
from netsim.rng import Streams


@register("algorithm", "ef21")
class Ef21:
    """A server descends along estimates of gradients that compressed changes keep up to date."""

    source: ClassVar[str] = (
        "Richtarik, Sokolov, Fatkhullin, EF21, NeurIPS 2021; weights: Richtarik, Gasanov, "
        "Burlachenko, Error Feedback Reloaded, ICLR 2024"
    )
    weights: ClassVar[str] = "decavg"
    mixes: ClassVar[bool] = False
    reliable: ClassVar[bool] = True
    vectors: ClassVar[int] = 2
    passing: ClassVar[int] = 4

    class Config(ServerConfig):
        """Clients of a round, and how much each counts."""

        clients_by: Literal["equal", "smoothness"] = field(
            "equal", description="whether all clients' estimates count alike, or by their L_i"
        )
        smoothness: tuple[float, ...] | None = field(
            None,
            description="L_i of each node, the server's is not read; default: the largest "
            "curvature of its quadratic",
            max_length=5000,
        )

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._peers, self._server = peers, Server(config, peers, streams)
        self._scale = _scales(config, peers)
        self._estimate = np.zeros_like(peers.theta)
        self._begun = np.zeros(len(peers.theta), np.bool_)

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield what keeps node 0 from being a server, or clients from being weighed."""
        yield from star_problems(scenario, graph)
        config = scenario.algorithm
        if not isinstance(config, Ef21.Config) or config.clients_by == "equal":
            return
        given, at = config.smoothness, ("algorithm", "smoothness")
        if given is None and not isinstance(scenario.model, QuadraticModel.Config):
            message = "L_i of these losses is not known"
            yield Problem(message, ("algorithm",), "missing-field", "give smoothness: [L_0, ...]")
        if given is not None and graph is not None and len(given) != graph.node_count:
            message = f"{len(given):,} values for {graph.node_count:,} nodes"
            yield Problem(message, at, "bad-value", "one per node, the server's too")
        for index, value in enumerate(given or ()):
            if value <= 0:
                message = f"L_i of {value:g} is impossible"
                yield Problem(message, (*at, index), "out-of-range", "above 0")

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
        scaled = self._scale[clients] * estimate[clients]
        peers.theta[SERVER] -= peers.lr * scaled.mean(axis=0)
        peers.theta[clients] = peers.theta[SERVER]
        self._update(turn, clients, self._gradient(clients, turn.round + 1), 0)

    def _gradient(self, clients: Integers, step: int) -> Array:
        at = np.repeat(self._peers.theta[SERVER][None], len(clients), axis=0)
        return self._peers.objective.gradient(at, clients, step)

    def _update(self, turn: Turn, clients: Integers, gradient: Array, channel: int) -> None:
        """Send the compressed changes of the clients' estimates."""
        change = gradient / self._scale[clients] - self._estimate[clients]
        sent, length = self._peers.compressed(turn, clients, change, channel)
        self._estimate[clients] += sent
        model = self._peers.theta[SERVER].nbytes
        self._server.count(clients, clients, model, length)


def _scales(config: Any, peers: Peers) -> Array:
    """Return s_i of each node, (nodes, 1)."""
    sizes = peers.objective.sizes
    scale = np.ones((len(sizes), 1), peers.theta.dtype)
    if getattr(config, "clients_by", "equal") == "equal":
        return scale
    given = config.smoothness
    smooth = np.array(given) if given is not None else peers.objective.smoothness()
    clients = sizes > 0
    clients[SERVER] = False
    if not (smooth[clients] > 0).all():
        message = "a client's loss has no curvature: L_i would be 0"
        hint = "raise h, or give smoothness: [L_0, ...]"
        raise ProblemsFound(Problem(message, ("algorithm",), "out-of-range", hint))
    scale[clients, 0] = smooth[clients] / smooth[clients].mean()
    return scale
