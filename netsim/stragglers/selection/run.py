"""A run that probes, chooses a code, and goes on with it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import simpy

import netsim.delays.process as delays
from netsim import registry
from netsim.engine.clock import SECOND
from netsim.errors import SimulationError
from netsim.family import RunContext, Scalar
from netsim.fields import OneOf
from netsim.stragglers.codes.scheme import Assignment, Floats, Scheme
from netsim.stragglers.results import RoundTables
from netsim.stragglers.rounds import Round, Rounds
from netsim.stragglers.schema import StragglersScenario
from netsim.stragglers.selection.candidates import Candidate, parameter_sets
from netsim.stragglers.selection.probe import fit_load_slope
from netsim.stragglers.selection.search import Ranking, regret, search
from netsim.stragglers.work import DrawnTimes


class AutoRun:
    """One replication: uncoded rounds, the search, and the rest of the jobs with the choice.

    Parameters
    ----------
    scenario
        The validated scenario.
    context
        Environment, random streams and recorder of the replication.
    scheme
        What stands for the code in the tables.
    t_max
        The largest delay T that is searched.
    loads
        Loads at which the time per load is measured, if it is.
    resamples
        Bootstraps of the probe that the best sets are played on.
    choose
        Told which scheme was chosen.
    """

    def __init__(
        self,
        scenario: StragglersScenario,
        context: RunContext,
        *,
        scheme: Scheme,
        t_max: int,
        loads: Sequence[float],
        resamples: int,
        choose: Callable[[Scheme], None],
    ) -> None:
        if scenario.delays is None:
            raise SimulationError("a code can only be chosen for delays, not for a pattern")
        self._scenario, self._context = scenario, context
        code: Any = scenario.code
        self._code = code
        self._t_max, self._loads, self._choose = t_max, loads, choose
        self._resamples = resamples
        self._whole: bool = code.probe == "all"
        self._probe: int = 0 if self._whole else code.probe
        self._probe_time = 0.0
        self._scheme = scheme
        self._tables = RoundTables(context.recorder, self._scheme)
        self._as_is = delays.taken_as_is(scenario.delays)
        rounds = scenario.jobs + self._t_max
        self._times = delays.sample(scenario.delays, context.streams, rounds, scenario.workers)
        self._measured: list[Floats] = []
        self._chosen: Candidate | None = None
        #: Number of the first round of the scheme that plays.
        self._first = 0
        self._master = context.env.process(self._run())

    def progress(self) -> float | None:
        """Return the share of the rounds that are over, as far as it is known."""
        return min(1.0, len(self._measured) / self._scenario.jobs)

    # -- following the rounds

    def opened(self, r: int, assignment: Assignment) -> None:
        """Hand the round on under its number in the run."""
        self._tables.opened(r + self._first, self._moved(assignment))

    def closed(self, ended: Round) -> None:
        """Note the times, and hand the round on under its number in the run."""
        self._measured.append(ended.finish / SECOND)
        decodings = tuple(replace(d, job=d.job + self._first) for d in ended.decodings)
        self._tables.closed(
            replace(
                ended,
                index=ended.index + self._first,
                assignment=self._moved(ended.assignment),
                decodings=decodings,
            )
        )

    def _moved(self, assignment: Assignment) -> Assignment:
        job = np.where(assignment.job < 0, -1, assignment.job + self._first)
        return replace(assignment, job=job)

    def _play(self, scheme: Scheme, first: int, jobs: int) -> Generator[simpy.Event, Any, None]:
        self._first = first
        scenario = self._scenario
        reference = 0.0 if self._as_is else delays.reference_load(_given(scenario))
        per_load = 0.0 if self._as_is else scenario.compute.per_load
        workers = DrawnTimes(self._context.env, self._times[first:], per_load, reference)
        rounds = Rounds(
            self._context.env,
            scheme,
            jobs,
            load_mode=scenario.load_mode,
            decode_time=0 if self._as_is else scenario.decode_time,
            listeners=(self,),
            first=first,
        )
        yield from rounds.run(workers, scenario.wait)

    def _run(self) -> Generator[simpy.Event, Any, None]:
        scenario = self._scenario
        if not self._whole:
            uncoded = self._made(Candidate("uncoded", self._scheme.load()))
            yield from self._play(uncoded, 0, self._probe)
            self._probe_time = float(self._context.env.now / SECOND)
        ranking = self._search()
        self._chosen = ranking.best
        self._write(ranking)
        chosen = self._made(ranking.best)
        self._choose(chosen)
        self._scheme.T = ranking.best.T
        yield from self._play(chosen, self._probe, scenario.jobs - self._probe)

    def _made(self, candidate: Candidate) -> Scheme:
        model = OneOf("code", key="scheme").models()[candidate.scheme]
        made: Scheme = registry.lookup("code", candidate.scheme)(
            model.model_validate(candidate.block),
            self._scenario.workers,
            rule=self._scenario.wait.rule,
            streams=self._context.streams,
        )
        return made

    # -- choosing

    def _search(self) -> Ranking:
        code = self._code
        known, load = self._known()
        return search(
            known,
            per_load=self._slope(),
            reference_load=load,
            wait=self._scenario.wait,
            t_max=self._t_max,
            candidates=self._sets(),
            resamples=self._resamples,
            block=code.block,
            finalists=code.finalists,
            generator=self._context.streams.generator("stragglers.bootstrap"),
        )

    def _known(self) -> tuple[Floats, float]:
        """Return the times that the choice is made on, and the load at which they were taken."""
        if not self._whole:
            return np.array(self._measured), 1 / self._scenario.workers
        given = _given(self._scenario)
        known = delays.measured(given, self._scenario.workers)
        load = 0.0 if self._as_is else delays.reference_load(given)
        return self._times if known is None else known, load

    def _sets(self) -> list[Candidate]:
        code = self._code
        return parameter_sets(self._scenario.workers, self._t_max, code.w_max, code.schemes)

    def _slope(self) -> float:
        """Return seconds per full data set: given, or fitted to times at several loads."""
        if self._as_is:
            return 0.0
        given = self._scenario.compute.per_load
        if not self._code.calibrate:
            return given
        streams, workers = self._context.streams, self._scenario.workers
        loads = self._loads
        rounds = self._code.calibrate * len(loads)
        times = delays.sample(
            _given(self._scenario), streams, rounds, workers, "compute.calibration"
        )
        means = times.reshape(len(loads), -1).mean(axis=1) + given * np.array(loads)
        return fit_load_slope(loads, [float(mean) for mean in means])[0]

    def _write(self, ranking: Ranking) -> None:
        if not self._context.recorder.wants("selection"):
            return
        place = np.arange(len(ranking.candidates))
        self._context.recorder.write(
            "selection",
            {
                "rank": place,
                "scheme": [one.scheme for one in ranking.candidates],
                "parameters": [one.parameters_in_words for one in ranking.candidates],
                **{
                    name: [one.block.get(name) for one in ranking.candidates]
                    for name in ("s", "B", "W", "lambda")
                },
                "load": [float(one.load) for one in ranking.candidates],
                "time": ranking.time,
                "resampled_time": np.ma.masked_invalid(ranking.resampled),
                "time_sd": np.ma.masked_invalid(ranking.deviation),
                "chosen": place == 0,
            },
        )

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables; return the run's figures, the choice and its regret."""
        self._scheme.begin(self._scenario.jobs)
        figures = self._tables.finish()
        if self._master.is_alive:
            figures["status"] = "unfinished"
        if self._chosen is None:
            return figures
        figures["chosen"] = str(self._chosen)
        figures["probe_time"] = self._probe_time
        if self._code.hindsight:
            figures["regret"] = self._regret(self._chosen)
        return figures

    def _regret(self, chosen: Candidate) -> float:
        """Return by how much the choice was slower than the best on the times that came."""
        scenario = self._scenario
        reference = 0.0 if self._as_is else delays.reference_load(_given(scenario))
        cost, _ = regret(
            chosen,
            self._times[self._probe :],
            per_load=0.0 if self._as_is else scenario.compute.per_load,
            reference_load=reference,
            wait=scenario.wait,
            t_max=self._t_max,
            candidates=self._sets(),
        )
        return cost


def _given(scenario: StragglersScenario) -> delays.DelayConfig:
    if scenario.delays is None:
        raise SimulationError("a code can only be chosen for delays, not for a pattern")
    return scenario.delays
