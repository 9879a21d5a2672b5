"""Disruptions that come at times: they strike the world when their hour has come, and end.

What a rate brings is drawn when it happens, with whoever is there then; everything else is known
before the run. At one instant disruptions come before whatever peers do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from netsim.decentralized.clock.world import World
from netsim.decentralized.disruption import (
    PURPOSE,
    DisruptionConfig,
    Floats,
    Scene,
    Span,
    spans_at,
)
from netsim.engine.agenda import Agenda
from netsim.engine.clock import NEVER, SECOND
from netsim.engine.environment import Environment
from netsim.rng import Streams

#: Class of disruptions among the events of an instant: before all others.
FIRST: Final = -1


class Happenings:
    """What goes wrong at its time.

    Parameters
    ----------
    env, agenda, world
        The clock, where it is put down, and what it changes.
    spans
        Those that begin at times.
    entries
        The scenario's list, of which those with a rate are drawn as time passes.
    sizes, streams
        Samples of each node, and where to draw from.
    until
        When the run is stopped (ps), or None.
    around
        Called before and after every change: with the entry, whether it is after, and whether
        something begins.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        world: World,
        spans: Sequence[Span],
        entries: Sequence[DisruptionConfig],
        sizes: Floats | None,
        streams: Streams,
        until: int | None,
        around: Callable[[int, bool, bool], None],
    ) -> None:
        self._env, self._agenda, self._world, self._around = env, agenda, world, around
        self._sizes, self._streams, self._until = sizes, streams, until
        #: What has begun and when, with its end if it is over.
        self.past: list[tuple[Span, int, int | None]] = []
        #: Ends that are still to come, which may bring nodes back.
        self.returns = 0
        for one in spans:
            if one.clock:
                self._plan(one)
        self._rates = [(entry, one) for entry, one in enumerate(entries) if one.at.rate is not None]
        self._clocks = {
            entry: streams.generator(f"{PURPOSE}.times", entry) for entry, _ in self._rates
        }
        self._count = {entry: 0 for entry, _ in self._rates}
        for entry, config in self._rates:
            self._next(entry, config)

    def _plan(self, span: Span) -> None:
        if self._until is None or span.begin < self._until:
            self._agenda.at(span.begin, self._begin, span, FIRST)
            self.returns += span.end is not None

    def _next(self, entry: int, config: DisruptionConfig) -> None:
        """Draw when the entry happens next."""
        rate = config.at.rate or 1.0
        wait = max(1, round(float(self._clocks[entry].exponential(1 / rate)) * SECOND))
        at = self._env.now + wait
        if at < (NEVER if self._until is None else self._until):
            self._agenda.at(at, self._again, (entry, config), FIRST)

    def _again(self, which: tuple[int, DisruptionConfig]) -> None:
        entry, config = which
        now, world = self._env.now, self._world
        alive = np.array(world.alive, np.bool_)
        scene = Scene(
            world.graph,
            alive,
            self._sizes,
            0,
            self._streams,
            entry,
            now,
            True,
            self._until,
            self._count[entry],
        )
        self._count[entry] += 1
        for span in spans_at(config, scene):
            self._plan(span)
        self._next(entry, config)

    def strike(self, span: Span) -> None:
        """Let something begin now that nobody knew beforehand."""
        self.returns += span.end is not None
        self._begin(span)

    def _begin(self, span: Span) -> None:
        self._around(span.entry, False, True)
        world = self._world
        if span.slow is not None:
            world.slow(span.nodes.tolist(), span.slow)
        elif span.loss is not None:
            world.losing.append(span)
        else:
            nodes, edges = span.nodes.tolist(), span.edges.tolist()
            world.strike(nodes, edges, span.in_flight, reset=span.survivors_reset)
        place = len(self.past)
        self.past.append((span, span.begin, None))
        if span.end is not None:
            self._agenda.at(span.end, self._over, place, FIRST)
        self._around(span.entry, True, True)

    def _over(self, place: int) -> None:
        span, begin, _ = self.past[place]
        self._around(span.entry, False, False)
        self.returns -= 1
        world = self._world
        if span.slow is not None:
            world.slow(span.nodes.tolist(), span.slow, over=True)
        elif span.loss is not None:
            world.losing.remove(span)
        else:
            world.restore(span.nodes.tolist(), span.edges.tolist(), span.rejoin)
        self.past[place] = (span, begin, self._env.now)
        self._around(span.entry, True, False)
