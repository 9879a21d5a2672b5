"""What happens, round by round, apart from what is learned: who is there, who hears whom.

A schedule needs no model, so it can be made ahead and consumed in pieces (``execution: replay``) or
one round at a time (``lockstep``); the turns are the same, and so are the models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.clock.ledger import Times
from netsim.decentralized.disruption import Span
from netsim.decentralized.mixing import Mixture, without
from netsim.decentralized.pattern import Flags, Integers, Pattern, entries, pattern_of
from netsim.decentralized.weights.rule import WeightsConfig, mixture_of
from netsim.graphs.graph import Graph
from netsim.rng import Streams, draws

Floats = NDArray[np.float64]

#: 2^-64, which makes a draw a number from 0 to 1.
_UNIT: Final = 2.0**-64


@dataclass(frozen=True, slots=True)
class Rejoin:
    """A node that is back, and what it returns with: ``stale``, ``fetch``, ``reset``."""

    node: int
    rule: str


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One round.

    Parameters
    ----------
    round
        Its number, from 0.
    pattern
        Who hears whom, whether or not messages arrive.
    mixture
        Weights of what arrives.
    base
        Weights among all who could hear each other, if all messages arrived.
    arrived
        Entries whose message arrives, or None if all do.
    version
        Rises whenever nodes or links come or go.
    changed
        Whether disruptions began or ended before this round.
    struck
        Whether one of them began.
    rejoined
        Nodes that are back since the round before.
    reset
        Whether those that are left start again.
    clock
        When it happened, and what was counted by then; None where rounds have no clock.
    """

    round: int
    pattern: Pattern
    mixture: Mixture
    base: Mixture
    arrived: Flags | None
    version: int
    changed: bool
    struck: bool
    rejoined: tuple[Rejoin, ...]
    reset: bool
    clock: Times | None = None


class Regroup(Protocol):
    """A rule by which an algorithm chooses, each round, who of those who could hear whom does."""

    def __call__(self, pattern: Pattern, turn: int) -> Pattern:
        """Return the pattern of round `turn`."""
        ...


class Schedule:
    """The turns of a run.

    Parameters
    ----------
    graph
        Who could hear whom.
    spans
        What goes wrong, by round.
    weights, sizes
        Rule of the weights and sample counts that it reads.
    missing
        What becomes of the weights of lost messages (`netsim.decentralized.mixing.without`).
    streams
        Where losses are drawn from.
    regroup
        The algorithm's choice of who hears whom, if it has one.
    """

    def __init__(
        self,
        graph: Graph,
        spans: Sequence[Span],
        weights: WeightsConfig,
        sizes: Floats,
        missing: str,
        streams: Streams,
        regroup: Regroup | None = None,
    ) -> None:
        self._graph, self._spans = graph, spans
        self._weights, self._sizes, self._missing = weights, sizes, missing
        self._key = streams.key("decentralized.links")
        self._regroup = regroup
        self._bad: dict[int, Flags] = {}
        # Over which arcs a message ever arrived, for the rule `stale`.
        self._heard = np.zeros(2 * graph.edge_count, np.bool_)
        self.version = self._versions = -1
        #: How the last turn went that was amended, its weights, and its version.
        self._amended: tuple[Any, Mixture, int] | None = None
        self._alive = np.ones(graph.node_count, np.bool_)
        self._base = pattern_of(graph, self._alive, np.ones(graph.edge_count, np.bool_))
        self._mixture: Mixture | None = None

    def turns(self, rounds: int) -> Iterator[Turn]:
        """Yield the turns of `rounds` rounds, in order."""
        for number in range(rounds):
            yield self.turn(number)

    def amended(self, turn: Turn, alive: Flags, out: Flags, arrived: Flags) -> Turn:
        """Return `turn` as it went: who was there, which entries are left out, what arrived.

        Turns that go wrong in the same way one after another have one version.
        """
        key = (turn.pattern, alive.tobytes(), out.tobytes())
        if self._amended is None or self._amended[0] != key:
            old = turn.pattern
            kept = ~(out | old.own)
            pattern = entries(alive, old.row[kept], old.node[kept], old.arc[kept])
            self._versions += 1
            whole = mixture_of(self._weights, pattern, self._sizes)
            self._amended = (key, whole, self._versions)
        _, whole, version = self._amended
        # The entries that stay are in one order before and after.
        here = arrived[~out]
        missing = None if here.all() else here
        return replace(
            turn,
            pattern=whole.pattern,
            mixture=self._after_losses(whole, missing),
            base=whole,
            arrived=missing,
            version=version,
        )

    def _after_losses(self, mixture: Mixture, arrived: Flags | None) -> Mixture:
        """Return the weights of what arrives."""
        if self._missing == "stale":
            return self._with_stale(mixture, arrived)
        return mixture if arrived is None else without(mixture, arrived, self._missing)

    def turn(self, number: int) -> Turn:
        """Return round `number`; they are asked for in order."""
        ended = [one for one in self._spans if one.end == number]
        begun = [one for one in self._spans if one.begin == number]
        rejoined: tuple[Rejoin, ...] = ()
        if number == 0 or ended or begun:
            rejoined = self._rebuild(number, ended)
        if self._mixture is None:
            self._mixture = mixture_of(self._weights, self._base, self._sizes)
        base = mixture = self._mixture
        pattern = self._base
        if self._regroup is not None:
            pattern = self._regroup(self._base, number)
            mixture = mixture_of(self._weights, pattern, self._sizes)
        arrived = self._arrivals(number, pattern)
        mixture = self._after_losses(mixture, arrived)
        return Turn(
            round=number,
            pattern=pattern,
            mixture=mixture,
            base=base,
            arrived=arrived,
            version=self.version,
            changed=bool(ended or begun),
            struck=bool(begun),
            rejoined=rejoined,
            reset=any(one.survivors_reset for one in begun),
        )

    def _with_stale(self, mixture: Mixture, arrived: Flags | None) -> Mixture:
        """Return the weights where older messages stand in for lost ones, if there are any."""
        pattern = mixture.pattern
        arcs = np.maximum(pattern.arc, 0)
        if arrived is not None:
            known = arrived | self._heard[arcs]
            if not known.all():
                mixture = without(mixture, known, "renormalise")
        came = ~pattern.own if arrived is None else arrived & ~pattern.own
        self._heard[arcs[came]] = True
        return mixture

    def _rebuild(self, number: int, ended: Sequence[Span]) -> tuple[Rejoin, ...]:
        """Find out who is there and which links are up, and return who is back."""
        alive = np.ones(self._graph.node_count, np.bool_)
        up = np.ones(self._graph.edge_count, np.bool_)
        for one in self._spans:
            if one.begin <= number and (one.end is None or number < one.end):
                alive[one.nodes] = False
                up[one.edges] = False
        rule = {int(node): one.rejoin for one in ended for node in one.nodes}
        back = np.flatnonzero(alive & ~self._alive).tolist()
        self._alive = alive
        self._base = pattern_of(self._graph, alive, up)
        self._mixture = None
        self._versions += 1
        self.version = self._versions
        return tuple(Rejoin(node, rule.get(node, "stale")) for node in back)

    def _arrivals(self, number: int, pattern: Pattern) -> Flags | None:
        """Return which entries' messages arrive, or None if none can be lost."""
        losing = [
            (index, one)
            for index, one in enumerate(self._spans)
            if one.loss is not None
            and one.begin <= number
            and (one.end is None or number < one.end)
        ]
        if not losing:
            return None
        lost = np.zeros(2 * self._graph.edge_count, np.bool_)
        for index, one in losing:
            lost[one.arcs] |= self._lost(index, one, number)
        # Arcs of a regrouped pattern may be none of the graph's; such messages arrive.
        known = pattern.arc >= 0
        arrived: Flags = ~(known & lost[np.where(known, pattern.arc, 0)])
        return arrived

    def _lost(self, index: int, span: Span, number: int) -> Flags:
        """Return over which arcs of a span a message of round `number` would be lost."""
        loss = span.loss
        if loss is None:
            return np.zeros(len(span.arcs), np.bool_)
        chance: Any = loss.p
        if loss.burst is not None:
            to_bad, to_good, good, bad = loss.burst
            # A channel begins in its steady state.
            state = self._bad.get(index)
            drawn = self._drawn(span, number, 1)
            if state is None:
                state = drawn * (to_bad + to_good) < to_bad
            else:
                state = np.where(state, drawn >= to_good, drawn < to_bad)
            self._bad[index] = state
            chance = np.where(state, bad, good)
        found: Flags = self._drawn(span, number, 0) < chance
        return found

    def _drawn(self, span: Span, number: int, which: int) -> Floats:
        """Return a number from 0 to below 1 per arc, of the entry, the round and `which` draw."""
        entity = span.arcs + (span.entry << 40)
        found = draws(self._key, entity, 2 * number + which).astype(np.float64) * _UNIT
        np.minimum(found, 1 - 2.0**-53, out=found)
        return found


def components_of(pattern: Pattern) -> tuple[Integers, NDArray[np.int64]]:
    """Return the component of every node, and what each is: a code of `KINDS_OF_COMPONENT`."""
    label = pattern.components
    kind = np.full(len(label), DEAD)
    live = label >= 0
    if live.any():
        size = np.bincount(label[live])
        giant = int(size.argmax())
        kind[live] = np.where(label[live] == giant, GIANT, SMALL)
        kind[live] = np.where(size[label[live]] == 1, ISOLATED, kind[live])
    return label, kind


#: What a node's component is: the largest, among equals that of the lowest node; a smaller one; the
#: node alone; or none, since the node is gone.
KINDS_OF_COMPONENT: Final = ("giant", "small", "isolated", "dead")
GIANT, SMALL, ISOLATED, DEAD = range(4)
