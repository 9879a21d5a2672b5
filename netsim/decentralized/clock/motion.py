"""Nodes that move, and whom they reach: links of all pairs, of which those in reach are up.

At every tick it is seen anew who is where. Links that are out of reach are cut as by a disruption,
so that what is on its way over them is lost, and they compose with links that others cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.clock.happenings import FIRST
from netsim.decentralized.clock.world import World
from netsim.decentralized.mobility import PURPOSE, Area, Mover
from netsim.engine.agenda import Agenda
from netsim.engine.clock import SECOND
from netsim.engine.environment import Environment
from netsim.fields import implementation
from netsim.rng import Streams

Floats = NDArray[np.float64]


class Reach:
    """Who hears whom over the air.

    Parameters
    ----------
    radio
        The block.
    world
        Nodes, all pairs of them, and where they are.
    streams
        Where the fixed draws of pairs come from.
    """

    def __init__(self, radio: Any, world: World, streams: Streams) -> None:
        self._radio, self._kind, self._world = radio, implementation("radio", radio), world
        self._ends = world.graph.edges.T
        generator = streams.generator(f"{PURPOSE}.shadowing")
        self._drawn = generator.standard_normal(world.graph.edge_count)
        self._out = np.zeros(world.graph.edge_count, np.bool_)

    def see(self) -> None:
        """Cut what is out of reach now, and give back what is in reach again."""
        x, y = self._world.x, self._world.y
        a, b = self._ends
        distance = np.hypot(x[a] - x[b], y[a] - y[b])
        out = ~self._kind.reaches(self._radio, distance, self._drawn)
        cut, healed = np.flatnonzero(out & ~self._out), np.flatnonzero(self._out & ~out)
        self._out = out
        if len(healed):
            self._world.restore((), healed.tolist())
        if len(cut):
            self._world.strike((), cut.tolist())

    def rate(self, source: int, target: int) -> float | None:
        """Return the rate of a link now in bit/s, or None where `links` say it."""
        edge = self._world.edge(source, target)
        away, drawn = self._world.distance(source, target), float(self._drawn[edge])
        rate: float | None = self._kind.rate(self._radio, away, drawn)
        return rate


class Motion:
    """Moves the nodes of a world.

    Parameters
    ----------
    mover
        Knows where everybody is.
    tick
        Time after which one looks (ps).
    env, agenda
        The clock.
    world, reach
        What is moved, and who then hears whom.
    goes_on
        Returns whether anything else is left to happen.
    """

    def __init__(
        self,
        mover: Mover,
        tick: int,
        env: Environment,
        agenda: Agenda,
        world: World,
        reach: Reach,
        goes_on: Callable[[], bool],
    ) -> None:
        self._mover, self._tick, self._env, self._agenda = mover, tick, env, agenda
        self._world, self._reach, self._goes_on = world, reach, goes_on
        agenda.at(env.now + tick, self._move, None, FIRST)

    def _move(self, _: Any) -> None:
        if not self._goes_on():
            return
        places = self._mover.places(self._env.now / SECOND)
        self._world.x, self._world.y = places.T.copy()
        self._reach.see()
        self._agenda.at(self._env.now + self._tick, self._move, None, FIRST)


def area_of(topology: Any, x: Floats, y: Floats) -> Area:
    """Return the rectangle that nodes stay in: the topology's, or that of their places."""
    given = getattr(topology, "area", None)
    if given is not None:
        return 0.0, 0.0, float(given[0]), float(given[1])
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())
