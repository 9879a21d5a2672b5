"""The peers: all their models in one array, and what algorithms do with them.

An algorithm sees nothing else: it trains, sends, mixes. What is sent goes through the compressor,
and what is mixed is what comes out of it; its encoded length is what is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.attack import Attack
from netsim.decentralized.compressor import CompressorConfig, sent_through
from netsim.decentralized.defence import DefenceConfig, combine
from netsim.decentralized.disruption import NOBODY
from netsim.decentralized.objective import Objective
from netsim.decentralized.schedule import Turn
from netsim.decentralized.stale import Stale
from netsim.decentralized.variance import VarianceCorrection
from netsim.fields import implementation

Array = NDArray[Any]
Integers = NDArray[np.int64]


class Peers:
    """All nodes' models and counts.

    Parameters
    ----------
    start
        First models, (nodes, parameters).
    objective
        What they minimise.
    lr
        Learning rate of algorithms that take their own steps.
    steps
        How many of them a round.
    rounds
        Rounds of the run.
    compressor
        What messages go through.
    key
        Key of the stream of random compressors.
    correction
        What is done to averages, if anything.
    attack, attackers
        What some nodes send in place of their models, if anything, and who they are.
    defence
        What takes the place of the weighted average, if anything.
    stale
        Older messages that stand in for lost ones, if they do.
    """

    def __init__(
        self,
        start: Array,
        objective: Objective,
        lr: float,
        steps: int,
        rounds: int,
        compressor: CompressorConfig,
        key: int,
        correction: VarianceCorrection | None = None,
        stale: Stale | None = None,
        attack: Attack | None = None,
        attackers: Integers = NOBODY,
        defence: DefenceConfig | None = None,
    ) -> None:
        # Rows must lie one after another: a copy of what was spread over the nodes would keep the
        # numbers of all nodes together, in which order mixing takes ten times as long.
        self.start = np.ascontiguousarray(start)
        self.theta = self.start.copy()
        self.objective, self.lr, self.steps, self.rounds = objective, lr, steps, rounds
        self.stale = stale
        self._attack, self._attackers, self._defence = attack, attackers, defence
        kept = getattr(compressor, "kept", None)
        #: Share of the numbers that the compressor keeps.
        self.kept_share = 1.0 if kept is None else kept(start.shape[1]) / start.shape[1]
        self._compressor, self._key, self._correction = compressor, key, correction
        self._exact = bool(getattr(implementation("compressor", compressor), "exact", False))
        self._spare = np.empty_like(self.start)
        nodes = len(start)
        self.bytes_sent, self.bytes_received, self.sent, self.received, self.lost = (
            np.zeros(nodes, np.int64) for _ in range(5)
        )

    def rejoin(self, turn: Turn) -> None:
        """Give nodes that are back the models that they return with."""
        pattern = turn.pattern
        back = {one.node for one in turn.rejoined}
        for one in turn.rejoined:
            if one.rule == "reset":
                self.theta[one.node] = self.start[one.node]
            if one.rule != "fetch":
                continue
            heard = pattern.node[pattern.first[one.node] : pattern.first[one.node + 1]].tolist()
            donors = [other for other in heard if other not in back]
            if donors:
                self.theta[one.node] = self.theta[donors[0]]
                length = self.theta[0].nbytes
                self.sent[donors[0]] += 1
                self.received[one.node] += 1
                self.bytes_sent[donors[0]] += length
                self.bytes_received[one.node] += length
        if turn.reset:
            self.theta[pattern.alive] = self.start[pattern.alive]

    def training(self, turn: Turn) -> Integers:
        """Return the nodes that train: those that are there and hold data."""
        return np.flatnonzero(turn.pattern.alive & (self.objective.sizes > 0))

    def train(self, turn: Turn) -> None:
        """Train all of them locally for a round."""
        self.objective.local(self.theta, self.training(turn), turn.round)

    def gradient(self, turn: Turn, at: Array | None = None, step: int | None = None) -> Array:
        """Return a gradient of each node at its row of `at`; 0 for nodes that do not train.

        `step` counts batches; default: the round.
        """
        rows, where = self.training(turn), self.theta if at is None else at
        number = turn.round if step is None else step
        if len(rows) == len(where):
            return self.objective.gradient(where, rows, number)
        out = np.zeros_like(where)
        out[rows] = self.objective.gradient(where[rows], rows, number)
        return out

    def send(self, turn: Turn, vectors: Array, channel: int = 0) -> Array:
        """Return what others get of `vectors`, and count the messages.

        `channel` tells several messages of a round apart, for compressors that draw.
        """
        rows = np.flatnonzero(turn.pattern.alive)
        if self._attack is not None:
            vectors = self._forged(turn, vectors, self._attack)
        if self._exact:
            self.count(turn, np.full(len(vectors), vectors.shape[1] * vectors.itemsize))
            return vectors
        decoded, length = vectors.copy(), np.zeros(len(vectors), np.int64)
        decoded[rows], length[rows] = self.compressed(turn, rows, vectors[rows], channel)
        self.count(turn, length)
        return decoded

    def _forged(self, turn: Turn, vectors: Array, attack: Attack) -> Array:
        """Return what all send, honest nodes their own."""
        alive = turn.pattern.alive
        attackers = self._attackers[alive[self._attackers]]
        honest = np.setdiff1d(np.flatnonzero(alive), attackers)
        if not len(attackers) or not len(honest):
            return vectors
        sent = vectors.copy()
        sent[attackers] = attack.forge(vectors, attackers, honest, turn.round)
        return sent

    def as_sent(self, nodes: Sequence[int], numbers: Sequence[int]) -> Array:
        """Return what others get of the models of `nodes`, each in its `numbers`-th message."""
        models = self.theta[nodes]
        if not self._exact:
            for place, (node, number) in enumerate(zip(nodes, numbers, strict=True)):
                models[place], _ = sent_through(
                    self._compressor, models[place], self._key, (number, node, 0)
                )
        return models

    def compressed(
        self, turn: Turn, rows: Integers, vectors: Array, channel: int = 0
    ) -> tuple[Array, Integers]:
        """Return what comes of the `vectors` of nodes `rows` through the compressor, and bytes."""
        decoded, length = np.empty_like(vectors), np.zeros(len(rows), np.int64)
        for place, row in enumerate(rows.tolist()):
            seed = (turn.round, row, channel)
            decoded[place], length[place] = sent_through(
                self._compressor, vectors[place], self._key, seed
            )
        return decoded, length

    def count(self, turn: Turn, length: Integers) -> None:
        """Count one message of `length` bytes from each node to everyone who hears it."""
        pattern, nodes = turn.pattern, len(self.theta)
        between = ~pattern.own
        source, target = pattern.node[between], pattern.row[between]
        here = np.ones(len(source), np.bool_) if turn.arrived is None else turn.arrived[between]
        copies = np.bincount(source, minlength=nodes)
        self.sent += copies
        self.bytes_sent += copies * length
        self.received += np.bincount(target[here], minlength=nodes)
        self.bytes_received += np.bincount(
            target[here], weights=length[source[here]], minlength=nodes
        ).astype(np.int64)
        self.lost += np.bincount(source[~here], minlength=nodes)

    def mix(self, turn: Turn, vectors: Array, channel: int = 0) -> Array:
        """Return the weighted sums of `vectors` after sending them; a new array."""
        out = np.empty_like(vectors)
        self._mix(turn, self.send(turn, vectors, channel), vectors, out, channel)
        return out

    def _mix(self, turn: Turn, sent: Array, own: Array, out: Array, channel: int) -> None:
        """Write the weighted sums of what was `sent`, older messages for lost ones if they do."""
        if self._defence is not None:
            combine(self._defence, turn, sent, own, out)
        elif self.stale is None:
            turn.mixture.mix(sent, own, out)
        else:
            self.stale.mix(turn, sent, own, out, channel)

    def average(self, turn: Turn) -> None:
        """Replace all models by their weighted sums."""
        sent = self.send(turn, self.theta)
        self._mix(turn, sent, self.theta, self._spare, 0)
        if self._correction is not None:
            self._correction.apply(turn.mixture, sent, self.theta, self._spare)
        self.theta, self._spare = self._spare, self.theta
