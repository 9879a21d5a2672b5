"""Play the rounds of many replications in step, over finish times that are known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from netsim.errors import InvariantError, SimulationError, UsageError
from netsim.fields import implementation
from netsim.stragglers.batch.limits import Limits
from netsim.stragglers.batch.m_sgc import MultiplexedRows
from netsim.stragglers.batch.one_round import OneRoundRows
from netsim.stragglers.batch.rows import Rows
from netsim.stragglers.batch.sr_sgc import RepeatRows
from netsim.stragglers.codes.gc import GradientCode
from netsim.stragglers.codes.m_sgc import Multiplexed
from netsim.stragglers.codes.scheme import Flags, Floats, Scheme
from netsim.stragglers.codes.sr_sgc import SelectiveRepeat
from netsim.stragglers.patterns import Pattern
from netsim.stragglers.waiting import WaitConfig


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
    if isinstance(scheme, GradientCode):
        return OneRoundRows(scheme, jobs, replications)
    if isinstance(scheme, SelectiveRepeat):
        return RepeatRows(scheme, jobs, replications)
    if isinstance(scheme, Multiplexed):
        return MultiplexedRows(scheme, jobs, replications)
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
    replications, rounds, workers = delays.shape
    scheme = (
        code
        if isinstance(code, Scheme)
        else implementation("code", code, key="scheme")(code, workers, rule=waiting.rule)
    )
    scheme.begin(jobs)
    if rounds < scheme.rounds:
        raise UsageError(
            f"{jobs} jobs with T={scheme.T} need {scheme.rounds} rounds, the delays have {rounds}"
        )
    rows = rows_of(scheme, jobs, replications)
    shape = (replications, scheme.rounds)
    result = BatchResult(
        np.zeros(shape),
        np.zeros(shape, np.bool_),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.int64),
    )
    for r in range(scheme.rounds):
        finish = delays[:, r]
        collected = rows.open(r)
        load = float(scheme.load()) if load_mode == "constant" else rows.load(r)
        shift = per_load * (load - reference_load)
        if np.ndim(shift) or np.min(shift) < 0:
            finish, shift = np.maximum(finish + shift, 0.0), 0.0
        if collected is not None:
            last = np.where(collected, finish, -np.inf).max(axis=1)
            result.duration[:, r] = np.where(np.isneginf(last), 0.0, last + shift)
            rows.settle(np.zeros(finish.shape, dtype=np.bool_))
        else:
            rows.settle(_close(r, rows, finish, float(shift), waiting, result))
        _refuse_endless(r, result.duration[:, r])
    if rows.lost.any():
        raise InvariantError(
            f"{type(scheme).__name__}: {rows.lost.sum()} jobs are undecoded at their deadline"
        )
    return result


def _close(
    r: int, rows: Rows, finish: Floats, shift: float, wait: WaitConfig, result: BatchResult
) -> Flags:
    """End round `r` in every row; return who is late. `shift` is added to all finish times."""
    slowest = finish.max(axis=1)
    threshold = (1 + wait.mu) * (finish.min(axis=1) + shift) - shift
    if rows.scheme.always_waits:
        # Nobody is ever given up, so only the slowest counts.
        result.duration[:, r] = slowest + shift
        result.waited[:, r] = True
        result.candidates[:, r] = np.count_nonzero(finish > threshold[:, None], axis=1)
        return np.zeros(finish.shape, dtype=np.bool_)
    late: Flags = finish > threshold[:, None]
    limits = rows.limits()
    waited = ~limits.kept(late)
    end = np.minimum(threshold, slowest)
    result.candidates[:, r] = np.count_nonzero(late, axis=1)
    eager = wait.stop == "first_decodable" or rows.scheme.eager
    # Where nobody is out there is nothing to wait for, whatever the rule says.
    waited &= result.candidates[:, r] > 0
    if eager:
        everyone = np.arange(len(finish))
        end = np.minimum(limits.kept_from(finish, everyone), slowest)
        late = finish > end[:, None]
        result.candidates[end < threshold, r] = 0
    elif waited.any():
        some = np.flatnonzero(waited)
        end[some] = _waited_out(limits, finish, slowest, some, wait)
        late[some] = finish[some] > end[some, None]
    result.duration[:, r] = end + shift
    result.waited[:, r] = waited
    result.stragglers[:, r] = np.count_nonzero(late, axis=1)
    return late


def _waited_out(
    limits: Limits, finish: Floats, slowest: Floats, rows: NDArray[np.int64], wait: WaitConfig
) -> Floats:
    """Return when the rounds of `rows` end, whose rule failed at the threshold."""
    if wait.policy == "all":
        return slowest[rows]
    ends: Floats = np.minimum(limits.kept_from(finish[rows], rows), slowest[rows])
    return ends


def _refuse_endless(r: int, duration: Floats) -> None:
    if np.isnan(duration).any():
        raise UsageError(f"round {r}: a delay is not a number")
    if np.isinf(duration).any():
        raise SimulationError(f"round {r}: cannot decode without a worker that never returns")


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
        rows.settle(late if collected is None else late & collected)
    decoded: Flags = rows.lost == 0
    return decoded
