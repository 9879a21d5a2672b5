"""One replication of the family `stragglers`, wired together."""

from __future__ import annotations

from collections.abc import Mapping

import simpy
from simpy.core import StopSimulation

import netsim.delays.process as delays
from netsim.family import RunContext, Scalar
from netsim.stragglers.codes.scheme import Floats, Scheme
from netsim.stragglers.learning.learner import Learner
from netsim.stragglers.network import NetworkedWorkers
from netsim.stragglers.results import RoundTables
from netsim.stragglers.rounds import Listener, Rounds
from netsim.stragglers.schema import StragglersScenario, scheme_of
from netsim.stragglers.work import DrawnTimes, Workplace


class StragglersRun:
    """The master's process, its workers, and the tables that follow it.

    Parameters
    ----------
    scenario
        The validated scenario.
    context
        Environment, random streams and recorder of the replication.
    """

    def __init__(self, scenario: StragglersScenario, context: RunContext) -> None:
        scheme = scheme_of(scenario, context.streams)
        self._recorder = context.recorder
        self._tables = RoundTables(context.recorder, scheme)
        self._learner = learner_of(scenario, scheme, context)
        self._workers: Workplace | None = None
        followers: list[Listener] = [self._tables]
        if self._learner is not None:
            followers.append(self._learner)
        given = scenario.delays is not None and delays.taken_as_is(scenario.delays)
        self._rounds = Rounds(
            context.env,
            scheme,
            scenario.jobs,
            load_mode=scenario.load_mode,
            decode_time=0 if given else scenario.decode_time,
            listeners=followers,
        )
        self._count = scheme.rounds
        self._master: simpy.Process | None = None
        if scenario.stragglers is not None:
            self._rounds.replay(scenario.stragglers.pattern(scheme.rounds, scenario.workers))
        elif scenario.delays is not None:
            times = delays.sample(scenario.delays, context.streams, scheme.rounds, scenario.workers)
            self._workers = workers_of(scenario, context, scheme, times)
            self._master = context.env.process(self._rounds.run(self._workers, scenario.wait))
            if isinstance(self._workers, NetworkedWorkers):
                # Background traffic, and timers of what was given up, would prolong the run.
                self._master.callbacks.append(StopSimulation.callback)

    def progress(self) -> float | None:
        """Return the share of the rounds that are over."""
        return self._rounds.done / self._count

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables and return the run's figures."""
        figures = self._tables.finish()
        if self._master is not None and self._master.is_alive:
            figures["status"] = "unfinished"
        if self._learner is not None:
            figures |= self._learner.finish()
        if isinstance(self._workers, NetworkedWorkers):
            figures["bytes"] = self._workers.bytes
            self._workers.fabric.finish(self._recorder)
        return figures


def learner_of(scenario: StragglersScenario, scheme: Scheme, context: RunContext) -> Learner | None:
    """Return who trains on the rounds' gradients, if the scenario asks for it."""
    if scenario.learning is None:
        return None
    models = scenario.models if scenario.models is not None else scheme.T + 1
    return Learner(scenario.learning, scheme, models, context.streams, context.recorder)


def workers_of(
    scenario: StragglersScenario, context: RunContext, scheme: Scheme, times: Floats
) -> Workplace:
    """Return the workers with these times, behind the scenario's network if it has one."""
    if scenario.delays is None or delays.taken_as_is(scenario.delays):
        return DrawnTimes(context.env, times)
    per_load = scenario.compute.per_load
    reference = delays.reference_load(scenario.delays)
    if scenario.network is None:
        return DrawnTimes(context.env, times, per_load, reference)
    from netsim.fabric.connect import connect

    fabric = connect(scenario.network, context, range(scenario.workers + 1))
    share = float(getattr(scheme, "message_share", 1))
    return NetworkedWorkers(fabric, times, scenario.message, share, per_load, reference)
