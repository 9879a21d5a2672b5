"""Many parameter sets on one profile of times, in step: total time under the rule `model`.

All sets of a group share B and W and differ in lambda (or s), so a round is played for all of them
at once. In the order of falling finish times, the workers that may be late are a prefix: it ends
before the first blocked worker, and before the worker that would be one distinct straggler too
many. Only the workers beyond the lowest threshold matter, which are few.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from netsim.stragglers.codes.scheme import Flags, Floats, Integers
from netsim.stragglers.selection.candidates import Candidate
from netsim.stragglers.waiting import WaitConfig


def group_totals(
    group: Sequence[Candidate], measured: Floats, shift: Floats, jobs: int, wait: WaitConfig
) -> Floats:
    """Return the total time of every set of a group with one scheme, B and W.

    Parameters
    ----------
    group
        The sets.
    measured
        Finish times, (rounds, workers), at least jobs + T rounds.
    shift
        Seconds that each set's load adds to them.
    jobs
        J.
    wait
        How the master waits, under the rule `model`.
    """
    first = group[0]
    if first.scheme == "uncoded":
        slowest = float(measured[:jobs].max(axis=1).sum())
        totals: Floats = slowest + jobs * shift
        return totals
    state = _State(
        np.array([c.lam for c in group]),
        np.array([c.s for c in group]),
        first.B,
        first.W,
        measured.shape[1],
        first.scheme == "sr_sgc",
    )
    total = np.zeros(len(group))
    for r in range(jobs + first.T):
        times = measured[r]
        retrying = state.retriers(r - first.T) if state.repeats else None
        if retrying is not None and r >= jobs:
            last = np.where(retrying, times, -np.inf).max(axis=1)
            total += np.where(np.isneginf(last), 0.0, last + shift)
            continue
        late = _play(times, shift, state, wait, first.scheme == "gc", total)
        state.close(late, retrying)
    return total


def _play(
    times: Floats, shift: Floats, state: _State, wait: WaitConfig, stateless: bool, total: Floats
) -> Flags:
    """Play one round for all sets; add its duration to `total` and return who is late."""
    order = np.argsort(-times, kind="stable")
    falling = times[order]
    # Of the times without shift; in this form it is exactly the fastest for mu = 0.
    threshold = falling[-1] + wait.mu * (falling[-1] + shift)
    late = len(times) - np.searchsorted(falling[::-1], threshold, side="right")
    several = order[: max(1, int(late.max()))]
    allowed = state.s if stateless else state.allowed(several)
    # Whoever comes right after the longest prefix that may be late ends the round.
    waited_out = falling[np.minimum(allowed, len(times) - 1)]
    if stateless and wait.stop == "first_decodable":
        end = waited_out
    else:
        admitted = late <= allowed
        beyond = waited_out if wait.policy == "minimal" else np.full(len(shift), falling[0])
        end = np.where(admitted, np.minimum(threshold, falling[0]), beyond)
    total += end + shift
    missing: Flags = times > end[:, None]
    return missing


@dataclass(slots=True)
class _State:
    """What the sets of a group remember: rows are sets."""

    lam: Integers
    s: Integers
    B: int
    W: int
    workers: int
    repeats: bool
    window: deque[Flags] = field(init=False)
    calm: deque[Flags] = field(init=False)
    fresh: list[Flags] = field(init=False)

    def __post_init__(self) -> None:
        self.window = deque(maxlen=max(self.W - 1, 0))
        self.calm = deque(maxlen=max(self.W - 1, 0))
        self.fresh = []

    def allowed(self, slowest: Integers) -> Integers:
        """Return how many of the `slowest` workers, the slowest first, may be late."""
        sets = len(self.lam)
        rounds = list(self.window)
        past = _union(rounds, sets, self.workers)
        blocked = _union(rounds[: max(0, len(rounds) - (self.B - 1))], sets, self.workers)
        new = np.cumsum(~past[:, slowest], axis=1, dtype=np.int32)
        left = self.lam - np.count_nonzero(past, axis=1)
        refused = blocked[:, slowest] | (new > left[:, None])
        prefix: Integers = np.where(refused.any(axis=1), refused.argmax(axis=1), self.workers)
        if self.repeats:
            calm = np.ones(sets, dtype=np.bool_)
            for round_was in self.calm:
                calm &= round_was
            prefix = np.where(calm, np.maximum(prefix, self.s), prefix)
        return prefix

    def retriers(self, due: int) -> Flags | None:
        """Return who retries the job `due`: the lowest workers that complete its results."""
        if due < 0:
            return None
        got = self.fresh[due]
        retrying = np.zeros_like(got)
        missing = self.workers - self.s - np.count_nonzero(got, axis=1)
        rows = np.flatnonzero(missing > 0)
        if rows.size:
            absent = ~got[rows]
            retrying[rows] = absent & (np.cumsum(absent, axis=1) <= missing[rows, None])
        return retrying

    def close(self, late: Flags, retrying: Flags | None) -> None:
        """Take in the stragglers of a round."""
        if not self.W:
            return
        self.window.append(late)
        if self.repeats:
            self.calm.append(np.count_nonzero(late, axis=1) <= self.s)
            self.fresh.append(~late if retrying is None else ~(late | retrying))


def _union(rounds: Sequence[Flags], sets: int, workers: int) -> Flags:
    struck = np.zeros((sets, workers), dtype=np.bool_)
    for late in rounds:
        struck |= late
    return struck
