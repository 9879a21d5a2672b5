"""One replication with a clock: peers compute and send, and what they do is learned from.

Time passes apart from learning. A clock gives out rounds (`netsim.decentralized.clock.in_step`),
which are learned from as they are complete; what comes at times strikes the clock's world.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from simpy.core import StopSimulation

from netsim.decentralized.clock.carrier import Carrier
from netsim.decentralized.clock.energy import Batteries
from netsim.decentralized.clock.happenings import Happenings
from netsim.decentralized.clock.in_step import InStep
from netsim.decentralized.clock.ledger import Ledger, Times
from netsim.decentralized.clock.message import message_size
from netsim.decentralized.clock.motion import Motion, Reach, area_of
from netsim.decentralized.clock.network_links import NetworkLinks
from netsim.decentralized.clock.own_links import OwnLinks
from netsim.decentralized.clock.timing import default_links
from netsim.decentralized.clock.work import Work, samples_of
from netsim.decentralized.clock.world import World
from netsim.decentralized.disruption import PURPOSE, Span
from netsim.decentralized.run import DecentralizedRun
from netsim.decentralized.schedule import Turn
from netsim.delays.laws.law import LawConfig, draw
from netsim.engine.agenda import Agenda
from netsim.engine.clock import NEVER, SECOND
from netsim.engine.stall import spoken
from netsim.errors import StalledError
from netsim.family import Scalar
from netsim.fields import implementation


class ClockedRun(DecentralizedRun):
    """Peers whose rounds take time."""

    def _start(self) -> None:
        """Let time begin."""
        scenario, context, setting = self._scenario, self._context, self._setting
        env = context.env
        self._agenda = Agenda(env)
        self._world = World(setting.graph)
        self._carrier, overhead = self._carry()
        nodes, size = self.peers.theta.shape
        self._ledger = Ledger(nodes, env, overhead)
        samples = samples_of(scenario.local, setting.objective.sizes)
        work = Work(scenario.timing, self._world, context.streams, samples, size)
        #: What is counted up to the last evaluation, and now.
        self._before = self._times = self._ledger.times(0)
        self._measures.clock = self._of_clock
        self._end = env.event()
        # Background traffic would prolong the run.
        self._end.callbacks.append(StopSimulation.callback)
        self._happenings = Happenings(
            env,
            self._agenda,
            self._world,
            setting.spans,
            scenario.disruption,
            setting.objective.sizes,
            context.streams,
            context.until,
            self._around,
        )
        self._waiting: list[Turn] = []
        self._t = 0
        self._power()
        self._move()
        self._wind_up(work)
        self._evaluate(0)
        self._keep()

    def _wind_up(self, work: Work) -> None:
        """Make the clock."""
        scenario, peers = self._scenario, self.peers
        self._clock = InStep(
            self._context.env,
            self._agenda,
            self._world,
            self._carrier,
            work,
            self._ledger,
            self._schedule,
            scenario.timing,
            scenario.round_count,
            message_size(scenario, peers.theta.shape[1], peers.theta.dtype),
            self._take,
            self._finished,
        )
        self._clock.returns = lambda: self._happenings.returns > 0

    def _around(self, entry: int, after: bool, begins: bool) -> None:
        """Look before and after something goes wrong; rounds do so themselves."""

    def _power(self) -> None:
        """Give everybody a battery, if that is counted."""
        scenario = self._scenario
        self._batteries: Batteries | None = None
        if scenario.energy is None:
            return
        kinds = [one.kind for one in scenario.disruption]  # type: ignore[attr-defined]
        self._drained = kinds.index("battery") if "battery" in kinds else -1
        ends = self._run_down if self._drained >= 0 else None
        self._batteries = Batteries(
            scenario.energy, self._context.env, self._agenda, self._world, ends
        )
        self._carrier.meter = self._ledger.busy = self._batteries

    def _run_down(self, node: int) -> None:
        """Let a node drop whose battery is empty."""
        config: Any = self._scenario.disruption[self._drained]
        now, end = self._context.env.now, None
        if isinstance(config.recover_after, LawConfig):
            purpose = f"{PURPOSE}.recovery"
            generator = self._context.streams.generator(purpose, self._drained, 0, node)
            wait = float(draw(config.recover_after, generator, 1)[0])
            end = now + max(1, round(wait * SECOND))
        self._happenings.strike(
            Span(
                self._drained,
                config.kind,
                now,
                end,
                nodes=np.array([node]),
                rejoin=config.rejoin,
                in_flight=config.in_flight,
                clock=True,
            )
        )

    def _move(self) -> None:
        """Let nodes be heard over the air, and move if they do."""
        scenario, context, world = self._scenario, self._context, self._world
        if scenario.radio is None:
            return
        reach = Reach(scenario.radio, world, context.streams)
        reach.see()
        if isinstance(self._carrier, OwnLinks):
            self._carrier.reach = reach
        if scenario.mobility is None:
            return
        area = area_of(scenario.topology, world.x, world.y)
        kind = implementation("mobility", scenario.mobility)
        places = np.column_stack((world.x, world.y))
        mover = kind.mover(scenario.mobility, places, area, context.streams)
        tick, until = scenario.mobility.tick, context.until
        Motion(
            mover,
            tick,
            context.env,
            self._agenda,
            world,
            reach,
            lambda: until is not None or self._agenda.peek() < NEVER or self._is_busy(),
        )

    def _is_busy(self) -> bool:
        """Return whether messages are on their way that the agenda does not know of."""
        return isinstance(self._carrier, NetworkLinks) and self._carrier.busy

    def _carry(self) -> tuple[Carrier, int]:
        """Return who carries messages, and what each carries besides."""
        scenario, context = self._scenario, self._context
        self._fabric: Any = None
        if scenario.network is not None:
            from netsim.fabric.connect import connect

            nodes = range(self._setting.graph.node_count)
            self._fabric = connect(scenario.network, context, nodes)
            return NetworkLinks(self._fabric, self._world, context.streams), 0
        links = scenario.links if scenario.links is not None else default_links()
        own = OwnLinks(links, context.env, self._agenda, self._world, context.streams)
        return own, links.header

    def progress(self) -> float | None:
        """Return the share of the rounds, or of the time, that is over."""
        until = self._context.until
        if self._scenario.rounds is None and until is not None:
            return min(1.0, self._context.env.now / until)
        return self._clock.done / self._scenario.round_count

    # Learning -------------------------------------------------------------------------------------

    def _take(self, turn: Turn) -> bool:
        """Learn from complete rounds, some at a time, and return whether to stop."""
        self._waiting.append(turn)
        if len(self._waiting) >= self._ahead:
            self._catch_up()
        return self._story.is_reached

    def _catch_up(self) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if self._story.is_reached:
                return
            self._play(turn)

    def _play(self, turn: Turn) -> None:
        clock = turn.clock
        if clock is not None and clock.struck >= 0:
            self._t = max(self._t or 0, clock.struck)
        super()._play(turn)

    def _count(self, turn: Turn) -> None:
        """Take over what the clock has counted by the end of a round."""
        if turn.clock is not None:
            self._show(turn.clock)

    def _show(self, times: Times) -> None:
        peers = self.peers
        self._t, self._times = times.t, times
        peers.sent[:], peers.received[:], peers.lost[:] = times.sent, times.received, times.lost
        peers.bytes_sent[:], peers.bytes_received[:] = times.bytes_sent, times.bytes_received

    def _of_clock(self) -> Mapping[str, Any]:
        """Return what the clock knows of every node, since it was last asked."""
        now, before = self._times, self._before
        self._before = now
        found: dict[str, Any] = {
            "wait": (now.wait - before.wait) / SECOND,
            "compute": (now.compute - before.compute) / SECOND,
            "t": np.where(now.end >= 0, now.end, now.t),
        }
        if self._setting.graph.x is not None:
            found |= {"x": self._world.x.copy(), "y": self._world.y.copy()}
        if self._batteries is not None:
            found["energy"] = self._batteries.left()
        return found

    # The end --------------------------------------------------------------------------------------

    def _finished(self) -> None:
        self._catch_up()
        if not self._end.triggered:
            self._end.succeed()

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables and return the run's figures.

        Raises
        ------
        StalledError
            If nodes wait for what will never come.
        """
        self._conclude()
        if self._fabric is not None:
            self._fabric.finish(self._context.recorder)
        return super().finish()

    def _conclude(self) -> None:
        """Learn from what is left, and look once more."""
        now = self._context.env.now
        if not self._clock.over and self._agenda.peek() == NEVER:
            raise StalledError(
                f"simulation stalled at t={spoken(now)}: nothing is left to happen, and nodes wait "
                f"({self._clock.waits()}); give timing.timeout, or timing.detect"
            )
        self._catch_up()
        self._show(self._ledger.times(now))
        self._evaluate(0)

    def _past(self) -> list[tuple[Span, int, int | None]]:
        """Return what has struck, by rounds and by times."""
        return super()._past() + self._happenings.past
