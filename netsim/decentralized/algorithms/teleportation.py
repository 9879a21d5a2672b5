"""Teleportation: few nodes learn at a time, and models move to whoever does next.

Each round k of the live nodes, drawn at random, are active. The j-th of them fetches the model of
the j-th active one of the round before, takes a gradient step, and averages over a graph of the k
active nodes alone, on which k is small whatever the number of nodes: where the others' models would
have to travel over the whole network, these mix in the time of a network of k.

Over `one_peer_exponential` the j-th hears the one 2^(t mod log2 k) further on: with k a power of 2
all are equal after log2 k rounds without steps. All other nodes keep the model that they had when
they were last active: accuracies of live nodes count these old models in. A model whose holder is
gone by the next round is lost, and its successor fetches another of those that are left.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.pattern import Flags, Pattern, arcs_between, entries
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Regroup, Turn
from netsim.fields import field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams

Integers = NDArray[np.int64]


@register("algorithm", "teleportation")
class Teleportation:
    """A few random nodes take the models of those before them, step, and average."""

    source: ClassVar[str] = "Takezawa, Stich, Scalable Decentralized Learning with Teleportation"
    weights: ClassVar[str] = "uniform"
    mixes: ClassVar[bool] = False
    averages: ClassVar[bool] = True
    reliable: ClassVar[bool] = True

    class Config(AlgorithmConfig):
        """How many, and how they average."""

        k: int = field(8, description="active nodes of a round", ge=1)
        graph: Literal["one_peer_exponential", "ring", "complete"] = field(
            "one_peer_exponential", description="over what the active nodes average"
        )

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._config, self._peers, self._streams = config, peers, streams
        self._before: Integers = np.zeros(0, np.int64)

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield that not all can hear each other, or that too many are active."""
        if scenario.topology.kind != "complete":
            message = "'teleportation' moves models between any two nodes"
            hint = "take topology: {kind: complete}"
            yield Problem(message, ("topology",), "unsatisfiable", hint, also=("algorithm",))
        elif graph is not None and scenario.algorithm.k > graph.node_count:
            message = f"{scenario.algorithm.k:,} active nodes are more than {graph.node_count:,}"
            yield Problem(message, ("algorithm", "k"), "out-of-range", "lower k")

    @staticmethod
    def heard(config: Config, nodes: int) -> int:
        """Return how many models an active node averages."""
        most = {"one_peer_exponential": 2, "ring": 3}.get(config.graph, config.k)
        return min(most, config.k, nodes)

    @staticmethod
    def regroup(config: Config, streams: Streams) -> Regroup:
        """Return over what the active nodes of a round average."""

        def active_graph(pattern: Pattern, turn: int) -> Pattern:
            active = _active(config, streams, pattern.alive, turn)
            rows, nodes = _heard(config, active, turn)
            arcs = arcs_between(len(pattern.alive), nodes, rows)
            kept = np.isin(arcs, pattern.arc)
            return entries(pattern.alive, rows[kept], nodes[kept], arcs[kept])

        return active_graph

    def turn(self, turn: Turn) -> None:
        """Fetch, step, and average."""
        peers, alive = self._peers, turn.pattern.alive
        active = _active(self._config, self._streams, alive, turn.round)
        left = self._before[alive[self._before]]
        if len(left) and len(active):
            self._fetch(turn, left[np.arange(len(active)) % len(left)], active)
        rows = active[peers.objective.sizes[active] > 0]
        if len(rows):
            step = peers.objective.gradient(peers.theta[rows], rows, turn.round)
            peers.theta[rows] -= peers.lr * step
        peers.average(turn)
        self._before = active

    def _fetch(self, turn: Turn, sources: Integers, targets: Integers) -> None:
        """Copy models; one that stays with its node is not sent."""
        peers = self._peers
        models, length = peers.compressed(turn, sources, peers.theta[sources], 1)
        moved = sources != targets
        peers.theta[targets[moved]] = models[moved]
        for ends, messages, size in (
            (sources, peers.sent, peers.bytes_sent),
            (targets, peers.received, peers.bytes_received),
        ):
            np.add.at(messages, ends[moved], 1)
            np.add.at(size, ends[moved], length[moved])


def _active(config: Teleportation.Config, streams: Streams, alive: Flags, turn: int) -> Integers:
    """Return the active nodes of a round, in the order of their places."""
    generator = streams.generator("decentralized.active", turn)
    # All nodes are drawn for, so that who is gone changes no other node's place in the order.
    order = generator.permutation(len(alive))
    return order[alive[order]][: config.k]


def _heard(config: Teleportation.Config, active: Integers, turn: int) -> tuple[Integers, Integers]:
    """Return who hears whom among the active nodes."""
    count = len(active)
    places = np.arange(count)
    if config.graph == "complete":
        row, other = np.nonzero(~np.eye(count, dtype=bool))
        return active[row], active[other]
    if config.graph == "ring":
        ahead = np.array([], np.int64) if count < 3 else (places - 1) % count
        behind = (places + 1) % count if count > 1 else np.array([], np.int64)
        rows = np.concatenate((places[: len(behind)], places[: len(ahead)]))
        return active[rows], active[np.concatenate((behind, ahead))]
    if count < 2:
        return active[:0], active[:0]
    distance = 2 ** (turn % math.ceil(math.log2(count)))
    return active, active[(places + distance) % count]
