"""DADAO: gradients and exchanges at random times, decoupled and accelerated, without rounds.

Each node holds x, x~, y, y~, z, z~; x starts as given, the rest at 0. Nodes have gradient events of
rate 1, edges exchanges of rate lambda. With nu = mu/2 and r = sqrt(nu/L), between events

    dx = r/8 (x~ - x)      dx~ = r/8 (x - x~)
    dy = r/4 (y~ - y)      dy~ = -(y + z + nu x~) / (2 r)
    dz = r/4 (z~ - z)      dz~ = r/8 (z - z~)

which is linear, so a node is advanced exactly, when it is touched. A gradient event: q = grad f(x)
- nu x - y~; x -= q / (4 L); x~ -= q / (4 sqrt(L nu)); y~ += (r/4 + 1) q. An exchange of i and j: m
is (y_i + z_i) - (y_j + z_j); z_i -= m/2 and z~_i -= 2 chi1 m / r, and j the opposite. chi1 is one
over the smallest positive eigenvalue of the Laplacian with the edges' rates, chi2 half the largest
resistance of an edge; chi1 chi2 <= 1/2 is needed, and the rates that just meet it are taken: equal
ones, sqrt(2 chi1 chi2) in all with chi of the graph whose rates sum to 1, or those of the least sum
(`netsim.decentralized.rates`).

Time has no unit: it counts gradients per node. A round is `read_at` over the number of rounds. What
happens at nodes that are gone, or over cut edges, is left out.

With a clock (``timing: {mode: async}``) its unit is `unit`, and an exchange takes the time of its
two messages: both send y + z as it is at the event, and take their steps when both have come. The
steps are then opposite all the same, so sums stay, but they are those of an older difference. An
exchange of which a message is lost does not happen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.clock.stage import Stage
from netsim.decentralized.exponential import exponential
from netsim.decentralized.pattern import pattern_of
from netsim.decentralized.peers import Peers
from netsim.decentralized.rates import MOST_NODES, best_rates, constants_of, total_rate
from netsim.decentralized.schedule import Turn
from netsim.fields import PositiveTime, field
from netsim.graphs.graph import Graph
from netsim.learning.models.quadratic import QuadraticModel
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams

Floats = NDArray[np.float64]
#: Time and node, or time and two nodes.
Event: TypeAlias = tuple[float, Literal["grad"], int] | tuple[float, Literal["comm"], int, int]
X, X_TILDE, Y, Y_TILDE, Z, Z_TILDE = range(6)


@register("algorithm", "dadao")
class Dadao:
    """Gradients and exchanges at random times; for quadratics, it reaches the optimum."""

    source: ClassVar[str] = "Nabli, Oyallon, DADAO, ICML 2023"
    weights: ClassVar[str] = "metropolis"
    mixes: ClassVar[bool] = False
    connected: ClassVar[bool] = True
    reliable: ClassVar[bool] = True
    vectors: ClassVar[int] = 6

    class Config(AlgorithmConfig):
        """Events, how long, and constants of the graph."""

        events: tuple[Event, ...] | None = field(
            None,
            description="given events: [time, grad, node] or [time, comm, node, node]; default: "
            "random ones",
            max_length=5000,
        )
        read_at: float | None = field(
            None, description="time at the end of the last round; default: one a round", gt=0
        )
        chi1: float | None = field(
            None, description="of the graph with rates of sum 1; default: found", gt=0
        )
        chi2: float | None = field(
            None, description="of the graph with rates of sum 1; default: found", gt=0
        )
        unit: PositiveTime = field(
            "1 s", description="what a gradient per node takes, where there is a clock"
        )
        total_rate: float | None = field(
            None, description="sum of the edges' rates; default: the least that is allowed", gt=0
        )
        edge_rates: Literal["equal", "best"] = field(
            "equal", description="whether all edges talk alike often, or so that the sum is least"
        )

    def __init__(self, config: Config, peers: Peers, streams: Streams) -> None:
        self._config, self._peers, self._streams = config, peers, streams
        self._state: Floats = np.zeros((len(peers.theta), 6, peers.theta.shape[1]))
        self._state[:, X] = peers.theta
        self._touched = np.zeros(len(peers.theta))
        self._constants: _Constants | None = None
        self._events: Iterator[tuple[Any, ...]] = iter(())
        self._next: tuple[Any, ...] | None = None
        self._now = 0.0

    @staticmethod
    def problems(scenario: Any, graph: Graph | None) -> Iterator[Problem]:
        """Yield what keeps the method from being defined."""
        config = scenario.algorithm
        if not isinstance(scenario.model, QuadraticModel.Config):
            message = "'dadao' needs to know mu and L, so a quadratic model"
            yield Problem(
                message, ("model",), "unsatisfiable", "take model: {kind: quadratic, h: ...}"
            )
        elif scenario.model.file is None and np.min(_flat(scenario.model.h)) <= 0:
            message = "'dadao' needs strongly convex losses: every curvature above 0"
            yield Problem(message, ("model", "h"), "out-of-range", "raise it")
        chi1, chi2, total = config.chi1, config.chi2, config.total_rate
        if config.edge_rates == "best":
            if chi1 is not None or chi2 is not None:
                message = "rates of the least sum have constants of their own"
                yield Problem(message, ("algorithm",), "unsatisfiable", "leave out chi1 and chi2")
                return
            if graph is not None and graph.node_count > MOST_NODES:
                message = f"the best rates of {graph.node_count:,} nodes take too long to find"
                hint = f"at most {MOST_NODES:,} nodes, or edge_rates: equal"
                yield Problem(message, ("algorithm", "edge_rates"), "too-large", hint)
                return
        if chi1 is None and chi2 is None and graph is not None and graph.is_connected:
            chi1, chi2 = constants_of(graph.node_count, graph.edges, _shape(config, graph))
        if None not in (chi1, chi2, total) and chi1 * chi2 > total**2 / 2 * (1 + 1e-6):
            message = f"chi1 chi2 is {chi1 * chi2 / total**2:.3g} at this rate, above 1/2"
            hint = f"at least {math.sqrt(2 * chi1 * chi2):.6g}"
            yield Problem(message, ("algorithm", "total_rate"), "out-of-range", hint)
        for index, event in enumerate(config.events or ()):
            at = ("algorithm", "events", index)
            if index and event[0] < config.events[index - 1][0]:
                yield Problem(
                    "this event comes before the one ahead of it", at, "bad-value", "sort"
                )
            if graph is not None and max(event[2:]) >= graph.node_count:
                yield Problem(
                    "it names a node that is not there", at, "out-of-range", "count from 0"
                )

    def turn(self, turn: Turn) -> None:
        """Let time pass until the end of the round."""
        peers, config = self._peers, self._config
        if self._constants is None:
            self._constants = _Constants(config, peers.objective, turn.base.pattern)
            self._events = self._given() if config.events is not None else self._random()
            self._next = next(self._events, None)
        alive, heard = turn.pattern.alive, self._heard(turn)
        rounds = peers.rounds
        share = (turn.round + 1) / rounds
        end = share * (config.read_at if config.read_at is not None else float(rounds))
        while self._next is not None and self._next[0] <= end:
            time, kind, *nodes = self._next
            if kind == "grad" and alive[nodes[0]]:
                self._gradient(nodes[0], time)
            elif kind == "comm" and (nodes[0], nodes[1]) in heard:
                self._exchange(nodes[0], nodes[1], time)
            self._next = next(self._events, None)
        for node in np.flatnonzero(alive).tolist():
            self._advance(node, end)
        # A node that is gone stands still.
        self._touched[~alive] = end
        peers.theta[...] = self._state[:, X]

    def begin(self, stage: Stage) -> None:
        """Let events come at their times."""
        config, graph = self._config, stage.world.graph
        self._stage = stage
        everyone, up = np.ones(graph.node_count, np.bool_), np.ones(graph.edge_count, np.bool_)
        pattern = pattern_of(graph, everyone, up)
        self._constants = _Constants(config, self._peers.objective, pattern)
        self._events = self._given() if config.events is not None else self._random()
        self._last = config.read_at if config.read_at is not None else float(stage.rounds)
        #: What was sent in an exchange, and messages that are still to come.
        self._sent: dict[int, tuple[Floats, Floats]] = {}
        self._coming: dict[int, int] = {}
        self._exchanges = 0
        self._await()

    def joined(self, node: int) -> None:
        """Let a node go on from where it stood."""
        now = self._stage.now / self._config.unit

        def wake() -> None:
            self._touched[node] = now

        self._stage.operations.call(wake)

    def look(self) -> None:
        """Bring all models up to now."""
        now, stage = min(self._stage.now / self._config.unit, self._last), self._stage
        alive = [node for node in range(stage.nodes) if stage.alive(node)]

        def show() -> None:
            for node in alive:
                self._advance(node, now)
            self._peers.theta[...] = self._state[:, X]

        stage.operations.call(show)

    def _await(self) -> None:
        """Wait for the next event."""
        event = next(self._events, None)
        if event is not None and event[0] <= self._last:
            at = max(self._stage.now, round(event[0] * self._config.unit))
            self._stage.at(at, self._happens, event)
        else:
            # Models move on until the end.
            self._stage.at(round(self._last * self._config.unit), lambda _: None)

    def _happens(self, event: tuple[Any, ...]) -> None:
        time, kind, *nodes = event
        stage = self._stage
        if kind == "grad" and stage.alive(nodes[0]):
            stage.trainings[nodes[0]] += 1
            stage.operations.call(partial(self._gradient, nodes[0], time))
        elif kind == "comm" and nodes[1] in stage.neighbours(nodes[0]) and stage.alive(nodes[0]):
            number = self._exchanges = self._exchanges + 1
            self._coming[number] = 2
            stage.operations.call(partial(self._keep_sums, number, nodes[0], nodes[1], time))
            for source, target in (nodes, nodes[::-1]):
                stage.send(source, target, self._arrived, (number, *nodes, time))
        self._await()

    def _keep_sums(self, number: int, a: int, b: int, time: float) -> None:
        """Remember what two nodes send."""
        for node in (a, b):
            self._advance(node, time)
        state = self._state
        self._sent[number] = state[a, Y] + state[a, Z], state[b, Y] + state[b, Z]

    def _arrived(
        self, source: int, target: int, what: tuple[int, int, int, float], arrived: bool
    ) -> None:
        number, a, b, began = what
        left = self._coming.get(number)
        if left is None:
            return
        if not arrived:
            del self._coming[number]
            self._stage.operations.call(partial(self._sent.pop, number))
        elif left == 2:
            self._coming[number] = 1
        else:
            del self._coming[number]
            now = self._stage.now / self._config.unit
            # Without delay it is the event's own time, which a ps may round.
            time = began if now - began < 1 / self._config.unit else now
            self._stage.operations.call(partial(self._take, number, a, b, time))

    def _take(self, number: int, a: int, b: int, time: float) -> None:
        """Let both take the step of an exchange."""
        one, other = self._sent.pop(number)
        for node in (a, b):
            self._advance(node, time)
        self._move_apart(a, b, one - other)

    def _heard(self, turn: Turn) -> set[tuple[int, int]]:
        pattern = turn.pattern
        return set(zip(pattern.node.tolist(), pattern.row.tolist(), strict=True))

    def _given(self) -> Iterator[tuple[Any, ...]]:
        yield from self._config.events or ()

    def _random(self) -> Iterator[tuple[Any, ...]]:
        """Yield events of all clocks, which together are one clock of the sum of their rates."""
        constants = self._constants
        generator = self._streams.generator("decentralized.events")
        if constants is None:
            return
        nodes, edges, time = len(self._state), constants.edges, 0.0
        rate = nodes + constants.total
        while True:
            time += float(generator.exponential(1 / rate))
            drawn = float(generator.random()) * rate
            if drawn < nodes:
                yield time, "grad", int(drawn)
            else:
                share = (drawn - nodes) / constants.total
                place = int(np.searchsorted(constants.until, share, side="right"))
                yield time, "comm", *edges[min(place, len(edges) - 1)]

    def _advance(self, node: int, time: float) -> None:
        constants = self._constants
        span = time - self._touched[node]
        if constants is not None and span > 0:
            self._state[node] = exponential(constants.flow * span) @ self._state[node]
        self._touched[node] = time

    def _gradient(self, node: int, time: float) -> None:
        constants = self._constants
        self._advance(node, time)
        if constants is None:
            return
        own = self._state[node]
        slope = self._peers.objective.gradient(own[X][None], np.array([node]), 0)[0]
        q = slope - constants.nu * own[X] - own[Y_TILDE]
        own[X] -= q / (4 * constants.smooth)
        own[X_TILDE] -= q / (4 * math.sqrt(constants.smooth * constants.nu))
        own[Y_TILDE] += (constants.r / 4 + 1) * q

    def _exchange(self, a: int, b: int, time: float) -> None:
        constants, peers = self._constants, self._peers
        self._advance(a, time)
        self._advance(b, time)
        if constants is None:
            return
        one, other = self._state[a], self._state[b]
        m = (one[Y] + one[Z]) - (other[Y] + other[Z])
        self._move_apart(a, b, m)
        for node in (a, b):
            peers.sent[node] += 1
            peers.received[node] += 1
            peers.bytes_sent[node] += m.nbytes
            peers.bytes_received[node] += m.nbytes

    def _move_apart(self, a: int, b: int, m: Floats) -> None:
        """Take the opposite steps of an exchange of difference `m`."""
        constants = self._constants
        if constants is None:
            return
        for state, sign in ((self._state[a], 1.0), (self._state[b], -1.0)):
            state[Z] -= sign * m / 2
            state[Z_TILDE] -= sign * 2 * constants.chi1 / constants.r * m


class _Constants:
    """What the method takes from losses and graph."""

    def __init__(self, config: Dadao.Config, objective: Any, pattern: Any) -> None:
        convex, self.smooth = objective.curvature()
        self.nu = convex / 2
        r = self.r = math.sqrt(self.nu / self.smooth)
        between = np.flatnonzero(~pattern.own & (pattern.node < pattern.row))
        self.edges = list(
            zip(pattern.node[between].tolist(), pattern.row[between].tolist(), strict=True)
        )
        nodes, count = len(pattern.alive), len(self.edges)
        shape = np.full(count, 1 / max(1, count))
        if count and config.edge_rates == "best" and nodes <= MOST_NODES:
            shape = best_rates(nodes, self.edges)
        #: Where each edge's share of the rates ends, from 0 to 1.
        self.until: Floats = np.cumsum(shape)
        chi1, chi2 = config.chi1, config.chi2
        if chi1 is None or chi2 is None:
            found = constants_of(nodes, self.edges, shape) if count else (1.0, 1.0)
            chi1, chi2 = chi1 or found[0], chi2 or found[1]
        # Nobody talks where there is no edge.
        self.total = (config.total_rate or total_rate(chi1, chi2)) if count else 0.0
        self.chi1 = chi1 / self.total if count else chi1
        self.flow: Floats = np.array(
            [
                [-r / 8, r / 8, 0, 0, 0, 0],
                [r / 8, -r / 8, 0, 0, 0, 0],
                [0, 0, -r / 4, r / 4, 0, 0],
                [0, -self.nu / (2 * r), -1 / (2 * r), 0, -1 / (2 * r), 0],
                [0, 0, 0, 0, -r / 4, r / 4],
                [0, 0, 0, 0, r / 8, -r / 8],
            ]
        )


def _shape(config: Dadao.Config, graph: Graph) -> Floats | None:
    """Return the rates of a known graph, scaled to a sum of 1; None: equal ones."""
    if config.edge_rates == "equal":
        return None
    return best_rates(graph.node_count, graph.edges)


def _flat(value: Any) -> Floats:
    rows = value if isinstance(value, tuple) else (value,)
    return np.concatenate([np.ravel(np.asarray(row, np.float64)) for row in rows])
