"""Play the rounds of many replications in step, over finish times that are known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from netsim.errors import InvariantError, SimulationError, UsageError
from netsim.fields import implementation
from netsim.stragglers.batch.limits import EVERY, Counts, count
from netsim.stragglers.batch.m_sgc import MultiplexedRows
from netsim.stragglers.batch.one_round import OneRoundRows
from netsim.stragglers.batch.rows import Rows
from netsim.stragglers.batch.sr_sgc import RepeatRows
from netsim.stragglers.codes.gc import GradientCode
from netsim.stragglers.codes.gc_rep import RepeatedGradientCode
from netsim.stragglers.codes.m_sgc import Multiplexed
from netsim.stragglers.codes.m_sgc_rep import RepeatedMultiplexed
from netsim.stragglers.codes.scheme import Flags, Floats, Scheme
from netsim.stragglers.codes.sr_sgc import SelectiveRepeat
from netsim.stragglers.codes.sr_sgc_rep import RepeatedSelectiveRepeat
from netsim.stragglers.codes.uncoded import Uncoded
from netsim.stragglers.patterns import Pattern
from netsim.stragglers.waiting import WaitConfig

#: By exact class: a plug-in that inherits from one of these has rules of its own.
_ROWS: Final[dict[type[Scheme], Callable[[Any, int, int], Rows]]] = {
    Uncoded: OneRoundRows,
    GradientCode: OneRoundRows,
    RepeatedGradientCode: OneRoundRows,
    SelectiveRepeat: RepeatRows,
    RepeatedSelectiveRepeat: RepeatRows,
    Multiplexed: MultiplexedRows,
    RepeatedMultiplexed: MultiplexedRows,
}


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What happened in every replication (row) and round (column)."""

    duration: Floats
    """Seconds."""
    waited: Flags
    """Whether the rule failed at the threshold."""
    stragglers: NDArray[np.int64]
    """Workers given up."""
    candidates: NDArray[np.int64]
    """Workers later than the threshold."""

    @property
    def total_time(self) -> Floats:
        """Sum of durations by replication, in seconds."""
        total: Floats = self.duration.sum(axis=1)
        return total

    @property
    def waits(self) -> NDArray[np.int64]:
        """Rounds with a wait-out, by replication."""
        rounds: NDArray[np.int64] = np.count_nonzero(self.waited, axis=1)
        return rounds


def rows_of(scheme: Scheme, jobs: int, replications: int) -> Rows:
    """Return the state of `scheme` for so many replications.

    Raises
    ------
    UsageError
        If the scheme can only be played event by event.
    """
    made = _ROWS.get(type(scheme))
    if made is not None:
        return made(scheme, jobs, replications)
    raise UsageError(f"{type(scheme).__name__} cannot be played in step; run it event by event")


def simulate(
    code: Any,
    delays: Floats,
    jobs: int,
    wait: WaitConfig | None = None,
    *,
    per_load: float = 0.0,
    reference_load: float = 0.0,
    load_mode: Literal["constant", "exact"] = "constant",
) -> BatchResult:
    """Play a code over the same number of rounds in every replication.

    Parameters
    ----------
    code
        A validated block ``code``, or a `Scheme` object.
    delays
        Seconds, (replications, rounds, workers); at least jobs + T rounds, further ones are
        ignored.
    jobs
        J.
    wait
        How the master waits; default: mu 1, minimal, model.
    per_load, reference_load, load_mode
        As in a scenario: seconds per full data set, load at which `delays` were measured.

    Raises
    ------
    UsageError
        If there are too few rounds, or a delay is not a number.
    SimulationError
        If a round would last forever.
    """
    waiting = wait if wait is not None else WaitConfig()
    scheme = scheme_for(code, delays.shape[2], waiting)
    play = Play(scheme, jobs, len(delays), waiting, per_load, reference_load, load_mode)
    play_all([play], delays)
    return play.result


def scheme_for(code: Any, workers: int, wait: WaitConfig) -> Scheme:
    """Return the scheme of a validated block ``code``, or `code` itself where it is a scheme."""
    if isinstance(code, Scheme):
        return code
    made: Scheme = implementation("code", code, key="scheme")(code, workers, rule=wait.rule)
    return made


def play_all(plays: Sequence[Play], delays: Floats) -> None:
    """Play several codes over the same delays, round by round in step.

    Raises
    ------
    UsageError, SimulationError
        As `simulate`.
    """
    needed = max(play.rounds for play in plays)
    if delays.shape[1] < needed:
        longest = max(plays, key=lambda play: play.rounds).scheme
        raise UsageError(
            f"{longest.jobs} jobs with T={longest.T} need {needed} rounds, the delays have "
            f"{delays.shape[1]}"
        )
    for r in range(needed):
        # One copy per round, so that everything below runs in the processor's cache.
        finish = np.ascontiguousarray(delays[:, r])
        fastest, slowest = finish.min(axis=1), finish.max(axis=1)
        if np.isnan(slowest).any():
            raise UsageError(f"round {r}: a delay is not a number")
        for play in plays:
            if r < play.rounds:
                play.step(r, finish, fastest, slowest)
    for play in plays:
        play.check_deadlines()


class Play:
    """One code in many replications.

    Parameters
    ----------
    scheme
        The scheme; its object is not changed but for the number of jobs.
    jobs, wait, per_load, reference_load, load_mode
        As for `simulate`.
    replications
        Rows.
    """

    def __init__(
        self,
        scheme: Scheme,
        jobs: int,
        replications: int,
        wait: WaitConfig,
        per_load: float = 0.0,
        reference_load: float = 0.0,
        load_mode: Literal["constant", "exact"] = "constant",
    ) -> None:
        scheme.begin(jobs)
        self.scheme = scheme
        self.rounds = scheme.rounds
        self._wait = wait
        self._eager = wait.stop == "first_decodable" or scheme.eager
        self._rows = rows_of(scheme, jobs, replications)
        self._per_load = per_load
        self._reference = reference_load
        self._constant = float(scheme.load()) if load_mode == "constant" else None
        # A round is written at once, so its values lie together.
        shape = (scheme.rounds, replications)
        self.result = BatchResult(
            duration=np.zeros(shape).T,
            waited=np.zeros(shape, dtype=np.bool_).T,
            stragglers=np.zeros(shape, dtype=np.int64).T,
            candidates=np.zeros(shape, dtype=np.int64).T,
        )

    def step(self, r: int, finish: Floats, fastest: Floats, slowest: Floats) -> None:
        """Play round `r`, given the delays with their extremes by row."""
        collected = self._rows.open(r)
        load = self._rows.load(r) if self._constant is None else self._constant
        shift = self._per_load * (load - self._reference)
        if np.ndim(shift) or float(np.min(shift)) < 0:
            finish = np.maximum(finish + shift, 0.0)
            fastest, slowest, shift = finish.min(axis=1), finish.max(axis=1), 0.0
        if collected is None:
            late, total = self._close(r, finish, fastest, slowest, float(shift))
        else:
            last = np.where(collected, finish, -np.inf).max(axis=1)
            self.result.duration[:, r] = np.where(np.isneginf(last), 0.0, last + shift)
            late = np.zeros(finish.shape, dtype=np.bool_)
            total = count(late)
        if np.isinf(self.result.duration[:, r]).any():
            raise SimulationError(f"round {r}: cannot decode without a worker that never returns")
        self._rows.settle(late, total)

    def check_deadlines(self) -> None:
        """Refuse a run that lost a job: the code's theorem or its rule was broken.

        Raises
        ------
        InvariantError
            If a job was undecoded at its deadline.
        """
        lost = int(self._rows.lost.sum())
        if lost:
            name = type(self.scheme).__name__
            raise InvariantError(f"{name}: {lost} jobs are undecoded at their deadline")

    def _close(
        self, r: int, finish: Floats, fastest: Floats, slowest: Floats, shift: float
    ) -> tuple[Flags, Counts]:
        """End round `r` in every row; return who is late. `shift` is added to all times."""
        result = self.result
        threshold = (1 + self._wait.mu) * (fastest + shift) - shift
        late: Flags = finish > threshold[:, None]
        candidates = count(late)
        result.candidates[:, r] = candidates
        if self.scheme.always_waits:
            # Nobody is ever given up, so only the slowest counts.
            result.duration[:, r] = slowest + shift
            result.waited[:, r] = True
            nobody = np.zeros_like(late)
            return nobody, np.zeros_like(candidates)
        limits = self._rows.limits()
        # Where nobody is out there is nothing to wait for, whatever the rule says.
        waited = (candidates > 0) & ~limits.kept(late, candidates, EVERY)
        end = np.minimum(threshold, slowest)
        if self._eager:
            ends = limits.kept_from(finish, EVERY)
            end = np.maximum(np.minimum(ends, slowest), fastest)
            late = finish > end[:, None]
            candidates = count(late)
            result.candidates[end < threshold, r] = 0
        elif waited.any():
            some = np.flatnonzero(waited)
            ends, times = slowest[some], finish[some]
            if self._wait.policy == "minimal":
                ends = np.minimum(limits.kept_from(times, some), ends)
            end[some] = ends
            out = times > ends[:, None]
            late[some] = out
            candidates[some] = count(out)
        result.duration[:, r] = end + shift
        result.waited[:, r] = waited
        result.stragglers[:, r] = candidates
        return late, candidates


def decoded_patterns(scheme: Scheme, patterns: Pattern, jobs: int) -> Flags:
    """Return which of the straggler patterns (patterns, rounds, workers) leave all jobs decoded.

    Rounds beyond those of the patterns are clean.
    """
    scheme.begin(jobs)
    rows = rows_of(scheme, jobs, len(patterns))
    clean = np.zeros(patterns[:, 0].shape, dtype=np.bool_)
    for r in range(scheme.rounds):
        collected = rows.open(r)
        late = patterns[:, r] if r < patterns.shape[1] else clean
        lost = late if collected is None else late & collected
        rows.settle(lost, count(lost))
    decoded: Flags = rows.lost == 0
    return decoded
