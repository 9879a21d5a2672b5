"""Gossip learning: nodes wake now and then and send their model to a random neighbour.

Whoever receives a model merges it with its own and trains (``merge_update``), trains and then
merges (``update_merge``), or trains what it received in place of its own (``update``, a random
walk). With x_i, a_i a node's model and age and x_j, a_j those received, a merge is the plain mean
or, by age,

    x = (a_j x_j + a_i x_i) / (a_i + a_j),    a = max(a_i, a_j)

and the age grows by one with every local step. In ``pull`` a wake-up asks a neighbour for its
model, in ``push_pull`` both models go. A model may go in `parts`, one at a time, each with an age
of its own. A node that is training takes what comes meanwhile afterwards, in order.

Token accounts let a node send when it has heard something new: every wake-up earns a token or, with
probability proactive(a), is spent on a message; what it receives makes it send reactive(a, u)
messages at once. u is 1 if what came was useful, here: no younger than its own model. With A
aggressiveness and C capacity, and brackets that are 1 for what is true:

    simple        proactive = [a >= C]          reactive = [a > 0]
    generalized   proactive = [a >= C]          reactive = (A - 1 + a) // (2 - u) A
    randomized    proactive = (a - A + 1) / (C - A + 1), from 0 to 1
                  reactive = u a / A, rounded up or down at random
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Any, ClassVar, Literal

from netsim.decentralized.clock.operations import WHOLE
from netsim.decentralized.clock.stage import Stage
from netsim.decentralized.clock.staleness import StalenessConfig
from netsim.decentralized.peers import Peers
from netsim.fields import Config, Data, PositiveTime, Probability, field
from netsim.registry import register
from netsim.rng import Streams

#: Purposes of draws: a node's first wake-up, later ones, parts, and tokens.
_FIRST, _JITTER, _PART, _TOKEN = 1, 2, 3, 4


class TokensConfig(Config):
    """A token account."""

    strategy: Literal["simple", "generalized", "randomized"] = field(
        "randomized", description="when messages are sent"
    )
    capacity: int = field(20, description="most tokens of an account (C)", ge=1)
    aggressiveness: int = field(10, description="how long tokens are saved for (A)", ge=1)


class Tokens:
    """The accounts of all nodes.

    Parameters
    ----------
    config
        Strategy and sizes.
    stage
        Where draws come from.
    """

    def __init__(self, config: TokensConfig, stage: Stage) -> None:
        self._config, self._stage = config, stage
        self.balance = [0] * stage.nodes
        self._draws = [0] * stage.nodes

    def _drawn(self, node: int) -> float:
        self._draws[node] += 1
        return self._stage.uniform(node, self._draws[node], _TOKEN)

    def wakes(self, node: int) -> bool:
        """Return whether a node that wakes sends; it earns a token if not."""
        config, tokens = self._config, self.balance[node]
        capacity, patience = config.capacity, config.aggressiveness
        if config.strategy == "randomized":
            chance = (tokens - patience + 1) / max(1, capacity - patience + 1)
            sends = self._drawn(node) < chance
        else:
            sends = tokens >= capacity
        if not sends:
            self.balance[node] = min(capacity, tokens + 1)
        return sends

    def hears(self, node: int, useful: bool) -> int:
        """Return how many messages a node sends for what it received, and take their tokens."""
        config, tokens = self._config, self.balance[node]
        patience = config.aggressiveness
        if config.strategy == "simple":
            sends = int(tokens > 0)
        elif config.strategy == "generalized":
            sends = (patience - 1 + tokens) // (patience if useful else 2 * patience)
        else:
            whole, rest = divmod(tokens, patience)
            sends = whole + (self._drawn(node) < rest / patience) if useful else 0
        sends = min(sends, tokens)
        self.balance[node] -= sends
        return sends


@register("algorithm", "gossip")
class Gossip:
    """Models that wander between random neighbours, and are merged and trained on the way."""

    source: ClassVar[str] = (
        "Ormandi, Hegedus, Jelasity, Gossip learning, 2013; Danner, Jelasity, Token account "
        "algorithms, ICDCS 2018; Hegedus et al., Decentralized learning works, JPDC 2021"
    )
    weights: ClassVar[str] = "metropolis"
    passing: ClassVar[int] = 5

    class Config(StalenessConfig):
        """When models are sent, and how they are merged."""

        period: PositiveTime = field("1 s", description="time between two wake-ups of a node")
        jitter: Probability = field(
            0.0, description="share of the period by which a wake-up is early or late at the most"
        )
        exchange: Literal["push", "pull", "push_pull"] = field(
            "push", description="whose model is sent at a wake-up: one's own, the partner's, both"
        )
        merge: Literal["mean", "age"] = field("mean", description="how two models are merged")
        order: Literal["merge_update", "update_merge", "update"] = field(
            "merge_update", description="whether one merges or trains first, or only trains"
        )
        parts: int = field(1, description="pieces of a model, of which one is sent at a time", ge=1)
        request: Data = field("64 B", description="size of the question for a model")
        tokens: TokensConfig | None = field(
            None, description="token accounts; default: one message a wake-up"
        )

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._config = config
        self._numbers = peers.theta.shape[1]

    @staticmethod
    def message_numbers(config: Config, size: int) -> int:
        """Return how many numbers a message has, of models of `size`."""
        return -(-size // config.parts)

    def begin(self, stage: Stage) -> None:
        """Let all nodes wake for the first time within a period."""
        config, nodes = self._config, stage.nodes
        self._stage = stage
        size, parts = self._numbers, config.parts
        cuts = [part * size // parts for part in range(parts + 1)]
        self._parts = [WHOLE] if parts == 1 else list(pairwise(cuts))
        #: Age of every part of every node's model.
        self.age = [[0] * parts for _ in range(nodes)]
        self._wakes, self._sends = [0] * nodes, [0] * nodes
        #: What a node has still to take in, while it trains.
        self._inbox: list[deque[tuple[int, list[int], int, int]]] = [deque() for _ in range(nodes)]
        self._busy = [False] * nodes
        self._tokens = None if config.tokens is None else Tokens(config.tokens, stage)
        for node in range(nodes):
            self.joined(node)

    def joined(self, node: int) -> None:
        """Let a node that is there wake."""
        if self._stage.alive(node):
            self._busy[node] = False
            first = self._stage.uniform(node, self._wakes[node], _FIRST)
            self._stage.after(node, int(first * self._config.period), self._wake)

    def left(self, node: int) -> None:
        """Forget what a node had to take in."""
        self._busy[node] = False
        for version, *_ in self._inbox[node]:
            self._stage.operations.release(version)
        self._inbox[node].clear()

    def _wake(self, node: int, _: Any) -> None:
        stage, config = self._stage, self._config
        number = self._wakes[node]
        self._wakes[node] += 1
        if number + 1 < stage.rounds:
            span = config.period
            if config.jitter:
                away = 2 * stage.uniform(node, number, _JITTER) - 1
                span += int(away * config.jitter * config.period)
            stage.after(node, max(1, span), self._wake)
        if self._tokens is None or self._tokens.wakes(node):
            self._speak(node)

    def _speak(self, node: int) -> None:
        """Send to, or ask, a random neighbour."""
        stage = self._stage
        near = stage.neighbours(node)
        if not near:
            return
        number = self._sends[node]
        self._sends[node] += 1
        partner = stage.pick(node, number, near)
        if self._config.exchange == "pull":
            stage.send(node, partner, self._asked, None, self._config.request)
        else:
            self._send(node, partner, self._config.exchange == "push_pull")

    def _send(self, source: int, target: int, answer: bool) -> None:
        """Send one's model, or the next part of it."""
        stage = self._stage
        part = 0
        if self._config.parts > 1:
            number = self._sends[source]
            part = int(stage.uniform(source, number, _PART) * self._config.parts)
            self._sends[source] += 1
        version = stage.operations.save(source)
        ages = list(self.age[source])
        stage.send(
            source, target, self._came, (version, ages, part, stage.trainings[source], answer)
        )

    def _asked(self, source: int, target: int, _: Any, arrived: bool) -> None:
        if arrived:
            self._send(target, source, False)

    def _came(self, source: int, target: int, what: Any, arrived: bool) -> None:
        """Take a model in, at once or when one is through with what came before."""
        version, ages, part, trainings, answer = what
        stage = self._stage
        if not arrived:
            stage.operations.release(version)
            return
        if answer and source in stage.neighbours(target):
            self._send(target, source, False)
        if self._tokens is not None:
            useful = ages[part] >= self.age[target][part]
            for _ in range(self._tokens.hears(target, useful)):
                self._speak(target)
        lag = max(0, stage.trainings[target] - trainings)
        if self._config.weight(lag) <= 0:
            stage.operations.release(version)
            return
        stage.took(target, lag)
        self._inbox[target].append((version, ages, part, lag))
        if not self._busy[target]:
            self._work_off(target)

    def _work_off(self, node: int) -> None:
        """Begin with what came first."""
        stage = self._stage
        while self._inbox[node]:
            if stage.holders[node] and stage.trainings[node] < stage.rounds:
                self._busy[node] = True
                stage.compute(node, self._trained, self._inbox[node][0])
                return
            # A node without data, or through with its trainings, passes on what it hears.
            self._merge(node, self._inbox[node].popleft())

    def _trained(self, node: int, what: tuple[int, list[int], int, int]) -> None:
        """Merge and train, now that the time for it has passed."""
        stage = self._stage
        self._inbox[node].popleft()
        number = stage.trainings[node] - 1
        if self._config.order != "update_merge":
            self._merge(node, what)
        stage.operations.train(node, number)
        self.age[node] = [age + stage.local_steps[node] for age in self.age[node]]
        if self._config.order == "update_merge":
            self._merge(node, what)
        self._busy[node] = False
        self._work_off(node)

    def _merge(self, node: int, what: tuple[int, list[int], int, int]) -> None:
        version, ages, part, lag = what
        config, mine, theirs = self._config, self.age[node][part], ages[part]
        if config.order == "update":
            share = 1.0
        elif config.merge == "mean" or not mine + theirs:
            share = 0.5
        else:
            share = theirs / (mine + theirs)
        operations = self._stage.operations
        operations.merge(node, version, share * config.weight(lag), self._parts[part])
        operations.release(version)
        self.age[node][part] = theirs if config.order == "update" else max(mine, theirs)
