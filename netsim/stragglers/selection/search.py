"""Exhaustive search: every parameter set on the probe, the best of them on resampled probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from netsim.errors import UsageError
from netsim.fields import OneOf
from netsim.stragglers.batch import simulate
from netsim.stragglers.codes.scheme import Floats
from netsim.stragglers.selection.candidates import Candidate, parameter_sets
from netsim.stragglers.selection.probe import bootstrap
from netsim.stragglers.selection.replay import group_totals
from netsim.stragglers.waiting import WaitConfig


@dataclass(frozen=True, slots=True)
class Ranking:
    """Parameter sets from best to worst.

    Parameters
    ----------
    candidates
        The sets. Those that were played on resamplings come first, by `resampled`; the others come
        behind, by `time`.
    time
        Total time of each on the probe itself.
    resampled, deviation
        Mean and standard deviation of its total times on the probe and its resamplings; NaN where
        it was not played on these.
    jobs
        Jobs that were played.
    """

    candidates: tuple[Candidate, ...]
    time: Floats
    resampled: Floats
    deviation: Floats
    jobs: int

    @property
    def best(self) -> Candidate:
        """The chosen set."""
        return self.candidates[0]


def search(
    measured: Floats,
    *,
    per_load: float,
    reference_load: float = 0.0,
    wait: WaitConfig | None = None,
    t_max: int = 3,
    w_max: int = 9,
    candidates: Sequence[Candidate] | None = None,
    resamples: int = 0,
    block: int = 5,
    finalists: int = 200,
    generator: np.random.Generator | None = None,
) -> Ranking:
    """Rank parameter sets by their total time on a profile.

    Parameters
    ----------
    measured
        Finish times in seconds, (rounds, workers). All sets run the same number of jobs, the rounds
        less `t_max`.
    per_load, reference_load
        Seconds per full data set, and load at which `measured` was taken.
    wait
        How the master will wait. Under the rule `model` all sets of one B and W are played in step;
        under `decodable` one after another, which takes longer.
    t_max, w_max
        Limits of the default `candidates`.
    resamples, block, finalists, generator
        The `finalists` best sets are played on so many block bootstraps of the profile as well, and
        ranked by the mean: one probe alone overrates sets that were lucky with rare outliers.

    Raises
    ------
    UsageError
        If the profile is not longer than `t_max`.
    """
    waiting = wait if wait is not None else WaitConfig()
    rounds, workers = measured.shape
    jobs = rounds - t_max
    if jobs < 1:
        raise UsageError(f"a probe of {rounds} rounds is too short for T up to {t_max}")
    sets = list(candidates) if candidates is not None else parameter_sets(workers, t_max, w_max)
    times = _totals(sets, measured, per_load, reference_load, jobs, waiting)
    order = sorted(range(len(sets)), key=lambda i: (times[i], sets[i].rank))
    sets, times = [sets[i] for i in order], times[order]
    resampled, deviation = np.full((2, len(sets)), np.nan)
    if resamples:
        best = sets[:finalists]
        source = generator if generator is not None else np.random.Generator(np.random.Philox(0))
        again = bootstrap(measured, block, resamples, source)
        every = np.stack(
            [times[: len(best)]]
            + [_totals(best, one, per_load, reference_load, jobs, waiting) for one in again]
        )
        means = every.mean(axis=0)
        final = sorted(range(len(best)), key=lambda i: (means[i], best[i].rank))
        sets[: len(best)] = [best[i] for i in final]
        times[: len(best)] = times[final]
        resampled[: len(best)] = means[final]
        deviation[: len(best)] = every.std(axis=0, ddof=1)[final]
    return Ranking(tuple(sets), times, resampled, deviation, jobs)


def regret(
    chosen: Candidate,
    measured: Floats,
    *,
    per_load: float,
    reference_load: float = 0.0,
    wait: WaitConfig | None = None,
    t_max: int = 3,
    w_max: int = 9,
    candidates: Sequence[Candidate] | None = None,
) -> tuple[float, Candidate]:
    """Return how much longer `chosen` takes on what came than the best in hindsight, and which.

    0.05 means 5 % longer than the best fixed set with the same limits.
    """
    listed = candidates if candidates is not None else ()
    sets = list(listed) or parameter_sets(measured.shape[1], t_max, w_max)
    if chosen not in sets:
        sets.append(chosen)
    ranking = search(
        measured,
        per_load=per_load,
        reference_load=reference_load,
        wait=wait,
        t_max=max(t_max, chosen.T),
        candidates=sets,
    )
    place = ranking.candidates.index(chosen)
    return float(ranking.time[place] / ranking.time[0] - 1), ranking.best


def _totals(
    sets: Sequence[Candidate],
    measured: Floats,
    per_load: float,
    reference_load: float,
    jobs: int,
    wait: WaitConfig,
) -> Floats:
    """Return the total time of every set on one profile."""
    shift = per_load * (np.array([float(one.load) for one in sets]) - reference_load)
    play = _in_step if wait.rule == "model" and measured.min() + shift.min() >= 0 else _one_by_one
    times = np.empty(len(sets))
    order = sorted(range(len(sets)), key=lambda i: _group(sets[i]))
    for _, members in groupby(order, key=lambda i: _group(sets[i])):
        group = list(members)
        times[group] = play([sets[i] for i in group], measured, shift[group], jobs, wait)
    return times


def _group(candidate: Candidate) -> tuple[str, int, int]:
    return (candidate.scheme, candidate.B, candidate.W)


def _in_step(
    group: list[Candidate], measured: Floats, shift: Floats, jobs: int, wait: WaitConfig
) -> Floats:
    return group_totals(group, measured, shift, jobs, wait)


def _one_by_one(
    group: list[Candidate], measured: Floats, shift: Floats, jobs: int, wait: WaitConfig
) -> Floats:
    """Play the sets one after another; SR-SGC `decodable` depends on B and s alone."""
    models = OneOf("code", key="scheme").models()
    known: dict[tuple[float, int], float] = {}
    times = np.empty(len(group))
    for place, (one, added) in enumerate(zip(group, shift, strict=True)):
        key = (float(added), one.lam if one.scheme == "m_sgc" else one.s)
        if key not in known:
            code = models[one.scheme].model_validate(one.block)
            finish = np.maximum(measured[None] + added, 0.0)
            eager = wait if one.T == 0 else wait.model_copy(update={"stop": "threshold"})
            known[key] = float(simulate(code, finish, jobs, eager).total_time[0])
        times[place] = known[key]
    return times
