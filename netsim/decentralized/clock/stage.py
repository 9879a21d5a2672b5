"""Where an algorithm without rounds plays: it computes, sends and waits, and never sees a model.

An algorithm says what happens next and what is then done to models (`Operations`); the stage knows
who is there and how long things take. What belongs to a node that has dropped does not happen: a
training that was cut short, a wake-up, a message to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from netsim.decentralized.clock.carrier import Carrier
from netsim.decentralized.clock.ledger import Ledger
from netsim.decentralized.clock.operations import Operations
from netsim.decentralized.clock.work import Work
from netsim.decentralized.clock.world import World
from netsim.engine.agenda import Agenda
from netsim.engine.clock import NEVER
from netsim.engine.environment import Environment
from netsim.rng import Streams, draw

#: Called with a node and what it was told to be called with.
Then = Callable[[int, Any], object]
#: Called with sender, receiver, what was sent along, and whether it arrived.
Arrival = Callable[[int, int, Any, bool], object]


class Stage:
    """What an algorithm without rounds can do.

    Parameters
    ----------
    env, agenda
        Where time passes.
    world, carrier, work, ledger
        Who is there, how long messages and training take, and where they are counted.
    operations
        What is done to models.
    streams
        Where partners and moments are drawn from.
    rounds
        How often a node trains, or wakes, at the most.
    size
        Bytes of a model that is sent.
    local_steps
        Gradient steps of each node's training.
    holders
        Which nodes hold data.
    detect
        Time (ps) until a loss is known, or None where it never is.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        world: World,
        carrier: Carrier,
        work: Work,
        ledger: Ledger,
        operations: Operations,
        streams: Streams,
        rounds: int,
        size: int,
        local_steps: Sequence[int],
        holders: Sequence[bool],
        detect: int | None,
    ) -> None:
        self._env, self._agenda, self._carrier = env, agenda, carrier
        self._work, self._ledger = work, ledger
        self.world, self.operations, self.streams = world, operations, streams
        self.rounds, self.size, self.detect = rounds, size, detect
        self.local_steps, self.holders = local_steps, holders
        self.nodes = world.graph.node_count
        #: Trainings of every node so far.
        self.trainings = [0] * self.nodes
        #: Sums and numbers of the lags of models that nodes took in.
        self.lag, self.taken = [0] * self.nodes, [0] * self.nodes
        self._key = streams.key("decentralized.partners")

    @property
    def now(self) -> int:
        """The time (ps)."""
        return self._env.now

    def alive(self, node: int) -> bool:
        """Return whether a node is there."""
        return self.world.alive[node]

    def neighbours(self, node: int) -> list[int]:
        """Return whom a node can reach, ascending."""
        return self.world.neighbours(node)

    def uniform(self, node: int, number: int, purpose: int = 0) -> float:
        """Return a number from 0 to below 1 that depends on node, number and purpose alone."""
        return (draw(self._key, node + (purpose << 32), number) >> 11) * 2.0**-53

    def pick(self, node: int, number: int, among: Sequence[int]) -> int:
        """Return one of `among` at random, for the `number`-th choice of `node`."""
        return among[int(self.uniform(node, number) * len(among))]

    def at(self, time: int, then: Callable[[Any], object], argument: Any = None) -> None:
        """Call ``then(argument)`` at a time, whoever is there."""
        self._agenda.at(time, then, argument)

    def after(self, node: int, span: int, then: Then, argument: Any = None) -> None:
        """Call ``then(node, argument)`` after `span` ps if the node has not dropped by then."""
        life = self.world.receiver[node]
        self._agenda.at(self._env.now + span, self._after, (node, life, then, argument))

    def _after(self, what: tuple[int, int, Then, Any]) -> None:
        node, life, then, argument = what
        if self.world.receiver[node] == life:
            then(node, argument)

    def compute(self, node: int, then: Then, argument: Any = None) -> None:
        """Let a node train once; ``then(node, argument)`` is called when it has.

        The number of the training is `trainings` of the node before.
        """
        lasts = self._work.time(node, self.trainings[node])
        life = self.world.receiver[node]
        self._ledger.compute(node, True)
        self._agenda.at(self._env.now + lasts, self._computed, (node, life, then, argument))

    def _computed(self, what: tuple[int, int, Then, Any]) -> None:
        node, life, then, argument = what
        if self.world.receiver[node] != life:
            return
        self._ledger.compute(node, False)
        if self.world.receiver[node] == life:
            self.trainings[node] += 1
            then(node, argument)

    def send(
        self, source: int, target: int, then: Arrival, argument: Any, size: int | None = None
    ) -> None:
        """Send a message of `size` bytes (a whole model if None) and call `then` once."""
        wire = self.size if size is None else size
        travels = self._carrier.send(
            source, target, wire, self._came, (source, target, then, argument, wire)
        )
        self._ledger.send(source, travels)

    def _came(self, what: tuple[int, int, Arrival, Any, int], arrived: bool) -> None:
        source, target, then, argument, size = what
        if arrived:
            self._ledger.receive(target, size)
        else:
            self._ledger.lose(source)
        then(source, target, argument, arrived)

    def patience(self, then: Callable[[Any], object], argument: Any) -> None:
        """Call ``then(argument)`` when a loss is known that happens now; never if it never is."""
        if self.detect is not None and self._env.now + self.detect < NEVER:
            self._agenda.at(self._env.now + self.detect, then, argument)

    def took(self, node: int, lag: int) -> None:
        """Note that a node took in a model that was behind by so many trainings."""
        self.lag[node] += lag
        self.taken[node] += 1
