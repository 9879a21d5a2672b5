"""Batteries: what peers use up while they are there, compute, send and receive.

E falls by P_idle dt, by P_cpu dt while a node trains, and by the bytes that it sends and receives
times what each costs; one that travels a distance d costs e_send + e_amplifier d^2 (the first-order
radio model). Under a constant load a node lasts E0 / (P_idle + P_cpu u + e_send R_s + e_receive
R_r), with u the share of time that it trains and R the rates of its bytes. The moment at which a
battery is empty is found exactly: between two changes of a node's load it is a straight line.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.clock.happenings import FIRST
from netsim.decentralized.clock.world import Change, World
from netsim.engine.agenda import Agenda
from netsim.engine.clock import NEVER, SECOND
from netsim.engine.environment import Environment
from netsim.fields import Config, Energy, EnergyPerData, Power, field


class EnergyConfig(Config):
    """What there is, and what everything costs."""

    capacity: Energy | tuple[Energy, ...] = field(
        "10 kJ", description="what a full battery holds: one for all, or one per node"
    )
    idle: Power = field("0 W", description="power while a node is there")
    compute: Power = field("0 W", description="further power while it trains")
    send: EnergyPerData = field("0 J/B", description="energy of what it sends")
    receive: EnergyPerData = field("0 J/B", description="energy of what it receives")
    amplifier: EnergyPerData = field(
        "0 J/B",
        description="further energy of what it sends over 1 m; it grows with the distance squared",
    )


class Batteries:
    """What is left to every node.

    Parameters
    ----------
    config
        The block `energy`.
    env, agenda
        The clock, and where the ends of batteries are put down.
    world
        Who is there, and where.
    empty
        Called with a node whose battery is empty; None: nothing happens then.
    """

    def __init__(
        self,
        config: EnergyConfig,
        env: Environment,
        agenda: Agenda,
        world: World,
        empty: Callable[[int], None] | None,
    ) -> None:
        self._config, self._env, self._agenda, self._world = config, env, agenda, world
        self._empty = empty
        nodes = world.graph.node_count
        full = config.capacity
        self._full = list(full) if isinstance(full, tuple) else [full] * nodes
        self._left = list(self._full)
        self._since, self._power = [env.now] * nodes, [config.idle] * nodes
        self._planned = [NEVER] * nodes
        world.listeners.append(self._changed)
        for node in range(nodes):
            self._plan(node)

    def left(self) -> NDArray[np.float64]:
        """Return what is left to every node now, in joules."""
        for node in range(len(self._left)):
            self._settle(node)
        return np.maximum(self._left, 0.0)

    def computing(self, node: int, begins: bool) -> None:
        """Note that `node` begins or ends to compute."""
        self._settle(node)
        if self._world.alive[node]:
            self._power[node] = self._config.idle + (self._config.compute if begins else 0.0)
            self._plan(node)

    def sent(self, source: int, target: int, size: int) -> None:
        """Note that `source` sends `size` bytes to `target`."""
        config, cost = self._config, self._config.send
        if config.amplifier:
            cost += config.amplifier * self._world.distance(source, target) ** 2
        self._spend(source, cost * size)

    def received(self, target: int, size: int) -> None:
        """Note that `target` receives `size` bytes."""
        self._spend(target, self._config.receive * size)

    def _spend(self, node: int, joules: float) -> None:
        if joules:
            self._settle(node)
            self._left[node] -= joules
            self._plan(node)

    def _settle(self, node: int) -> None:
        """Take off what was used up since the last change."""
        now = self._env.now
        if self._power[node]:
            self._left[node] -= self._power[node] * ((now - self._since[node]) / SECOND)
        self._since[node] = now

    def _plan(self, node: int) -> None:
        """Put down when the battery will be empty, if that is earlier than what was put down."""
        if self._empty is None or not self._world.alive[node]:
            return
        power, left, now = self._power[node], self._left[node], self._env.now
        if left > 0 and not power:
            return
        lasts = math.ceil(left / power * SECOND) if left > 0 else 0
        at = now + lasts
        if at < self._planned[node]:
            self._planned[node] = at
            self._agenda.at(at, self._look, node, FIRST)

    def _look(self, node: int) -> None:
        """See whether a battery is empty by now."""
        self._planned[node] = NEVER
        if not self._world.alive[node] or self._empty is None:
            return
        self._settle(node)
        # What lasts for less than two instants is gone.
        if self._left[node] <= self._power[node] * 2 / SECOND:
            self._left[node] = 0.0
            self._empty(node)
        else:
            self._plan(node)

    def _changed(self, change: Change) -> None:
        for node in change.died:
            self._settle(node)
            self._power[node] = 0.0
        for node in change.back:
            self._since[node] = self._env.now
            if self._left[node] <= 0:
                # It comes back with a full battery, or it would not.
                self._left[node] = self._full[node]
            self._power[node] = self._config.idle
            self._plan(node)
