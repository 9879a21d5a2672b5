"""Rounds with a clock: each node begins the next one when what it waits for is in.

With ``sync_neighbours``, and c the time of a node's training, T that of a message,

    start_i(k + 1) = max(start_i(k) + c_i, max over neighbours j of start_j(k) + c_j + T_ji)

and with ``sync_global`` all begin when the last one is through. What is learned in a round does not
depend on when it happens, only on who took part and which messages came; so the outcome of a round
is a `Turn` like any other, made when its last node is through. Nodes that are far apart are in
different rounds at one moment, and turns come in the order of rounds.

A node that drops while it trains has not trained; one that drops later keeps its trained model, and
neighbours have what it sent, if that arrives. A node that comes back takes part from the first
round that none of its neighbours has begun, and so does a link that comes back: nobody is asked to
repeat a round. A stricter rule, the first round that nobody at all has begun, would let one
isolated node that runs ahead keep all others out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

from netsim.decentralized.clock.carrier import Carrier
from netsim.decentralized.clock.ledger import Ledger
from netsim.decentralized.clock.open_round import ARRIVED, GONE, LOST, PENDING, OpenRound
from netsim.decentralized.clock.timing import TimingConfig
from netsim.decentralized.clock.work import Work
from netsim.decentralized.clock.world import Change, World
from netsim.decentralized.schedule import Rejoin, Schedule, Turn
from netsim.engine.agenda import Agenda
from netsim.engine.clock import NEVER
from netsim.engine.environment import Environment

#: Nodes that a message about a stall names.
_SHOWN: Final = 3


class InStep:
    """The clock of synchronous rounds.

    Parameters
    ----------
    env, agenda
        Where time passes.
    world
        Who is there.
    carrier, work
        How long messages and training take.
    ledger
        Where messages and times are counted.
    schedule
        Makes the rounds.
    config
        The block `timing`.
    rounds
        How many rounds there are.
    size
        Bytes of a message.
    took
        Called with every turn that is complete, in order; returns whether to stop.
    ended
        Called once, when nothing is left to do.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        world: World,
        carrier: Carrier,
        work: Work,
        ledger: Ledger,
        schedule: Schedule,
        config: TimingConfig,
        rounds: int,
        size: int,
        took: Callable[[Turn], bool],
        ended: Callable[[], None],
    ) -> None:
        self._env, self._agenda, self._world = env, agenda, world
        self._carrier, self._work, self._schedule = carrier, work, schedule
        self._ledger = ledger
        self._config, self._rounds, self._size = config, rounds, size
        self._took, self._ended = took, ended
        self._global = config.mode == "sync_global"
        nodes, edges = world.graph.node_count, world.graph.edge_count
        #: The round that each node is in, or -1; the last one that it has begun.
        self._in, self._begun = [-1] * nodes, [-1] * nodes
        #: From which round on nodes and links take part; when their loss is known.
        self._from, self._from_edge = [0] * nodes, [0] * edges
        self._known, self._known_edge = [0] * nodes, [0] * edges
        self._trainings = [0] * nodes
        #: Nodes that are back and wait for the model which they asked for.
        self._fetching: set[int] = set()
        self._open: dict[int, OpenRound] = {}
        self._opened = self._given = 0
        self._joins: dict[int, list[Rejoin]] = {}
        #: Rounds that disruptions act on: whether something struck, whether all start again, when.
        self._marks: dict[int, tuple[bool, bool, int]] = {}
        #: Whether something may still bring back nodes.
        self.returns: Callable[[], bool] = lambda: False
        self.over = False
        world.listeners.append(self._changed)
        agenda.at(env.now, self._complete)

    @property
    def done(self) -> int:
        """Rounds that are complete."""
        return self._given

    # Rounds ---------------------------------------------------------------------------------------

    def _open_next(self) -> None:
        """Open the next round, and let nodes begin it that are in none."""
        number = self._opened
        self._opened += 1
        one = self._open[number] = OpenRound(self._schedule.turn(number))
        alive = self._world.alive
        for node, member in enumerate(one.members):
            if not member:
                continue
            if not alive[node] or self._from[node] > number:
                one.leave(node)
            elif self._in[node] < 0 and node not in self._fetching:
                self._begin(node, one)

    def _begin(self, node: int, one: OpenRound) -> None:
        """Let a node train, and know whom to wait for."""
        now = self._env.now
        self._in[node] = self._begun[node] = one.number
        one.begun[node], one.began[node] = True, now
        sender = one.turn.pattern.node
        arc = one.turn.pattern.arc
        for entry in one.row(node):
            if one.state[entry] == PENDING:
                one.waiting[node] += 1
                if entry not in one.flying and entry not in one.missed:
                    self._expect(one, entry, int(sender[entry]), node, int(arc[entry]))
        lasts = self._work.time(node, self._trainings[node])
        self._trainings[node] += 1
        life = self._world.receiver[node]
        self._ledger.compute(node, True)
        self._agenda.at(now + lasts, self._computed, (node, one, life))

    def _expect(self, one: OpenRound, entry: int, source: int, target: int, arc: int) -> None:
        """Find out whether a message can come at all."""
        edge = arc // 2
        if not self._reaches(one, source, target, edge):
            known = self._known[source] if not self._world.alive[source] else 0
            if arc >= 0 and not self._world.up[edge]:
                known = max(known, self._known_edge[edge])
            self._miss(one, entry, target, GONE, known)

    def _reaches(self, one: OpenRound, source: int, target: int, edge: int) -> bool:
        """Return whether `source` can send to `target` in this round."""
        world, number = self._world, one.number
        return (
            world.alive[source]
            and world.alive[target]
            and source not in one.absent
            and target not in one.absent
            and (edge < 0 or (world.up[edge] and self._from_edge[edge] <= number))
        )

    def _computed(self, what: tuple[int, OpenRound, int]) -> None:
        """Let a node send that has trained."""
        node, one, life = what
        if self._world.receiver[node] != life or self.over:
            return
        now = self._env.now
        one.computed[node], one.trained[node] = True, now
        self._ledger.compute(node, False)
        arc = one.turn.pattern.arc
        for entry, target in one.ways.get(node, ()):
            if one.state[entry] != PENDING or entry in one.missed:
                continue
            if not self._reaches(one, node, target, int(arc[entry]) // 2):
                if not one.begun[target]:
                    one.state[entry] = GONE
                continue
            one.flying.add(entry)
            wire = self._carrier.send(
                node, target, self._size, self._came, (one, entry, node, target), one.doomed(entry)
            )
            self._ledger.send(node, wire)
        if self._world.receiver[node] != life:
            # What it sent took the last of its energy.
            return
        if one.waiting[node] == 0:
            self._end(node, one)
        elif self._config.timeout is not None:
            self._agenda.at(now + self._config.timeout, self._waited_enough, (node, one, life))

    def _came(self, what: tuple[OpenRound, int, int, int], arrived: bool) -> None:
        """Take a message, or the news that it is lost."""
        one, entry, source, target = what
        one.flying.discard(entry)
        if not arrived:
            self._ledger.lose(source)
            if one.state[entry] == PENDING and entry not in one.missed:
                self._miss(one, entry, target, LOST, self._env.now + self._patience())
            return
        self._ledger.receive(target, self._size)
        if one.state[entry] == PENDING:
            one.state[entry] = ARRIVED
            self._settled(one, target)

    def _patience(self) -> int:
        detect = self._config.detect
        return NEVER - self._env.now if detect == "never" else detect

    def _miss(self, one: OpenRound, entry: int, target: int, state: int, known: int) -> None:
        """Let the receiver know, at `known`, that a message will not come."""
        one.missed[entry] = state
        if known <= self._env.now:
            self._learn_of((one, entry, target))
        elif known < NEVER:
            self._agenda.at(known, self._learn_of, (one, entry, target))

    def _learn_of(self, what: tuple[OpenRound, int, int]) -> None:
        one, entry, target = what
        if one.state[entry] == PENDING and entry in one.missed:
            one.state[entry] = one.missed[entry]
            self._settled(one, target)

    def _settled(self, one: OpenRound, target: int) -> None:
        """Count a message that a node need not wait for any more."""
        if not one.begun[target]:
            return
        one.waiting[target] -= 1
        if one.waiting[target] == 0 and one.computed[target] and not one.ended[target]:
            self._end(target, one)

    def _waited_enough(self, what: tuple[int, OpenRound, int]) -> None:
        """Let a node go on without what has not come."""
        node, one, life = what
        if self._world.receiver[node] != life or one.ended[node]:
            return
        self._give_up(node, one)
        self._end(node, one)

    def _give_up(self, node: int, one: OpenRound) -> None:
        for entry in one.row(node):
            if one.state[entry] == PENDING:
                one.state[entry] = one.missed.get(entry, LOST)
        one.waiting[node] = 0

    def _end(self, node: int, one: OpenRound) -> None:
        """Let a node be through with a round, and go on."""
        now = self._env.now
        one.ended[node], one.end[node] = True, now
        one.left -= 1
        self._ledger.waited(node, now - one.trained[node])
        self._in[node] = -1
        if not self._global:
            self._go_on(node, one.number + 1)
        self._complete()

    def _go_on(self, node: int, number: int) -> None:
        """Let a node begin the first round from `number` on that it takes part in."""
        while number < self._rounds and not self.over:
            if number >= self._opened:
                self._open_next()
            one = self._open.get(number)
            if self._in[node] >= 0 or one is None:
                return
            if one.takes(node):
                self._begin(node, one)
                return
            # It is gone by rounds; a round that is opened later takes it along.
            number += 1
            if number >= self._opened:
                return

    def _complete(self, _: Any = None) -> None:
        """Give out the rounds that are complete, and open the next one if nobody else does."""
        while not self.over:
            one = self._open.get(self._given)
            if one is not None and one.left == 0:
                del self._open[self._given]
                self._given += 1
                if self._took(self._turn(one)) or self._given >= self._rounds:
                    self.over = True
                    self._ended()
            elif one is None and self._given == self._opened:
                if not any(self._world.alive) and self.returns():
                    return
                self._open_next()
            else:
                return

    def _turn(self, one: OpenRound) -> Turn:
        """Return what became of a round."""
        found, turn = one.outcome(), one.turn
        made = turn if found is None else self._schedule.amended(turn, *found)
        struck, reset, when = self._marks.pop(one.number, (False, False, -1))
        joined = self._joins.pop(one.number, [])
        end = np.array(one.end, np.int64)
        return replace(
            made,
            changed=turn.changed or when >= 0,
            struck=turn.struck or struck,
            rejoined=(*turn.rejoined, *(back for back in joined if back.node not in one.absent)),
            reset=turn.reset or reset,
            clock=self._ledger.times(self._env.now, when, end),
        )

    # Disruptions ----------------------------------------------------------------------------------

    def _mark(self, number: int, change: Change) -> None:
        struck, reset, _ = self._marks.get(number, (False, False, -1))
        now = self._env.now
        self._marks[number] = (struck or change.struck, reset or change.reset, now)

    def _changed(self, change: Change) -> None:
        """Let nodes drop and links be cut, and take back those that return."""
        now = self._env.now
        known = min(now + self._patience(), NEVER)
        for node in change.died:
            self._known[node] = known
        for edge in change.cut:
            self._known_edge[edge] = known
        first = [self._in[node] for node in change.died if self._in[node] >= 0]
        self._mark(max(self._given, min(first, default=self._given)), change)
        for node in change.died:
            self._in[node] = -1
            self._fetching.discard(node)
            self._ledger.compute(node, False)
        for number in sorted(self._open):
            self._take_away(self._open[number], change, known)
        for edge in change.healed:
            ends = self._world.graph.edges[edge].tolist()
            self._from_edge[edge] = 1 + max(self._begun[node] for node in ends)
        for node in change.back:
            self._join(node)
        self._complete()

    def _take_away(self, one: OpenRound, change: Change, known: int) -> None:
        """Let a round go on without nodes that dropped and links that were cut."""
        now, pattern = self._env.now, one.turn.pattern
        lost = set()
        for node in change.died:
            if one.takes(node) and not one.ended[node]:
                if one.computed[node]:
                    # It has its own model, and hears nobody any more.
                    self._give_up(node, one)
                    one.ended[node], one.end[node] = True, now
                    one.left -= 1
                else:
                    one.leave(node)
            sent = {entry for entry, _ in one.ways.get(node, ())}
            lost |= sent if change.lost else sent - one.flying
        for edge in change.cut:
            lost |= set(one.entries_of(edge))
        for entry in sorted(lost):
            target = int(pattern.row[entry])
            on_its_way = entry in one.flying
            waits = one.state[entry] == PENDING and entry not in one.missed
            if waits and (on_its_way or one.begun[target]):
                self._miss(one, entry, target, LOST if on_its_way else GONE, known)

    def _join(self, node: int) -> None:
        """Let a node that is back take part from the first round that its neighbours can share."""
        world = self._world
        near = list(world.neighbours(node))
        last = [self._begun[node], *(self._begun[other] for other in near)]
        if self._global:
            last = [self._begun[node], *self._begun]
        number = max(self._given, 1 + max(last))
        rule = world.rejoins[node]
        self._from[node] = number
        self._joins.setdefault(number, []).append(Rejoin(node, rule))
        self._mark(number, Change(struck=False))
        for later in sorted(self._open):
            if later >= number:
                self._open[later].join(node)
        if rule == "fetch" and near:
            life = world.receiver[node]
            self._fetching.add(node)
            wire = self._carrier.send(
                near[0], node, self._size, self._fetched, (node, near[0], number, life)
            )
            self._ledger.send(near[0], wire)
        elif not self._global:
            self._go_on(node, number)

    def _fetched(self, what: tuple[int, int, int, int], arrived: bool) -> None:
        """Let a node begin that has the model which it asked for, or will not get it."""
        node, donor, number, life = what
        if arrived:
            self._ledger.receive(node, self._size)
        else:
            self._ledger.lose(donor)
        if self._world.receiver[node] == life and self._in[node] < 0:
            self._fetching.discard(node)
            one = self._open.get(number)
            if not self._global:
                self._go_on(node, number)
            elif one is not None and one.takes(node):
                self._begin(node, one)
            self._complete()

    # Stalls ---------------------------------------------------------------------------------------

    def waits(self) -> str:
        """Return who waits for whom."""
        found = []
        for number in sorted(self._open):
            one = self._open[number]
            for node, computed in enumerate(one.computed):
                if computed and not one.ended[node]:
                    others = [
                        str(one.turn.pattern.node[entry])
                        for entry in one.row(node)
                        if one.state[entry] == PENDING
                    ]
                    names = ", ".join(others[:_SHOWN])
                    found.append(f"node {node}: the model of round {number} of node {names}")
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return "; ".join(found[:_SHOWN]) + more if found else "nobody is left to go on"
