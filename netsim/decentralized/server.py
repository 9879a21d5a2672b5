"""A server in the middle of a star: node 0 sends its model, clients send something back.

Clients of a round are those that are there, hold data and hear node 0, or a random number of them.
Whose answer is lost, or whom the model did not reach, is not counted in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Turn
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.rng import Streams

Array = NDArray[Any]
Integers = NDArray[np.int64]

SERVER = 0


class ServerConfig(AlgorithmConfig):
    """Which clients take part."""

    clients: int | None = field(
        None, description="clients of a round, chosen at random; default: all", ge=1
    )


class Server:
    """Chooses clients and counts what goes between them and the server.

    Parameters
    ----------
    config
        Which clients take part.
    peers
        All nodes; node 0 is the server.
    streams
        Where clients are drawn from.
    """

    def __init__(self, config: ServerConfig, peers: Peers, streams: Streams) -> None:
        self._most, self._peers, self._streams = config.clients, peers, streams

    def clients(self, turn: Turn) -> tuple[Integers, Integers]:
        """Return who gets the server's model, and whose answers come in; both ascending."""
        pattern = turn.pattern
        arrived = np.ones(len(pattern.arc), np.bool_) if turn.arrived is None else turn.arrived
        between = ~pattern.own
        down = pattern.row[between & (pattern.node == SERVER)]
        holds = self._peers.objective.sizes > 0
        chosen = down[holds[down]]
        if self._most is not None and self._most < len(chosen):
            generator = self._streams.generator("decentralized.clients", turn.round)
            chosen = np.sort(generator.permutation(chosen)[: self._most])
        got = pattern.row[between & arrived & (pattern.node == SERVER)]
        sent = pattern.node[between & arrived & (pattern.row == SERVER)]
        self._chosen = chosen
        reached = chosen[np.isin(chosen, got)]
        return reached, reached[np.isin(reached, sent)]

    def count(self, reached: Integers, heard: Integers, down: int, up: Integers) -> None:
        """Count the model that goes to all chosen, and answers of `up` bytes of those `reached`."""
        peers, chosen = self._peers, self._chosen
        peers.sent[SERVER] += len(chosen)
        peers.bytes_sent[SERVER] += len(chosen) * down
        peers.lost[SERVER] += len(chosen) - len(reached)
        peers.received[reached] += 1
        peers.bytes_received[reached] += down
        peers.sent[reached] += 1
        peers.bytes_sent[reached] += up
        came = np.isin(reached, heard)
        peers.lost[reached[~came]] += 1
        peers.received[SERVER] += len(heard)
        peers.bytes_received[SERVER] += int(up[came].sum())


def star_problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
    """Yield what keeps node 0 from being a server."""
    name = scenario.algorithm.kind
    if scenario.topology.kind != "star" and not (graph is not None and _is_star(graph)):
        message = f"'{name}' has a server, node 0, in the middle of a star"
        hint = "take topology: {kind: star}, with one node more than clients"
        yield Problem(message, ("topology",), "unsatisfiable", hint, also=("algorithm",))


def uncompressed(scenario: Any) -> Iterator[Problem]:
    """Yield that the algorithm sends models as they are, where a compressor is given."""
    if scenario.compressor.kind != "none":
        message = f"'{scenario.algorithm.kind}' sends models as they are"
        hint = "take ef21 or econtrol, or no compressor"
        yield Problem(message, ("compressor",), "unsatisfiable", hint)


def _is_star(graph: Graph) -> bool:
    return graph.edge_count == graph.node_count - 1 and bool((graph.edges[:, 0] == SERVER).all())
