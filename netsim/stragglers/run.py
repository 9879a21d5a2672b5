"""One replication of the family `stragglers`, wired together."""

from __future__ import annotations

from collections.abc import Mapping

import netsim.delays.process as delays
from netsim.family import RunContext, Scalar
from netsim.stragglers.results import RoundTables
from netsim.stragglers.rounds import Rounds
from netsim.stragglers.schema import StragglersScenario, scheme_of
from netsim.stragglers.work import DrawnTimes


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
        self._tables = RoundTables(context.recorder, scheme)
        given = scenario.delays is not None and delays.taken_as_is(scenario.delays)
        self._rounds = Rounds(
            context.env,
            scheme,
            scenario.jobs,
            load_mode=scenario.load_mode,
            decode_time=0 if given else scenario.decode_time,
            listeners=(self._tables,),
        )
        self._count = scheme.rounds
        if scenario.stragglers is not None:
            self._rounds.replay(scenario.stragglers.pattern(scheme.rounds, scenario.workers))
        elif scenario.delays is not None:
            times = delays.sample(scenario.delays, context.streams, scheme.rounds, scenario.workers)
            per_load = 0.0 if given else scenario.compute.per_load
            reference = delays.reference_load(scenario.delays)
            workers = DrawnTimes(context.env, times, per_load, reference)
            context.env.process(self._rounds.run(workers, scenario.wait))

    def progress(self) -> float | None:
        """Return the share of the rounds that are over."""
        return self._rounds.done / self._count

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables and return the run's figures."""
        return self._tables.finish()
