"""One replication in which nobody waits: every node goes at its own pace, and is looked at in time.

What happens is found first and learned afterwards, some thousand operations at a time
(`netsim.decentralized.clock.operations`); whoever looks at models has all of them carried out up to
that moment. Evaluations are numbered where rounds would be; `t` says when they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from netsim.decentralized.clock.message import free_message_size
from netsim.decentralized.clock.operations import AHEAD, Operations
from netsim.decentralized.clock.stage import Stage
from netsim.decentralized.clock.work import Work
from netsim.decentralized.clock.world import Change
from netsim.decentralized.clocked_run import ClockedRun
from netsim.decentralized.company import weights_of
from netsim.decentralized.pattern import pattern_of
from netsim.decentralized.spectrum import slem
from netsim.decentralized.weights.rule import mixture_of
from netsim.engine.clock import NEVER
from netsim.family import Scalar
from netsim.fields import implementation

#: Class of evaluations among the events of an instant: after all others.
LAST: Final = 9
#: Most spans of a disruption of which each is looked at before and after; of more, only the first.
MOST_SPANS: Final = 16


class FreeRun(ClockedRun):
    """Peers that wait for nobody."""

    def _wind_up(self, work: Work) -> None:
        """Let the algorithm begin, and look at it now and then."""
        scenario, context, setting = self._scenario, self._context, self._setting
        ahead = 1 if scenario.execution == "lockstep" else AHEAD
        self._operations = Operations(self.peers, ahead)
        sizes = setting.objective.sizes
        detect = None if scenario.timing.detect == "never" else int(scenario.timing.detect)
        self._stage = Stage(
            context.env,
            self._agenda,
            self._world,
            self._carrier,
            work,
            self._ledger,
            self._operations,
            context.streams,
            scenario.round_count,
            free_message_size(scenario, self.peers.theta.shape[1], self.peers.theta.dtype),
            setting.objective.local_steps().tolist(),
            (sizes > 0).tolist(),
            detect,
        )
        self._seen = -1
        counts = np.bincount([one.entry for one in setting.spans if one.clock], minlength=1)
        self._often = {entry for entry, count in enumerate(counts) if count > MOST_SPANS}
        for entry, config in enumerate(scenario.disruption):
            if getattr(implementation("disruption", config), "unknown", False):
                self._often.add(entry)
        self._looked: set[int] = set()
        self._taken = (np.zeros(self._stage.nodes), np.zeros(self._stage.nodes))
        self._world.listeners.append(self._changed)
        self._agenda.at(0, lambda _: self._algorithm.begin(self._stage))
        self._every = scenario.looks_every or 0
        if self._every:
            self._agenda.at(self._every, self._look, None, LAST)
        self._find_pattern()

    def progress(self) -> float | None:
        """Return the share of the time, or of the trainings, that is over."""
        until = self._context.until
        if until is not None:
            return min(1.0, self._context.env.now / until)
        return min(self._stage.trainings) / self._scenario.round_count

    # Looking --------------------------------------------------------------------------------------

    def _look(self, _: Any) -> None:
        """Evaluate, and do so again."""
        busy = self._agenda.peek() < NEVER or self._is_busy()
        if busy or self._context.until is not None:
            self._agenda.at(self._context.env.now + self._every, self._look, None, LAST)
        self._evaluate_now(0)
        if self._story.is_reached:
            self._finished()

    def _evaluate_now(self, stage: int) -> None:
        """Score all models as they are now; an evaluation after a change belongs to that before."""
        getattr(self._algorithm, "look", _nothing)()
        self._operations.flush()
        if not stage:
            if self._t == self._context.env.now and self._done:
                return
            self._done += 1
        self._show(self._ledger.times(self._context.env.now))
        self._find_pattern()
        self._evaluate(stage)
        self._keep()

    def _find_pattern(self) -> None:
        """See who is there, and write what the graph is like if that has changed."""
        world = self._world
        if world.version == self._seen:
            return
        self._seen = world.version
        alive, up = np.array(world.alive, np.bool_), np.array(world.up, np.bool_)
        self._pattern = pattern_of(self._setting.graph, alive, up)
        mixture = mixture_of(weights_of(self._scenario), self._pattern, self._setting.weighed)
        self._end_version()
        found = slem(mixture)
        self._measures.graph(self._done, self._pattern, found, None, self._t)
        self._slem = found if self._slem is None else self._slem

    def _around(self, entry: int, after: bool, begins: bool) -> None:
        """Look just before and just after something goes wrong."""
        if not after:
            self._watched = entry not in self._looked or entry not in self._often
            self._looked.add(entry)
        if not self._watched:
            return
        before = self._story.accuracy
        self._evaluate_now(int(after))
        if after and begins:
            self._story.strike(self._done, before, self._t)

    def _of_clock(self) -> Mapping[str, Any]:
        """Return what the clock knows of every node, since it was last asked."""
        stage = self._stage
        lag, taken = np.array(stage.lag, float), np.array(stage.taken, float)
        since = lag - self._taken[0], taken - self._taken[1]
        self._taken = lag, taken
        with np.errstate(invalid="ignore"):
            mean = since[0] / since[1]
        return {**super()._of_clock(), "staleness": np.ma.array(mean, mask=since[1] == 0)}

    # Disruptions ----------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        """Let the algorithm go on with who is left."""
        operations, world = self._operations, self._world
        for node in change.died:
            self._ledger.compute(node, False)
        for node in change.died:
            getattr(self._algorithm, "left", _nothing)(node)
        if change.reset:
            for node, alive in enumerate(world.alive):
                if alive:
                    operations.reset(node)
        for node in change.back:
            rule, near = world.rejoins[node], world.neighbours(node)
            if rule == "reset":
                operations.reset(node)
            if rule == "fetch" and near:
                version = operations.save(near[0])
                self._stage.send(near[0], node, self._fetched, (version, world.receiver[node]))
            else:
                self._algorithm.joined(node)

    def _fetched(self, _: int, node: int, what: tuple[int, int], arrived: bool) -> None:
        version, life = what
        here = self._world.alive[node] and self._world.receiver[node] == life
        if arrived and here:
            self._operations.load(node, version)
        self._operations.release(version)
        if here:
            self._algorithm.joined(node)

    # The end --------------------------------------------------------------------------------------

    def _conclude(self) -> None:
        self._evaluate_now(0)

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables and return the run's figures."""
        trained = [count for count in self._stage.trainings if count]
        figures = {**super().finish(), "rounds": min(trained, default=0)}
        # Nobody counts rounds here.
        return figures | {"recovery_rounds": None, "rounds_to_target": None}


def _nothing(*_: int) -> None:
    """Do nothing."""
